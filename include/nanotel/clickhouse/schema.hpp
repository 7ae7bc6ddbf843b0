// SPDX-License-Identifier: MIT
// The SQL that makes ClickHouse's tables for spans, points and log records, and the roll-ups beside them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility> // move, pair
#include <vector>

#include <nanotel/clickhouse/schema_columns.hpp>
#include <nanotel/clickhouse/schema_options.hpp>
#include <nanotel/clickhouse/schema_rollups.hpp>
#include <nanotel/clickhouse/schema_text.hpp>
#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// What is wrong with the options and what to write instead; empty when nothing is.
[[nodiscard]] inline std::string clickhouse_schema_problem(const clickhouse_schema_options& options) {
    const auto mistake = [](std::string_view name) -> std::string_view {
        if (name.empty()) return "is empty";
        if (name.size() > 200) return "has more than 200 bytes, and ClickHouse makes files of such names";
        for (const char c : name)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "has a control character";
        return {};
    };
    const std::pair<const char*, const std::string*> names[]{{".database", &options.database},
                                                             {".traces_table", &options.traces_table},
                                                             {".metrics_table", &options.metrics_table},
                                                             {".logs_table", &options.logs_table},
                                                             {".cluster", &options.cluster}};
    for (const auto& [option, name] : names) {
        if (name == &options.cluster && name->empty()) continue; // one machine
        if (const auto what = mistake(*name); !what.empty())
            return std::string(option) + " " + std::string(what) + "; give it a name such as telemetry";
    }
    constexpr std::uint32_t longest = 20'000; // a DateTime ends in 2106, and begins again in 1970 after that
    for (const auto& [option, days] :
         {std::pair{".ttl_days", options.ttl_days}, std::pair{".rollup_ttl_days", options.rollup_ttl_days}})
        if (days > longest)
            return std::string(option) + " is " + std::to_string(days) +
                   "; it is a number of days up to 20000, or 0 to keep rows for ever";
    std::vector<std::string> taken = detail::rollup_names();
    for (const std::string* name : {&options.traces_table, &options.metrics_table, &options.logs_table}) {
        const std::string local = *name + std::string(detail::local_suffix);
        for (const std::string& other : taken)
            if (*name == other || local == other)
                return "the table " + *name + " would take the name of another of these tables and views";
        taken.insert(taken.end(), {*name, local});
    }
    return {};
}

/// The statements that make the database, the three tables, their roll-ups and the view of logs beside their
/// spans, in the order in which they have to run. Running them again changes nothing; tables that are older
/// are given the columns that they lack and remember the last inserts from then on, and keep all else, their
/// TTL too (clickhouse_change_ttl). None ends with a semicolon. Empty when clickhouse_schema_problem() has
/// something to say.
///
/// Roll-ups count what is inserted after they were made. Of a cluster, the tables with the given names are
/// Distributed, over ReplicatedMergeTree tables of the same name with `_local` on every machine, which have
/// to define the macros {shard} and {replica}.
[[nodiscard]] inline std::vector<std::string> clickhouse_schema(const clickhouse_schema_options& options) {
    if (!clickhouse_schema_problem(options).empty()) return {};
    const detail::schema_text text(options);
    std::vector<std::string> statements{"CREATE DATABASE IF NOT EXISTS " +
                                        detail::sql_identifier(options.database) + text.on_cluster()};
    const auto add = [&](std::vector<std::string> more) {
        for (std::string& each : more) statements.push_back(std::move(each));
    };
    using columns = std::vector<clickhouse_column>;
    const auto of = [](std::initializer_list<std::span<const clickhouse_column>> parts) {
        columns all;
        for (const auto part : parts) all.insert(all.end(), part.begin(), part.end());
        return all;
    };
    const auto find_by_trace = "trace_id_index trace_id TYPE bloom_filter GRANULARITY 1";
    // A retry must reach the machine that the first attempt reached, which knows its token: so by what is in
    // the row, never at random. A trace and its logs lie together.
    add(text.row_table({.name = options.traces_table,
                        .columns = of({clickhouse_trace_columns}),
                        .order = "service_name, span_name, timestamp",
                        .index = find_by_trace,
                        .shard = "cityHash64(trace_id)"}));
    add(text.row_table({.name = options.metrics_table,
                        .columns = of({clickhouse_metric_columns, clickhouse_origin_columns}),
                        .order = "service_name, metric_name, timestamp",
                        .index = {},
                        .shard = "cityHash64(service_name, service_instance_id, metric_name)"}));
    add(text.row_table(
        {.name = options.logs_table,
         .columns = of({clickhouse_log_columns, clickhouse_origin_columns, clickhouse_exception_columns}),
         .order = "service_name, severity_number, timestamp",
         .index = find_by_trace,
         .shard = "cityHash64(if(trace_id = '', log_id, trace_id))"}));
    if (options.rollups) add(detail::rollup_statements(options, text));
    return statements;
}

/// The statement that gives a table of these options, by its name, rows that live for .ttl_days (0: for
/// ever). ClickHouse looks through all rows of the table after it, so it is not part of clickhouse_schema().
[[nodiscard]] inline std::string clickhouse_change_ttl(const clickhouse_schema_options& options,
                                                       std::string_view table) {
    const detail::schema_text text(options);
    return "ALTER TABLE " + text.stored(table) + text.on_cluster() +
           (options.ttl_days == 0 ? " REMOVE TTL"
                                  : " MODIFY " + detail::schema_text::time_to_live(options.ttl_days));
}

} // namespace nanotel::inline NANOTEL_ABI
