// SPDX-License-Identifier: MIT
#include <nanotel/core/thread_registry.hpp>

#include <atomic>
#include <set>
#include <thread>
#include <utility> // exchange
#include <vector>

#include <doctest/doctest.h>

using namespace nanotel::detail;

namespace {

constexpr ring_options small_rings{16 << 10, 64 << 10, 1 << 20, full_ring::drop, 0};

const auto nobody_sleeps = [] { return false; };

// Registries live as long as the process does, since threads that end later lead back to them.
thread_registry& new_registry(const ring_options& options) {
    auto* const registry = new thread_registry;
    static auto& all = *new std::vector<thread_registry*>; // reachable, so no leak
    all.push_back(registry);
    registry->configure(options, thread_mode::active);
    return *registry;
}

// What the hot path and its cold one do together.
template <class Wake>
bool record(thread_registry& registry, thread_state& thread, std::uint32_t size, Wake&& wake) {
    thread.recorded.add_by_owner(1);
    if (!thread.ring.fits(size) && !registry.make_room(thread, size, wake)) return false;
    record_header header{};
    header.size = size;
    header.span_id = thread.recorded.load_relaxed();
    __builtin_memcpy(thread.ring.place(), &header, sizeof header);
    thread.ring.publish(size);
    return true;
}

std::uint64_t drain(thread_registry& registry, thread_state& thread) {
    const std::uint64_t records =
        thread.reader.drain([](const std::byte*) {}, [&](ring_segment* left) { registry.retire(left); });
    thread.parsed.add_by_owner(records);
    thread.space.store_seq_cst(thread.space.load_relaxed() + 1);
    if (thread.waiting.load_seq_cst() != 0) wake_all(thread.space);
    return records;
}

// What the collector thread does between two sleeps.
std::uint64_t sweep(thread_registry& registry) {
    std::uint64_t records = 0;
    registry.for_each([&](thread_state& thread) {
        const bool ended = thread.ended.load_acquire() != 0;
        if (!thread.reader.empty()) records += drain(registry, thread);
        if (ended) registry.recycle(thread);
    });
    return records;
}

std::size_t states_of(const thread_registry& registry) {
    std::size_t count = 0;
    registry.for_each([&](thread_state&) { ++count; });
    return count;
}

} // namespace

TEST_CASE("a thread has one state, however often it asks") {
    thread_registry& registry = new_registry(small_rings);
    thread_state* const state = registry.attach(nobody_sleeps);
    REQUIRE(state != nullptr);
    CHECK(registry.attach(nobody_sleeps) == state);
    thread_state* other = nullptr;
    std::thread([&] { other = registry.attach(nobody_sleeps); }).join();
    CHECK(other != nullptr);
    CHECK(other != state);
}

TEST_CASE("a ring grows by doubling to its limit, then drops and counts") {
    thread_registry& registry = new_registry(small_rings);
    thread_state& thread = *registry.attach(nobody_sleeps);
    CHECK(thread.ring.capacity == 16 << 10);
    std::uint64_t written = 0;
    std::set<std::uint64_t> capacities;
    for (int i = 0; i < 4000; ++i) {
        written += record(registry, thread, 128, nobody_sleeps);
        capacities.insert(thread.ring.capacity);
    }
    CHECK(capacities == std::set<std::uint64_t>{16 << 10, 32 << 10, 64 << 10});
    CHECK(written == (16 + 32 + 64) * 1024 / 128);
    CHECK(thread.dropped_full.load_relaxed() == 4000 - written);
    CHECK(registry.ring_bytes() == (16 + 32 + 64) * 1024);
    // The segments that the producer has left are given back when they have been read.
    CHECK(drain(registry, thread) == written);
    CHECK(registry.ring_bytes() == 64 * 1024);
    CHECK(record(registry, thread, 128, nobody_sleeps));
}

TEST_CASE("a record above a quarter of the greatest ring is dropped for its size") {
    thread_registry& registry = new_registry(small_rings);
    thread_state& thread = *registry.attach(nobody_sleeps);
    CHECK(registry.largest_record() == 16 << 10);
    CHECK_FALSE(record(registry, thread, (16 << 10) + 8, nobody_sleeps));
    CHECK(thread.dropped_large.load_relaxed() == 1);
    CHECK(thread.dropped_full.load_relaxed() == 0);
    // The greatest there may be grows the ring until it is a quarter of it.
    CHECK(record(registry, thread, 8 << 10, nobody_sleeps));
    CHECK(record(registry, thread, 16 << 10, nobody_sleeps));
    CHECK(drain(registry, thread) == 2);
}

