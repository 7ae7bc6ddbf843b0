// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <random>
#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::counter<> visits{"idle.visits"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"n", nanotel::int_range<0, 9>>> dense{"idle.dense"};
constinit nanotel::histogram<> durations{"idle.durations", {.bounds = {10}}};
constinit nanotel::exponential_histogram<> sizes{"idle.sizes"};
constinit nanotel::gauge<> level{"idle.level"};
constinit nanotel::observable_gauge<> temperature{"idle.temperature"};
constinit nanotel::observable_counter<> faults{"idle.faults"};

constexpr std::uint64_t minute = 60'000'000'000;

measuring_options deltas(std::size_t limit = 2000) {
    return {.readers = {{.temporality = delta}}, .cardinality_limit = limit};
}

// Time enough for all that is idle to be let go, and the collection that does it.
void rest(measuring& telemetry) {
    pass_time(11 * minute);
    CHECK(telemetry.collected().empty());
}

} // namespace

// Fails where a series that is let go keeps its place within the limit.
TEST_CASE("a series that is let go leaves its place to another") {
    measuring telemetry(deltas(6));
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 5; ++i) visits.add(1, "i"_attr = round * 5 + i);
        const auto metrics = telemetry.collected();
        CHECK(find(metrics, "idle.visits").points.size() == 5);
        for (int i = 0; i < 5; ++i)
            CHECK(point(find(metrics, "idle.visits"), {{"i", round * 5 + i}}).value == 1);
        rest(telemetry);
    }
}

// Fails where a handle, a cached set of labels, an index or a thread leads to a series that is gone.
TEST_CASE("a series that was let go comes back when it is measured again, by whatever way") {
    measuring telemetry(deltas());
    const auto bound = visits.bind("way"_attr = "bound");
    for (unsigned round = 1; round <= 5; ++round) {
        const std::uint64_t begun = now();
        const auto measure = [&] {
            bound.add(round);
            visits.add(round, "way"_attr = "dynamic");
            dense.add(round, 3);
            durations.record(round, "way"_attr = "dynamic");
            sizes.record(-static_cast<double>(round));
            level.set(round);
        };
        measure();
        std::thread(measure).join();
        pass_time();
        const auto metrics = telemetry.collected();
        REQUIRE(metrics.size() == 5);
        for (const char* way : {"bound", "dynamic"}) {
            const auto& p = point(find(metrics, "idle.visits"), {{"way", way}});
            CHECK(p.value == 2 * round);
            CHECK(p.start_time_unix_nano <= begun);
        }
        CHECK(find(metrics, "idle.visits").points.size() == 2);
        CHECK(point(find(metrics, "idle.dense"), {{"n", 3}}).value == 2 * round);
        CHECK(point(find(metrics, "idle.durations"), {{"way", "dynamic"}}).sum == 2 * round);
        CHECK(point(find(metrics, "idle.sizes")).sum == -2.0 * round);
        CHECK(number(point(find(metrics, "idle.level")).value) == round);
        rest(telemetry);
    }
}

// Fails where a reader that is told everything loses a series.
TEST_CASE("what a cumulative reader collects is not let go") {
    measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
    visits.add(1, "i"_attr = 1);
    telemetry.flush();
    for (int i = 0; i < 3; ++i) {
        pass_time(11 * minute);
        CHECK(point(find(telemetry.collected(0), "idle.visits"), {{"i", 1}}).value == 1);
    }
}

