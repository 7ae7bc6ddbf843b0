// SPDX-License-Identifier: MIT
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/pipeline/sender.hpp>

#include <functional>

#include <doctest/doctest.h>

using namespace nanotel_test;
using namespace nanotel::detail;
using nanotel::breaker_state;
using nanotel::export_outcome;
using nanotel::export_result;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;
inline constexpr auto long_enough = 60s;

const export_result not_now{.outcome = export_outcome::retryable, .message = "no connection"};

// Answers as the test says and remembers what it was sent.
struct scripted final : nanotel::exporter {
    std::function<export_result(const nanotel::payload&)> answer;
    std::mutex mutex;
    std::vector<std::string> bodies;

    export_result send(const nanotel::payload& body, clock_type::time_point) override {
        {
            const std::lock_guard lock(mutex);
            bodies.emplace_back(body.body);
        }
        return answer(body);
    }
    std::string_view name() const noexcept override { return "scripted"; }
    std::string description() const override { return "here"; }
};

// Pauses that no test waits for long.
sender_options hasty() {
    sender_options o;
    o.breaking.first_pause = 1ms;
    o.breaking.greatest_pause = 4ms;
    return o;
}

struct sent {
    explicit sent(std::function<export_result(const nanotel::payload&)> answer,
                  const sender_options& how = hasty(), send_turns* among = nullptr,
                  const queue_options& waiting = {})
        : queue(waiting), sending(to, "scripted here", queue, among ? *among : turns, how) {
        to->answer = std::move(answer);
    }
    ~sent() { finish(); }
    void finish() {
        queue.close();
        queue.abandon();
        sending.join();
    }
    static byte_buffer body_of(const std::string& text) {
        byte_buffer body;
        REQUIRE(body.append(text.data(), text.size()));
        return body;
    }
    void push(const std::string& text, std::uint64_t items = 1) { CHECK(queue.push(body_of(text), items)); }
    bool settled() { return queue.wait_until_settled(queue.pushed(), clock_type::now() + long_enough); }
    nanotel::signal_statistics check() {
        const auto s = queue.snapshot();
        CHECK(s.recorded == s.delivered + s.queued + s.dropped);
        return s;
    }

    payload_queue queue;
    send_turns turns;
    std::shared_ptr<scripted> to = std::make_shared<scripted>();
    sender sending;
};

std::string spans(int count) {
    std::string body = R"({"resourceSpans":[{"scopeSpans":[{"spans":[)";
    for (int i = 0; i < count; ++i)
        body += (i ? ",{\"name\":\"" : "{\"name\":\"") + std::to_string(i) + "\"}";
    return body + "]}]}]}";
}

} // namespace

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("an outage opens the breaker, holds nobody's telemetry for lost, and is told of twice") {
    const diagnostics_heard heard;
    std::atomic<bool> works{false};
    std::atomic<int> attempts{0};
    sent s([&](auto&) {
        ++attempts;
        return works ? export_result{} : not_now;
    });
    for (int i = 0; i < 10; ++i) s.push(std::to_string(i), 3);
    s.sending.start();
    while (attempts < 12) std::this_thread::yield();
    const auto during = s.queue.describe("x");
    CHECK((during.breaker == breaker_state::open || during.breaker == breaker_state::half_open));
    CHECK(s.check().queued == 30);
    works = true;
    CHECK(s.settled());
    const int needed = attempts;
    CHECK(s.queue.describe("x").breaker == breaker_state::closed);
    CHECK(s.check().delivered == 30);
    CHECK(s.check().retries == static_cast<std::uint64_t>(needed - 10));
    const std::string text = s.to->bodies.back();
    CHECK(text == "9");
    for (std::size_t i = 0; i < s.to->bodies.size() - 10; ++i) CHECK(s.to->bodies[i] == "0"); // no flood
    int warnings = 0, closings = 0;
    for (const std::string& line : heard.lines()) {
        warnings += line.starts_with("warning: scripted here has taken nothing for ") &&
                    line.find("30 spans in memory wait") != line.npos &&
                    line.find("no connection") != line.npos;
        closings += line.starts_with("info: scripted here takes telemetry again after ") &&
                    line.find("30 spans in memory are sent") != line.npos;
    }
    CHECK(warnings == 1);
    CHECK(closings == 1);
    CHECK(heard.lines().size() == 3); // and one for the first failure
}

TEST_CASE("an answer that is final closes the breaker too") {
    const diagnostics_heard heard;
    std::atomic<int> attempts{0};
    sent s(
        [&](auto&) { return ++attempts < 8 ? not_now : export_result{.outcome = export_outcome::rejected}; });
    s.push("x", 4);
    s.sending.start();
    CHECK(s.settled());
    CHECK(s.queue.describe("x").breaker == breaker_state::closed);
    CHECK(s.check().dropped_by.rejected == 4);
}

TEST_CASE("a body that is too large is halved until it is taken, in order") {
    std::string names; // of the spans that were taken
    sent s([&](const nanotel::payload& body) {
        if (body.items > 3) return export_result{.outcome = export_outcome::rejected, .split = true};
        const std::string_view name = R"("name":")";
        for (std::size_t at = 0; (at = body.body.find(name, at)) != body.body.npos; ++at)
            names += body.body[at + name.size()];
        return export_result{};
    });
    s.push(spans(10), 10);
    s.push(spans(1), 1);
    s.sending.start();
    CHECK(s.settled());
    CHECK(s.check().delivered == 11);
    CHECK(s.check().dropped == 0);
    CHECK(names == "01234567890");
}

