// SPDX-License-Identifier: MIT
// The roll-ups: what dashboards of long times read instead of every row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nanotel/clickhouse/schema_options.hpp>
#include <nanotel/clickhouse/schema_text.hpp>
#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// A percentile of percentiles is none, and parts of a table merge whenever ClickHouse likes. So what an
// insert adds is kept as the state of the aggregate function, in an AggregatingMergeTree that a materialized
// view fills, and a view makes the percentiles when it is read: exact up to 8192 values a row, else of a
// random sample of so many.
struct rollup {
    std::string_view name;
    schema_table states;
    std::string_view fill;   ///< what a block of new rows adds: SELECT … FROM source GROUP BY …
    std::string_view source; ///< the table that it reads
    std::string_view group;
    std::string_view read; ///< what the view says of the states
    std::string_view keys; ///< the columns by which it does
};

inline constexpr std::string_view states_suffix = "_state";
inline constexpr std::string_view filling_suffix = "_state_mv"; // <name>_mv feeds older tables of these names
inline constexpr std::string_view rollup_view_names[]{"metrics_hourly", "metrics_5min", "logs_error_summary"};
inline constexpr std::string_view correlation_view_name = "trace_logs_correlation";

[[nodiscard]] inline std::vector<std::string> rollup_names() {
    std::vector<std::string> names{std::string(correlation_view_name)};
    for (const std::string_view view : rollup_view_names) {
        const std::string name(view);
        const std::string states = name + std::string(states_suffix);
        names.insert(names.end(),
                     {name, states, states + std::string(local_suffix), name + std::string(filling_suffix)});
    }
    return names;
}

/// The spans of an hour, by project: durations are those of all spans, an error is a span whose status says
/// so. What has no status ("UNSET" in the rows of some programs) is none. A state is of one type, and older
/// tables have durations of others.
[[nodiscard]] inline rollup metrics_hourly(const clickhouse_schema_options& options) {
    return {.name = "metrics_hourly",
            .states = {.name = "metrics_hourly_state",
                       .columns = {{"timestamp", "DateTime"},
                                   {"project_name"},
                                   {"total_count", "SimpleAggregateFunction(sum, UInt64)"},
                                   {"error_count", "SimpleAggregateFunction(sum, UInt64)"},
                                   {"durations", "AggregateFunction(quantiles(0.5, 0.95, 0.99), UInt32)"}},
                       .order = "project_name, timestamp",
                       .index = {},
                       .shard = "cityHash64(project_name, timestamp)",
                       .engine = "AggregatingMergeTree"},
            .fill = "toStartOfHour(r.timestamp) AS timestamp,\n    r.project_name AS project_name,\n"
                    "    count() AS total_count,\n    countIf(r.status_code = 'ERROR') AS error_count,\n"
                    "    quantilesState(0.5, 0.95, 0.99)(toUInt32(least(r.duration_ms, 4294967295)))"
                    " AS durations",
            .source = options.traces_table,
            .group = "timestamp, project_name",
            .read = "s.timestamp AS timestamp,\n    s.project_name AS project_name,\n"
                    "    sum(s.total_count) AS total_count,\n    sum(s.error_count) AS error_count,\n"
                    "    quantilesMerge(0.5, 0.95, 0.99)(s.durations)[1] AS p50_duration_ms,\n"
                    "    quantilesMerge(0.5, 0.95, 0.99)(s.durations)[2] AS p95_duration_ms,\n"
                    "    quantilesMerge(0.5, 0.95, 0.99)(s.durations)[3] AS p99_duration_ms",
            .keys = "timestamp, project_name"};
}

/// The values of gauges and sums in five minutes, by metric.
[[nodiscard]] inline rollup metrics_5min(const clickhouse_schema_options& options) {
    return {
        .name = "metrics_5min",
        .states = {.name = "metrics_5min_state",
                   .columns = {{"timestamp", "DateTime"},
                               {"project_name"},
                               {"service_name"},
                               {"metric_name"},
                               {"metric_type"},
                               {"environment"},
                               {"count", "SimpleAggregateFunction(sum, UInt64)"},
                               {"sum_value", "SimpleAggregateFunction(sum, Float64)"},
                               {"min_value", "SimpleAggregateFunction(min, Float64)"},
                               {"max_value", "SimpleAggregateFunction(max, Float64)"},
                               {"values", "AggregateFunction(quantiles(0.5, 0.95, 0.99), Float64)"}},
                   .order = "project_name, service_name, metric_name, metric_type, environment, timestamp",
                   .index = {},
                   .shard = "cityHash64(project_name, service_name, metric_name)",
                   .engine = "AggregatingMergeTree"},
        .fill = "toStartOfFiveMinutes(r.timestamp) AS timestamp,\n    r.project_name AS project_name,\n"
                "    r.service_name AS service_name,\n    r.metric_name AS metric_name,\n"
                "    toString(r.metric_type) AS metric_type,\n    r.environment AS environment,\n"
                "    count() AS count,\n    sum(r.value_double) AS sum_value,\n"
                "    min(r.value_double) AS min_value,\n    max(r.value_double) AS max_value,\n"
                "    quantilesState(0.5, 0.95, 0.99)(toFloat64(r.value_double)) AS values",
        .source = options.metrics_table,
        .group = "timestamp, project_name, service_name, metric_name, metric_type, environment",
        .read = "s.timestamp AS timestamp,\n    s.project_name AS project_name,\n"
                "    s.service_name AS service_name,\n    s.metric_name AS metric_name,\n"
                "    s.metric_type AS metric_type,\n    s.environment AS environment,\n"
                "    sum(s.count) AS count,\n    sum(s.sum_value) AS sum_value,\n"
                "    sum(s.sum_value) / sum(s.count) AS avg_value,\n    min(s.min_value) AS min_value,\n"
                "    max(s.max_value) AS max_value,\n"
                "    quantilesMerge(0.5, 0.95, 0.99)(s.values)[1] AS p50_value,\n"
                "    quantilesMerge(0.5, 0.95, 0.99)(s.values)[2] AS p95_value,\n"
                "    quantilesMerge(0.5, 0.95, 0.99)(s.values)[3] AS p99_value",
        .keys = "timestamp, project_name, service_name, metric_name, metric_type, environment"};
}

