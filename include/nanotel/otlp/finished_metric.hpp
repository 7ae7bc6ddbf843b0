// SPDX-License-Identifier: MIT
// A metric as a receiver sees it: the fields of opentelemetry.proto.metrics.v1.Metric, with its scope and
// resource.
#pragma once

#include <algorithm> // all_of
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/metrics/metric_data.hpp> // temporality
#include <nanotel/otlp/any_value.hpp>
#include <nanotel/otlp/finished_span.hpp> // finished_scope

namespace nanotel::inline NANOTEL_ABI {

/// What a metric holds; none where it holds nothing, or a summary, which is not read.
enum class finished_metric_kind : std::uint8_t { none, sum, gauge, histogram, exponential_histogram };

/// A measurement that a point gives as an example.
struct finished_exemplar {
    any_value value; ///< an integer or a double: value == 3 is true for the integer alone
    std::uint64_t time_unix_nano = 0;
    std::string trace_id; ///< 32 lowercase hexadecimal digits; empty when it was measured outside of a span
    std::string span_id;  ///< 16 lowercase hexadecimal digits, or empty
    attribute_list filtered_attributes; ///< those that the series does not have
};

/// One side of an exponential histogram.
struct finished_buckets {
    std::int32_t offset = 0; ///< the index of the first count
    std::vector<std::uint64_t> counts;
};

/// One series of a metric at one time. What belongs to another kind of metric is empty or 0.
struct finished_point {
    attribute_list attributes;
    std::uint64_t start_time_unix_nano = 0;
    std::uint64_t time_unix_nano = 0;
    std::uint32_t flags = 0;
    std::vector<finished_exemplar> exemplars;

    any_value value; ///< of sums and gauges, an integer or a double: value == 3 is true for the integer alone

    // histograms of both kinds
    std::uint64_t count = 0;
    std::optional<double> sum;
    std::optional<double> min;
    std::optional<double> max;

    // histograms
    std::vector<std::uint64_t> bucket_counts;
    std::vector<double> explicit_bounds;

    // exponential histograms
    std::int32_t scale = 0;
    std::uint64_t zero_count = 0;
    double zero_threshold = 0;
    finished_buckets positive;
    finished_buckets negative;
};

/// A metric that has been exported. Times are nanoseconds since the Unix epoch.
struct finished_metric {
    std::string name;
    std::string description;
    std::string unit;
    finished_metric_kind kind = finished_metric_kind::none;
    std::optional<nanotel::temporality> temporality; ///< nothing for gauges, and where it is not said
    bool monotonic = false;                          ///< of sums
    std::vector<finished_point> points;
    finished_scope scope;
    attribute_list resource; ///< the attributes of the resource

    /// The first point with these attributes and no others, in any order; nullptr when there is none:
    /// metric.find({{"region", "eu"}}).
    [[nodiscard]] const finished_point* find(const attribute_list& attributes) const {
        for (const finished_point& point : points)
            if (point.attributes.size() == attributes.size() &&
                std::all_of(attributes.begin(), attributes.end(),
                            [&](const attribute_list::value_type& wanted) {
                                const any_value* const value = point.attributes.find(wanted.first);
                                return value != nullptr && *value == wanted.second;
                            }))
                return &point;
        return nullptr;
    }
};

/// Writes what tells one metric from another: name and unit, and its points by attributes.
inline std::ostream& operator<<(std::ostream& out, const finished_metric& metric) {
    out << metric.name;
    if (!metric.unit.empty()) out << " [" << metric.unit << ']';
    for (const finished_point& point : metric.points) {
        out << ' ' << point.attributes << " = ";
        if (point.value.empty())
            out << point.count << " values";
        else
            out << point.value;
    }
    return out;
}

} // namespace nanotel::inline NANOTEL_ABI
