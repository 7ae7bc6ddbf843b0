// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <condition_variable>
#include <thread>

using namespace nanotel_test;

namespace {

extern nanotel::counter<> early;
extern nanotel::histogram<> early_durations;

// Runs before main, and before the instruments would be constructed if they were not constant.
struct measures_when_constructed {
    measures_when_constructed() {
        early.add(1);
        early.add(1, "k"_attr = "dynamic");
        early_durations.record(1);
        handle = early.bind("k"_attr = "bound");
        handle.add(1);
        measured = true;
    }
    nanotel::bound_counter<> handle;
    bool measured = false;
};
measures_when_constructed before_main;

constinit nanotel::counter<> early{"life.early"};
constinit nanotel::histogram<> early_durations{"life.durations"};
constinit nanotel::exponential_histogram<> early_sizes{"life.sizes"};
constinit nanotel::gauge<> level{"life.level"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"ok", bool>> dense{"life.dense"};

void measure_everything(unsigned amount) {
    early.add(amount);
    early.add(amount, "k"_attr = "dynamic", "n"_attr = 1);
    before_main.handle.add(amount);
    dense.add(amount, true);
    early_durations.record(amount);
    early_sizes.record(amount);
    level.set(amount);
}

void check_everything(const std::vector<nanotel::finished_metric>& metrics, unsigned amount) {
    CHECK(point(find(metrics, "life.early")).value == amount);
    CHECK(point(find(metrics, "life.early"), {{"k", "dynamic"}, {"n", 1}}).value == amount);
    CHECK(point(find(metrics, "life.early"), {{"k", "bound"}}).value == amount);
    CHECK(find(metrics, "life.early").points.size() == 3);
    CHECK(point(find(metrics, "life.dense"), {{"ok", true}}).value == amount);
    CHECK(find(metrics, "life.dense").points.size() == 1);
    CHECK(point(find(metrics, "life.durations")).sum == amount);
    CHECK(point(find(metrics, "life.sizes")).sum == amount);
    CHECK(number(point(find(metrics, "life.level")).value) == amount);
}

} // namespace

// Fails where an instrument has a constructor that runs, or a handle needs telemetry to be bound.
TEST_CASE("instruments are usable before main and before start, and what they measure then is nowhere") {
    CHECK(before_main.measured);
    CHECK_FALSE(early.enabled());
    measure_everything(5);
    measuring telemetry;
    CHECK(early.enabled());
    CHECK(telemetry.collected().empty());
    measure_everything(3);
    check_everything(telemetry.collected(), 3);
}

// Fails where stop() leaves a thread its cells, or a thread's caches still lead to them after the next start.
TEST_CASE("after shutdown nothing is measured, and after another start values begin at zero") {
    std::uint64_t last_start = 0;
    for (unsigned round = 1; round <= 4; ++round) {
        const std::uint64_t begun = pass_time();
        {
            measuring telemetry;
            measure_everything(round);
            pass_time();
            const auto metrics = telemetry.collected();
            check_everything(metrics, round);
            CHECK(point(find(metrics, "life.early")).start_time_unix_nano == begun);
            CHECK(begun > last_start);
            last_start = begun;
            CHECK(telemetry.shut_down());
            CHECK_FALSE(early.enabled());
            measure_everything(100);
            // What the last collection of the shutdown brought is what there was.
            check_everything(telemetry.received(), round);
        }
        measure_everything(1000);
    }
}

// Fails where a thread that lives on across a start uses slots, handles or cached labels of before it.
TEST_CASE("threads that live through several starts measure into the one that runs") {
    std::mutex mutex;
    std::condition_variable changed;
    int asked = 0;
    int done = 0;
    bool ending = false;
    unsigned amount = 0;
    std::thread worker([&] {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return ending || done != asked; });
            if (ending) return;
            measure_everything(amount);
            done = asked;
            changed.notify_all();
        }
    });
    const auto measure_there = [&](unsigned how_much) {
        std::unique_lock lock(mutex);
        amount = how_much;
        ++asked;
        changed.notify_all();
        changed.wait(lock, [&] { return done == asked; });
    };
    static constinit nanotel::counter<> before_others{"life.before"}; // moves the slots of the others
    for (unsigned round = 1; round <= 4; ++round) {
        {
            measuring telemetry;
            for (unsigned i = 0; i < round; ++i) before_others.add(1, "i"_attr = i);
            measure_there(round);
            measure_there(round);
            const auto metrics = telemetry.collected();
            CHECK(point(find(metrics, "life.early")).value == 2 * round);
            CHECK(point(find(metrics, "life.early"), {{"k", "dynamic"}, {"n", 1}}).value == 2 * round);
            CHECK(point(find(metrics, "life.early"), {{"k", "bound"}}).value == 2 * round);
            CHECK(point(find(metrics, "life.dense"), {{"ok", true}}).value == 2 * round);
            CHECK(point(find(metrics, "life.durations")).count == 2);
            CHECK(number(point(find(metrics, "life.level")).value) == round);
        }
        measure_there(1000);
    }
    {
        const std::lock_guard lock(mutex);
        ending = true;
        changed.notify_all();
    }
    worker.join();
}

// Fails where a thread's cells go with it before they are added up.
TEST_CASE("what threads measured that have ended is in the values, in this start and only in it") {
    for (unsigned round = 1; round <= 3; ++round) {
        measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
        for (int t = 0; t < 5; ++t) std::thread([&] { measure_everything(round); }).join();
        telemetry.flush();
        for (std::size_t r = 0; r < 2; ++r) {
            const auto metrics = telemetry.received(r);
            CHECK(point(find(metrics, "life.early")).value == 5 * round);
            CHECK(point(find(metrics, "life.early"), {{"k", "bound"}}).value == 5 * round);
            CHECK(point(find(metrics, "life.durations")).sum == 5 * round);
            CHECK(point(find(metrics, "life.sizes")).count == 5);
        }
    }
}

// Fails where the last collection of shutdown does not happen, or happens before recording has ended.
TEST_CASE("shutdown brings what was measured since the last collection") {
    measuring telemetry({.readers = {{.temporality = delta}}});
    early.add(3);
    telemetry.flush();
    telemetry.received();
    early.add(4);
    CHECK(telemetry.shut_down());
    CHECK(point(find(telemetry.received(), "life.early")).value == 4);
    const auto stats = telemetry.stats();
    CHECK(stats.data_points.recorded == 2);
    CHECK(stats.data_points.delivered == 2);
    CHECK(stats.data_points.dropped == 0);
}
