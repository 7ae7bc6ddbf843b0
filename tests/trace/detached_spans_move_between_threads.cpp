// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

using namespace nanotel::literals;
using nanotel_test::hex;
using nanotel_test::recording;

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a detached span is never current and its parent is what was") {
    recording recorded;
    {
        NANOTEL_SPAN(outer, "outer");
        NANOTEL_DETACHED_SPAN(by_macro, nanotel::client("by macro"), "n"_attr = 1);
        nanotel::detached_span by_function("by function", "n"_attr = 2);
        CHECK(nanotel::current_context() == outer.context());
        CHECK(by_macro.context() != outer.context());
        const nanotel::context_scope attached(by_macro.context());
        NANOTEL_SCOPED_SPAN("child");
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    const auto outer = recorded.span("outer");
    CHECK(recorded.span("by macro").parent_span_id == outer.span_id);
    CHECK(recorded.span("by macro").attributes["n"] == 1);
    CHECK(recorded.span("by function").parent_span_id == outer.span_id);
    CHECK(recorded.span("by function").attributes["n"] == 2);
    CHECK(recorded.span("child").parent_span_id == recorded.span("by macro").span_id);
}

TEST_CASE("a moved detached span ends once, and a moved-from one takes nothing") {
    recording recorded;
    {
        nanotel::detached_span first("first");
        const nanotel::context context = first.context();
        nanotel::detached_span second(std::move(first));
        CHECK(second.is_recording());
        CHECK(second.context() == context);
        CHECK_FALSE(first.is_recording()); // NOLINT: what a moved-from span is, is defined
        CHECK(first.context() == context);
        first.set("lost"_attr = 1);
        first.add_event("lost");
        first.set_status(nanotel::status_code::error);
        first.end();
        second.set("kept"_attr = 1);
        nanotel::detached_span third;
        CHECK_FALSE(third.is_recording());
        third = std::move(second);
        nanotel::detached_span other("other");
        other = std::move(third); // ends what it held
        nanotel::detached_span& same = other;
        other = std::move(same);
        CHECK(other.is_recording());
        other.end();
        other.end();
        other.set("late"_attr = 1);
    }
    CHECK(recorded.spans().size() == 2);
    CHECK(recorded.span("first").attributes == nanotel::attribute_list{{"kept", 1}});
    CHECK(recorded.span("first").events.empty());
    CHECK(recorded.span("other").attributes.empty());
}

TEST_CASE("detached spans begin on one thread, are used on a second and end on a third") {
    recording recorded;
    constexpr int count = 100'000; // far more than all blocks that there may be
    struct queue {
        void push(nanotel::detached_span span) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return waiting.size() < 100; });
            waiting.push_back(std::move(span));
            changed.notify_all();
        }
        nanotel::detached_span pop() {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return !waiting.empty(); });
            nanotel::detached_span span = std::move(waiting.front());
            waiting.pop_front();
            changed.notify_all();
            return span;
        }
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<nanotel::detached_span> waiting;
    } begun, used;
    nanotel::context parent;
    std::thread beginner([&] {
        NANOTEL_SPAN(outer, "outer");
        parent = outer.context();
        for (int i = 0; i < count; ++i) {
            NANOTEL_DETACHED_SPAN(span, "detached", "i"_attr = i);
            begun.push(std::move(span));
        }
    });
    std::thread user([&] {
        const std::string text(2000, 'x');
        for (int i = 0; i < count; ++i) {
            nanotel::detached_span span = begun.pop();
            if (i % 16 == 0) span.set("text"_attr = text);
            span.set("used"_attr = i);
            used.push(std::move(span));
        }
    });
    std::thread ender([&] {
        for (int i = 0; i < count; ++i) used.pop().end();
    });
    beginner.join();
    user.join();
    ender.join();
    std::set<std::string> ids;
    int wrong = 0;
    for (const auto& span : recorded.spans()) {
        if (span.name != "detached") continue;
        ids.insert(span.span_id);
        if (span.attributes["i"] != span.attributes["used"] || span.parent_span_id != hex(parent.span_id))
            ++wrong;
    }
    CHECK(ids.size() == count);
    CHECK(wrong == 0);
    CHECK(recorded.dropped() == 0);
}

TEST_SUITE_END();
