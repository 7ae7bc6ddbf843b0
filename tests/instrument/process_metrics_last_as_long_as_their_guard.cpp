// SPDX-License-Identifier: MIT
#include "collected.hpp"

#include <nanotel/instrument/process.hpp>

#include <atomic>
#include <thread>
#include <type_traits>

namespace {
using nanotel_test::collecting;

static_assert(std::is_nothrow_move_constructible_v<nanotel::process_observation>);
static_assert(std::is_nothrow_move_assignable_v<nanotel::process_observation>);
static_assert(!std::is_copy_constructible_v<nanotel::process_observation>);
} // namespace

TEST_CASE("nothing of the process is told without asking for it") {
    collecting telemetry;
    CHECK(telemetry.collect().names().empty());
}

TEST_CASE("metrics of the process end with what observe_process returned, wherever it was moved") {
    collecting telemetry;
    nanotel::process_observation outer;
    {
        auto process = nanotel::observe_process();
        outer = std::move(process);
    }
    CHECK(telemetry.collect().find("process.cpu.time") != nullptr);
    {
        const nanotel::process_observation moved(std::move(outer));
        CHECK(telemetry.collect().find("process.cpu.time") != nullptr);
    }
    CHECK(telemetry.collect().names().empty());
    outer = nanotel::observe_process();
    CHECK(telemetry.collect().find("process.cpu.time") != nullptr);
    outer.remove();
    CHECK(telemetry.collect().names().empty());
}

TEST_CASE("two parts of a program may observe the process, and each series comes once") {
    collecting telemetry;
    auto first = nanotel::observe_process();
    {
        auto second = nanotel::observe_process();
        const auto all = telemetry.collect();
        const auto* const time = all.find("process.cpu.time");
        REQUIRE(time != nullptr);
        CHECK(time->points.size() == 2);
        CHECK(all.metrics().size() == all.names().size());
    }
    CHECK(telemetry.collect().find("process.cpu.time") != nullptr);
}

TEST_CASE("metrics of the process go on over a shutdown and another start") {
    auto process = nanotel::observe_process();
    for (int i = 0; i < 2; ++i) {
        collecting telemetry;
        CHECK(telemetry.collect().find("process.cpu.time") != nullptr);
    }
}

TEST_SUITE("concurrent") {
    TEST_CASE("the process may be observed and no more while others collect") {
        collecting telemetry;
        std::atomic<bool> ending = false;
        std::thread coming_and_going([&] {
            while (!ending) auto process = nanotel::observe_process();
        });
        auto process = nanotel::observe_process();
        for (int i = 0; i < 50; ++i) {
            const auto all = telemetry.collect();
            for (const auto& metric : all.metrics()) CHECK(!metric.points.empty());
        }
        ending = true;
        coming_and_going.join();
        CHECK(telemetry.collect().find("process.cpu.time") != nullptr);
    }
}
