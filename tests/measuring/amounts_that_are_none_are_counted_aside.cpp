// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <cmath>
#include <limits>
#include <utility>

using namespace nanotel_test;

namespace {

constinit nanotel::counter<std::int64_t> whole{"aside.whole"};
constinit nanotel::counter<double> real{"aside.real"};
constinit nanotel::up_down_counter<> up_down{"aside.up_down"};
constinit nanotel::up_down_counter<double> real_up_down{"aside.real_up_down"};
constinit nanotel::gauge<> level{"aside.level"};

// Not a constant, which would be an error when compiling.
template <class T>
T at_run_time(T value) {
    volatile T hidden = value;
    return hidden;
}

} // namespace

// Fails where a negative amount reaches the sum, or stops what comes after it.
TEST_CASE("a negative amount for a counter is left out, counted and said") {
    const diagnostics_of_test diagnostics;
    measuring telemetry;
    whole.add(5);
    whole.add(at_run_time(-3));
    whole.add(at_run_time(std::numeric_limits<std::int64_t>::min()), "k"_attr = 1);
    whole.bind("k"_attr = 2).add(at_run_time(-1L));
    real.add(at_run_time(-0.5));
    real.add(at_run_time(-0.0));
    real.add(0.25);
    up_down.add(at_run_time(-7));
    real_up_down.add(at_run_time(-0.5));
    const auto metrics = telemetry.collected();
    CHECK(find(metrics, "aside.whole").points.size() == 1);
    CHECK(point(find(metrics, "aside.whole")).value == 5);
    CHECK(point(find(metrics, "aside.real")).value == 0.25);
    CHECK(point(find(metrics, "aside.up_down")).value == -7);
    CHECK(point(find(metrics, "aside.real_up_down")).value == -0.5);
    CHECK(telemetry.stats().measurements.invalid == 4);
    CHECK(diagnostics.heard("the counter 'aside.whole' was given -3.000000, and a counter only grows"));
}

// Fails where a handle that has no labels, since memory was short for them or since they were moved to
// another one, is asked for them.
TEST_CASE("a handle without its labels measures nothing, and that is counted") {
    measuring telemetry;
    auto left = whole.bind("k"_attr = 1);
    const auto with_labels = std::move(left);
    left.add(5);
    const auto copied = left;
    copied.add(5);
    with_labels.add(2);
    const auto metrics = telemetry.collected();
    CHECK(find(metrics, "aside.whole").points.size() == 1);
    CHECK(point(find(metrics, "aside.whole"), {{"k", 1}}).value == 2);
    CHECK(telemetry.stats().measurements.out_of_memory == 2);
}

// Fails where an amount that is not finite reaches a sum, which never recovers from it.
TEST_CASE("an amount that is not finite is left out of sums, counted and said") {
    const diagnostics_of_test diagnostics;
    measuring telemetry;
    for (const double amount : {std::nan(""), HUGE_VAL, -HUGE_VAL}) {
        real.add(amount);
        real_up_down.add(amount);
        real.add(amount, "k"_attr = 1);
        real_up_down.bind("k"_attr = 1).add(amount);
    }
    real.add(1.5);
    real_up_down.add(-1.5);
    const auto metrics = telemetry.collected();
    REQUIRE(find(metrics, "aside.real").points.size() == 1);
    CHECK(point(find(metrics, "aside.real")).value == 1.5);
    REQUIRE(find(metrics, "aside.real_up_down").points.size() == 1);
    CHECK(point(find(metrics, "aside.real_up_down")).value == -1.5);
    CHECK(telemetry.stats().measurements.invalid == 12);
    CHECK(diagnostics.heard("which no sum recovers from"));
}

// Fails where what is said of a bad amount goes out although nothing is started.
TEST_CASE("without telemetry bad amounts are nobody's business") {
    const diagnostics_of_test diagnostics;
    whole.add(at_run_time(-3));
    real.add(std::nan(""));
    CHECK(diagnostics.texts().empty());
}

// Fails where a gauge refuses what JSON can say.
TEST_CASE("a gauge tells what it was set to, also what is not finite") {
    measuring telemetry;
    level.set(HUGE_VAL);
    CHECK(point(find(telemetry.collected(), "aside.level")).value == HUGE_VAL);
    level.set(std::nan(""));
    CHECK(std::isnan(number(point(find(telemetry.collected(), "aside.level")).value)));
    level.set(1);
    CHECK(point(find(telemetry.collected(), "aside.level")).value == 1.0);
}

// Fails where a sum of small parts goes down, or loses what is added to a large one.
TEST_CASE("a sum of doubles never goes down, and does not drift from what was added") {
    measuring telemetry;
    double last = 0;
    std::uint64_t tenths = 0;
    for (int i = 0; i < 50; ++i) {
        for (int k = 0; k < 100; ++k, ++tenths) real.add(0.1, "part"_attr = "tenth");
        const auto metrics = telemetry.collected();
        const double value = number(point(find(metrics, "aside.real"), {{"part", "tenth"}}).value);
        CHECK(value > last);
        CHECK(std::fabs(value - static_cast<double>(tenths) / 10) < 1e-9);
        last = value;
    }
}
