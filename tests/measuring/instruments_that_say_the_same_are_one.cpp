// SPDX-License-Identifier: MIT
#include "measuring.hpp"
#include "other_file.hpp"

#include <thread>

using namespace nanotel_test;

namespace {

enum class outcome { good, bad };

constinit nanotel::counter<> requests{"same.requests", {.unit = "{request}", .description = "served"}};
constinit nanotel::counter<std::uint64_t, nanotel::label<"outcome", outcome>> labelled{
    "same.requests", {.unit = "{request}", .description = "served"}};
constinit nanotel::histogram<> durations{"same.durations", {.bounds = {1, 2}}};
constinit nanotel::gauge<> level{"same.level"};

namespace of_library {
NANOTEL_INSTRUMENTATION_SCOPE("library");
constinit nanotel::counter<> requests{"same.requests",
                                      {.unit = "{request}", .description = "served", .scope = NANOTEL_SCOPE}};
} // namespace of_library

// The telemetry with what was heard while `use` used instruments.
template <class Use>
std::vector<nanotel::finished_metric> metrics_of(Use&& use, const char* expected_diagnostic) {
    const diagnostics_of_test diagnostics;
    measuring telemetry;
    use();
    auto metrics = telemetry.collected();
    if (expected_diagnostic) {
        INFO(expected_diagnostic);
        REQUIRE_FALSE(diagnostics.texts().empty());
        INFO(diagnostics.texts().front());
        CHECK(diagnostics.heard(expected_diagnostic));
    } else {
        CHECK(diagnostics.texts().empty());
    }
    return metrics;
}

} // namespace

