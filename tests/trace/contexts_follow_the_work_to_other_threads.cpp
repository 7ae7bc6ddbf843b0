// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <optional>
#include <thread>

using nanotel_test::hex;
using nanotel_test::recording;

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a captured context makes children on another thread") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "here");
        std::thread([captured = nanotel::current_context()] {
            CHECK_FALSE(nanotel::current_context().is_valid());
            {
                const nanotel::context_scope attached(captured);
                CHECK(nanotel::current_context() == captured);
                NANOTEL_SCOPED_SPAN("there");
            }
            CHECK_FALSE(nanotel::current_context().is_valid());
        }).join();
        CHECK(nanotel::current_context() == span.context());
    }
    CHECK(recorded.span("there").parent_span_id == recorded.span("here").span_id);
    CHECK(recorded.span("there").trace_id == recorded.span("here").trace_id);
    CHECK(recorded.span("there").flags == 0x103);
}

TEST_CASE("scopes nest and give back what was current before each") {
    recording recorded;
    const nanotel::context first{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1, false};
    const nanotel::context second{nanotel::trace_id{{4, 5}}, nanotel::span_id{6}, 0, false};
    {
        const nanotel::context_scope outer(first);
        {
            const nanotel::context_scope inner(second);
            CHECK(nanotel::current_context() == second);
            NANOTEL_SPAN(span, "not sampled");
            CHECK_FALSE(span.is_recording());
        }
        CHECK(nanotel::current_context() == first);
        NANOTEL_SCOPED_SPAN("sampled");
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(recorded.spans().size() == 1);
}

TEST_CASE("a scoped span that ends on another thread leaves that thread's context alone") {
    recording recorded;
    nanotel::context of_there, of_moved;
    std::unique_ptr<nanotel::span> moved;
    std::thread([&] {
        moved = std::make_unique<nanotel::span>("moved");
        of_moved = moved->context();
    }).join();
    {
        NANOTEL_SPAN(there, "there");
        of_there = there.context();
        moved.reset();
        CHECK(nanotel::current_context() == of_there);
        NANOTEL_SCOPED_SPAN("child");
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(recorded.span("moved").span_id == hex(of_moved.span_id));
    CHECK(recorded.span("moved").status.code == nanotel::status_code::unset);
    CHECK(recorded.span("child").parent_span_id == hex(of_there.span_id));
}

TEST_CASE("a scope that is destroyed on another thread leaves that thread's context alone") {
    recording recorded;
    std::optional<nanotel::context_scope> scope;
    std::thread([&] {
        scope.emplace(nanotel::context{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1, false});
    }).join();
    NANOTEL_SPAN(span, "here");
    scope.reset();
    CHECK(nanotel::current_context() == span.context());
}

TEST_CASE("threads that come and go begin without a context") {
    recording recorded;
    std::vector<std::unique_ptr<nanotel::context_scope>> left; // attached when their threads end
    for (int i = 0; i < 200; ++i)
        std::thread([&left] {
            CHECK_FALSE(nanotel::current_context().is_valid());
            {
                NANOTEL_SCOPED_SPAN("span");
            }
            left.push_back(std::make_unique<nanotel::context_scope>(
                nanotel::context{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1, false}));
        }).join();
    left.clear();
    const auto spans = recorded.spans();
    CHECK(spans.size() == 200);
    for (const auto& span : spans) CHECK(span.parent_span_id == "");
}

TEST_SUITE_END();
