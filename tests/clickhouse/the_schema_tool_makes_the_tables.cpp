// SPDX-License-Identifier: MIT
#include "../../tools/clickhouse_schema/clickhouse_schema.hpp"

#include "../exporters/certificates.hpp"
#include "../exporters/loopback.hpp"
#include "support/clickhouse_engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace nanotel_test;
using nanotel_clickhouse_schema::failing;

namespace {

using lines = std::vector<std::string>;

struct visit {
    failing status;
    std::string printed;
    std::string said;

    bool says(std::string_view text) const { return said.find(text) != said.npos; }
};

visit ask(std::vector<std::string> arguments, std::vector<std::pair<std::string, std::string>> set = {}) {
    visit made;
    made.status = static_cast<failing>(nanotel_clickhouse_schema::run(
        arguments, variables(std::move(set)), [&](const std::string& line) { made.printed += line + "\n"; },
        [&](const std::string& line) { made.said += line + "\n"; }));
    return made;
}

// Name, type and default of every column, as the dashboards know them. A column without a type is a String.
const char* const traces_columns =
    "trace_id, span_id, parent_span_id, timestamp DateTime, timestamp_ns UInt64, duration_ms UInt32, "
    "service_name, "
    "span_name, span_kind = 'INTERNAL', status_code = 'OK', status_message, project_name, project_version, "
    "environment = 'production', hostname, attributes Map(String;String), user_id, session_id, os_type, "
    "os_version, "
    "runtime_name, runtime_version, cloud_provider, cloud_region, cloud_availability_zone, "
    "instrumentation_library_name, instrumentation_library_version";
const char* const metrics_columns =
    "metric_id, metric_name, metric_type Enum8('GAUGE' = 1; 'SUM' = 2; 'HISTOGRAM' = 3; "
    "'EXPONENTIAL_HISTOGRAM' = 4; "
    "'SUMMARY' = 5), metric_unit, metric_description, timestamp DateTime, timestamp_ns UInt64, "
    "time_window_start DateTime, time_window_end DateTime, value_int Int64, value_double Float64, "
    "is_monotonic UInt8, "
    "aggregation_temporality Enum8('UNSPECIFIED' = 0; 'DELTA' = 1; 'CUMULATIVE' = 2), histogram_count "
    "UInt64, "
    "histogram_sum Float64, histogram_min Float64, histogram_max Float64, histogram_bucket_counts "
    "Array(UInt64), "
    "histogram_explicit_bounds Array(Float64), summary_count UInt64, summary_sum Float64, "
    "quantile_values Map(String;Float64), project_name, project_version, service_name, service_namespace, "
    "service_instance_id, environment = 'production', hostname, attributes Map(String;String), user_id, "
    "session_id, "
    "os_type, os_version, runtime_name, runtime_version, cloud_provider, cloud_region, "
    "cloud_availability_zone, "
    "instrumentation_library_name, instrumentation_library_version, schema_url";
const char* const logs_columns =
    "log_id, trace_id, span_id, timestamp DateTime, timestamp_ns UInt64, observed_timestamp DateTime, "
    "observed_timestamp_ns UInt64, severity_text, severity_number UInt8, body, body_type Enum8('EMPTY' = 0; "
    "'STRING' = 1; 'JSON' = 2; 'BYTES' = 3), project_name, project_version, service_name, service_namespace, "
    "service_instance_id, environment = 'production', hostname, attributes Map(String;String), user_id, "
    "session_id, "
    "os_type, os_version, runtime_name, runtime_version, cloud_provider, cloud_region, "
    "cloud_availability_zone, "
    "instrumentation_library_name, instrumentation_library_version, schema_url, exception_type, "
    "exception_message, "
    "exception_stacktrace, is_exception UInt8, source_file, source_line UInt32, source_function, flags "
    "UInt32";

lines expected(std::string_view list) {
    lines columns;
    while (!list.empty()) {
        const auto end = std::min(list.find(", "), list.size());
        std::string column(list.substr(0, end));
        list.remove_prefix(std::min(end + 2, list.size()));
        std::replace(column.begin(), column.end(), ';', ',');
        if (column.find("Map(") != column.npos) column.replace(column.find(','), 1, ", ");
        if (const auto by_default = column.find(" = '");
            by_default != column.npos && column.find('(') == column.npos)
            column = column.substr(0, by_default) + "|String|DEFAULT|" + column.substr(by_default + 3);
        else if (const auto blank = column.find(' '); blank != column.npos)
            column = column.substr(0, blank) + "|" + column.substr(blank + 1) + "||";
        else
            column += "|String||";
        columns.push_back(column);
    }
    return columns;
}

lines columns_of(const clickhouse_engine& engine, const std::string& database, const std::string& table) {
    return engine.query(
        "SELECT concat(name, '|', type, '|', default_kind, '|', default_expression) FROM system.columns "
        "WHERE database = '" +
        database + "' AND table = '" + table + "' ORDER BY position FORMAT TabSeparatedRaw");
}

lines everything_in(const clickhouse_engine& engine, const std::string& database) {
    return engine.query(
        "SELECT name, engine, create_table_query, uuid FROM system.tables WHERE database = '" + database +
        "' ORDER BY name");
}

} // namespace

