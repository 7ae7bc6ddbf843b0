// SPDX-License-Identifier: MIT
// Metrics as the receiver remembers them: what it needs to follow a series from body to body and to show it.
#pragma once

#include "received_span.hpp" // trace_id

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant> // monostate
#include <vector>

namespace receiver {

enum class metric_kind : unsigned char { sum, gauge, histogram, exponential_histogram };

enum class temporality : unsigned char { none, delta, cumulative }; // with the numbers of OTLP

struct number_value {
    bool is_integer = false;
    std::int64_t integer = 0;
    double real = 0;
};

/// What both kinds of histogram say about all that they measured.
struct distribution {
    std::uint64_t count = 0;
    std::optional<double> sum;
    std::optional<double> min;
    std::optional<double> max;
};

struct histogram_value {
    distribution all;
    std::vector<double> bounds;
    std::vector<std::uint64_t> counts; // one more than bounds, or none
};

/// Counts by index, without those that are 0: an index may be anything, so nothing is allocated between two.
using exponential_side = std::map<std::int32_t, std::uint64_t>;

struct exponential_value {
    distribution all;
    int scale = 0;
    std::uint64_t zero_count = 0;
    double zero_threshold = 0;
    exponential_side positive;
    exponential_side negative;
};

/// No value: the point says that there is none, or it breaks a rule.
using point_value = std::variant<std::monostate, number_value, histogram_value, exponential_value>;

struct received_point {
    std::size_t index = 0;   // among the points of its metric
    std::uint64_t start = 0; // nanoseconds since 1970; 0 for a gauge without one
    std::uint64_t time = 0;
    std::string identity; // its attributes, the same text for the same set
    std::string labels;   // lines of "key=value", for people
    point_value value;
};

struct received_metric {
    std::string path;   // of the metric, a JSON pointer
    std::string origin; // its resource and scope, the same text for the same ones
    std::string service;
    std::string name;
    std::string unit;
    metric_kind kind = metric_kind::sum;
    temporality points_are = temporality::none;
    bool monotonic = false;
    bool conflicts = false; // with another metric of its body, which has been said
    std::vector<received_point> points;
};

struct received_exemplar {
    trace_id trace{};
    std::string path;
};

/// All that a body of metrics brought.
struct received_metrics {
    std::vector<received_metric> metrics; // those that can be told apart
    std::uint64_t data_points = 0;
    std::uint64_t exemplars = 0;
    std::vector<received_exemplar> exemplars_of_traces;
};

/// The name of a kind's member in a metric.
[[nodiscard]] constexpr std::string_view member_of(metric_kind kind) {
    switch (kind) {
    case metric_kind::gauge:
        return "gauge";
    case metric_kind::histogram:
        return "histogram";
    case metric_kind::exponential_histogram:
        return "exponentialHistogram";
    default:
        return "sum";
    }
}

} // namespace receiver
