// SPDX-License-Identifier: MIT
#include "measuring.hpp"

using namespace nanotel_test;

namespace {

constinit nanotel::counter<> requests{"times.requests"};
constinit nanotel::up_down_counter<> open_requests{"times.open"};
constinit nanotel::histogram<> durations{"times.durations", {.bounds = {1, 2}}};
constinit nanotel::exponential_histogram<> sizes{"times.sizes"};
constinit nanotel::gauge<> level{"times.level"};

measuring_options reader(nanotel::temporality_preference temporality) {
    return {.readers = {{.temporality = temporality}}};
}

} // namespace

// Fails where show() in metric_collection.hpp exports series whose values were not touched.
TEST_CASE("delta: only the series that were touched since the last collection come out") {
    measuring telemetry(reader(delta));
    requests.add(1, "route"_attr = "a");
    requests.add(2, "route"_attr = "b");
    durations.record(1.5);
    level.set(3);
    pass_time();
    auto first = telemetry.collected();
    CHECK(find(first, "times.requests").points.size() == 2);
    CHECK(count(first, "times.durations") == 1);
    CHECK(count(first, "times.level") == 1);
    requests.add(5, "route"_attr = "b");
    pass_time();
    auto second = telemetry.collected();
    REQUIRE(second.size() == 1);
    REQUIRE(find(second, "times.requests").points.size() == 1);
    CHECK(point(find(second, "times.requests"), {{"route", "b"}}).value == 5);
    CHECK(find(second, "times.requests").temporality == nanotel::temporality::delta);
    pass_time();
    CHECK(telemetry.collected().empty());
}

// Fails where reset() forgets one of the fields of a distribution, or where the lane forgets when it was
// collected last.
TEST_CASE("delta: each point begins where the collection before ended, also after a pause") {
    measuring telemetry(reader(delta));
    const std::uint64_t begun = pass_time();
    requests.add(1);
    durations.record(0.5);
    sizes.record(8);
    const std::uint64_t first = pass_time();
    auto metrics = telemetry.collected();
    for (const char* name : {"times.requests", "times.durations", "times.sizes"}) {
        const auto& p = point(find(metrics, name));
        CHECK(p.start_time_unix_nano == begun);
        CHECK(p.time_unix_nano == first);
    }
    const std::uint64_t second = pass_time();
    CHECK(telemetry.collected().empty());
    pass_time();
    requests.add(1);
    durations.record(1.5);
    sizes.record(2);
    const std::uint64_t third = pass_time();
    metrics = telemetry.collected();
    for (const char* name : {"times.requests", "times.durations", "times.sizes"}) {
        const auto& p = point(find(metrics, name));
        CHECK(p.start_time_unix_nano == second);
        CHECK(p.time_unix_nano == third);
    }
    CHECK(point(find(metrics, "times.durations")).bucket_counts == std::vector<std::uint64_t>{0, 1, 0});
    CHECK(point(find(metrics, "times.durations")).sum == 1.5);
    CHECK(point(find(metrics, "times.durations")).min == 1.5);
    CHECK(point(find(metrics, "times.durations")).max == 1.5);
    CHECK(point(find(metrics, "times.sizes")).count == 1);
    CHECK(point(find(metrics, "times.sizes")).scale == 20); // begins anew at the finest
    CHECK(point(find(metrics, "times.sizes")).min == 2);
}

// Fails where the start is that of the telemetry or of the collection, or is one for all series.
TEST_CASE("cumulative: a series keeps its start, and one that came later has a later one") {
    measuring telemetry(reader(cumulative));
    const std::uint64_t begun = pass_time();
    requests.add(1, "route"_attr = "a");
    durations.record(1);
    for (int i = 0; i < 3; ++i) {
        const std::uint64_t at = pass_time();
        const auto metrics = telemetry.collected();
        const auto& p = point(find(metrics, "times.requests"), {{"route", "a"}});
        CHECK(p.start_time_unix_nano == begun);
        CHECK(p.time_unix_nano == at);
        CHECK(p.value == 1);
        CHECK(point(find(metrics, "times.durations")).start_time_unix_nano == begun);
        CHECK(find(metrics, "times.requests").temporality == nanotel::temporality::cumulative);
    }
    const std::uint64_t later = pass_time();
    requests.add(1, "route"_attr = "b");
    pass_time();
    for (int i = 0; i < 2; ++i) {
        const auto metrics = telemetry.collected();
        CHECK(point(find(metrics, "times.requests"), {{"route", "b"}}).start_time_unix_nano == later);
        CHECK(point(find(metrics, "times.requests"), {{"route", "a"}}).start_time_unix_nano == begun);
    }
}

