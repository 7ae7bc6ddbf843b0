// SPDX-License-Identifier: MIT
#include <nanotel/pipeline/payload_queue.hpp>

#include <atomic>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace nanotel::detail;
using nanotel::dropped_counts;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

byte_buffer body_of(std::size_t size) {
    byte_buffer body;
    const std::string text(size, 'x');
    REQUIRE(body.append(text.data(), text.size()));
    return body;
}

// An item is queued, delivered or dropped, and nothing else.
void adds_up(const payload_queue& queue, std::uint64_t given) {
    const auto s = queue.snapshot();
    CHECK(s.delivered + s.queued + s.dropped_by.total() == given);
    CHECK(s.recorded == given);
    CHECK(s.dropped == s.dropped_by.total());
}

} // namespace

TEST_CASE("payloads come out in the order of pushing, with their numbers") {
    payload_queue queue({});
    CHECK(queue.push(body_of(10), 1));
    CHECK(queue.push(body_of(20), 2));
    CHECK(queue.pushed() == 2);
    adds_up(queue, 3);
    const auto first = queue.take();
    REQUIRE(first);
    CHECK(first->size() == 10);
    CHECK(first->number == 1);
    queue.settle(1, 0, &dropped_counts::rejected, 10);
    const auto second = queue.take();
    REQUIRE(second);
    CHECK(second->items == 2);
    queue.settle(2, 1, &dropped_counts::rejected, 20);
    const auto s = queue.snapshot();
    CHECK(s.delivered == 2);
    CHECK(s.dropped_by.rejected == 1);
    CHECK(s.exports == 2);
    CHECK(s.bytes_delivered == 30);
    adds_up(queue, 3);
}

// Fails where the queue counts under another signal than that of the payload.
TEST_CASE("spans and data points are counted apart, and the limit of items is for spans alone") {
    payload_queue queue({.items = 5});
    CHECK(queue.push(body_of(10), 4));
    CHECK(queue.push(body_of(10), 100, nanotel::signal::metrics, 7s));
    CHECK_FALSE(queue.push(body_of(10), 2));
    REQUIRE(queue.take());
    queue.settle(4, 1, &dropped_counts::rejected, 10);
    const auto points = queue.take();
    REQUIRE(points);
    CHECK(points->kind == nanotel::signal::metrics);
    CHECK(points->timeout == 7s);
    CHECK(queue.snapshot(nanotel::signal::metrics).queued == 100); // under way
    CHECK(queue.snapshot(nanotel::signal::metrics).in_flight == 100);
    CHECK(queue.snapshot().queued == 0);
    queue.give_back();
    CHECK(queue.snapshot(nanotel::signal::metrics).queued == 100);
    CHECK(queue.snapshot(nanotel::signal::metrics).in_flight == 0);
    REQUIRE(queue.take());
    queue.settle(100, 0, &dropped_counts::rejected, 20);
    CHECK(queue.snapshot().delivered == 3);
    CHECK(queue.snapshot().dropped_by.queue_full == 2);
    CHECK(queue.snapshot().dropped_by.rejected == 1);
    CHECK(queue.snapshot().retries == 0);
    const auto metrics = queue.snapshot(nanotel::signal::metrics);
    CHECK(metrics.delivered == 100);
    CHECK(metrics.queued == 0);
    CHECK(metrics.retries == 1);
    CHECK(metrics.bytes_delivered == 20);
    adds_up(queue, 6);
}

TEST_CASE("what passes the limit of bytes is dropped and counted, what is in flight leaves room") {
    payload_queue queue({.bytes = 100});
    CHECK(queue.push(body_of(60), 6));
    CHECK_FALSE(queue.push(body_of(41), 4));
    CHECK(queue.push(body_of(40), 4));
    CHECK(queue.snapshot().dropped_by.queue_full == 4);
    REQUIRE(queue.take());
    CHECK(queue.push(body_of(60), 6));
    adds_up(queue, 20);
}

TEST_CASE("what passes the limit of items is dropped and counted") {
    payload_queue queue({.items = 10});
    CHECK(queue.push(body_of(1), 6));
    CHECK_FALSE(queue.push(body_of(1), 5));
    CHECK(queue.push(body_of(1), 4));
    CHECK(queue.snapshot().dropped_by.queue_full == 5);
    adds_up(queue, 15);
}

TEST_CASE("a payload above every limit is taken where nothing else waits") {
    payload_queue queue({.bytes = 10, .items = 1});
    CHECK(queue.push(body_of(1000), 50));
    CHECK_FALSE(queue.push(body_of(1000), 50));
    REQUIRE(queue.take());
    CHECK_FALSE(queue.push(body_of(1000), 50)); // one is under way
    queue.settle(50, 0, &dropped_counts::rejected, 1000);
    CHECK(queue.push(body_of(1000), 50));
    adds_up(queue, 200);
}

