// SPDX-License-Identifier: MIT
#include "ring_memory.hpp"

#include <atomic>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace nanotel::detail;
using namespace nanotel_test;

namespace {

constexpr std::uint64_t capacity = 1024;
constexpr std::uint64_t slack = 1024;

// A ring of one segment, and what its producer has written and its consumer has not read.
struct ring_under_test {
    ring_segment* segment = new_segment(capacity, slack);
    ring_writer writer{};
    ring_reader reader{segment};
    std::uint64_t written = 0;
    std::uint64_t read = 0;

    ring_under_test() { writer.enter(*segment); }
    ~ring_under_test() { free_segment(reader.segment); }
    ring_under_test(const ring_under_test&) = delete;
    ring_under_test& operator=(const ring_under_test&) = delete;

    // What the cold path of a producer does, without waking anybody.
    bool has_room(std::uint64_t size) {
        const std::uint64_t seen = writer.segment->consumed.load_acquire();
        if (writer.position + size - seen > writer.capacity) return false;
        writer.limit = seen + writer.capacity;
        return true;
    }
    bool write(std::uint32_t size) {
        if (!writer.fits(size) && !has_room(size)) return false;
        write_test_record(writer.place(), size, written++);
        writer.publish(size);
        return true;
    }
    std::uint64_t drain() {
        return reader.drain(
            [&](const std::byte* record) {
                CHECK(is_test_record(record, read));
                ++read;
            },
            &free_segment);
    }
};

} // namespace

TEST_CASE("what is written comes out once, in order and whole") {
    ring_under_test ring;
    CHECK(ring.reader.empty());
    REQUIRE(ring.write(64));
    REQUIRE(ring.write(128));
    CHECK_FALSE(ring.reader.empty());
    CHECK(ring.drain() == 2);
    CHECK(ring.reader.empty());
    CHECK(ring.drain() == 0);
}

TEST_CASE("a ring takes exactly its capacity, and takes again what was read") {
    ring_under_test ring;
    for (int i = 0; i < 16; ++i) REQUIRE(ring.write(64));
    CHECK_FALSE(ring.write(16)); // full to the last byte
    CHECK(ring.drain() == 16);
    for (int i = 0; i < 16; ++i) REQUIRE(ring.write(64));
    CHECK_FALSE(ring.write(16));
    CHECK(ring.drain() == 16);
}

TEST_CASE("a record that begins before the end runs on behind it, and the next begins at the start") {
    ring_under_test ring;
    REQUIRE(ring.write(512));
    REQUIRE(ring.write(448));
    CHECK(ring.drain() == 2);
    const std::byte* const place = ring.writer.place();
    CHECK(place == ring.segment->data() + 960);
    REQUIRE(ring.write(256)); // 64 bytes of it in the data, 192 in the slack
    CHECK(ring.writer.place() == ring.segment->data());
    REQUIRE(ring.write(512));
    CHECK(ring.drain() == 2);
}

TEST_CASE("what lies in the slack is not overwritten before it is read") {
    ring_under_test ring;
    REQUIRE(ring.write(960));
    CHECK(ring.drain() == 1);
    REQUIRE(ring.write(512)); // the first of this lap's end runs on into the slack
    // The start of the next lap is free up to the place where the unread record began.
    REQUIRE(ring.write(512));
    REQUIRE(ring.write(448));
    CHECK_FALSE(ring.write(512)); // would run over the unread record
    CHECK(ring.drain() == 3);
}

TEST_CASE("a record may be as large as the ring") {
    ring_under_test ring;
    REQUIRE(ring.write(8));
    CHECK_FALSE(ring.write(capacity));
    CHECK(ring.drain() == 1);
    REQUIRE(ring.write(capacity)); // at place 8: its last 8 bytes stand in the slack
    CHECK(ring.writer.place() == ring.segment->data());
    CHECK_FALSE(ring.write(16));
    CHECK(ring.drain() == 1);
}

TEST_CASE("positions jump over the slack alike on both sides") {
    CHECK(advance(0, 64, capacity) == 64);
    CHECK(advance(960, 64, capacity) == 1024);
    CHECK(advance(960, 72, capacity) == 1024);
    CHECK(advance(1016, 1024, capacity) == 1024);
    CHECK(advance(1024, 1024, capacity) == 2048);
    CHECK(advance(1032, 1024, capacity) == 2048);
    CHECK(advance(3 * capacity - 8, 8, capacity) == 3 * capacity);
}

