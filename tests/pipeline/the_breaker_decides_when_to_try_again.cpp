// SPDX-License-Identifier: MIT
#include <nanotel/pipeline/breaker.hpp>

#include <doctest/doctest.h>

using nanotel::breaker_state;
using nanotel::detail::breaker;
using namespace std::chrono_literals;

namespace {

// Time goes on as the test says.
struct timed {
    breaker b;
    breaker::time_point now = breaker::time_point{} + 1h;
    std::uint64_t random = 0;

    breaker::change fail(std::optional<std::chrono::milliseconds> retry_after = {}) {
        b.attempt(now);
        return b.failed(now, retry_after, random);
    }
    auto pause() const { return b.next_attempt() - now; }
    void wait() { now = b.next_attempt(); }
};

} // namespace

TEST_CASE("a breaker that has seen nothing lets everything pass") {
    timed t;
    CHECK(t.b.state() == breaker_state::closed);
    CHECK(t.b.next_attempt() <= t.now);
    t.b.attempt(t.now);
    CHECK(t.b.succeeded() == breaker::change::none);
    CHECK(t.b.next_attempt() <= t.now);
}

TEST_CASE("it opens after several failures in a row, once, and asks with one request") {
    timed t;
    for (int i = 0; i < 4; ++i) {
        CHECK(t.fail() == breaker::change::none);
        CHECK(t.b.state() == breaker_state::closed);
        CHECK(t.b.next_attempt() > t.now);
        t.wait();
    }
    const auto since = t.b.failing_since();
    CHECK(since == breaker::time_point{} + 1h);
    CHECK(t.fail() == breaker::change::opened);
    CHECK(t.b.state() == breaker_state::open);
    t.wait();
    t.b.attempt(t.now);
    CHECK(t.b.state() == breaker_state::half_open);
    CHECK(t.b.failed(t.now, {}, 0) == breaker::change::none);
    CHECK(t.b.state() == breaker_state::open);
    CHECK(t.b.failing_since() == since);
    t.wait();
    t.b.attempt(t.now);
    CHECK(t.b.succeeded() == breaker::change::closed);
    CHECK(t.b.state() == breaker_state::closed);
    CHECK(t.b.failures() == 0);
    CHECK(t.b.next_attempt() <= t.now);
}

TEST_CASE("failures that are not in a row do not open it") {
    timed t;
    for (int i = 0; i < 100; ++i) {
        if (i % 5 == 4)
            CHECK(t.b.succeeded() == breaker::change::none);
        else
            CHECK(t.fail() == breaker::change::none);
    }
    CHECK(t.b.state() == breaker_state::closed);
}

TEST_CASE("pauses are doubled up to the greatest, and half of each is drawn") {
    timed least, most;
    most.random = ~std::uint64_t{0};
    auto expected = 100ms;
    for (int i = 0; i < 40; ++i) {
        least.fail();
        CHECK(least.pause() == expected / 2);
        // A divisor of the range could hide that the upper end is never drawn.
        bool reached = false;
        for (std::uint64_t random = 0; random <= static_cast<std::uint64_t>((expected / 2).count());
             random += static_cast<std::uint64_t>((expected / 2).count())) {
            breaker copy = most.b;
            copy.failed(most.now, {}, random);
            reached = reached || copy.next_attempt() - most.now == expected;
            CHECK(copy.next_attempt() - most.now <= expected);
        }
        CHECK(reached);
        most.fail();
        expected = std::min(expected * 2, std::chrono::milliseconds(30'000));
    }
    CHECK(expected == 30s);
}

TEST_CASE("what the destination asks for is kept to, up to an hour, and not shortened by who is in a hurry") {
    timed t;
    t.fail(7s);
    CHECK(t.pause() == 7s);
    t.b.hurry(t.now + 5s);
    CHECK(t.pause() == 7s);
    t.wait();
    t.fail(1ms); // less than the pause
    CHECK(t.pause() == 100ms);
    t.wait();
    t.fail(std::chrono::hours(24 * 365));
    CHECK(t.pause() == 1h);
    t.wait();
    t.fail(-5s);
    CHECK(t.pause() == 400ms);
}

TEST_CASE("who is in a hurry is served a second after the last attempt, and not later than without") {
    timed t;
    for (int i = 0; i < 10; ++i) {
        t.wait();
        t.fail();
    }
    CHECK(t.pause() == 15s);
    const auto last = t.now;
    t.b.hurry(last + 100ms);
    CHECK(t.b.next_attempt() == last + 1s);
    t.b.hurry(last + 5s);
    CHECK(t.b.next_attempt() == last + 1s);
    t.b.succeeded();
    t.b.hurry(last);
    CHECK(t.b.next_attempt() <= last);
}

TEST_CASE("states have names") {
    CHECK(to_string(breaker_state::closed) == "closed");
    CHECK(to_string(breaker_state::open) == "open");
    CHECK(to_string(breaker_state::half_open) == "half-open");
}
