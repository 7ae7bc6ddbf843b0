// SPDX-License-Identifier: MIT
#include <nanotel/core/clock.hpp>

#include <algorithm> // sort
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using nanotel::detail::clock_map;
using nanotel::detail::clock_reading;

namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t epoch = 1'700'000'000 * second;

// A machine whose counter makes `frequency` ticks a second and whose system clock is off as it is told.
struct machine {
    std::uint64_t frequency = 2'500'000'000;
    std::uint64_t boot_ticks = 123'456'789'000;
    std::int64_t set_by = 0; // nanoseconds that the clock was set forward or back in all
    std::uint64_t elapsed = 0;

    std::uint64_t ticks() const {
        __extension__ using wide = unsigned __int128;
        return boot_ticks + static_cast<std::uint64_t>(static_cast<wide>(elapsed) * frequency / second);
    }
    std::uint64_t clock() const { return epoch + elapsed + static_cast<std::uint64_t>(set_by); }
    clock_reading read() const { return {ticks(), clock()}; }

    clock_map started() {
        clock_map map;
        map.begin(read());
        elapsed += 10'000'000;
        map.extend(read());
        return map;
    }
};

std::uint64_t distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

} // namespace

TEST_CASE("the map gives what the clock would have given") {
    machine m;
    clock_map map = m.started();
    REQUIRE(map.has_rate());
    for (int i = 0; i < 1000; ++i) {
        m.elapsed += second;
        map.extend(m.read());
        CHECK(distance(map.to_unix_ns(m.ticks()), m.clock()) < 1000);
    }
    CHECK(map.pieces() < 20); // a good clock needs no bending
}

TEST_CASE("what lies before the first reading is counted back") {
    machine m;
    const std::uint64_t earlier = m.ticks();
    m.elapsed += 3 * second;
    clock_map map = m.started();
    CHECK(distance(map.to_unix_ns(earlier), epoch) < 1000);
}

TEST_CASE("a tick gives the same time whenever it is asked, and later ticks never give earlier times") {
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        std::mt19937_64 random(seed);
        machine m;
        m.frequency = 10'000'000 + random() % 4'000'000'000;
        clock_map map = m.started();
        std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;
        for (int step = 0; step < 300; ++step) {
            // Ticks between the last reading and the next are asked for before it, and some old ones again.
            const std::uint64_t before = m.ticks();
            m.elapsed += 1 + random() % (5 * second);
            const std::uint64_t span = m.ticks() - before;
            for (int i = 0; i < 4; ++i) {
                const std::uint64_t tick = before + random() % (span + 1);
                asked.emplace_back(tick, map.to_unix_ns(tick));
            }
            switch (random() % 8) {
            case 0:
                m.set_by += static_cast<std::int64_t>(random() % (4 * second)) -
                            static_cast<std::int64_t>(2 * second);
                break;
            case 1:
                m.set_by += static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000;
                break;
            case 2:
                m.set_by += static_cast<std::int64_t>(random() % (7200 * second)) -
                            static_cast<std::int64_t>(3600 * second);
                break;
            default:
                break;
            }
            map.extend(m.read());
        }
        std::uint64_t changed = 0;
        for (const auto& [tick, time] : asked) changed += map.to_unix_ns(tick) != time;
        CHECK(changed == 0);
        std::sort(asked.begin(), asked.end());
        std::uint64_t disordered = 0;
        for (std::size_t i = 1; i < asked.size(); ++i) disordered += asked[i].second < asked[i - 1].second;
        CHECK(disordered == 0);
    }
}