// Fails where temporality_for mixes up two kinds or two preferences.
TEST_CASE("each reader has the temporality that its preference says for the kind") {
    measuring telemetry(
        {.readers = {{.temporality = cumulative}, {.temporality = delta}, {.temporality = low_memory}}});
    static constinit nanotel::observable_counter<> faults{"times.faults"};
    static constinit nanotel::observable_up_down_counter<> memory{"times.memory"};
    const auto a = faults.observe([](const auto& o) { o.observe(7); });
    const auto b = memory.observe([](const auto& o) { o.observe(7); });
    requests.add(1);
    open_requests.add(1);
    durations.record(1);
    sizes.record(1);
    level.set(1);
    pass_time();
    telemetry.flush();
    using enum nanotel::temporality;
    struct expectation {
        const char* name;
        nanotel::temporality by_reader[3];
    };
    const expectation all[] = {
        {"times.requests", {cumulative, delta, delta}},
        {"times.open", {cumulative, cumulative, cumulative}},
        {"times.durations", {cumulative, delta, delta}},
        {"times.sizes", {cumulative, delta, delta}},
        {"times.faults", {cumulative, delta, cumulative}},
        {"times.memory", {cumulative, cumulative, cumulative}},
    };
    for (std::size_t r = 0; r < 3; ++r) {
        const auto metrics = telemetry.received(r);
        for (const expectation& e : all) {
            INFO(e.name << " of reader " << r);
            CHECK(find(metrics, e.name).temporality == e.by_reader[r]);
        }
        CHECK_FALSE(find(metrics, "times.level").temporality.has_value());
        CHECK(point(find(metrics, "times.level")).start_time_unix_nano == 0);
        CHECK(find(metrics, "times.requests").monotonic);
        CHECK(find(metrics, "times.faults").monotonic);
        CHECK_FALSE(find(metrics, "times.open").monotonic);
        CHECK_FALSE(find(metrics, "times.memory").monotonic);
    }
}

// Fails where readers of delta share what they have not yet been told, or a cumulative one is reset by them.
TEST_CASE("readers that collect at different times each see every measurement once") {
    // The second collects by itself, every millisecond; the first when asked.
    measuring telemetry({.readers = {{.temporality = delta},
                                     {.temporality = delta, .interval = std::chrono::milliseconds(1)},
                                     {.temporality = cumulative}}});
    double first = 0;
    double second = 0;
    for (int round = 1; round <= 20; ++round) {
        for (int i = 0; i < 100; ++i) requests.add(1, "i"_attr = i % 3);
        if (round % 5 != 0) continue;
        pass_time();
        for (const auto& m : telemetry.collected()) first += total(m);
        for (const auto& m : telemetry.received(1)) second += total(m);
        CHECK(first == round * 100);
        CHECK(second == round * 100);
        CHECK(total(find(telemetry.received(2), "times.requests")) == round * 100);
    }
}

// Fails where a point's end is taken from a clock that was set back.
TEST_CASE("a clock that is set back makes no point that ends before it begins") {
    measuring telemetry({.readers = {{.temporality = delta}, {.temporality = cumulative}}});
    requests.add(1);
    pass_time();
    telemetry.flush();
    requests.add(1);
    test_time -= 60'000'000'000;
    telemetry.flush();
    for (std::size_t r = 0; r < 2; ++r)
        for (const auto& m : telemetry.received(r))
            for (const auto& p : m.points) CHECK(p.time_unix_nano >= p.start_time_unix_nano);
    pass_time(120'000'000'000);
}

// Fails where a gauge of delta is told again although nobody set it, or is forgotten where it was set to the
// same value.
TEST_CASE("a gauge says its last value: cumulative always, delta when it was set again") {
    measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
    level.set(1.5);
    level.set(2.5);
    telemetry.flush();
    CHECK(point(find(telemetry.received(0), "times.level")).value == 2.5);
    CHECK(point(find(telemetry.received(1), "times.level")).value == 2.5);
    telemetry.flush();
    CHECK(point(find(telemetry.received(0), "times.level")).value == 2.5);
    CHECK(telemetry.received(1).empty());
    level.set(2.5);
    telemetry.flush();
    CHECK(point(find(telemetry.received(1), "times.level")).value == 2.5);
}

// Fails where a batch is closed without regard for max_export_batch_size, or begins again with the series of
// the one before.
TEST_CASE("a collection that is split carries every series once") {
    measuring telemetry({.readers = {{.max_export_batch_size = 7}}});
    for (int i = 0; i < 40; ++i) requests.add(static_cast<unsigned>(i + 1), "i"_attr = i);
    for (int i = 0; i < 3; ++i) durations.record(1, "i"_attr = i);
    const auto metrics = telemetry.collected();
    REQUIRE(metrics.size() == 2);
    CHECK(find(metrics, "times.requests").points.size() == 40);
    for (int i = 0; i < 40; ++i) CHECK(point(find(metrics, "times.requests"), {{"i", i}}).value == i + 1);
    std::uint64_t sum = 0;
    for (const std::uint64_t points : telemetry.points_of_bodies()) {
        CHECK(points <= 7);
        sum += points;
    }
    CHECK(sum == 43);
    CHECK(telemetry.points_of_bodies().size() == 7);
}
