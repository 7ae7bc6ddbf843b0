// SPDX-License-Identifier: MIT
// Baggage is attached by scopes and by naming a parent; spans leave it alone.
#include "recording.hpp"

#include <optional>
#include <thread>

using namespace nanotel_test;
using namespace nanotel::literals;

namespace {

std::string value_of(const nanotel::baggage& all) {
    const nanotel::text value = all.get("k");
    return {value.data, value.size};
}
std::string current() { return value_of(nanotel::current_baggage()); }
nanotel::baggage with(const char* value) { return nanotel::baggage().set("k", value); }

} // namespace

TEST_CASE("a baggage scope changes the baggage and no span") {
    recording to;
    NANOTEL_SPAN(outer, "outer");
    {
        const nanotel::baggage_scope first(with("1"));
        CHECK(current() == "1");
        CHECK(nanotel::current_context().span_id == outer.context().span_id);
        CHECK(value_of(outer.context().baggage) == "1");
        NANOTEL_SPAN(inner, "inner");
        CHECK(current() == "1");
        {
            const nanotel::baggage_scope second(nanotel::current_baggage().remove("k"));
            CHECK(current() == "");
        }
        CHECK(current() == "1");
        inner.end();
        CHECK(current() == "1");
    }
    CHECK(current() == "");
    CHECK(nanotel::current_context() == outer.context());
    outer.end();
    CHECK(to.span("inner").parent_span_id == to.span("outer").span_id);
}

TEST_CASE("a baggage scope outlives the span that was current") {
    recording to;
    std::optional<nanotel::span> span(std::in_place, "span");
    std::optional<nanotel::baggage_scope> scope(std::in_place, with("1"));
    span.reset();
    CHECK(current() == "1");
    CHECK_FALSE(nanotel::current_context().is_valid());
    scope.reset();
    CHECK(current() == "");
}

TEST_CASE("a context brings its baggage along") {
    recording to;
    nanotel::context handed;
    {
        const nanotel::baggage_scope scope(with("1"));
        NANOTEL_SPAN(span, "span");
        handed = span.context();
        nanotel::detached_span detached("detached");
        CHECK(value_of(detached.context().baggage) == "1");
    }
    std::thread([&] {
        {
            const nanotel::context_scope attached(handed);
            CHECK(current() == "1");
            {
                NANOTEL_SPAN_FROM(root, nanotel::new_root, "root");
                CHECK(current() == "");
            }
            CHECK(current() == "1");
            CHECK(nanotel::current_context() == handed);
        }
        CHECK(current() == "");
        NANOTEL_SPAN_FROM(below, handed, "below");
        CHECK(current() == "1");
        below.end();
        CHECK(current() == "");
        // Nothing ends it: the end of the thread does.
        alignas(nanotel::context_scope) static std::byte place[sizeof(nanotel::context_scope)];
        new (place) nanotel::context_scope(handed);
    }).join();
    CHECK(to.span("below").parent_span_id == to.span("span").span_id);
}

TEST_CASE("the context of the current span with another baggage changes the baggage alone") {
    recording to;
    NANOTEL_SPAN(span, "span");
    nanotel::context changed = span.context();
    changed.baggage = with("2");
    {
        const nanotel::context_scope attached(changed);
        CHECK(current() == "2");
        span.end();
        CHECK_FALSE(nanotel::current_context().is_valid());
    }
    CHECK(current() == "");
    CHECK_FALSE(nanotel::current_context().is_valid());
}

TEST_CASE("a baggage without a span is what a root begins with") {
    recording to;
    nanotel::context brought;
    brought.baggage = with("1");
    NANOTEL_SPAN_FROM(root, brought, "root");
    CHECK(current() == "1");
    CHECK(root.context().is_valid());
    root.end();
    CHECK(current() == "");
    CHECK(to.span("root").parent_span_id == "");
}

TEST_CASE("a scope destroyed on another thread leaves that thread alone") {
    recording to;
    const nanotel::baggage_scope here(with("here"));
    std::optional<nanotel::baggage_scope> there;
    std::thread([&] { there.emplace(with("there")); }).join();
    there.reset();
    CHECK(current() == "here");
}

TEST_CASE("without start contexts are attached and passed on") {
    const nanotel::context remote{nanotel::trace_id{{1, 2}},
                                  nanotel::span_id{3},
                                  1,
                                  true,
                                  nanotel::trace_state::parse("a=1"),
                                  with("1")};
    CHECK_FALSE(nanotel::current_context().is_valid());
    {
        const nanotel::context_scope attached(remote);
        CHECK(nanotel::current_context() == remote);
        NANOTEL_SPAN(span, "not recorded");
        CHECK(nanotel::current_context() == remote);
        {
            const nanotel::baggage_scope more(with("2"));
            CHECK(current() == "2");
            CHECK(nanotel::current_context().span_id == remote.span_id);
        }
        CHECK(nanotel::current_context() == remote);
        std::thread([] { CHECK_FALSE(nanotel::current_context().is_valid()); }).join();
        std::optional<nanotel::context_scope> there;
        std::thread([&] { there.emplace(remote); }).join();
        there.reset();
        CHECK(nanotel::current_context() == remote);
    }
    CHECK(nanotel::current_context() == nanotel::new_root);
    CHECK(nanotel::current_baggage().empty());
}

TEST_CASE("what was attached when recording stopped is gone when it begins again") {
    {
        recording first;
        alignas(nanotel::baggage_scope) static std::byte place[sizeof(nanotel::baggage_scope)];
        new (place) nanotel::baggage_scope(with("1")); // nothing ends it
        CHECK(current() == "1");
    }
    recording second;
    CHECK(current() == "");
}
