// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <coroutine>
#include <exception>
#include <thread>
#include <tuple>

using namespace nanotel::literals;
using nanotel_test::hex;
using nanotel_test::recording;

namespace {

struct task {
    struct promise_type {
        task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { failure = std::current_exception(); }
        std::exception_ptr failure;
    };
    std::coroutine_handle<promise_type> handle;
};

// Suspends, and hands a value over when somebody resumes, on whichever thread.
struct next_leg {
    int value = 0;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    int await_resume() const noexcept { return value; }
};

void resume_on_another_thread(const task& work) {
    std::thread([&] { work.handle.resume(); }).join();
}

// Resumed as an executor does: with the context that the work left attached for as long as the leg takes.
void resume_with_its_context(const task& work, const nanotel::context& context) {
    std::thread([&] {
        {
            const nanotel::context_scope leg(context);
            work.handle.resume();
        }
        CHECK_FALSE(nanotel::current_context().is_valid());
    }).join();
}

task moves_between_threads(nanotel::context& captured) {
    NANOTEL_SPAN(outer, "outer", "begun"_attr = true);
    captured = nanotel::current_context();
    co_await next_leg{};
    outer.set("second leg"_attr = 2);
    {
        NANOTEL_SPAN(inner, "inner");
        captured = nanotel::current_context();
        co_await next_leg{};
        inner.set("third leg"_attr = 3);
    }
    captured = nanotel::current_context();
    co_await next_leg{};
    outer.add_event("last leg");
}

task awaits_within_the_attributes() {
    NANOTEL_SPAN(span, "awaits", "before"_attr = 1, "awaited"_attr = co_await next_leg{42},
                 "after"_attr = "three");
    span.set("set"_attr = co_await next_leg{43});
    NANOTEL_SET(span, "by macro"_attr = co_await next_leg{44});
}

task throws_after_a_move() {
    NANOTEL_SPAN(span, "throws");
    co_await next_leg{};
    throw std::runtime_error("on another thread");
}

} // namespace

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a coroutine that moves between threads keeps its spans and leaves no context behind") {
    recording recorded;
    nanotel::context captured;
    task work{};
    std::thread([&] { work = moves_between_threads(captured); }).join();
    for (int leg = 0; leg < 3; ++leg) {
        NANOTEL_SPAN(here, "on the thread that waits");
        resume_with_its_context(work, captured);
        CHECK(nanotel::current_context() == here.context());
    }
    REQUIRE(work.handle.done());
    work.handle.destroy();
    const auto outer = recorded.span("outer");
    const auto inner = recorded.span("inner");
    CHECK(outer.parent_span_id == "");
    CHECK(outer.attributes == nanotel::attribute_list{{"begun", true}, {"second leg", 2}});
    CHECK(outer.events.size() == 1);
    CHECK(inner.parent_span_id == outer.span_id);
    CHECK(inner.trace_id == outer.trace_id);
    CHECK(inner.attributes["third leg"] == 3);
}

TEST_CASE("attributes may await, also on another thread") {
    recording recorded;
    const task work = awaits_within_the_attributes();
    for (int i = 0; i < 3; ++i) resume_on_another_thread(work);
    REQUIRE(work.handle.done());
    work.handle.destroy();
    CHECK(recorded.span("awaits").attributes ==
          nanotel::attribute_list{
              {"before", 1}, {"awaited", 42}, {"after", "three"}, {"set", 43}, {"by macro", 44}});
    // The thread where it began was left with a context that nobody gives back; it is this one.
    const nanotel::context_scope none(nanotel::new_root);
}

TEST_CASE("a coroutine that throws on another thread ends its span there") {
    recording recorded;
    task work{};
    std::thread([&] { work = throws_after_a_move(); }).join();
    resume_on_another_thread(work);
    REQUIRE(work.handle.done());
    CHECK(work.handle.promise().failure != nullptr);
    work.handle.destroy();
    CHECK(recorded.span("throws").parent_span_id == "");
}

TEST_CASE("structured bindings are attribute values") {
    recording recorded;
    const auto [number, text] = std::tuple(7, std::string("bound"));
    NANOTEL_SPAN(span, "span", "number"_attr = number, "text"_attr = text);
    NANOTEL_SET(span, "again"_attr = number);
    span.end();
    CHECK(recorded.span("span").attributes ==
          nanotel::attribute_list{{"number", 7}, {"text", "bound"}, {"again", 7}});
}

TEST_SUITE_END();