TEST_CASE("the consumer reads each segment of a chain to its end and gives it back") {
    ring_under_test ring;
    std::vector<ring_segment*> left;
    std::uint64_t expected = 0;
    for (std::uint64_t size = 2 * capacity; size <= 16 * capacity; size *= 2) {
        while (ring.write(128)) {
        }
        ring_segment* const full = ring.writer.segment;
        ring_segment* const fresh = new_segment(size, slack);
        ring.writer.enter(*fresh);
        full->next.store_release(fresh);
    }
    REQUIRE(ring.write(128));
    const std::uint64_t records =
        ring.reader.drain([&](const std::byte* record) { CHECK(is_test_record(record, expected++)); },
                          [&](ring_segment* segment) { left.push_back(segment); });
    CHECK(records == ring.written);
    CHECK(left.size() == 4);
    CHECK(ring.reader.segment == ring.writer.segment);
    CHECK(ring.reader.empty());
    for (ring_segment* const segment : left) free_segment(segment);
}

TEST_CASE("room is given back while the consumer is still reading") {
    ring_under_test ring;
    for (int i = 0; i < 16; ++i) REQUIRE(ring.write(64));
    int seen = 0;
    bool room_in_the_middle = false;
    ring.reader.drain(
        [&](const std::byte*) {
            if (++seen == 12) room_in_the_middle = ring.has_room(64);
        },
        &free_segment);
    CHECK(room_in_the_middle);
}

TEST_CASE("random records and drains agree with a queue") {
    for (std::uint32_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        ring_under_test ring;
        std::deque<std::uint32_t> model; // sizes of what is in the ring
        std::uint64_t read = 0;
        for (int step = 0; step < 400; ++step) {
            if (random() % 3 != 0) {
                const std::uint32_t size = 64 + random() % (capacity / 8 - 7) * 8;
                if (ring.write(size)) model.push_back(size);
            } else {
                ring.reader.drain(
                    [&](const std::byte* record) {
                        REQUIRE_FALSE(model.empty());
                        CHECK(size_of_record(record) == model.front());
                        CHECK(is_test_record(record, read++));
                        model.pop_front();
                    },
                    &free_segment);
                REQUIRE(model.empty());
            }
        }
        CHECK(ring.written > 100);
    }
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a producer and a consumer on two threads lose and damage nothing") {
    constexpr std::uint64_t records = 40'000;
    constexpr std::uint64_t small = 4096;
    constexpr std::uint64_t great_slack = (64 << 10) + 256;
    for (std::uint32_t seed = 1; seed <= 3; ++seed) {
        ring_segment* const first = new_segment(small, great_slack);
        ring_reader reader{first};
        std::atomic<bool> done{false};
        std::thread producer([&] {
            std::mt19937 random(seed);
            ring_writer writer{};
            writer.enter(*first);
            for (std::uint64_t number = 0; number < records;) {
                // Mostly small, now and then the greatest that a segment of this size takes.
                const std::uint32_t largest = static_cast<std::uint32_t>(writer.capacity);
                const std::uint32_t size =
                    random() % 64 == 0 ? largest : 64 + static_cast<std::uint32_t>(random() % 32) * 8;
                if (!writer.fits(size)) {
                    const std::uint64_t seen = writer.segment->consumed.load_acquire();
                    if (writer.position + size - seen <= writer.capacity) {
                        writer.limit = seen + writer.capacity;
                    } else if (number % 1000 == 999 && writer.capacity < (32 << 10)) {
                        ring_segment* const full = writer.segment;
                        ring_segment* const fresh = new_segment(2 * writer.capacity, great_slack);
                        writer.enter(*fresh);
                        full->next.store_release(fresh);
                        continue;
                    } else {
                        std::this_thread::yield();
                        continue;
                    }
                }
                write_test_record(writer.place(), size, number++);
                writer.publish(size);
            }
            done.store(true, std::memory_order_release);
        });
        std::uint64_t read = 0;
        std::uint64_t damaged = 0;
        const auto drain = [&] {
            reader.drain([&](const std::byte* record) { damaged += !is_test_record(record, read++); },
                         &free_segment);
        };
        while (!done.load(std::memory_order_acquire)) drain();
        producer.join();
        drain();
        CHECK(read == records);
        CHECK(damaged == 0);
        CHECK(reader.empty());
        free_segment(reader.segment);
    }
}

TEST_SUITE_END();
