// SPDX-License-Identifier: MIT
#include <nanotel/core/tick_rate.hpp>

#include <atomic>

#include <doctest/doctest.h>

namespace {

using namespace nanotel::detail;

std::uint64_t nanoseconds() { return clock_nanoseconds(CLOCK_MONOTONIC); }
void pass(std::uint64_t duration) {
    for (const std::uint64_t begin = nanoseconds(); nanoseconds() - begin < duration;) {
    }
}

// A counter of three ticks a nanosecond, which the thread that reads it is now and then kept from.
std::atomic<int> readings{0};
std::uint64_t interrupted_ticks() noexcept {
    const bool is_interrupted = readings++ % 5 == 1;
    if (is_interrupted) pass(3'000'000);
    const std::uint64_t now = 3 * nanoseconds();
    if (is_interrupted) pass(3'000'000);
    return now;
}

} // namespace

// Fails where a reading of the counter and one of the clock, between which the thread was put aside, are
// taken for one moment: at first, or when the rate is found out. The rate would be off by a quarter, for
// ever.
TEST_CASE("what interrupts a thread between two clocks does not change how long a tick is") {
    tick_rate rate;
    rate.begin(&interrupted_ticks);
    while (nanoseconds() - rate.first.unix_ns < 2 * tick_rate::shortest_ns) {
    }
    const double second = rate.seconds_between(0, 3'000'000'000 * 1'000'000);
    CHECK(second == doctest::Approx(1'000'000).epsilon(0.01));
    // Kept: who asks again soon reads no clocks.
    const int until_known = readings;
    CHECK(rate.seconds_a_tick.load_relaxed() != 0);
    const std::uint64_t before_refinement = rate.refined_at.load_relaxed() - 1;
    CHECK(rate.seconds_between(before_refinement - 3'000'000, before_refinement) ==
          doctest::Approx(0.001).epsilon(0.01));
    CHECK(readings == until_known);
    // And known better when it may be.
    CHECK(rate.seconds_between(before_refinement, before_refinement + 1) > 0);
    CHECK(readings > until_known);
}
