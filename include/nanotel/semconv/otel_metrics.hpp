// SPDX-License-Identifier: MIT
// Metrics `otel.*`: names, units and descriptions for instruments.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv::metrics {

/// The number of log records for which the export has finished, either successful or failed.
/// Counter; development.
struct otel_sdk_exporter_log_exported {
    static constexpr char name[] = "otel.sdk.exporter.log.exported";
    static constexpr char unit[] = "{log_record}";
    static constexpr char description[] =
        "The number of log records for which the export has finished, either successful or failed.";
};

/// The number of log records which were passed to the exporter, but that have not been exported yet (neither
/// successful, nor failed).
/// Up-down counter; development.
struct otel_sdk_exporter_log_inflight {
    static constexpr char name[] = "otel.sdk.exporter.log.inflight";
    static constexpr char unit[] = "{log_record}";
    static constexpr char description[] =
        "The number of log records which were passed to the exporter, but that have not been exported yet "
        "(neither successful, nor failed).";
};

/// The number of metric data points for which the export has finished, either successful or failed.
/// Counter; development.
struct otel_sdk_exporter_metric_data_point_exported {
    static constexpr char name[] = "otel.sdk.exporter.metric_data_point.exported";
    static constexpr char unit[] = "{data_point}";
    static constexpr char description[] =
        "The number of metric data points for which the export has finished, either successful or failed.";
};

/// The number of metric data points which were passed to the exporter, but that have not been exported yet
/// (neither successful, nor failed).
/// Up-down counter; development.
struct otel_sdk_exporter_metric_data_point_inflight {
    static constexpr char name[] = "otel.sdk.exporter.metric_data_point.inflight";
    static constexpr char unit[] = "{data_point}";
    static constexpr char description[] =
        "The number of metric data points which were passed to the exporter, but that have not been "
        "exported yet (neither successful, nor failed).";
};

/// The duration of exporting a batch of telemetry records.
/// Histogram; development.
struct otel_sdk_exporter_operation_duration {
    static constexpr char name[] = "otel.sdk.exporter.operation.duration";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "The duration of exporting a batch of telemetry records.";
};

/// The number of spans for which the export has finished, either successful or failed.
/// Counter; development.
struct otel_sdk_exporter_span_exported {
    static constexpr char name[] = "otel.sdk.exporter.span.exported";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] =
        "The number of spans for which the export has finished, either successful or failed.";
};

/// The number of spans which were passed to the exporter, but that have not been exported yet (neither
/// successful, nor failed).
/// Up-down counter; development.
struct otel_sdk_exporter_span_inflight {
    static constexpr char name[] = "otel.sdk.exporter.span.inflight";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] =
        "The number of spans which were passed to the exporter, but that have not been exported yet "
        "(neither successful, nor failed).";
};

/// The number of logs submitted to enabled SDK Loggers.
/// Counter; development.
struct otel_sdk_log_created {
    static constexpr char name[] = "otel.sdk.log.created";
    static constexpr char unit[] = "{log_record}";
    static constexpr char description[] = "The number of logs submitted to enabled SDK Loggers.";
};

/// The duration of the collect operation of the metric reader.
/// Histogram; development.
struct otel_sdk_metric_reader_collection_duration {
    static constexpr char name[] = "otel.sdk.metric_reader.collection.duration";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "The duration of the collect operation of the metric reader.";
};

/// The number of log records for which the processing has finished, either successful or failed.
/// Counter; development.
struct otel_sdk_processor_log_processed {
    static constexpr char name[] = "otel.sdk.processor.log.processed";
    static constexpr char unit[] = "{log_record}";
    static constexpr char description[] =
        "The number of log records for which the processing has finished, either successful or failed.";
};

/// The maximum number of log records the queue of a given instance of an SDK Log Record processor can hold.
/// Up-down counter; development.
struct otel_sdk_processor_log_queue_capacity {
    static constexpr char name[] = "otel.sdk.processor.log.queue.capacity";
    static constexpr char unit[] = "{log_record}";
    static constexpr char description[] =
        "The maximum number of log records the queue of a given instance of an SDK Log Record processor can "
        "hold.";
};

/// The number of log records in the queue of a given instance of an SDK log processor.
/// Up-down counter; development.
struct otel_sdk_processor_log_queue_size {
    static constexpr char name[] = "otel.sdk.processor.log.queue.size";
    static constexpr char unit[] = "{log_record}";
    static constexpr char description[] =
        "The number of log records in the queue of a given instance of an SDK log processor.";
};

/// The number of spans for which the processing has finished, either successful or failed.
/// Counter; development.
struct otel_sdk_processor_span_processed {
    static constexpr char name[] = "otel.sdk.processor.span.processed";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] =
        "The number of spans for which the processing has finished, either successful or failed.";
};

/// The maximum number of spans the queue of a given instance of an SDK span processor can hold.
/// Up-down counter; development.
struct otel_sdk_processor_span_queue_capacity {
    static constexpr char name[] = "otel.sdk.processor.span.queue.capacity";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] =
        "The maximum number of spans the queue of a given instance of an SDK span processor can hold.";
};

/// The number of spans in the queue of a given instance of an SDK span processor.
/// Up-down counter; development.
struct otel_sdk_processor_span_queue_size {
    static constexpr char name[] = "otel.sdk.processor.span.queue.size";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] =
        "The number of spans in the queue of a given instance of an SDK span processor.";
};

/// The number of created spans with `recording=true` for which the end operation has not been called yet.
/// Up-down counter; development.
struct otel_sdk_span_live {
    static constexpr char name[] = "otel.sdk.span.live";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] =
        "The number of created spans with `recording=true` for which the end operation has not been called "
        "yet.";
};

/// The number of created spans.
/// Counter; development.
struct otel_sdk_span_started {
    static constexpr char name[] = "otel.sdk.span.started";
    static constexpr char unit[] = "{span}";
    static constexpr char description[] = "The number of created spans.";
};

} // namespace nanotel::inline NANOTEL_ABI::semconv::metrics