/// The log records of an hour, by severity, with the first thousand characters of up to ten of them.
[[nodiscard]] inline rollup logs_error_summary(const clickhouse_schema_options& options) {
    return {
        .name = "logs_error_summary",
        .states = {.name = "logs_error_summary_state",
                   .columns = {{"timestamp", "DateTime"},
                               {"project_name"},
                               {"service_name"},
                               {"environment"},
                               {"severity_text"},
                               {"severity_number", "UInt8"},
                               {"total_logs", "SimpleAggregateFunction(sum, UInt64)"},
                               {"error_logs", "SimpleAggregateFunction(sum, UInt64)"},
                               {"warn_logs", "SimpleAggregateFunction(sum, UInt64)"},
                               {"exception_logs", "SimpleAggregateFunction(sum, UInt64)"},
                               {"samples", "AggregateFunction(groupArray(10), String)"}},
                   .order =
                       "project_name, service_name, environment, severity_number, severity_text, timestamp",
                   .index = {},
                   .shard = "cityHash64(project_name, service_name)",
                   .engine = "AggregatingMergeTree"},
        .fill = "toStartOfHour(r.timestamp) AS timestamp,\n    r.project_name AS project_name,\n"
                "    r.service_name AS service_name,\n    r.environment AS environment,\n"
                "    r.severity_text AS severity_text,\n    r.severity_number AS severity_number,\n"
                "    count() AS total_logs,\n    countIf(r.severity_number >= 17) AS error_logs,\n"
                "    countIf(r.severity_number BETWEEN 13 AND 16) AS warn_logs,\n"
                "    countIf(r.is_exception = 1) AS exception_logs,\n"
                "    groupArrayState(10)(substringUTF8(r.body, 1, 1000)) AS samples",
        .source = options.logs_table,
        .group = "timestamp, project_name, service_name, environment, severity_text, severity_number",
        .read = "s.timestamp AS timestamp,\n    s.project_name AS project_name,\n"
                "    s.service_name AS service_name,\n    s.environment AS environment,\n"
                "    s.severity_text AS severity_text,\n    s.severity_number AS severity_number,\n"
                "    sum(s.total_logs) AS total_logs,\n    sum(s.error_logs) AS error_logs,\n"
                "    sum(s.warn_logs) AS warn_logs,\n    sum(s.exception_logs) AS exception_logs,\n"
                "    groupArrayMerge(10)(s.samples) AS sample_messages",
        .keys = "timestamp, project_name, service_name, environment, severity_text, severity_number"};
}

/// A row a log record that was written in a trace, beside the span that it was written in, whose columns are
/// empty when it has not been kept.
[[nodiscard]] inline std::string correlation_view(const clickhouse_schema_options& options,
                                                  const schema_text& text) {
    return "CREATE VIEW IF NOT EXISTS " + text.name(correlation_view_name) + text.on_cluster() +
           " AS\nSELECT\n"
           "    l.trace_id AS trace_id,\n    l.span_id AS span_id,\n    l.service_name AS service_name,\n"
           "    t.span_name AS span_name,\n    t.timestamp AS trace_timestamp,\n    t.status_code AS "
           "status_code,\n"
           "    l.project_name AS project_name,\n    l.environment AS environment,\n    l.log_id AS log_id,\n"
           "    l.timestamp AS log_timestamp,\n    l.severity_text AS severity_text,\n"
           "    l.severity_number AS severity_number,\n    l.body AS log_message,\n"
           "    l.is_exception AS is_exception,\n    l.exception_type AS exception_type,\n"
           "    l.exception_message AS exception_message\nFROM " +
           text.name(options.logs_table) + " AS l\n" + (text.clustered() ? "GLOBAL " : "") + "LEFT JOIN " +
           text.name(options.traces_table) +
           " AS t ON l.trace_id = t.trace_id AND l.span_id = t.span_id\nWHERE l.trace_id != ''";
}

[[nodiscard]] inline std::vector<std::string> rollup_statements(const clickhouse_schema_options& options,
                                                                const schema_text& text) {
    std::vector<std::string> statements;
    for (const rollup& each : {metrics_hourly(options), metrics_5min(options), logs_error_summary(options)}) {
        for (std::string& table : text.tables(each.states, options.rollup_ttl_days))
            statements.push_back(std::move(table));
        // Each machine of a cluster rolls up what it stores: once, since replicas copy the states too.
        statements.push_back(
            "CREATE MATERIALIZED VIEW IF NOT EXISTS " +
            text.name(std::string(each.name) + std::string(filling_suffix)) + text.on_cluster() + " TO " +
            text.stored(each.states.name) + " AS\nSELECT\n    " + std::string(each.fill) + "\nFROM " +
            text.stored(each.source) + " AS r\n" +
            (each.name == "metrics_5min" ? "WHERE r.metric_type IN ('GAUGE', 'SUM')\n" : "") + "GROUP BY " +
            std::string(each.group));
        statements.push_back("CREATE VIEW IF NOT EXISTS " + text.name(each.name) + text.on_cluster() +
                             " AS\nSELECT\n    " + std::string(each.read) + "\nFROM " +
                             text.name(each.states.name) + " AS s\nGROUP BY " + std::string(each.keys));
    }
    statements.push_back(correlation_view(options, text));
    return statements;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