TEST_CASE("the collector thread is woken when a ring is past its half, and once if it comes") {
    thread_registry& registry = new_registry({16 << 10, 16 << 10, 1 << 20, full_ring::drop, 0});
    thread_state& thread = *registry.attach(nobody_sleeps);
    int woken = 0;
    const auto sleeping = [&] { return ++woken, true; };
    for (int i = 0; i < 64; ++i) REQUIRE(record(registry, thread, 128, sleeping)); // half
    CHECK(woken == 0);
    REQUIRE(record(registry, thread, 128, sleeping));
    CHECK(woken == 1);
    for (int i = 0; i < 63; ++i) REQUIRE(record(registry, thread, 128, sleeping));
    CHECK(woken == 1);
    CHECK(drain(registry, thread) == 128);
    for (int i = 0; i < 64; ++i) REQUIRE(record(registry, thread, 128, sleeping));
    CHECK(woken == 1);
    REQUIRE(record(registry, thread, 128, sleeping));
    CHECK(woken == 2);
}

TEST_CASE("a collector thread that seems awake is asked again, since it may be about to sleep") {
    thread_registry& registry = new_registry({16 << 10, 16 << 10, 1 << 20, full_ring::drop, 0});
    thread_state& thread = *registry.attach(nobody_sleeps);
    int asked = 0;
    bool sleeps = false;
    const auto wake = [&] { return ++asked, sleeps; };
    for (int i = 0; i < 65; ++i) REQUIRE(record(registry, thread, 128, wake));
    CHECK(asked == 1);
    sleeps = true; // it had looked before the record of the first wake was published
    for (int i = 0; i < 20; ++i) REQUIRE(record(registry, thread, 128, wake));
    CHECK(asked == 2);
}

TEST_CASE("the rings of all threads together keep to their limit, and who found no room finds it later") {
    // Room for four first rings, and nothing to grow by.
    thread_registry& registry = new_registry({16 << 10, 64 << 10, 64 << 10, full_ring::drop, 0});
    std::atomic<int> ready{0};
    std::atomic<bool> go_on{false};
    std::atomic<int> dropped{0};
    std::atomic<int> kept{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            thread_state& state = *registry.attach(nobody_sleeps);
            if (record(registry, state, 128, nobody_sleeps))
                ++kept;
            else {
                ++dropped;
                CHECK(state.dropped_full.load_relaxed() == 1);
            }
            ++ready;
            while (!go_on.load()) std::this_thread::yield();
        });
    while (ready.load() < 6) std::this_thread::yield();
    CHECK(kept.load() == 4);
    CHECK(dropped.load() == 2);
    CHECK(registry.ring_bytes() == 64 << 10);
    go_on.store(true);
    for (std::thread& t : threads) t.join();
    CHECK(sweep(registry) == 4);
    CHECK(registry.ring_bytes() <= 64 << 10);
    // Whichever state is given out next: the thread finds room, where it left some of its own.
    int found = 0;
    for (int i = 0; i < 4; ++i)
        std::thread([&] {
            thread_state& state = *registry.attach(nobody_sleeps);
            found += record(registry, state, 128, nobody_sleeps);
        }).join();
    CHECK(found >= 2);
}

TEST_CASE("threads that come and go use the states of those that have gone") {
    thread_registry& registry = new_registry(small_rings);
    std::uint64_t records = 0;
    for (int i = 0; i < 3000; ++i) {
        std::thread([&] { record(registry, *registry.attach(nobody_sleeps), 128, nobody_sleeps); }).join();
        if (i % 4 == 0) records += sweep(registry);
    }
    records += sweep(registry);
    CHECK(records == 3000);
    CHECK(states_of(registry) <= 8);
    CHECK(registry.ring_bytes() <= 8 * small_rings.first_bytes);
}

TEST_CASE("threads that come and go wake the collector thread, so that it gives back their states") {
    thread_registry& registry = new_registry(small_rings);
    const auto collect = [&] { return static_cast<void>(sweep(registry)), true; };
    // attach holds the lock while it wakes, so the sweep has to be another thread's: here, the next one's.
    bool wanted = false;
    for (int i = 0; i < 1000; ++i) {
        std::thread([&] { registry.attach([&] { return wanted = true; }); }).join();
        if (std::exchange(wanted, false)) collect();
    }
    CHECK(states_of(registry) <= 32);
}

TEST_CASE("a crowd that has gone does not keep its rings") {
    thread_registry& registry = new_registry({16 << 10, 64 << 10, 64 << 20, full_ring::drop, 0});
    std::atomic<int> ready{0};
    std::atomic<bool> go_on{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 100; ++i)
        threads.emplace_back([&] {
            record(registry, *registry.attach(nobody_sleeps), 128, nobody_sleeps);
            ++ready;
            while (!go_on.load()) std::this_thread::yield();
        });
    while (ready.load() < 100) std::this_thread::yield();
    CHECK(registry.ring_bytes() == 100 * (16 << 10));
    go_on.store(true);
    for (std::thread& t : threads) t.join();
    CHECK(sweep(registry) == 100);
    CHECK(registry.ring_bytes() == thread_registry::most_free_rings * (16 << 10));
    // A state without a ring gets one with its first record.
    std::vector<std::thread> again;
    ready = 0;
    go_on = false;
    for (int i = 0; i < 40; ++i)
        again.emplace_back([&] {
            CHECK(record(registry, *registry.attach(nobody_sleeps), 128, nobody_sleeps));
            ++ready;
            while (!go_on.load()) std::this_thread::yield();
        });
    while (ready.load() < 40) std::this_thread::yield();
    CHECK(states_of(registry) == 100);
    CHECK(registry.ring_bytes() == 40 * (16 << 10));
    CHECK(sweep(registry) == 40);
    go_on.store(true);
    for (std::thread& t : again) t.join();
}