TEST_CASE("a single item that is too large, and what cannot be halved, is dropped with a diagnostic") {
    const diagnostics_heard heard;
    sent s([](auto&) {
        return export_result{.outcome = export_outcome::rejected, .split = true, .message = "too large"};
    });
    s.push(spans(3), 3);
    s.push("no JSON", 5);
    s.sending.start();
    CHECK(s.settled());
    CHECK(s.check().dropped_by.rejected == 8);
    CHECK(heard.text().find("too large") != std::string::npos);
}

TEST_CASE("a part that is not taken now is sent again before the other") {
    std::atomic<int> attempts{0};
    sent s([&](const nanotel::payload& body) {
        if (body.items == 4) return export_result{.outcome = export_outcome::rejected, .split = true};
        return ++attempts < 4 ? not_now : export_result{};
    });
    s.push(spans(4), 4);
    s.sending.start();
    CHECK(s.settled());
    CHECK(s.check().delivered == 4);
    CHECK(s.check().retries == 3);
    const auto& bodies = s.to->bodies;
    REQUIRE(bodies.size() == 6);
    CHECK(bodies[1] == bodies[4]);
    CHECK(bodies[4] != bodies[5]);
}

// Fails where a full queue drops without a word.
TEST_CASE("what is dropped since the queue is full is told of once, with what to do") {
    const diagnostics_heard heard;
    sent s([](auto&) { return export_result{}; }, hasty(), nullptr, {.bytes = 1});
    s.push("first");
    for (int i = 0; i < 3; ++i) CHECK_FALSE(s.queue.push(s.body_of("more"), 40));
    s.sending.start();
    CHECK(s.settled());
    s.push("second");
    CHECK(s.settled());
    s.finish();
    CHECK(s.check().dropped_by.queue_full == 120);
    REQUIRE(heard.lines().size() == 1);
    CHECK(heard.lines()[0].starts_with("error: scripted here takes less than is recorded: 120 items were "));
    CHECK(heard.lines()[0].find("name a directory in options::spool, or") != std::string::npos);
}

TEST_CASE("what throws at any time is settled once") {
    const diagnostics_heard heard;
    int attempts = 0;
    sent s([&](auto&) -> export_result {
        switch (++attempts) {
        case 1:
            throw std::bad_alloc();
        case 2:
            throw std::runtime_error("broken");
        case 3:
            throw 3;
        }
        return {};
    });
    for (int i = 1; i <= 4; ++i) s.push("x", static_cast<std::uint64_t>(i));
    s.sending.start();
    CHECK(s.settled());
    CHECK(s.check().dropped_by.out_of_memory == 1);
    CHECK(s.check().dropped_by.undeliverable == 2 + 3);
    CHECK(s.check().delivered == 4);
}

// Fails where the breaker stays half-open, as if somebody were asking.
TEST_CASE("a request that was to ask how the destination is and throws leaves the breaker open") {
    const diagnostics_heard heard;
    sender_options how = hasty();
    how.breaking.failures = 1;
    int attempts = 0;
    sent s(
        [&](auto&) -> export_result {
            if (++attempts == 1) return not_now;
            if (attempts == 2) throw std::runtime_error("broken");
            return {};
        },
        how);
    s.push("x");
    s.sending.start();
    CHECK(s.settled());
    CHECK(s.queue.describe("x").breaker == breaker_state::open);
    CHECK(s.check().dropped_by.undeliverable == 1);
    s.push("y");
    CHECK(s.settled());
    CHECK(s.queue.describe("x").breaker == breaker_state::closed);
    CHECK(s.check().delivered == 1);
}

// Fails where two senders of one exporter do not ask whose turn it is.
TEST_CASE("two senders that have the same exporter take turns") {
    const diagnostics_heard heard;
    send_turns turns;
    std::mutex mutex;
    std::condition_variable changed;
    bool released = false;
    std::atomic<int> sending{0};
    std::atomic<bool> overlapped{false};
    const auto answer = [&](auto&) {
        if (++sending > 1) overlapped = true;
        {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return released; });
        }
        --sending;
        return export_result{};
    };
    sent first(answer, hasty(), &turns);
    first.push("first");
    first.sending.start();
    while (sending == 0) std::this_thread::yield();
    sent second(answer, hasty(), &turns);
    sender with_same(first.to, "scripted here", second.queue, turns, hasty());
    second.push("second");
    with_same.start();
    while (heard.text().find("still in a send") == std::string::npos) std::this_thread::yield();
    CHECK(second.check().queued == 1);
    {
        const std::lock_guard lock(mutex);
        released = true;
        changed.notify_all();
    }
    CHECK(first.settled());
    CHECK(second.settled());
    CHECK_FALSE(overlapped);
    second.queue.close();
}

TEST_CASE("who waits for a turn or a pause leaves when the queue is abandoned") {
    const diagnostics_heard heard;
    sent s([](auto&) {
        return export_result{.outcome = export_outcome::retryable, .retry_after = std::chrono::hours(1)};
    });
    s.push("x");
    s.sending.start();
    while (s.check().retries == 0) std::this_thread::yield();
    s.queue.hurry(); // which the destination did not allow
    s.queue.close();
    CHECK(s.to->bodies.size() == 1);
    s.queue.abandon();
    s.sending.join();
    CHECK(s.check().dropped_by.shut_down == 1);
}

TEST_SUITE_END();