TEST_CASE("the tool makes the tables of the dashboards, and their roll-ups say what the rows do") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    const clickhouse_engine engine(python, {"owner", "a secret", "Asia/Tokyo", {}, {}});
    const std::vector<std::pair<std::string, std::string>> who{{"CLICKHOUSE_USER", "owner"},
                                                               {"CLICKHOUSE_PASSWORD", "a secret"}};
    const visit first = ask({"--apply", "--endpoint", engine.endpoint()}, who);
    CAPTURE(first.said);
    REQUIRE(first.status == failing::nothing);
    CHECK(first.printed.empty());
    CHECK(first.says("ok      CREATE DATABASE telemetry\n"));
    CHECK(first.says("ok      CREATE TABLE telemetry.traces\n"));
    CHECK(first.says("ok      CREATE VIEW telemetry.metrics_hourly\n"));
    CHECK(first.says("all is well"));
    CHECK_FALSE(first.says("secret"));
    CHECK(columns_of(engine, "telemetry", "traces") == expected(traces_columns));
    CHECK(columns_of(engine, "telemetry", "metrics") == expected(metrics_columns));
    CHECK(columns_of(engine, "telemetry", "logs") == expected(logs_columns));
    CHECK(columns_of(engine, "telemetry", "metrics_hourly") ==
          lines{"timestamp|DateTime||", "project_name|String||", "total_count|UInt64||",
                "error_count|UInt64||", "p50_duration_ms|Float64||", "p95_duration_ms|Float64||",
                "p99_duration_ms|Float64||"});
    CHECK(
        engine.query(
            "SELECT name, sorting_key, partition_key, engine FROM system.tables WHERE database = 'telemetry' "
            "AND engine = 'MergeTree' ORDER BY name") ==
        lines{"logs\tservice_name, severity_number, timestamp\ttoYYYYMM(timestamp)\tMergeTree",
              "metrics\tservice_name, metric_name, timestamp\ttoYYYYMM(timestamp)\tMergeTree",
              "traces\tservice_name, span_name, timestamp\ttoYYYYMM(timestamp)\tMergeTree"});

    SUBCASE("again, it changes nothing but what is asked") {
        const lines made = everything_in(engine, "telemetry");
        CHECK(made.size() == 13);
        CHECK(ask({"--apply", "--endpoint", engine.endpoint()}, who).status == failing::nothing);
        CHECK(everything_in(engine, "telemetry") == made);
        // Its own default, said aloud: no mutation.
        CHECK(ask({"--apply", "--endpoint", engine.endpoint(), "--ttl-days", "90"}, who).status ==
              failing::nothing);
        CHECK(everything_in(engine, "telemetry") == made);
        CHECK(engine.value("SELECT count() FROM system.mutations") == "0");
        const visit shorter = ask({"--apply", "--endpoint", engine.endpoint(), "--ttl-days", "30"}, who);
        CHECK(shorter.says("ok      ALTER TABLE telemetry.logs MODIFY TTL timestamp + toIntervalDay(30)\n"));
        CHECK(
            engine.value("SELECT count() FROM system.tables WHERE engine = 'MergeTree' AND engine_full LIKE "
                         "'%TTL timestamp + toIntervalDay(30) %'") == "3");
        CHECK(ask({"--apply", "--endpoint", engine.endpoint(), "--ttl-days", "0"}, who).status ==
              failing::nothing);
        CHECK(engine.value("SELECT count() FROM system.tables WHERE engine = 'MergeTree' AND engine_full "
                           "LIKE '%TTL%'") == "0");
    }

    SUBCASE("rows that are too old go, and a retry adds none") {
        const std::string two =
            "INSERT INTO telemetry.traces (trace_id, timestamp) SETTINGS insert_deduplication_token = 'one' "
            "VALUES ('old', now() - INTERVAL 91 DAY), ('new', now() - INTERVAL 89 DAY)";
        engine.query(two);
        engine.query(two);
        engine.query("OPTIMIZE TABLE telemetry.traces FINAL");
        CHECK(engine.query("SELECT trace_id, span_kind, status_code, environment FROM telemetry.traces") ==
              lines{"new\tINTERNAL\tOK\tproduction"});
        CHECK(engine.value("SELECT sum(total_count) FROM telemetry.metrics_hourly") ==
              "2"); // and kept for longer
    }

    SUBCASE("the roll-ups of many parts are those of all rows, also after they have merged") {
        // In 2096, so that no TTL is over. Three inserts that overlap in time and differ in their durations,
        // so that percentiles of percentiles are wrong.
        for (int part = 0; part < 3; ++part)
            engine.query(
                "INSERT INTO telemetry.traces (trace_id, span_id, timestamp, duration_ms, project_name, "
                "service_name, status_code) SELECT toString(number), 's', toDateTime(3999999600 + 2 * "
                "number), "
                "intDiv(number * 7919 % 1000, " +
                std::to_string(part * 10 + 1) +
                "), if(number % 3 = 0, 'a', 'b'), 's', multiIf(number % 7 = 0, 'ERROR', number % 7 = 1, "
                "'UNSET', 'OK') FROM numbers(2500)");
        const std::string of_rows =
            "SELECT toStartOfHour(timestamp) AS hour, project_name, count(), countIf(status_code = 'ERROR'), "
            "quantile(0.5)(duration_ms), quantile(0.95)(duration_ms), quantile(0.99)(duration_ms) "
            "FROM telemetry.traces GROUP BY hour, project_name ORDER BY hour, project_name";
        const std::string of_rollup =
            "SELECT timestamp, project_name, total_count, error_count, p50_duration_ms, "
            "p95_duration_ms, p99_duration_ms FROM telemetry.metrics_hourly "
            "ORDER BY timestamp, project_name";
        const lines rows = engine.query(of_rows);
        CHECK(rows.size() == 4); // two projects in two hours
        CHECK(engine.query(of_rollup) == rows);
        CHECK(engine.value(
                  "SELECT count() > 1 FROM system.parts WHERE table = 'metrics_hourly_state' AND active") ==
              "1");
        engine.query("OPTIMIZE TABLE telemetry.metrics_hourly_state FINAL");
        CHECK(engine.value(
                  "SELECT count() FROM system.parts WHERE table = 'metrics_hourly_state' AND active") == "1");
        CHECK(engine.query(of_rollup) == rows);

        for (const char* const half : {"0", "1"})
            engine.query(
                "INSERT INTO telemetry.metrics (metric_name, metric_type, timestamp, value_double, "
                "project_name) "
                "SELECT 'm', if(number < 600, 'GAUGE', 'HISTOGRAM'), toDateTime(3999999600 + number), "
                "number, 'a' FROM numbers(700) WHERE number % 2 = " +
                std::string(half));
        engine.query("OPTIMIZE TABLE telemetry.metrics_5min_state FINAL");
        CHECK(
            engine.query(
                "SELECT project_name, service_name, metric_name, metric_type, environment, count, sum_value, "
                "avg_value, min_value, max_value, p50_value, p95_value FROM telemetry.metrics_5min "
                "ORDER BY timestamp") ==
            lines{"a\t\tm\tGAUGE\tproduction\t300\t44850\t149.5\t0\t299\t149.5\t284.05",
                  "a\t\tm\tGAUGE\tproduction\t300\t134850\t449.5\t300\t599\t449.5\t584.05"});

        for (const char* const half : {"0", "1"})
            engine.query(
                "INSERT INTO telemetry.logs (log_id, trace_id, span_id, timestamp, body, severity_text, "
                "severity_number, project_name, is_exception) SELECT toString(number), if(number < 40, "
                "toString(number), ''), if(number < 20, 's', 'not kept'), toDateTime(3999999600 + number), "
                "repeat('x', 2000), 'T', 12 + number % 6, 'a', number % 2 FROM numbers(600) WHERE number % 2 "
                "= " +
                std::string(half));
        engine.query("OPTIMIZE TABLE telemetry.logs_error_summary_state FINAL");
        CHECK(engine.query(
                  "SELECT severity_number, total_logs, error_logs, warn_logs, exception_logs, "
                  "length(sample_messages), length(sample_messages[1]) FROM telemetry.logs_error_summary "
                  "ORDER BY severity_number") ==
              lines{"12\t100\t0\t0\t0\t10\t1000", "13\t100\t0\t100\t100\t10\t1000",
                    "14\t100\t0\t100\t0\t10\t1000", "15\t100\t0\t100\t100\t10\t1000",
                    "16\t100\t0\t100\t0\t10\t1000", "17\t100\t100\t0\t100\t10\t1000"});
        // A row a record, though each of these spans was inserted three times: of a trace, with its span or
        // without.
        CHECK(engine.value("SELECT uniqExact(log_id), uniqExactIf(log_id, status_code != ''), "
                           "countIf(span_id = 'not kept') FROM telemetry.trace_logs_correlation") ==
              "40\t20\t20");
    }

    SUBCASE("older tables are given what they lack and keep what they have") {
        engine.query("CREATE DATABASE older");
        engine.query(
            "CREATE TABLE older.logs (log_id UUID DEFAULT generateUUIDv4(), timestamp DateTime64(3), body "
            "String, "
            "severity_number UInt8, service_name String, trace_id String, mine UInt8) ENGINE = MergeTree "
            "ORDER BY timestamp TTL toDateTime(timestamp) + INTERVAL 400 DAY");
        engine.query("INSERT INTO older.logs (body, timestamp, mine) VALUES ('kept', now64(3), 7)");
        engine.query(
            "CREATE TABLE older.metrics_hourly (timestamp DateTime, p50_duration_ms Float64) ENGINE = "
            "SummingMergeTree ORDER BY timestamp");
        const visit upgraded = ask({"--apply", "--endpoint", engine.endpoint(), "--database", "older"}, who);
        CAPTURE(upgraded.said);
        CHECK(upgraded.status == failing::nothing);
        CHECK(upgraded.says("note    older.metrics_hourly is an older table and stays as it is"));
        CHECK_FALSE(upgraded.says("metrics_5min is an older"));
        const lines columns = columns_of(engine, "older", "logs");
        CHECK(columns.size() == expected(logs_columns).size() + 1);
        CHECK(columns[0] == "log_id|UUID|DEFAULT|generateUUIDv4()");
        for (const std::string& column : expected(logs_columns))
            if (!column.starts_with("log_id|") && !column.starts_with("timestamp|"))
                CHECK_MESSAGE(std::find(columns.begin(), columns.end(), column) != columns.end(), column);
        CHECK(engine.value("SELECT body, mine, environment FROM older.logs") == "kept\t7\tproduction");
        const std::string engine_of_logs =
            engine.value("SELECT engine_full FROM system.tables WHERE database = 'older' AND name = 'logs'");
        CHECK(engine_of_logs.find("toIntervalDay(400)") != std::string::npos);
        CHECK(engine_of_logs.find("non_replicated_deduplication_window = 1000") != std::string::npos);
        CHECK(engine.value(
                  "SELECT engine FROM system.tables WHERE database = 'older' AND name = 'metrics_hourly'") ==
              "SummingMergeTree");
    }

    SUBCASE("durations and values of older tables are rolled up, of whatever type they are") {
        for (const auto& [database, duration, value] :
             {std::array{"whole", "UInt64", "Float32"}, std::array{"fractions", "Float64", "Decimal(18, 4)"},
              std::array{"signed", "Int64", "Int64"}}) {
            const std::string in = database;
            CAPTURE(in);
            engine.query("CREATE DATABASE " + in);
            engine.query("CREATE TABLE " + in + ".traces (timestamp DateTime, duration_ms " + duration +
                         ") ENGINE = MergeTree ORDER BY timestamp");
            engine.query("CREATE TABLE " + in +
                         ".metrics (timestamp DateTime, metric_type String, value_double " + value +
                         ") ENGINE = MergeTree ORDER BY timestamp");
            const visit made = ask({"--apply", "--endpoint", engine.endpoint(), "--database", in}, who);
            CAPTURE(made.said);
            CHECK(made.status == failing::nothing);
            // What no UInt32 can hold is the greatest that it can.
            engine.query(
                "INSERT INTO " + in +
                ".traces (timestamp, project_name, duration_ms) VALUES (now(), 'a', 12), (now(), 'a', "
                "12), (now(), 'b', 4294967297)");
            CHECK(engine.query("SELECT project_name, p50_duration_ms, p99_duration_ms FROM " + in +
                               ".metrics_hourly ORDER BY project_name") ==
                  lines{"a\t12\t12", "b\t4294967295\t4294967295"});
            engine.query("INSERT INTO " + in +
                         ".metrics (timestamp, metric_type, value_double) VALUES (now(), 'GAUGE', 3)");
            CHECK(engine.value("SELECT sum_value, min_value, max_value, p50_value FROM " + in +
                               ".metrics_5min") == "3\t3\t3\t3");
        }
    }

    SUBCASE("what is printed is what the engine can read, for a cluster too") {
        for (const std::vector<std::string>& arguments : {lines{}, lines{"--cluster", "main"}}) {
            const visit printed = ask(arguments);
            CHECK(printed.status == failing::nothing);
            CHECK(printed.said.empty());
            std::size_t statements = 0;
            for (std::size_t begin = 0; begin < printed.printed.size();) {
                const auto end = printed.printed.find(";\n\n", begin);
                REQUIRE(end != std::string::npos);
                const std::string statement = printed.printed.substr(begin, end - begin);
                CAPTURE(statement);
                CHECK_NOTHROW(
                    engine.query("SELECT formatQuery(" + nanotel::detail::sql_string(statement) + ")"));
                begin = end + 3;
                ++statements;
            }
            CHECK(statements == (arguments.empty() ? 20 : 26));
        }
        const visit unknown = ask({"--apply", "--cluster", "nobody", "--endpoint", engine.endpoint()}, who);
        CAPTURE(unknown.said);
        CHECK(unknown.status != failing::nothing);
        CHECK(unknown.says("failed  CREATE DATABASE telemetry ON CLUSTER nobody: Code: "));
    }

    SUBCASE("a wrong password, and a right one that may not") {
        const visit wrong =
            ask({"--apply", "--endpoint", engine.endpoint(), "--user", "owner", "--password", "guessed"});
        CHECK(wrong.status == failing::credentials);
        CHECK(wrong.says("Code: 516"));
        CHECK(wrong.says("check --user and --password"));
        CHECK_FALSE(wrong.says("guessed"));
    }
}