// Fails where an instrument of several metrics keeps all its series, where one is let go that another metric
// still shows, or where a set of labels that comes back is not the series of before in each of them.
TEST_CASE("series of an instrument with several views are let go one by one") {
    auto options = deltas();
    const std::vector<std::string> only_way{"way"};
    options.views = {{.instrument_name = "idle.visits", .name = "all", .cardinality_limit = 6},
                     {.instrument_name = "idle.visits", .name = "by_way", .keep_keys = only_way},
                     {.instrument_name = "idle.visits",
                      .name = "buckets",
                      .aggregation = nanotel::aggregation::explicit_buckets({10}),
                      .keep_keys = only_way}};
    measuring telemetry(options);
    const auto bound = visits.bind("way"_attr = "bound", "i"_attr = 0);
    for (int round = 0; round < 4; ++round) {
        bound.add(1);
        for (int i = 0; i < 3; ++i) visits.add(1, "way"_attr = "dynamic", "i"_attr = round * 3 + i);
        const auto metrics = telemetry.collected();
        CHECK(find(metrics, "all").points.size() == 4);
        CHECK(point(find(metrics, "all"), {{"way", "bound"}, {"i", 0}}).value == 1);
        for (int i = 0; i < 3; ++i)
            CHECK(point(find(metrics, "all"), {{"way", "dynamic"}, {"i", round * 3 + i}}).value == 1);
        CHECK(point(find(metrics, "by_way"), {{"way", "dynamic"}}).value == 3);
        CHECK(point(find(metrics, "buckets"), {{"way", "dynamic"}}).count == 3);
        // All but this one are idle; those of its way are not.
        for (int minutes = 0; minutes < 12; minutes += 4) {
            pass_time(4 * minute);
            visits.add(1, "way"_attr = "dynamic", "i"_attr = round * 3 + 2);
            const auto later = telemetry.collected();
            CHECK(find(later, "all").points.size() == 1);
            CHECK(point(find(later, "by_way"), {{"way", "dynamic"}}).value == 1);
            CHECK(point(find(later, "buckets"), {{"way", "dynamic"}}).count == 1);
        }
        if (round % 2 == 0) rest(telemetry);
    }
}

// Fails where what callbacks have ceased to report keeps its place, or where a sum begins anew when it is
// reported again.
TEST_CASE("a series that is not observed any more leaves its place to another") {
    for (const auto temporality : {cumulative, delta}) {
        CAPTURE(static_cast<int>(temporality));
        measuring telemetry({.readers = {{.temporality = temporality}}, .cardinality_limit = 6});
        const std::uint64_t begun = now();
        int round = 0;
        bool quiet = false;
        const auto rooms = temperature.observe([&](const auto& o) {
            for (int i = 0; i < 5 && !quiet; ++i) o.observe(20 + round, "room"_attr = round * 5 + i);
        });
        const auto all = faults.observe([&](const auto& o) {
            if (!quiet) o.observe(10 + round, "of"_attr = "all");
        });
        for (; round < 5; ++round) {
            quiet = false;
            const auto metrics = telemetry.collected();
            CHECK(find(metrics, "idle.temperature").points.size() == 5);
            for (int i = 0; i < 5; ++i)
                CHECK(point(find(metrics, "idle.temperature"), {{"room", round * 5 + i}}).value ==
                      20.0 + round);
            const auto& p = point(find(metrics, "idle.faults"), {{"of", "all"}});
            CHECK(p.value == (temporality == cumulative || round == 0 ? 10 + round : 1));
            if (temporality == cumulative) CHECK(p.start_time_unix_nano == begun);
            quiet = true;
            rest(telemetry);
        }
    }
}

// Fails where a value that a thread set last of all goes with the cell of a series that was let go.
TEST_CASE("what a thread set before it ended is told, also of a series that was let go") {
    for (const bool several : {false, true}) {
        auto options = deltas();
        if (several)
            options.views = {
                {.instrument_name = "idle.level", .name = "idle.level"},
                {.instrument_name = "idle.level", .name = "any", .keep_keys = std::vector<std::string>{}}};
        measuring telemetry(options);
        std::atomic<int> step{0};
        std::thread thread([&] {
            level.set(1, "tank"_attr = "a");
            ++step;
            step.notify_all();
            step.wait(1);
            level.set(2, "tank"_attr = "a");
        });
        step.wait(0);
        CHECK(point(find(telemetry.collected(), "idle.level"), {{"tank", "a"}}).value == 1.0);
        rest(telemetry);
        ++step;
        step.notify_all();
        thread.join();
        const auto metrics = telemetry.collected();
        CHECK(point(find(metrics, "idle.level"), {{"tank", "a"}}).value == 2.0);
        if (several) CHECK(point(find(metrics, "any")).value == 2.0);
    }
}

// Fails where a set of labels that comes back has a cell for each thread that measures it.
TEST_CASE("of a gauge that was let go and came back, the last value that any thread set counts") {
    measuring telemetry(deltas());
    level.set(1, "tank"_attr = "a");
    CHECK(point(find(telemetry.collected(), "idle.level"), {{"tank", "a"}}).value == 1.0);
    rest(telemetry);
    std::thread([] { level.set(2, "tank"_attr = "a"); }).join(); // finds the series anew
    level.set(3, "tank"_attr = "a");                             // has the cell of before
    std::thread([] { level.set(4, "tank"_attr = "a"); }).join();
    CHECK(point(find(telemetry.collected(), "idle.level"), {{"tank", "a"}}).value == 4.0);
    rest(telemetry);
    std::thread([] { level.set(5, "tank"_attr = "a"); }).join();
    level.set(6, "tank"_attr = "a");
    CHECK(point(find(telemetry.collected(), "idle.level"), {{"tank", "a"}}).value == 6.0);
}

