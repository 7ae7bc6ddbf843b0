// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::counter<> visits{"limit.visits"};
constinit nanotel::counter<> others{"limit.others"};
constinit nanotel::histogram<> durations{"limit.durations", {.bounds = {10, 100}}};
constinit nanotel::counter<std::uint64_t, nanotel::label<"n", nanotel::int_range<0, 30>>> dense{
    "limit.dense"};
constinit nanotel::observable_counter<> observed{"limit.observed"};
constinit nanotel::observable_gauge<std::int64_t> observed_level{"limit.observed_level"};

} // namespace

// Fails where series_of() compares with the limit one too early or too late, or measures what is beyond it
// both in its own series and in the overflow.
TEST_CASE("with a limit of n there are n - 1 series and one for all others, and nothing is lost") {
    for (const std::size_t limit : {std::size_t{2}, std::size_t{3}, std::size_t{10}, std::size_t{50}}) {
        measuring telemetry({.cardinality_limit = limit});
        double sum = 0;
        for (int round = 0; round < 3; ++round) {
            for (unsigned i = 0; i < 40; ++i) {
                visits.add(i, "i"_attr = i);
                durations.record(i, "i"_attr = i);
                sum += i;
            }
            const auto metrics = telemetry.collected();
            CHECK(find(metrics, "limit.visits").points.size() == std::min<std::size_t>(limit, 40));
            CHECK(total(find(metrics, "limit.visits")) == sum);
            CHECK(find(metrics, "limit.durations").points.size() == std::min<std::size_t>(limit, 40));
            double recorded = 0;
            std::uint64_t count = 0;
            for (const auto& p : find(metrics, "limit.durations").points) {
                recorded += p.sum.value();
                count += p.count;
            }
            CHECK(recorded == sum);
            CHECK(count == 40u * static_cast<unsigned>(round + 1));
            if (limit > 40) continue;
            double kept = 0;
            for (unsigned i = 0; i + 1 < limit; ++i)
                kept += number(point(find(metrics, "limit.visits"), {{"i", i}}).value);
            CHECK(number(point(find(metrics, "limit.visits"), overflow).value) == sum - kept);
        }
    }
}

// Fails where a handle that was bound before the overflow is sent there, or one bound later gets a series.
TEST_CASE("handles keep the series that they had, and those that come too late share the overflow") {
    measuring telemetry({.cardinality_limit = 4});
    const auto early = visits.bind("who"_attr = "early");
    early.add(1);
    const auto unused = visits.bind("who"_attr = "unused"); // has no series until it measures
    for (int i = 0; i < 10; ++i) visits.add(1, "i"_attr = i);
    const auto late = visits.bind("who"_attr = "late");
    for (int i = 0; i < 5; ++i) {
        early.add(1);
        late.add(1);
        unused.add(1);
    }
    const auto copy = late;
    copy.add(1);
    std::thread([&] {
        early.add(1);
        late.add(1);
        visits.add(1, "who"_attr = "late");
        visits.add(1, "i"_attr = 0);
    }).join();
    const auto metrics = telemetry.collected();
    const auto& metric = find(metrics, "limit.visits");
    CHECK(metric.points.size() == 4);
    CHECK(point(metric, {{"who", "early"}}).value == 7);
    CHECK(point(metric, {{"i", 0}}).value == 2);
    CHECK(point(metric, {{"i", 1}}).value == 1);
    CHECK(point(metric, overflow).value == 8 + 5 + 5 + 1 + 1 + 1);
    CHECK(total(metric) == 31);
}

// Fails where the limit counts the series of all instruments or all threads together.
TEST_CASE("the limit is that of an instrument, whichever threads touch its series") {
    measuring telemetry({.cardinality_limit = 5});
    for (int t = 0; t < 4; ++t)
        std::thread([] {
            for (int i = 0; i < 8; ++i) {
                visits.add(1, "i"_attr = i);
                others.add(1, "i"_attr = i);
            }
        }).join();
    const auto metrics = telemetry.collected();
    for (const char* name : {"limit.visits", "limit.others"}) {
        const auto& metric = find(metrics, name);
        CHECK(metric.points.size() == 5);
        for (int i = 0; i < 4; ++i) CHECK(point(metric, {{"i", i}}).value == 4);
        CHECK(point(metric, overflow).value == 16);
    }
}

