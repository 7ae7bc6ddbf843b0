// SPDX-License-Identifier: MIT
// What a reader is shown when it collects: metrics, each with its points, as views that live until the call
// returns. Encoders are sinks of it.
#pragma once

#include <nanotel/core/ids.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// Whether a point says what happened since the last collection or since the start (OpenTelemetry Metrics
/// Data Model, "Temporality"), with the numbers of OTLP.
enum class temporality : std::uint8_t { delta = 1, cumulative = 2 };

namespace detail {

enum class metric_kind : std::uint8_t { sum, gauge, histogram, exponential_histogram };

// What is the same for all points of a metric. Lives as long as the telemetry.
struct metric_description {
    std::string name;
    std::string description;
    std::string unit;
    std::uint32_t scope = 0; // its number in the site_registry
    metric_kind kind = metric_kind::sum;
    bool integer = true;          // of sums and gauges: points are int64, else double
    bool monotonic = false;       // of sums
    std::vector<double> bounds{}; // of histograms, ascending, without infinity
};

// The labels of a series: attribute sections (core/record.hpp), one behind the other, sorted by key, no key
// twice. An encoder may keep what it makes of them in `json`, since a series is written again and again.
struct series_labels {
    std::string sections;
    mutable std::string json;
};

struct metric_exemplar {
    double value = 0;           // where the metric is not of integers
    std::int64_t int_value = 0; // where it is
    std::uint64_t time_unix_ns = 0;
    nanotel::trace_id trace_id{}; // invalid: measured outside of a span
    nanotel::span_id span_id{};
    std::string filtered{}; // sections of the attributes that a view took from the series
};

struct exponential_buckets {
    std::int32_t offset = 0; // the index of the first count
    std::span<const std::uint64_t> counts{};
};

// One point; what belongs to another kind of metric is not set.
struct metric_point {
    const series_labels* labels = nullptr; // never null
    std::uint64_t start_unix_ns = 0;       // 0 for a gauge
    std::uint64_t time_unix_ns = 0;
    std::span<const metric_exemplar> exemplars{};

    // sum and gauge
    std::int64_t int_value = 0;
    double value = 0;

    // both kinds of histogram
    std::uint64_t count = 0; // the sum of all bucket counts, and of zero_count
    double sum = 0;
    bool has_sum = true;
    bool has_min_max = true; // count is not 0
    double min = 0;
    double max = 0;

    std::span<const std::uint64_t>
        bucket_counts{}; // of a histogram: one more than metric_description::bounds

    // exponential histogram
    std::int32_t scale = 0;
    std::uint64_t zero_count = 0;
    double zero_threshold = 0;
    exponential_buckets positive{};
    exponential_buckets negative{};
};

// Receives a collection: the metrics of a scope follow one another, and so do the points of a metric. Every
// begin_metric has at least one point and an end_metric.
class metric_sink {
public:
    virtual ~metric_sink() = default;
    virtual void begin_metric(const metric_description& metric, temporality points) = 0;
    virtual void add(const metric_point& point) = 0;
    virtual void end_metric() = 0;
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