// Fails where what was measured between two collections is let go with its series.
TEST_CASE("random sets of labels that come and go lose nothing") {
    std::mt19937_64 random(1);
    for (const std::size_t limit : {std::size_t{20}, std::size_t{2000}}) {
        measuring telemetry(deltas(limit));
        const auto bound = visits.bind("i"_attr = 7);
        double measured = 0;
        double told = 0;
        std::uint64_t recorded = 0;
        std::uint64_t told_recorded = 0;
        const auto look = [&] {
            for (const auto& m : telemetry.collected())
                for (const auto& p : m.points) {
                    if (m.name == "idle.visits")
                        told += number(p.value);
                    else
                        told_recorded += p.count;
                }
        };
        for (int step = 0; step < 300; ++step) {
            const auto work = [&] {
                for (int k = 0; k < 20; ++k) {
                    const auto i = static_cast<int>(random() % 1000) * (random() % 2 == 0 ? 1 : 0);
                    visits.add(1, "i"_attr = i);
                    durations.record(i, "i"_attr = i);
                    sizes.record(i, "i"_attr = i);
                    bound.add(2);
                    measured += 3;
                    recorded += 2;
                }
            };
            if (random() % 3 == 0)
                std::thread(work).join();
            else
                work();
            pass_time(random() % (8 * minute));
            if (random() % 2 == 0) look();
        }
        look();
        CHECK(told == measured);
        CHECK(told_recorded == recorded);
    }
}

TEST_SUITE_BEGIN("concurrent");

// Fails where cells are freed that a thread still writes to, or are not taken once more after it does not.
TEST_CASE("series are let go while threads measure, and nothing is lost") {
    measuring telemetry(
        {.readers = {{.temporality = delta}}, .forget_idle_series_after = std::chrono::milliseconds(1)});
    const auto bound = visits.bind("bound"_attr = true);
    double told = 0;
    std::uint64_t told_recorded = 0;
    const auto look = [&] {
        pass_time(2'000'000);
        for (const auto& m : telemetry.collected())
            for (const auto& p : m.points) {
                if (m.name == "idle.visits")
                    told += number(p.value);
                else if (m.name != "idle.level")
                    told_recorded += p.count;
            }
    };
#ifdef __SANITIZE_THREAD__
    constexpr int count = 4000;
#else
    constexpr int count = 20'000;
#endif
    std::atomic<int> running{2};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < count; ++i) {
                visits.add(1, "i"_attr = i / 8, "thread"_attr = t);
                durations.record(i, "i"_attr = i / 8);
                sizes.record(-i, "i"_attr = i / 16);
                level.set(i, "i"_attr = i / 8);
                bound.add(1);
            }
            --running;
        });
    while (running.load() != 0) look();
    for (std::thread& t : threads) t.join();
    look();
    CHECK(told == 4 * count);
    CHECK(told_recorded == 4 * count);
}

// Fails where the collection reads where a cell belongs while a thread that has no cell brings it back.
TEST_CASE("a series that is brought back in two ways while it is collected loses nothing") {
    measuring telemetry(deltas());
    double told = 0;
    const auto look = [&] {
        for (const auto& m : telemetry.collected())
            for (const auto& p : m.points) told += number(p.value);
    };
    constexpr int rounds = 200;
    std::atomic<int> round{0}, done{0};
    std::thread known([&] { // it has a cell
        for (int r = 0; r < rounds; ++r) {
            round.wait(r);
            visits.add(1, "way"_attr = "both");
            ++done;
        }
    });
    for (int r = 1; r <= rounds; ++r) {
        pass_time(11 * minute);
        look(); // and lets go
        round = r;
        round.notify_all();
        std::thread fresh([] { visits.add(1, "way"_attr = "both"); });
        while (done.load() < r) look();
        fresh.join();
        look();
    }
    known.join();
    look();
    CHECK(told == 2 * rounds);
}

TEST_SUITE_END();
