// SPDX-License-Identifier: MIT
// A periodic metric reader as an application describes it.
#pragma once

#include <nanotel/exporters/exporter.hpp>
#include <nanotel/metrics/reader_traits.hpp>

#include <chrono>
#include <memory>
#include <optional>

namespace nanotel::inline NANOTEL_ABI {

/// A reader that collects every so often and hands what it has to an exporter (OpenTelemetry Metrics SDK,
/// "Periodic exporting MetricReader"). What is not set here, the environment variable named with it says.
struct metric_reader {
    /// Where the points go. Null: where the spans go. Two readers may not share another one.
    std::shared_ptr<nanotel::exporter> exporter{};
    /// From collection to collection, 1 ms to 24 h. OTEL_METRIC_EXPORT_INTERVAL.
    std::optional<std::chrono::milliseconds> interval{}; // 60 s
    /// One attempt of an export, and what callbacks may take. OTEL_METRIC_EXPORT_TIMEOUT.
    std::optional<std::chrono::milliseconds> timeout{}; // 30 s
    /// OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE.
    std::optional<temporality_preference> temporality{}; // cumulative
    /// OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION. Where readers want different ones,
    /// histograms are measured by a longer way: see nanotel::view.
    std::optional<histogram_aggregation> histograms{}; // explicit_buckets
    /// Points in one body, 0 for as many as fit in options::max_export_batch_bytes.
    std::uint64_t max_export_batch_size = 0;
};

} // namespace nanotel::inline NANOTEL_ABI
