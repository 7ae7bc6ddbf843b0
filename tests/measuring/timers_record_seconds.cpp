// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <time.h> // clock_gettime

using namespace nanotel_test;

namespace {

constinit nanotel::histogram<> durations{"timer.durations", {.unit = "s"}};

double monotonic_seconds() {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

} // namespace

// Fails where a timer counts in another unit than that of its clock, or records when it was cancelled.
TEST_CASE("a timer records the seconds of the telemetry's clock, once") {
    measuring telemetry;
    {
        nanotel::timer stopped(durations.bind());
        pass_time(250'000'000);
        stopped.stop();
        pass_time();
    }
    {
        NANOTEL_TIME(durations);
        pass_time(1'500'000'000);
    }
    {
        nanotel::timer cancelled(durations.bind());
        pass_time();
        cancelled.cancel();
    }
    const auto metrics = telemetry.collected();
    const auto& p = point(find(metrics, "timer.durations"));
    CHECK(p.count == 2);
    CHECK(p.sum == 1.75);
}

// Fails where the length of a tick is found out only if the first start has no other clock. The bounds are
// wide, since it is known only to what the first milliseconds tell.
TEST_CASE("a timer records seconds of the processor's counter after a start that had another clock") {
    {
        measuring telemetry;
    }
    measuring telemetry({.injected_clock = false});
    const double before = monotonic_seconds();
    double inner = 0;
    {
        NANOTEL_TIME(durations);
        const double begin = monotonic_seconds();
        while (inner < 0.02) inner = monotonic_seconds() - begin;
    }
    const double outer = monotonic_seconds() - before;
    const auto metrics = telemetry.collected();
    const auto& p = point(find(metrics, "timer.durations"));
    CHECK(p.count == 1);
    CHECK(p.sum > inner / 2);
    CHECK(p.sum < outer * 2);
}
