// SPDX-License-Identifier: MIT
// What a metric reader wants of the points that it collects. For the sdk.
#pragma once

#include <nanotel/metrics/instrument.hpp>
#include <nanotel/metrics/metric_data.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Which temporality a reader prefers for which instruments (OpenTelemetry OTLP exporter configuration,
/// OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE): cumulative for all; delta for all but up-down
/// counters; low_memory, delta for counters and histograms alone.
enum class temporality_preference : unsigned char { cumulative, delta, low_memory };

/// What becomes of a histogram where neither a view nor its instrument says more.
enum class histogram_aggregation : unsigned char { explicit_buckets, exponential };

namespace detail {

struct reader_traits {
    temporality_preference preference = temporality_preference::cumulative;
    histogram_aggregation histograms = histogram_aggregation::explicit_buckets;
};

constexpr temporality temporality_for(instrument_kind kind, temporality_preference preference) noexcept {
    switch (kind) {
    case instrument_kind::counter:
    case instrument_kind::histogram:
    case instrument_kind::gauge: // which has none on the wire: delta forgets what was not set again
        return preference == temporality_preference::cumulative ? temporality::cumulative
                                                                : temporality::delta;
    case instrument_kind::observable_counter:
        return preference == temporality_preference::delta ? temporality::delta : temporality::cumulative;
    default:
        return temporality::cumulative;
    }
}

constexpr const char* to_string(instrument_kind kind) noexcept {
    switch (kind) {
    case instrument_kind::counter:
        return "counter";
    case instrument_kind::up_down_counter:
        return "up-down counter";
    case instrument_kind::histogram:
        return "histogram";
    case instrument_kind::gauge:
        return "gauge";
    case instrument_kind::observable_counter:
        return "observable counter";
    case instrument_kind::observable_up_down_counter:
        return "observable up-down counter";
    case instrument_kind::observable_gauge:
        return "observable gauge";
    }
    return "instrument";
}

constexpr bool is_observable(instrument_kind kind) noexcept {
    return kind >= instrument_kind::observable_counter;
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