TEST_CASE("what nests in ticks nests in time, across a bend too") {
    machine m;
    clock_map map = m.started();
    const std::uint64_t outer_begin = m.ticks();
    m.elapsed += second;
    const std::uint64_t inner_begin = m.ticks();
    m.set_by -= second / 2;
    map.extend(m.read());
    m.elapsed += second;
    const std::uint64_t inner_end = m.ticks();
    const std::uint64_t outer_end = m.ticks() + 1;
    CHECK(map.to_unix_ns(outer_begin) <= map.to_unix_ns(inner_begin));
    CHECK(map.to_unix_ns(inner_begin) <= map.to_unix_ns(inner_end));
    CHECK(map.to_unix_ns(inner_end) <= map.to_unix_ns(outer_end));
}

TEST_CASE("a clock that drifts is followed") {
    machine m;
    clock_map map = m.started();
    for (int i = 0; i < 600; ++i) {
        m.elapsed += second;
        m.set_by += 100'000; // 100 parts in a million, as a clock may be slewed
        map.extend(m.read());
    }
    CHECK(distance(map.to_unix_ns(m.ticks()), m.clock()) < 2'000'000);
}

TEST_CASE("a clock that is set is followed without a jump and without spoiling the rate") {
    for (const std::int64_t step : {-600'000'000ll, 700'000'000ll, -3'000'000'000ll, 20'000'000'000ll}) {
        CAPTURE(step);
        machine m;
        clock_map map = m.started();
        for (int i = 0; i < 3; ++i) {
            m.elapsed += second;
            map.extend(m.read());
        }
        m.set_by += step;
        std::uint64_t last = map.to_unix_ns(m.ticks());
        for (int i = 0; i < 200; ++i) {
            m.elapsed += second;
            map.extend(m.read());
            const std::uint64_t time = map.to_unix_ns(m.ticks());
            // Half to twice the true rate, never back.
            CHECK(time - last >= second / 2 - 1000);
            CHECK(time - last <= 2 * second + 1000);
            last = time;
        }
        CHECK(distance(last, m.clock()) < 1'000'000);
    }
}

TEST_CASE("a clock that is set while the rate is first measured does not spoil it for good") {
    for (const std::int64_t step : {-5'000'000'000ll, 5'000'000'000ll}) {
        CAPTURE(step);
        machine m;
        clock_map map;
        map.begin(m.read());
        m.elapsed += 10'000'000;
        m.set_by = step;
        map.extend(m.read());
        if (step < 0) CHECK_FALSE(map.has_rate());
        while (!map.has_rate()) {
            m.elapsed += 10'000'000;
            map.extend(m.read());
        }
        for (int i = 0; i < 20'000; ++i) {
            m.elapsed += second;
            map.extend(m.read());
        }
        CHECK(distance(map.to_unix_ns(m.ticks()), m.clock()) < 1'000'000);
    }
}

TEST_CASE("a reading that is not later than the last changes nothing") {
    machine m;
    clock_map map = m.started();
    m.elapsed += second;
    map.extend(m.read());
    const std::uint64_t tick = m.ticks() + 1000;
    const std::uint64_t time = map.to_unix_ns(tick);
    map.extend({m.ticks(), m.clock() + 5 * second});
    map.extend({m.ticks() - 5, m.clock() - 5 * second});
    CHECK(map.to_unix_ns(tick) == time);
}

TEST_CASE("the map of a nanosecond clock is the identity") {
    clock_map map;
    map.begin({0, 0});
    map.extend({1, 1});
    for (const std::uint64_t t : {std::uint64_t{0}, std::uint64_t{1}, epoch, epoch + 12345})
        CHECK(map.to_unix_ns(t) == t);
}

TEST_CASE("a map that is bent for ever keeps a bounded number of pieces") {
    machine m;
    clock_map map = m.started();
    for (int i = 0; i < 20'000; ++i) {
        m.elapsed += second;
        m.set_by += i % 2 == 0 ? 50'000 : -50'000;
        map.extend(m.read());
    }
    CHECK(map.pieces() <= 4096);
    CHECK(map.pieces() > 1000);
    CHECK(distance(map.to_unix_ns(m.ticks()), m.clock()) < 1'000'000);
}
