// SPDX-License-Identifier: MIT
// Metrics in OTLP JSON back to values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/finished_metric.hpp>
#include <nanotel/otlp/json_reader.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The metrics of a MetricsData, or where and why it is not one.
struct decoded_metrics {
    std::vector<finished_metric> metrics;
    std::string error; ///< "resourceMetrics[0].scopeMetrics[0].metrics[2].sum.dataPoints[0].asInt: ..."

    explicit operator bool() const noexcept { return error.empty(); }
};

namespace detail {

class metrics_decoder : json_reader {
public:
    using json_reader::failure;

    std::vector<finished_metric> decode(std::string_view json) {
        std::vector<finished_metric> metrics;
        for_each_item(json, "resourceMetrics", "scopeMetrics", "metrics",
                      [&](element metric, const finished_scope& scope, const attribute_list& resource) {
                          metrics.push_back(read_metric(metric));
                          metrics.back().scope = scope;
                          metrics.back().resource = resource;
                      });
        return metrics;
    }

private:
    finished_metric read_metric(element from) {
        finished_metric metric;
        metric.name = text(from, "name");
        metric.description = text(from, "description");
        metric.unit = text(from, "unit");
        read_data(from, "gauge", finished_metric_kind::gauge, metric);
        read_data(from, "sum", finished_metric_kind::sum, metric);
        read_data(from, "histogram", finished_metric_kind::histogram, metric);
        read_data(from, "exponentialHistogram", finished_metric_kind::exponential_histogram, metric);
        return metric;
    }

    void read_data(element from, std::string_view key, finished_metric_kind kind, finished_metric& into) {
        constexpr std::array<std::string_view, 3> temporalities{"AGGREGATION_TEMPORALITY_UNSPECIFIED",
                                                                "AGGREGATION_TEMPORALITY_DELTA",
                                                                "AGGREGATION_TEMPORALITY_CUMULATIVE"};
        if_present(from, key, [&](element data) {
            if (into.kind != finished_metric_kind::none) fail_at(from, "one kind of data, not several");
            into.kind = kind;
            if (kind != finished_metric_kind::gauge)
                if (const unsigned number = enumeration(data, "aggregationTemporality", temporalities))
                    into.temporality = static_cast<temporality>(number);
            if (kind == finished_metric_kind::sum)
                if_present(data, "isMonotonic", [&](element flag) { into.monotonic = as_boolean(flag); });
            for_each_in(data, "dataPoints", [&](element point) {
                into.points.push_back(read_point(point));
                if (kind == finished_metric_kind::histogram)
                    read_histogram(point, into.points.back());
                else if (kind == finished_metric_kind::exponential_histogram)
                    read_exponential(point, into.points.back());
                else
                    into.points.back().value = number(point);
            });
        });
    }

    /// What every kind of point has.
    finished_point read_point(element from) {
        finished_point point;
        point.attributes = attributes(from);
        point.start_time_unix_nano = integer<std::uint64_t>(from, "startTimeUnixNano");
        point.time_unix_nano = integer<std::uint64_t>(from, "timeUnixNano");
        point.flags = integer<std::uint32_t>(from, "flags");
        for_each_in(from, "exemplars", [&](element one) {
            point.exemplars.push_back({number(one), integer<std::uint64_t>(one, "timeUnixNano"),
                                       id(one, "traceId", 32, true), id(one, "spanId", 16, true),
                                       attributes(one, "filteredAttributes")});
        });
        return point;
    }

    void read_histogram(element from, finished_point& into) {
        read_summary(from, into);
        into.bucket_counts = counts(from);
        for_each_in(from, "explicitBounds",
                    [&](element bound) { into.explicit_bounds.push_back(as_double(bound)); });
    }

    void read_exponential(element from, finished_point& into) {
        read_summary(from, into);
        into.scale = integer<std::int32_t>(from, "scale");
        into.zero_count = integer<std::uint64_t>(from, "zeroCount");
        into.zero_threshold = real(from, "zeroThreshold").value_or(0);
        into.positive = buckets(from, "positive");
        into.negative = buckets(from, "negative");
    }

    void read_summary(element from, finished_point& into) {
        into.count = integer<std::uint64_t>(from, "count");
        into.sum = real(from, "sum");
        into.min = real(from, "min");
        into.max = real(from, "max");
    }

    std::vector<std::uint64_t> counts(element from) {
        std::vector<std::uint64_t> all;
        for_each_in(from, "bucketCounts",
                    [&](element count) { all.push_back(as_integer<std::uint64_t>(count)); });
        return all;
    }

    finished_buckets buckets(element from, std::string_view key) {
        finished_buckets side;
        if_present(from, key,
                   [&](element member) { side = {integer<std::int32_t>(member, "offset"), counts(member)}; });
        return side;
    }

    /// asInt or asDouble; neither is a point without a recorded value.
    any_value number(element from) {
        any_value value;
        if_present(from, "asInt", [&](element member) { value = as_integer<std::int64_t>(member); });
        if_present(from, "asDouble", [&](element member) {
            if (!value.empty()) fail_at(from, "one value, not several");
            value = as_double(member);
        });
        return value;
    }
};

} // namespace detail

/// Decodes a MetricsData object in OTLP JSON. Takes 64-bit numbers as strings or numbers, hexadecimal of
/// either case and the names of enumerations; ignores unknown fields; null is absent. An error names the
/// field and what it holds.
[[nodiscard]] inline decoded_metrics decode_metrics(std::string_view json) {
    try {
        return {detail::metrics_decoder().decode(json), {}};
    } catch (const detail::metrics_decoder::failure& failure) {
        return {{}, failure.text};
    }
}

} // namespace nanotel::inline NANOTEL_ABI