TEST_CASE("a closed queue takes nothing and gives out what it has") {
    payload_queue queue({});
    CHECK(queue.push(body_of(1), 1));
    queue.close();
    CHECK_FALSE(queue.push(body_of(1), 2));
    CHECK(queue.snapshot().dropped_by.shut_down == 2);
    CHECK(queue.take());
    queue.settle(1, 0, &dropped_counts::rejected, 1);
    CHECK_FALSE(queue.take());
    adds_up(queue, 3);
}

TEST_CASE("abandoning drops what waits, and settles it") {
    payload_queue queue({});
    CHECK(queue.push(body_of(1), 3));
    CHECK(queue.push(body_of(1), 4));
    REQUIRE(queue.take());
    queue.abandon();
    CHECK(queue.abandoned());
    CHECK(queue.snapshot().dropped_by.shut_down == 4);
    CHECK(queue.snapshot().queued == 3);
    CHECK_FALSE(queue.wait_until_settled(2, clock_type::now()));
    queue.settle(3, 0, &dropped_counts::rejected, 1);
    CHECK(queue.wait_until_settled(2, clock_type::now()));
    adds_up(queue, 7);
}

TEST_CASE("of a forsaken payload nothing more is heard") {
    payload_queue queue({});
    CHECK(queue.push(body_of(1), 3));
    REQUIRE(queue.take());
    queue.abandon();
    queue.forsake();
    CHECK(queue.snapshot().dropped_by.shut_down == 3);
    CHECK(queue.wait_until_settled(1, clock_type::now()));
    queue.settle(3, 0, &dropped_counts::rejected, 1); // its send came back after all
    CHECK(queue.snapshot().delivered == 0);
    adds_up(queue, 3);
}

TEST_CASE("what is given back is the oldest again") {
    payload_queue queue({});
    CHECK(queue.push(body_of(10), 1));
    CHECK(queue.push(body_of(20), 2));
    REQUIRE(queue.take());
    queue.give_back();
    CHECK(queue.snapshot().retries == 1);
    adds_up(queue, 3);
    CHECK(queue.take()->items == 1);
    queue.settle(1, 0, &dropped_counts::rejected, 10);
    CHECK(queue.take()->items == 2);
    queue.abandon();
    queue.give_back(); // nobody will send it
    CHECK(queue.snapshot().dropped_by.shut_down == 2);
    CHECK(queue.wait_until_settled(2, clock_type::now()));
    adds_up(queue, 3);
}

// Fails where a part is settled as if it were the whole, or its items are counted twice.
TEST_CASE("the parts of a payload that is too large go first, in order, and count as what they hold") {
    const auto parts_of = [](std::uint64_t first, std::uint64_t second) {
        std::vector<body_part> parts;
        parts.push_back({body_of(11), first});
        parts.push_back({body_of(12), second});
        return parts;
    };
    payload_queue queue({});
    CHECK(queue.push(body_of(30), 10));
    CHECK(queue.push(body_of(5), 1));
    REQUIRE(queue.take());
    CHECK_FALSE(queue.split({}));
    CHECK(queue.snapshot().in_flight == 10);
    REQUIRE(queue.split(parts_of(6, 99))); // what it holds is what was recorded
    adds_up(queue, 11);
    auto part = queue.take();
    REQUIRE(part);
    CHECK(part->items == 6);
    REQUIRE(queue.split(parts_of(2, 4)));
    part = queue.take();
    CHECK(part->items == 2);
    CHECK(part->size() == 11);
    queue.settle(2, 0, &dropped_counts::rejected, 11);
    CHECK_FALSE(queue.wait_until_settled(1, clock_type::now()));
    CHECK(queue.take()->items == 4);
    queue.give_back();
    CHECK(queue.take()->items == 4);
    queue.settle(4, 4, &dropped_counts::rejected, 12);
    CHECK(queue.take()->items == 4);
    adds_up(queue, 11);
    queue.settle(4, 0, &dropped_counts::rejected, 12);
    CHECK(queue.wait_until_settled(1, clock_type::now()));
    CHECK_FALSE(queue.wait_until_settled(2, clock_type::now()));
    CHECK(queue.take()->size() == 5);
    queue.settle(1, 0, &dropped_counts::rejected, 5);
    CHECK(queue.snapshot().delivered == 7);
    CHECK(queue.snapshot().dropped_by.rejected == 4);
    adds_up(queue, 11);
}

