// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <map>
#include <sstream>
#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::counter<> additions{"race.additions"};
constinit nanotel::counter<double> halves{"race.halves"};
constinit nanotel::counter<std::uint64_t, nanotel::label<"odd", bool>> dense{"race.dense"};
constinit nanotel::histogram<> explicit_ones{"race.explicit", {.bounds = {0, 1, 2}}};
constinit nanotel::exponential_histogram<> exponential_ones{"race.exponential"};
constinit nanotel::exponential_histogram<> signed_powers{"race.signed"};
constinit nanotel::gauge<std::int64_t> level{"race.level"};

constexpr int per_batch = 50;

// Measures so that what belongs together can be told from every point: in a histogram of ones count, sum and
// bucket are the same number, in one of +-2^k what was counted below zero is what was counted above.
void measure_a_batch(int thread) {
    for (int i = 0; i < per_batch; ++i) {
        additions.add(1);
        additions.add(1, "thread"_attr = thread % 3);
        halves.add(0.5);
        dense.add(1, (i & 1) != 0);
        explicit_ones.record(1);
        explicit_ones.record(1, "thread"_attr = thread % 3);
        exponential_ones.record(1);
        exponential_ones.record(1, "thread"_attr = thread % 3);
        signed_powers.record(1 << (i % 20));
        level.set(i);
    }
}

// What a reader has been told of each series.
struct ledger {
    bool is_delta = false;
    std::map<std::string, double> values; // of sums, and the counts of histograms
    std::map<std::string, std::uint64_t> starts;

    void take(const std::vector<nanotel::finished_metric>& metrics) {
        for (const auto& m : metrics)
            for (const auto& p : m.points) take(m, p);
    }

private:
    void take(const nanotel::finished_metric& m, const nanotel::finished_point& p) {
        std::string series = m.name;
        for (const auto& [key, value] : p.attributes) {
            std::ostringstream text;
            text << value;
            series += '/' + key + '=' + text.str();
        }
        INFO(series);
        double amount;
        if (m.kind == nanotel::finished_metric_kind::gauge) {
            CHECK(number(p.value) >= 0);
            CHECK(number(p.value) < per_batch);
            return;
        }
        if (m.kind == nanotel::finished_metric_kind::sum) {
            amount = number(p.value);
        } else {
            check_distribution(m, p);
            amount = static_cast<double>(p.count);
        }
        double& known = values[series];
        if (is_delta) {
            CHECK(amount > 0);
            known += amount;
        } else {
            CHECK(amount >= known);
            known = amount;
            CHECK(starts.try_emplace(series, p.start_time_unix_nano).first->second == p.start_time_unix_nano);
        }
    }

    static void check_distribution(const nanotel::finished_metric& m, const nanotel::finished_point& p) {
        std::uint64_t counted = p.zero_count;
        for (const std::uint64_t c : p.bucket_counts) counted += c;
        for (const std::uint64_t c : p.positive.counts) counted += c;
        for (const std::uint64_t c : p.negative.counts) counted += c;
        CHECK(counted == p.count);
        REQUIRE(p.sum.has_value());
        if (m.name == "race.signed") {
            double weighed = 0;
            REQUIRE(p.scale >= 0); // so a power of two is the upper end of its bucket
            for (std::size_t i = 0; i < p.positive.counts.size(); ++i)
                if (p.positive.counts[i] != 0) {
                    const int index = p.positive.offset + static_cast<int>(i) + 1;
                    REQUIRE(index % (1 << p.scale) == 0);
                    weighed += static_cast<double>(p.positive.counts[i]) *
                               static_cast<double>(1 << (index >> p.scale));
                }
            CHECK(weighed == *p.sum);
            return;
        }
        CHECK(*p.sum == static_cast<double>(p.count));
        if (p.count == 0) return; // touched, and its first value not yet taken
        CHECK(p.min == 1.0);
        CHECK(p.max == 1.0);
        if (m.kind == nanotel::finished_metric_kind::histogram)
            CHECK(p.bucket_counts.at(1) == p.count);
        else
            CHECK(p.positive.counts.size() == 1);
    }
};

// Runs threads, each in batches until it has made as many as it shall, and `look` beside them.
template <class Look>
void measure_beside(int threads, int batches, Look&& look) {
    std::atomic<int> running{threads};
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&, t] {
            for (int b = 0; b < batches; ++b) measure_a_batch(t);
            --running;
        });
    while (running.load() != 0) look();
    for (std::thread& t : all) t.join();
}

void check_totals(const ledger& told, double batches) {
    const auto of = [&](const char* name) {
        double sum = 0;
        for (const auto& [series, value] : told.values)
            if (series == name || series.starts_with(std::string(name) + "/")) sum += value;
        return sum;
    };
    const double measured = batches * per_batch;
    CHECK(of("race.additions") == 2 * measured);
    CHECK(of("race.halves") == measured / 2);
    CHECK(of("race.dense") == measured);
    CHECK(told.values.at("race.explicit") == measured);
    CHECK(of("race.explicit") == 2 * measured);
    CHECK(told.values.at("race.exponential") == measured);
    CHECK(of("race.exponential") == 2 * measured);
    CHECK(told.values.at("race.signed") == measured);
}

#ifdef __SANITIZE_THREAD__
constexpr int rounds = 10;
#else
constexpr int rounds = 100;
#endif

} // namespace

TEST_SUITE_BEGIN("concurrent");

// Fails where the collection does not wait for a thread's turn, or reads the copy that is being written: sum,
// count and buckets of a point differ then, or the totals at the end.
TEST_CASE("count, sum and buckets of a point agree while threads record") {
    measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
    ledger told[2];
    told[1].is_delta = true;
    const auto look = [&] {
        pass_time();
        telemetry.flush();
        for (std::size_t r = 0; r < 2; ++r) told[r].take(telemetry.received(r));
    };
    measure_beside(3, rounds, look);
    look();
    for (const ledger& t : told) check_totals(t, 3 * rounds);
}

