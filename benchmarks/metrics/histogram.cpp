// SPDX-License-Identifier: MIT
// What a record into a histogram costs the thread that makes it.
#include "measuring.hpp"

#include <random>

namespace bench {
namespace {

constinit nanotel::histogram<> with_bounds{"bench.bounds", {.unit = "ms"}};
constinit nanotel::exponential_histogram<> exponential{"bench.exponential", {.unit = "ms"}};

// From 0.1 to 20,000, as many in each octave: into all of the 16 buckets, in an order that no processor
// foresees.
const std::vector<double> spread = [] {
    std::vector<double> values;
    std::mt19937 random(42);
    std::uniform_real_distribution<double> logarithm(std::log(0.1), std::log(20'000));
    for (int i = 0; i < 4096; ++i) values.push_back(std::exp(logarithm(random)));
    return values;
}();
double value(int i) { return spread[static_cast<std::size_t>(i) & 4095]; }

const auto record_bounds = [] {
    return [](int i) {
        with_bounds.record(value(i));
        asm volatile("" ::: "memory");
    };
};
const auto record_exponential = [] {
    return [](int i) {
        exponential.record(value(i));
        asm volatile("" ::: "memory");
    };
};

void check_point(const nanotel::finished_metric& metric, int threads) {
    require(metric.points.size() == 1, metric.name + " has no single series");
    const nanotel::finished_point& point = metric.points[0];
    double sum = 0;
    double min = value(0);
    double max = value(0);
    for (int i = 0; i < measurements; ++i) {
        sum += value(i);
        min = std::min(min, value(i));
        max = std::max(max, value(i));
    }
    require(point.count == static_cast<std::uint64_t>(threads) * measurements, metric.name + " lost a value");
    require(std::abs(*point.sum / (threads * sum) - 1) < 1e-9 && point.min == min && point.max == max,
            metric.name + " has another sum, minimum or maximum");
}
const auto check_bounds = [](int threads, auto&& run) {
    const auto metric = measured_by("bench.bounds", run);
    check_point(metric, threads);
    const auto& counts = metric.points[0].bucket_counts;
    require(counts.size() == 16 && counts.front() == 0 &&
                std::all_of(counts.begin() + 1, counts.end(), [](std::uint64_t n) { return n > 0; }),
            "the values are not spread over the buckets");
};
const auto check_exponential = [](int threads, auto&& run) {
    const auto metric = measured_by("bench.exponential", run);
    check_point(metric, threads);
    require(metric.points[0].positive.counts.size() > 80, "the values are not spread over the buckets");
};

[[maybe_unused]] const bool added = [] {
    add_measurement("histogram/record_15_bounds", record_bounds, check_bounds);
    add_measurement("histogram/exponential", record_exponential, check_exponential);
    return true;
}();

// Within a sampled span every record may become the exemplar of its bucket.
const add in_span({.name = "histogram/record_in_span",
                   .library = "nanotel",
                   .unit = "ns",
                   .repetitions = 200,
                   .check =
                       [] {
                           const auto metric = measured_by("bench.bounds", [] {
                               NANOTEL_SCOPED_SPAN("outer");
                               const auto operation = record_bounds();
                               for (int i = 0; i < measurements; ++i) operation(i);
                           });
                           check_point(metric, 1);
                           require(metric.points[0].exemplars.size() == 15, "a bucket has no exemplar");
                       },
                   .sample =
                       [] {
                           auto telemetry = start_measuring();
                           NANOTEL_SCOPED_SPAN("outer");
                           return time_one_thread(record_bounds);
                       },
                   .floor = "metrics/floor"});

} // namespace
} // namespace bench