TEST_CASE("a ring that grew is not left to the next thread") {
    thread_registry& registry = new_registry(small_rings);
    std::thread([&] {
        thread_state& state = *registry.attach(nobody_sleeps);
        for (int i = 0; i < 400; ++i) record(registry, state, 128, nobody_sleeps);
        CHECK(state.ring.capacity == 64 << 10);
    }).join();
    sweep(registry);
    CHECK(registry.ring_bytes() == 16 << 10);
}

TEST_CASE("nothing is given out before configure and after stop, and threads ask again") {
    auto& registry = new_registry(small_rings);
    thread_state* const state = registry.attach(nobody_sleeps);
    REQUIRE(state != nullptr);
    state->context.word = context_word::valid;
    registry.stop();
    CHECK(state->mode.load_relaxed() == 0);
    CHECK(registry.attach(nobody_sleeps) == nullptr);
    registry.configure(small_rings, thread_mode::active);
    CHECK(state->mode.load_relaxed() == 0);
    CHECK(registry.attach(nobody_sleeps) == state);
    CHECK(state->mode.load_relaxed() == thread_mode::active);
    CHECK(state->context.word == 0); // what was current has gone with the time before
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a producer that waits for room goes on when there is some") {
    // Longer than the test may take: where nobody wakes it, the test fails by its time limit.
    thread_registry& registry =
        new_registry({16 << 10, 16 << 10, 1 << 20, full_ring::block, 3'600'000'000'000});
    constexpr int records = 20'000;
    std::atomic<bool> done{false};
    std::thread producer([&] {
        thread_state& state = *registry.attach(nobody_sleeps);
        for (int i = 0; i < records; ++i) CHECK(record(registry, state, 256, nobody_sleeps));
        CHECK(state.dropped_full.load_relaxed() == 0);
        done.store(true);
    });
    std::uint64_t read = 0;
    while (!done.load()) {
        read += sweep(registry);
        std::this_thread::yield();
    }
    producer.join();
    CHECK(read + sweep(registry) == records);
}

TEST_CASE("a producer that waits in vain drops at its deadline") {
    constexpr std::uint64_t patience = 20'000'000;
    thread_registry& registry = new_registry({16 << 10, 16 << 10, 1 << 20, full_ring::block, patience});
    thread_state& state = *registry.attach(nobody_sleeps);
    while (state.ring.position + 128 <= state.ring.capacity)
        REQUIRE(record(registry, state, 128, nobody_sleeps));
    const std::uint64_t before = clock_nanoseconds(CLOCK_MONOTONIC);
    CHECK_FALSE(record(registry, state, 128, nobody_sleeps));
    CHECK(clock_nanoseconds(CLOCK_MONOTONIC) - before >= patience);
    CHECK(state.dropped_full.load_relaxed() == 1);
}

TEST_CASE("threads come and go while the collector thread sweeps, and every record is read once") {
    thread_registry& registry = new_registry({16 << 10, 32 << 10, 4 << 20, full_ring::drop, 0});
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> recorded{0};
    std::atomic<bool> done{false};
    std::uint64_t read = 0;
    std::thread collector([&] {
        while (!done.load()) read += sweep(registry);
        read += sweep(registry);
    });
    std::vector<std::thread> spawners;
    for (int s = 0; s < 3; ++s)
        spawners.emplace_back([&, s] {
            for (int i = 0; i < 150; ++i)
                std::thread([&, s, i] {
                    thread_state& state = *registry.attach(nobody_sleeps);
                    for (int k = 0; k < 1 + (i * 7 + s) % 200; ++k) {
                        written +=
                            record(registry, state, 64u + 8u * static_cast<unsigned>(k % 100), nobody_sleeps);
                        ++recorded;
                    }
                }).join();
        });
    for (std::thread& t : spawners) t.join();
    done.store(true);
    collector.join();
    CHECK(read == written.load());
    std::uint64_t parsed = 0, dropped = 0, counted = 0;
    registry.for_each([&](const thread_state& t) {
        parsed += t.parsed.load_relaxed();
        dropped += t.dropped_full.load_relaxed();
        counted += t.recorded.load_relaxed();
    });
    CHECK(counted == recorded.load());
    CHECK(counted == parsed + dropped);
    // Three at a time, and what the collector thread had not given back yet.
    CHECK(states_of(registry) < 450);
}

TEST_SUITE_END();
