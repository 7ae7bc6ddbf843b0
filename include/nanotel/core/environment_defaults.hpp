// SPDX-License-Identifier: MIT
// What holds where an environment variable is not set, as diagnostics say it.
#pragma once

#include <nanotel/core/config.hpp>

#include <string>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

struct environment_default {
    std::string_view name;
    std::string_view holds;
};

inline constexpr environment_default environment_defaults[] = {
    {"OTEL_LOG_LEVEL", "info"},
    {"OTEL_TRACES_EXPORTER", "otlp"},
    {"OTEL_METRICS_EXPORTER", "otlp"},
    {"OTEL_LOGS_EXPORTER", "otlp"},
    {"OTEL_RESOURCE_DETECTORS", "all"},
    {"OTEL_PROPAGATORS", "tracecontext,baggage"},
    {"OTEL_TRACES_SAMPLER", "parentbased_always_on"},
    {"OTEL_TRACES_SAMPLER_ARG", "1"},
    {"OTEL_BSP_SCHEDULE_DELAY", "5000"},
    {"OTEL_BSP_EXPORT_TIMEOUT", "30000"},
    {"OTEL_BSP_MAX_QUEUE_SIZE", "as many spans as options::max_queue_bytes holds"},
    {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "as many spans as options::max_export_batch_bytes holds"},
    {"OTEL_BLRP_SCHEDULE_DELAY", "1000"},
    {"OTEL_BLRP_EXPORT_TIMEOUT", "30000"},
    {"OTEL_BLRP_MAX_QUEUE_SIZE", "as many records as options::max_queue_bytes holds"},
    {"OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "as many records as options::max_export_batch_bytes holds"},
    {"OTEL_ATTRIBUTE_COUNT_LIMIT", "128"},
    {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "no limit"},
    {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT, else 128"},
    {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, else no limit"},
    {"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT, else 128"},
    {"OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT, else no limit"},
    {"OTEL_SPAN_EVENT_COUNT_LIMIT", "128"},
    {"OTEL_SPAN_LINK_COUNT_LIMIT", "128"},
    {"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "128"},
    {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "128"},
    {"OTEL_METRIC_EXPORT_INTERVAL", "60000, and 10000 where the metrics go to the console alone"},
    {"OTEL_METRIC_EXPORT_TIMEOUT", "30000"},
    {"OTEL_METRICS_EXEMPLAR_FILTER", "trace_based"},
    {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"},
    {"OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"},
    {"OTEL_EXPORTER_OTLP_TIMEOUT", "10000"},
    {"OTEL_EXPORTER_OTLP_COMPRESSION", "none"},
    {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "cumulative"},
    {"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram"},
    {"OTEL_EXPORTER_PROMETHEUS_PORT", "9464"},
    {"TELEMETRY_ENABLED", "true"},
};

/// What is used instead of a bad value: ". Used instead: 5000", or nothing where that is not known here.
inline std::string used_instead(std::string_view name) {
    for (const auto& [known, holds] : environment_defaults)
        if (known == name) return ". Used instead: " + std::string(holds);
    constexpr std::string_view exporter = "OTEL_EXPORTER_OTLP_";
    if (name.starts_with(exporter))
        for (const std::string_view signal : {"TRACES_", "METRICS_", "LOGS_"})
            if (name.substr(exporter.size()).starts_with(signal))
                return ". Used instead: " + std::string(exporter) +
                       std::string(name.substr(exporter.size() + signal.size())) + ", or its default";
    return {};
}

} // namespace nanotel::inline NANOTEL_ABI::detail