// Fails where the slots of labels of a finite domain go round the limit.
TEST_CASE("labels of a finite domain are limited too") {
    measuring telemetry({.readers = {{.temporality = delta}}, .cardinality_limit = 8});
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i <= 30; ++i) dense.add(2, i);
        const auto metrics = telemetry.collected();
        const auto& metric = find(metrics, "limit.dense");
        CHECK(metric.points.size() == 8);
        CHECK(total(metric) == 62);
        CHECK(point(metric, {{"n", 0}}).value == 2);
        CHECK(point(metric, overflow).value == 48);
    }
}

// Fails where the last of the values beyond the limit replaces those before it.
TEST_CASE("observed sums beyond the limit add up") {
    measuring telemetry(
        {.readers = {{.temporality = cumulative}, {.temporality = delta}}, .cardinality_limit = 3});
    int asked = 0;
    const auto a = observed.observe([&](const auto& o) {
        ++asked;
        for (int i = 0; i < 10; ++i) o.observe(i + asked, "i"_attr = i);
    });
    const auto b = observed_level.observe([](const auto& o) {
        for (int i = 0; i < 10; ++i) o.observe(i, "i"_attr = i);
    });
    telemetry.flush(); // each of the two readers asks
    auto metrics = telemetry.received(0);
    CHECK(find(metrics, "limit.observed").points.size() == 3);
    CHECK(point(find(metrics, "limit.observed"), {{"i", 0}}).value == 1);
    CHECK(point(find(metrics, "limit.observed"), {{"i", 1}}).value == 2);
    CHECK(point(find(metrics, "limit.observed"), overflow).value == 52); // 3 to 10
    CHECK(find(metrics, "limit.observed_level").points.size() == 3);
    CHECK(point(find(metrics, "limit.observed_level"), overflow).value == 9);
    telemetry.received(1);
    telemetry.flush();
    metrics = telemetry.received(1);
    CHECK(point(find(metrics, "limit.observed"), {{"i", 0}}).value == 2);
    CHECK(point(find(metrics, "limit.observed"), overflow).value == 16);
}

// Fails where a set that the record has no room for is cut, and so becomes another series.
TEST_CASE("a set of labels too large to keep goes to the overflow whole") {
    measuring telemetry;
    const std::string huge(100'000, 'x');
    visits.add(1, "a"_attr = 1);
    visits.add(2, "a"_attr = 1, "b"_attr = huge);
    visits.bind("b"_attr = huge, "a"_attr = 1).add(4);
    const auto metrics = telemetry.collected();
    const auto& metric = find(metrics, "limit.visits");
    CHECK(point(metric, {{"a", 1}}).value == 1);
    CHECK(total(metric) == 7);
    CHECK(metric.points.size() == 2);
    CHECK(point(metric, overflow).value == 6);
}

// Fails where the cache of a thread that begins anew leads to what was there before.
TEST_CASE("a thread may use more sets of labels than it remembers") {
    for (const std::size_t limit : {std::size_t{100}, std::size_t{50'000}}) {
        measuring telemetry({.cardinality_limit = limit});
        for (int round = 0; round < 3; ++round)
            for (int i = 0; i < 20'000; ++i)
                visits.add(1, "i"_attr = i, "text"_attr = "a text to be remembered");
        const auto metrics = telemetry.collected();
        const auto& metric = find(metrics, "limit.visits");
        CHECK(metric.points.size() == std::min<std::size_t>(limit, 20'000));
        CHECK(total(metric) == 60'000);
        for (const auto& p : metric.points)
            if (p.attributes.contains("i")) CHECK(p.value == 3);
    }
}