// Fails where known_as() compares the addresses of what declares them, or heeds the case of letters.
TEST_CASE("instruments that two files declare alike feed the same series") {
    const auto metrics = metrics_of(
        [] {
            requests.add(1);
            other_file::count(10);
            other_file::count_in_capitals(100);
            labelled.add(1, outcome::good);
            other_file::count_labelled(10);
            other_file::count_bound(100);
            requests.add(1000, "outcome"_attr = "good");
            std::thread([] {
                other_file::count(1000);
                requests.add(10'000);
            }).join();
            durations.record(0.5);
            other_file::record(1.5);
            level.set(1);
            other_file::set(2);
        },
        nullptr);
    REQUIRE(metrics.size() == 3);
    const auto& metric = find(metrics, "same.requests");
    REQUIRE(metric.points.size() == 2);
    CHECK(point(metric).value == 11'111);
    CHECK(point(metric, {{"outcome", "good"}}).value == 1111);
    CHECK(point(find(metrics, "same.durations")).bucket_counts == std::vector<std::uint64_t>{1, 1, 0});
    CHECK(point(find(metrics, "same.level")).value == 2.0);
}

// Fails where the name of another scope makes a conflict, or its series are added here.
TEST_CASE("instruments of one name in two scopes are two") {
    const auto metrics = metrics_of(
        [] {
            requests.add(1);
            of_library::requests.add(2);
        },
        nullptr);
    REQUIRE(metrics.size() == 2);
    for (const auto& m : metrics) CHECK(point(m).value == (m.scope.name == "library" ? 2 : 1));
}

// Fails where one of kind, unit and type is not compared, or a conflict drops the second.
TEST_CASE("declarations that conflict are both exported, and it is said") {
    SUBCASE("by kind") {
        static constinit nanotel::up_down_counter<std::uint64_t> conflicting{"same.requests",
                                                                             {.unit = "{request}"}};
        const auto metrics = metrics_of(
            [] {
                requests.add(1);
                conflicting.add(2);
            },
            "the integer up-down counter 'same.requests' in '{request}' is also declared as the integer "
            "counter 'same.requests'");
        REQUIRE(metrics.size() == 2);
        for (const auto& m : metrics) CHECK(point(m).value == (m.monotonic ? 1 : 2));
    }
    SUBCASE("by unit") {
        static constinit nanotel::counter<> conflicting{"same.requests", {.unit = "By"}};
        const auto metrics = metrics_of(
            [] {
                requests.add(1);
                conflicting.add(2);
            },
            "in 'By' is also declared as");
        REQUIRE(metrics.size() == 2);
        for (const auto& m : metrics) CHECK(point(m).value == (m.unit == "By" ? 2 : 1));
    }
    SUBCASE("by type of number") {
        static constinit nanotel::counter<double> conflicting{"same.requests", {.unit = "{request}"}};
        const auto metrics = metrics_of(
            [] {
                requests.add(1);
                conflicting.add(0.5);
            },
            "the double counter 'same.requests'");
        REQUIRE(metrics.size() == 2);
        CHECK(total(metrics[0]) + total(metrics[1]) == 1.5);
    }
    SUBCASE("by description: it is one metric, and the first description stays") {
        static constinit nanotel::counter<> conflicting{"same.requests",
                                                        {.unit = "{request}", .description = "other"}};
        const auto metrics = metrics_of(
            [] {
                requests.add(1);
                conflicting.add(2);
            },
            "different descriptions; the first is used: 'served'");
        REQUIRE(metrics.size() == 1);
        CHECK(metrics[0].description == "served");
        CHECK(point(metrics[0]).value == 3);
    }
}

// Fails where checked is not asked, or a bad name stops more than its own instrument.
TEST_CASE("names and units of run time are checked when they are first used") {
    std::string name = "made.at.run.time";
    nanotel::counter<> good{nanotel::instrument_name::at_run_time(name),
                            {.unit = nanotel::instrument_unit::at_run_time("By")}};
    auto metrics = metrics_of([&] { good.add(1); }, nullptr);
    REQUIRE(metrics.size() == 1);
    CHECK(metrics[0].name == name);
    CHECK(metrics[0].unit == "By");

    const std::string too_long(256, 'a');
    for (const std::string& bad : {std::string(), std::string("1st"), std::string("a b"),
                                   std::string("\xc3\xa4"), std::string("_a"), too_long}) {
        nanotel::counter<> nameless{nanotel::instrument_name::at_run_time(bad)};
        metrics = metrics_of(
            [&] {
                nameless.add(1);
                CHECK_FALSE(nameless.enabled());
                nameless.add(1, "a"_attr = 1);
                nameless.bind("a"_attr = 1).add(1);
                requests.add(1);
            },
            "is no name of an instrument");
        REQUIRE(metrics.size() == 1);
        CHECK(metrics[0].name == "same.requests");
    }
    const std::string longest(255, 'a');
    nanotel::counter<> of_longest{nanotel::instrument_name::at_run_time(longest)};
    CHECK(find(metrics_of([&] { of_longest.add(1); }, nullptr), longest).points.size() == 1);
}

// Fails where the unit that is left out makes the second declaration another instrument.
TEST_CASE("a bad unit is left out, and two that declare it alike are one still") {
    const std::string unit(64, 'x');
    nanotel::counter<> first{"same.bad_unit", {.unit = nanotel::instrument_unit::at_run_time(unit)}};
    nanotel::counter<> second{"same.bad_unit", {.unit = nanotel::instrument_unit::at_run_time(unit)}};
    const auto metrics = metrics_of(
        [&] {
            first.add(1);
            second.add(2);
        },
        "the unit of the instrument 'same.bad_unit' is not exported");
    REQUIRE(metrics.size() == 1);
    CHECK(metrics[0].unit.empty());
    CHECK(point(metrics[0]).value == 3);
}

// Fails where an instrument keeps a pointer into one that is gone.
TEST_CASE("an instrument may go before its values are collected, and another may take its place") {
    measuring telemetry;
    for (unsigned i = 1; i <= 3; ++i) {
        std::string name = "same.shortlived";
        nanotel::counter<> here{nanotel::instrument_name::at_run_time(name)};
        here.add(i, "k"_attr = "v");
        here.add(i);
        name.assign(name.size(), '?');
    }
    const auto metrics = telemetry.collected();
    REQUIRE(metrics.size() == 1);
    CHECK(point(metrics[0]).value == 6);
    CHECK(point(metrics[0], {{"k", "v"}}).value == 6);
}
