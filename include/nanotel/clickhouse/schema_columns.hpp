// SPDX-License-Identifier: MIT
// The columns of the tables that spans, points and log records become rows of, in their order.
#pragma once

#include <string_view>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A column of ClickHouse. The rows that existing dashboards read fix its name, type and meaning.
struct clickhouse_column {
    std::string_view name;
    std::string_view type = "String";
    std::string_view otherwise = {}; ///< an SQL expression, where it is not the type's own '', 0, [] or map()
};

inline constexpr clickhouse_column clickhouse_trace_columns[] = {
    {"trace_id"},
    {"span_id"},
    {"parent_span_id"},
    {"timestamp", "DateTime"},
    {"timestamp_ns", "UInt64"},
    {"duration_ms", "UInt32"},
    {"service_name"},
    {"span_name"},
    {"span_kind", "String", "'INTERNAL'"},
    {"status_code", "String", "'OK'"},
    {"status_message"},
    {"project_name"},
    {"project_version"},
    {"environment", "String", "'production'"},
    {"hostname"},
    {"attributes", "Map(String, String)"},
    {"user_id"},
    {"session_id"},
    {"os_type"},
    {"os_version"},
    {"runtime_name"},
    {"runtime_version"},
    {"cloud_provider"},
    {"cloud_region"},
    {"cloud_availability_zone"},
    {"instrumentation_library_name"},
    {"instrumentation_library_version"},
};

inline constexpr clickhouse_column clickhouse_metric_columns[] = {
    {"metric_id"},
    {"metric_name"},
    {"metric_type",
     "Enum8('GAUGE' = 1, 'SUM' = 2, 'HISTOGRAM' = 3, 'EXPONENTIAL_HISTOGRAM' = 4, 'SUMMARY' = 5)"},
    {"metric_unit"},
    {"metric_description"},
    {"timestamp", "DateTime"},
    {"timestamp_ns", "UInt64"},
    {"time_window_start", "DateTime"},
    {"time_window_end", "DateTime"},
    {"value_int", "Int64"},
    {"value_double", "Float64"},
    {"is_monotonic", "UInt8"},
    {"aggregation_temporality", "Enum8('UNSPECIFIED' = 0, 'DELTA' = 1, 'CUMULATIVE' = 2)"},
    {"histogram_count", "UInt64"},
    {"histogram_sum", "Float64"},
    {"histogram_min", "Float64"},
    {"histogram_max", "Float64"},
    {"histogram_bucket_counts", "Array(UInt64)"},
    {"histogram_explicit_bounds", "Array(Float64)"},
    {"summary_count", "UInt64"},
    {"summary_sum", "Float64"},
    {"quantile_values", "Map(String, Float64)"},
};

inline constexpr clickhouse_column clickhouse_log_columns[] = {
    {"log_id"},
    {"trace_id"},
    {"span_id"},
    {"timestamp", "DateTime"},
    {"timestamp_ns", "UInt64"},
    {"observed_timestamp", "DateTime"},
    {"observed_timestamp_ns", "UInt64"},
    {"severity_text"},
    {"severity_number", "UInt8"},
    {"body"},
    {"body_type", "Enum8('EMPTY' = 0, 'STRING' = 1, 'JSON' = 2, 'BYTES' = 3)"},
};

/// Where a point or a log record comes from: what follows the columns of both.
inline constexpr clickhouse_column clickhouse_origin_columns[] = {
    {"project_name"},
    {"project_version"},
    {"service_name"},
    {"service_namespace"},
    {"service_instance_id"},
    {"environment", "String", "'production'"},
    {"hostname"},
    {"attributes", "Map(String, String)"},
    {"user_id"},
    {"session_id"},
    {"os_type"},
    {"os_version"},
    {"runtime_name"},
    {"runtime_version"},
    {"cloud_provider"},
    {"cloud_region"},
    {"cloud_availability_zone"},
    {"instrumentation_library_name"},
    {"instrumentation_library_version"},
    {"schema_url"},
};

/// What follows the origin of a log record.
inline constexpr clickhouse_column clickhouse_exception_columns[] = {
    {"exception_type"}, {"exception_message"},     {"exception_stacktrace"}, {"is_exception", "UInt8"},
    {"source_file"},    {"source_line", "UInt32"}, {"source_function"},      {"flags", "UInt32"},
};

} // namespace nanotel::inline NANOTEL_ABI
