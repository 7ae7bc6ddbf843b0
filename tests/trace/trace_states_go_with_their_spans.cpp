// SPDX-License-Identifier: MIT
// A trace state belongs to a context as its ids do: inherited, handed over, exported, and gone when they go.
#include "recording.hpp"

#include <random>
#include <thread>

using namespace nanotel_test;
using namespace nanotel::literals;

namespace {

nanotel::context remote(const char* state, std::uint8_t flags = 1) {
    return {nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, flags, true, nanotel::trace_state::parse(state)};
}
std::string state_of(const nanotel::context& c) {
    const nanotel::text text = c.trace_state.to_text();
    return {text.data, text.size};
}
std::string current_state() { return state_of(nanotel::current_context()); }

} // namespace

TEST_CASE("spans have the trace state of their parent and are exported with it") {
    recording to;
    {
        NANOTEL_SPAN_FROM(outer, remote("a=1,b=x \"2"), "outer", "size"_attr = 7, "name"_attr = "ada");
        CHECK(state_of(outer.context()) == "a=1,b=x \"2");
        CHECK(nanotel::current_context() == outer.context());
        {
            NANOTEL_SPAN(inner, "inner", "key"_attr = 1);
            inner.set("late"_attr = true);
            CHECK(nanotel::current_context() == inner.context());
            CHECK(state_of(inner.context()) == "a=1,b=x \"2");
        }
        CHECK(nanotel::current_context() == outer.context());
        nanotel::detached_span detached("detached");
        CHECK(state_of(detached.context()) == "a=1,b=x \"2");
        CHECK(nanotel::current_context() == outer.context());
        nanotel::detached_span below(nanotel::span_options{.name = "below", .parent = &nanotel::new_root});
        CHECK(state_of(below.context()) == "");
        CHECK(nanotel::current_context() == outer.context());
        NANOTEL_SPAN_FROM(root, nanotel::new_root, "new root");
        CHECK(current_state() == "");
        NANOTEL_SCOPED_SPAN("plain");
        CHECK(current_state() == "");
    }
    CHECK(nanotel::current_context() == nanotel::new_root);
    { NANOTEL_SCOPED_SPAN("after"); }
    for (const char* name : {"outer", "inner", "detached"}) CHECK(to.span(name).trace_state == "a=1,b=x \"2");
    for (const char* name : {"below", "new root", "plain", "after"}) CHECK(to.span(name).trace_state == "");
    CHECK(to.span("outer").attributes["size"] == 7);
    CHECK(to.span("outer").attributes["name"] == "ada");
    CHECK((to.span("outer").flags & 0x300) == 0x300);
    CHECK(to.span("inner").attributes["key"] == 1);
    CHECK(to.span("inner").attributes["late"] == true);
    CHECK(to.span("inner").parent_span_id == to.span("outer").span_id);
}

TEST_CASE("a root begins with the trace state that it is given") {
    recording to;
    nanotel::context without_ids;
    without_ids.trace_state = nanotel::trace_state::parse("ot=rv:00000000000001");
    {
        NANOTEL_SPAN_FROM(root, without_ids, "named");
        CHECK(current_state() == "ot=rv:00000000000001");
    }
    {
        const nanotel::context_scope attached(without_ids);
        CHECK(current_state() == "ot=rv:00000000000001");
        CHECK_FALSE(nanotel::current_context().is_valid());
        NANOTEL_SCOPED_SPAN("attached");
        CHECK(current_state() == "ot=rv:00000000000001");
    }
    CHECK(current_state() == "");
    for (const char* name : {"named", "attached"}) {
        CHECK(to.span(name).trace_state == "ot=rv:00000000000001");
        CHECK(to.span(name).parent_span_id == "");
    }
}

TEST_CASE("what is not sampled hands its trace state on") {
    recording to;
    {
        NANOTEL_SPAN_FROM(unsampled, remote("a=1", 0), "unsampled");
        CHECK_FALSE(unsampled.is_recording());
        CHECK(state_of(unsampled.context()) == "a=1");
        NANOTEL_SCOPED_SPAN("below");
        CHECK(current_state() == "a=1");
    }
    CHECK(current_state() == "");
    nanotel::detached_span detached(nanotel::span_options{.name = "none", .parent = &nanotel::new_root});
    CHECK(state_of(detached.context()) == "");
    detached.end();
    CHECK(to.spans().size() == 1);
}