TEST_CASE("what stands between the tool and ClickHouse is named") {
    const closed_port nobody;
    const visit refused = ask({"--apply", "--endpoint", nobody.url(), "--password", "a secret"});
    CHECK(refused.status == failing::connection);
    CHECK(refused.says("failed  " + nobody.url() + " cannot be reached: nothing accepts connections there"));
    CHECK(refused.says("start ClickHouse"));
    CHECK_FALSE(refused.says("secret"));

    // Longer than the name of a host may be, so that no server is asked for it.
    CHECK(ask({"--apply", "--endpoint", "http://" + std::string(64, 'x') + ".invalid:8123"}).status ==
          failing::name);

    const certificate stranger("DNS:localhost");
    tls_peer untrusted(stranger, [](tls_connection& connection) { connection.read_request(); });
    CHECK(ask({"--apply", "--endpoint", "https://localhost:" + std::to_string(untrusted.port())}).status ==
          failing::tls);

    const auto answered = [](const std::string& whole) {
        raw_peer peer([&](raw_connection& connection) {
            while (!connection.read_request().empty() && connection.write(whole)) {
            }
        });
        return ask({"--apply", "--endpoint", peer.url()});
    };
    const visit memory =
        answered(answer("500 Internal Server Error",
                        "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)"));
    CHECK(memory.status == failing::later);
    CHECK(memory.says("failed  CREATE DATABASE telemetry: Code: 241."));
    const visit rights =
        answered(answer("403 Forbidden", "Code: 497. DB::Exception: web: Not enough privileges."));
    CHECK(rights.status == failing::credentials);
    CHECK(rights.says("grant the user CREATE"));
    CHECK(answered(answer("503 Service Unavailable", "")).status == failing::later);
    CHECK(answered(answer("404 Not Found", "404 page not found")).status == failing::refused);
}

TEST_CASE("a command that cannot be is told so, and help tells what can") {
    const visit help = ask({"--help"});
    CHECK(help.status == failing::nothing);
    CHECK(help.printed.starts_with("usage: nanotel-clickhouse-schema"));
    for (const lines& wrong :
         {lines{"--nonsense", "x"}, lines{"telemetry"}, lines{"--ttl-days", "soon"},
          lines{"--ttl-days", "99999"}, lines{"--cluster", ""}, lines{"--database"},
          lines{"--apply", "--endpoint", "localhost:8123"}, lines{"--timeout", "0"},
          lines{"--apply", "--certificate", "/nowhere", "--endpoint", "https://localhost"}}) {
        const visit made = ask(wrong);
        CAPTURE(wrong[0]);
        CHECK(made.status == failing::configuration);
        CHECK(made.printed.empty());
        CHECK(made.says("see nanotel-clickhouse-schema --help"));
    }
    CHECK(ask({"--traces-table", "spans"}, {{"NANOTEL_CLICKHOUSE_DATABASE", "elsewhere"}})
              .printed.find("`elsewhere`.`spans`") != std::string::npos);
}
