// SPDX-License-Identifier: MIT
// The instruments by which the telemetry measures itself.
#pragma once

#include <nanotel/metrics/histogram.hpp>
#include <nanotel/metrics/observable.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constinit const instrumentation_scope self_scope{"nanotel.self", NANOTEL_VERSION,
                                                        "https://opentelemetry.io/schemas/1.44.0"};

// What begins with otel. is for sdks to set, and refused to applications as a literal.
inline constexpr const auto& component_type_key = key_constant<"otel.component.type">;
inline constexpr const auto& component_name_key = key_constant<"otel.component.name">;
inline constexpr const auto& sampling_result_key = key_constant<"otel.span.sampling_result">;

// Names, units, kinds and attributes are those of the semantic conventions, "OpenTelemetry SDK metrics"; what
// these do not know begins with nanotel.
struct self_instruments {
    observable_counter<> started{
        "otel.sdk.span.started",
        {.unit = "{span}", .description = "The number of created spans.", .scope = &self_scope}};
    observable_up_down_counter<> queue_size{
        "otel.sdk.processor.span.queue.size",
        {.unit = "{span}",
         .description = "The number of spans in the queue of a given instance of an SDK span processor.",
         .scope = &self_scope}};
    observable_counter<> processed{
        "otel.sdk.processor.span.processed",
        {.unit = "{span}",
         .description =
             "The number of spans for which the processing has finished, either successful or failed.",
         .scope = &self_scope}};
    observable_up_down_counter<> spans_inflight{
        "otel.sdk.exporter.span.inflight",
        {.unit = "{span}",
         .description = "The number of spans which were passed to the exporter, but that have not been "
                        "exported yet (neither successful, nor failed).",
         .scope = &self_scope}};
    observable_counter<> spans_exported{
        "otel.sdk.exporter.span.exported",
        {.unit = "{span}",
         .description = "The number of spans for which the export has finished, either successful or failed.",
         .scope = &self_scope}};
    observable_counter<> logs_created{"otel.sdk.log.created",
                                      {.unit = "{log_record}",
                                       .description = "The number of logs submitted to enabled SDK Loggers.",
                                       .scope = &self_scope}};
    observable_up_down_counter<> log_queue_size{
        "otel.sdk.processor.log.queue.size",
        {.unit = "{log_record}",
         .description = "The number of log records in the queue of a given instance of an SDK log processor.",
         .scope = &self_scope}};
    observable_counter<> logs_processed{
        "otel.sdk.processor.log.processed",
        {.unit = "{log_record}",
         .description =
             "The number of log records for which the processing has finished, either successful or failed.",
         .scope = &self_scope}};
    observable_up_down_counter<> logs_inflight{
        "otel.sdk.exporter.log.inflight",
        {.unit = "{log_record}",
         .description = "The number of log records which were passed to the exporter, but that have not been "
                        "exported yet (neither successful, nor failed).",
         .scope = &self_scope}};
    observable_counter<> logs_exported{
        "otel.sdk.exporter.log.exported",
        {.unit = "{log_record}",
         .description =
             "The number of log records for which the export has finished, either successful or failed.",
         .scope = &self_scope}};
    observable_up_down_counter<> logs_spilled{
        "nanotel.exporter.log.spilled",
        {.unit = "{log_record}",
         .description = "The number of log records that wait on disk for a destination.",
         .scope = &self_scope}};
    observable_up_down_counter<> points_inflight{
        "otel.sdk.exporter.metric_data_point.inflight",
        {.unit = "{data_point}",
         .description = "The number of metric data points which were passed to the exporter, but that have "
                        "not been exported yet (neither successful, nor failed).",
         .scope = &self_scope}};
    observable_counter<> points_exported{
        "otel.sdk.exporter.metric_data_point.exported",
        {.unit = "{data_point}",
         .description = "The number of metric data points for which the export has finished, either "
                        "successful or failed.",
         .scope = &self_scope}};
    observable_up_down_counter<> queue_usage{
        "nanotel.exporter.queue.usage",
        {.unit = "By",
         .description = "The bytes of the bodies that wait in memory for a destination.",
         .scope = &self_scope}};
    observable_up_down_counter<> spans_spilled{
        "nanotel.exporter.span.spilled",
        {.unit = "{span}",
         .description = "The number of spans that wait on disk for a destination.",
         .scope = &self_scope}};
    observable_up_down_counter<> points_spilled{
        "nanotel.exporter.metric_data_point.spilled",
        {.unit = "{data_point}",
         .description = "The number of metric data points that wait on disk for a destination.",
         .scope = &self_scope}};
    observable_gauge<std::int64_t> breaker{
        "nanotel.exporter.breaker.state",
        {.unit = "1",
         .description = "1 for the state that the circuit breaker of a destination has, 0 for the others.",
         .scope = &self_scope}};
};

inline constinit histogram<> operation_duration{
    "otel.sdk.exporter.operation.duration",
    {.unit = "s",
     .description = "The duration of exporting a batch of telemetry records.",
     .scope = &self_scope,
     .bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}}};

inline constinit histogram<> collection_duration{
    "otel.sdk.metric_reader.collection.duration",
    {.unit = "s",
     .description = "The duration of the collect operation of the metric reader.",
     .scope = &self_scope,
     .bounds = {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                0.1, 1, 10}}};

} // namespace nanotel::inline NANOTEL_ABI::detail