// Fails where what a thread leaves behind is lost or taken twice while a reader reads, or its cells are freed
// under a collection.
TEST_CASE("threads come and go while readers read, and nothing is lost") {
    measuring telemetry({.readers = {{.temporality = delta}, {.temporality = cumulative}}});
    ledger told[2];
    told[0].is_delta = true;
    constexpr int generations = rounds;
    std::atomic<int> running{2};
    std::vector<std::thread> parents;
    for (int t = 0; t < 2; ++t)
        parents.emplace_back([&, t] {
            for (int g = 0; g < generations; ++g) std::thread([&] { measure_a_batch(t + g); }).join();
            --running;
        });
    while (running.load() != 0) {
        pass_time();
        telemetry.flush();
        for (std::size_t r = 0; r < 2; ++r) told[r].take(telemetry.received(r));
    }
    for (std::thread& t : parents) t.join();
    pass_time();
    telemetry.flush();
    for (std::size_t r = 0; r < 2; ++r) told[r].take(telemetry.received(r));
    for (const ledger& t : told) check_totals(t, 2 * generations);
}

// Fails where two readers of delta share what they have been told, or collections of several readers run into
// each other.
TEST_CASE("many readers, some of which collect by themselves, each see all of it") {
    std::vector<reader_of_test> readers;
    for (const auto preference : {cumulative, delta, low_memory})
        for (const auto histograms :
             {nanotel::histogram_aggregation::explicit_buckets, nanotel::histogram_aggregation::exponential})
            readers.push_back({.temporality = preference, .histograms = histograms});
    readers[1].interval = readers[2].interval = std::chrono::milliseconds(1);
    measuring telemetry({.readers = readers});
    std::vector<ledger> told(readers.size());
    for (std::size_t r = 0; r < readers.size(); ++r) told[r].is_delta = readers[r].temporality != cumulative;
    const auto look = [&] {
        telemetry.flush();
        for (std::size_t r = 0; r < readers.size(); ++r) told[r].take(telemetry.received(r));
    };
    measure_beside(2, rounds / 2, look);
    look();
    for (const ledger& t : told) check_totals(t, 2 * (rounds / 2));
}

// Fails where a thread does not fence its turn although it is told to, or the collection does not look at the
// turns with a fence of its own.
TEST_CASE("points are consistent without membarrier too") {
    measuring telemetry; // collects nothing: it is asked by another way
    ledger told;
    // Threads that end hand their cells to the pipeline's collection, so they wait for the last look.
    std::atomic<int> running{3};
    std::atomic<bool> looked{false};
    std::vector<std::thread> all;
    {
        collecting_without_barrier collecting;
        for (int t = 0; t < 3; ++t)
            all.emplace_back([&, t] {
                for (int b = 0; b < rounds; ++b) measure_a_batch(t);
                --running;
                while (!looked.load()) std::this_thread::yield();
            });
        while (running.load() != 0) told.take(collecting.collect());
        told.take(collecting.collect());
        looked = true;
        for (std::thread& t : all) t.join();
    }
    check_totals(told, 3 * rounds);
}

// Fails where a collection changes the epoch of a thread that it does not look at, whose old copy is then
// emptied one collection too late and after the last one never; or where it takes histograms without having
// changed any epoch.
TEST_CASE("a collection looks at the threads whose epochs it changes") {
    measuring telemetry;
    additions.add(1);
    const seen_by_collection before = looked_at([] { additions.add(1); });
    CHECK(before.threads == 1);
    CHECK_FALSE(before.histograms);
    std::thread late;
    std::atomic<bool> done{false};
    const seen_by_collection after = looked_at([&] {
        std::atomic<bool> has_recorded{false};
        late = std::thread([&] {
            explicit_ones.record(1);
            has_recorded = true;
            while (!done.load()) std::this_thread::yield();
        });
        while (!has_recorded.load()) std::this_thread::yield();
    });
    CHECK(after.threads == 2);
    CHECK(after.histograms);
    done = true;
    late.join();
}

// Fails where a collection that began without any histogram takes a copy that is being written to: what
// arrives between its reading and its emptying is lost, and sum and count differ.
TEST_CASE("the first histogram may come in the middle of a collection") {
    for (int i = 0; i < rounds / 2; ++i) {
        measuring telemetry({.readers = {{.temporality = delta}}});
        ledger told;
        told.is_delta = true;
        std::atomic<bool> collecting{false};
        std::atomic<bool> done{false};
        std::thread recording([&] {
            additions.add(1); // the thread is known, and has no histogram
            while (!collecting.load()) std::this_thread::yield();
            for (int n = 0; n < 2'000; ++n) explicit_ones.record(1);
            done = true;
        });
        do {
            told.take(telemetry.collected());
            collecting = true;
        } while (!done.load());
        recording.join();
        told.take(telemetry.collected());
        CHECK(told.values["race.explicit"] == 2'000);
    }
}

// Fails where stop and begin of the store leave a thread that measures meanwhile a cell of the start before.
TEST_CASE("threads measure through shutdowns and starts") {
    std::atomic<bool> done{false};
    std::vector<std::thread> all;
    for (int t = 0; t < 2; ++t)
        all.emplace_back([&, t] {
            while (!done.load()) measure_a_batch(t);
        });
    for (int i = 0; i < 5; ++i) {
        measuring telemetry;
        ledger told;
        for (int k = 0; k < 3; ++k) {
            pass_time();
            told.take(telemetry.collected());
        }
    }
    done = true;
    for (std::thread& t : all) t.join();
}

TEST_SUITE_END();