TEST_CASE("parts that wait when the queue is abandoned are dropped once") {
    for (const bool under_way : {false, true}) {
        payload_queue queue({});
        CHECK(queue.push(body_of(30), 10));
        REQUIRE(queue.take());
        std::vector<body_part> parts;
        parts.push_back({body_of(1), 5});
        parts.push_back({body_of(1), 5});
        REQUIRE(queue.split(std::move(parts)));
        if (under_way) REQUIRE(queue.take());
        queue.abandon();
        adds_up(queue, 10);
        if (under_way) queue.settle(5, 0, &dropped_counts::rejected, 1);
        CHECK(queue.snapshot().dropped_by.shut_down == (under_way ? 5 : 10));
        CHECK(queue.wait_until_settled(1, clock_type::now()));
        CHECK_FALSE(queue.wait_until_settled(2, clock_type::now()));
        adds_up(queue, 10);
    }
}

TEST_CASE("an offer is refused without a word, and waits for nothing") {
    payload_queue queue({.bytes = 10, .patience = 1h});
    const auto body = std::make_shared<const byte_buffer>(body_of(10));
    CHECK(queue.offer(body, 1, nanotel::signal::traces, {}));
    CHECK_FALSE(queue.offer(body, 1, nanotel::signal::traces, {}));
    adds_up(queue, 1);
    queue.close();
    CHECK_FALSE(queue.offer(body, 1, nanotel::signal::traces, {}));
    adds_up(queue, 1);
}

TEST_CASE("waiting for a settlement ends at the deadline") {
    payload_queue queue({});
    CHECK(queue.wait_until_settled(0, clock_type::now()));
    CHECK(queue.push(body_of(1), 1));
    CHECK_FALSE(queue.wait_until_settled(1, clock_type::now() + 10ms));
    CHECK_FALSE(queue.wait_until_settled(1, clock_type::now() - 1h));
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a patient queue holds up push until there is room") {
    payload_queue queue({.bytes = 10, .patience = 1h});
    CHECK(queue.push(body_of(10), 1));
    std::thread sender([&] {
        for (int i = 0; i < 500; ++i) {
            static_cast<void>(queue.wait_for_work(clock_type::time_point::max()));
            const auto next = queue.take();
            queue.settle(next->items, 0, &dropped_counts::rejected, next->size());
        }
    });
    for (int i = 1; i < 500; ++i) CHECK(queue.push(body_of(10), 1));
    sender.join();
    CHECK(queue.snapshot().delivered == 500);
    adds_up(queue, 500);
}

// Fails where only one of those that wait is told that there is room.
TEST_CASE("a payload that fits goes in while larger ones wait for more room") {
    payload_queue queue({.bytes = 20, .patience = 1h});
    CHECK(queue.push(body_of(10), 1));
    CHECK(queue.push(body_of(10), 1));
    std::vector<std::thread> large;
    for (int i = 0; i < 4; ++i)
        large.emplace_back([&] { static_cast<void>(queue.push(body_of(20), 1)); });
    std::this_thread::sleep_for(20ms); // so that they wait first, usually; the test is right either way
    std::atomic<bool> is_in{false};
    std::thread small([&] { is_in = queue.push(body_of(10), 1); });
    std::this_thread::sleep_for(20ms);
    const auto next = queue.take();
    REQUIRE(next);
    const auto give_up = clock_type::now() + 20s;
    while (!is_in && clock_type::now() < give_up) std::this_thread::yield();
    CHECK(is_in);
    queue.settle(1, 0, &dropped_counts::rejected, next->size());
    queue.close();
    small.join();
    for (std::thread& each : large) each.join();
    adds_up(queue, 7);
}

TEST_CASE("the last payloads wait for room until their time, and closing ends the wait") {
    payload_queue queue({.bytes = 10});
    CHECK(queue.push(body_of(10), 1));
    CHECK_FALSE(queue.push(body_of(10), 1)); // at once
    queue.expect_last_payloads(clock_type::now() + 1h);
    std::thread closer([&] {
        while (queue.snapshot().dropped_by.queue_full == 0) std::this_thread::yield();
        queue.close();
    });
    CHECK_FALSE(queue.push(body_of(10), 1));
    closer.join();
    CHECK(queue.snapshot().dropped_by.shut_down == 1);
    queue.expect_last_payloads(clock_type::now());
    adds_up(queue, 3);
}

TEST_CASE("a wait between attempts ends when the queue is abandoned") {
    payload_queue queue({});
    CHECK(queue.wait_to_retry(clock_type::now() + 1ms));
    queue.hurry();
    CHECK(queue.wait_to_retry(clock_type::now() + 1h));
    CHECK(queue.take_hurry());
    CHECK_FALSE(queue.take_hurry());
    std::thread other([&] { queue.abandon(); });
    CHECK_FALSE(queue.wait_to_retry(clock_type::now() + 1h));
    other.join();
}

TEST_SUITE_END();