TEST_CASE("links are exported with the trace state of their context") {
    recording to;
    {
        NANOTEL_SPAN(span, "links");
        span.add_link(remote("a=1,b=2"), "k"_attr = "v");
        span.add_link(remote(""));
        span.add_link(remote("c=3"));
    }
    const auto span = to.span("links");
    REQUIRE(span.links.size() == 3);
    CHECK(span.links[0].trace_state == "a=1,b=2");
    CHECK(span.links[0].attributes["k"] == "v");
    CHECK(span.links[1].trace_state == "");
    CHECK(span.links[2].trace_state == "c=3");
    CHECK(span.trace_state == "");
}

TEST_CASE("a span that has ended still tells its context") {
    recording to;
    NANOTEL_SPAN_FROM(span, remote("a=1"), "ends early");
    const nanotel::context before = span.context();
    span.end();
    CHECK(span.context() == before);
    span.end();
    CHECK(span.context() == before);
    CHECK_FALSE(span.is_recording());
    CHECK(current_state() == "");
    CHECK(to.spans().size() == 1);
}

TEST_CASE("a record of the greatest size goes without its trace state and keeps its other sections") {
    recording to;
    const std::string long_text(60'000, 'x');
    {
        NANOTEL_SPAN_FROM(span, remote("a=1"), "large");
        span.set("first"_attr = long_text);
        for (int i = 0; i < 600; ++i) span.set("fills"_attr = i);
        span.set_status(nanotel::status_code::error);
    }
    const auto span = to.span("large");
    CHECK(span.dropped_attributes_count != 0);
    CHECK(span.attributes["first"] == long_text);
    CHECK(span.trace_state == "");
}

// Spans that end in any order: what is current is the last that is still open, with the trace state and the
// baggage that it had when it began.
TEST_CASE("random spans below random contexts leave the right context") {
    recording to;
    std::mt19937 random(4);
    struct open_span {
        std::unique_ptr<nanotel::span> span;
        nanotel::context context;
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<open_span> open;
        for (int step = 0; step < 40; ++step) {
            if (!open.empty() && random() % 2 == 0) {
                open.erase(open.begin() + static_cast<std::ptrdiff_t>(random() % open.size()));
            } else if (random() % 2 == 0) {
                nanotel::context parent;
                if (random() % 4 != 0)
                    parent = remote(random() % 3 == 0 ? "" : random() % 2 == 0 ? "a=1" : "b=2");
                if (random() % 2 == 0) parent.baggage = parent.baggage.set("step", std::to_string(step));
                auto span = std::make_unique<nanotel::span>(
                    nanotel::span_options{.name = "named", .parent = &parent});
                const nanotel::context context = span->context();
                REQUIRE(context.trace_state == parent.trace_state);
                REQUIRE(context.baggage == parent.baggage);
                open.push_back({std::move(span), context});
            } else {
                const nanotel::context above = nanotel::current_context();
                auto span = std::make_unique<nanotel::span>("child");
                const nanotel::context context = span->context();
                REQUIRE(context.trace_state == above.trace_state);
                REQUIRE(context.baggage == above.baggage);
                open.push_back({std::move(span), context});
            }
            REQUIRE(nanotel::current_context() == (open.empty() ? nanotel::new_root : open.back().context));
        }
    }
}

TEST_SUITE("concurrent") {
    TEST_CASE("contexts with a trace state are handed to other threads, and spans end there") {
        recording to;
        nanotel::context context = remote("a=1,b=2");
        context.baggage = context.baggage.set("k", "v");
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([context] {
                for (int i = 0; i < 500; ++i) {
                    const nanotel::context_scope attached(context);
                    const nanotel::context copy = nanotel::current_context();
                    auto span = std::make_unique<nanotel::span>("handed over");
                    if (copy != context || span->context().trace_state != context.trace_state) std::abort();
                    if (i % 100 != 0) continue;
                    // It ends where it did not begin, and the context of this thread is its own.
                    std::thread([moved = std::move(span)]() mutable {
                        NANOTEL_SCOPED_SPAN("elsewhere");
                        const nanotel::context here = nanotel::current_context();
                        moved.reset();
                        if (nanotel::current_context() != here) std::abort();
                    }).join();
                }
            });
        for (auto& thread : threads) thread.join();
        std::size_t handed_over = 0;
        for (const auto& span : to.spans())
            if (span.name == "handed over") handed_over += span.trace_state == "a=1,b=2";
        CHECK(handed_over == 2000);
    }
}
