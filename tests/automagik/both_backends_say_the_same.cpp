// SPDX-License-Identifier: MIT
// The programs of examples/automagik, as users write them, with one recording for both backends: every column
// of every row in ClickHouse is what the OTLP bodies say.
#include "user.hpp"

#include "../../examples/automagik/agent.hpp"
#include "../../examples/automagik/smoke_test.hpp"
#include "../../examples/automagik/tool.hpp"

#include <nanotel/clickhouse/schema.hpp>

#include <collector/collector_process.hpp>
#include <support/clickhouse_engine.hpp>

#include <simdjson.h>

#include <cstdio>
#include <ctime>
#include <functional>
#include <map>

using nanotel_test::came;
using nanotel_test::clickhouse_engine;
using nanotel_test::collector_process;
using nanotel_test::user;

namespace {

// Columns by name, with numbers as JSON has them; an attribute is the column attributes.KEY.
using row = std::map<std::string, std::string>;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

template <class List>
std::string list(const List& values) {
    std::string text = "[";
    for (const auto value : values) {
        if (text.size() > 1) text += ',';
        text += number(static_cast<double>(value));
    }
    return text + ']';
}

std::string as_text(simdjson::dom::element value) {
    switch (value.type()) {
    case simdjson::dom::element_type::STRING:
        return std::string(value.get_string().value());
    case simdjson::dom::element_type::ARRAY: {
        std::vector<double> numbers;
        for (const auto one : value.get_array()) numbers.push_back(one.get_double().value());
        return list(numbers);
    }
    case simdjson::dom::element_type::DOUBLE:
        return number(value.get_double().value());
    case simdjson::dom::element_type::BOOL:
        return value.get_bool().value() ? "true" : "false";
    default:
        return simdjson::to_string(value);
    }
}

std::vector<row> rows_of(const clickhouse_engine& engine, const std::string& table,
                         const std::string& order) {
    std::vector<row> rows;
    simdjson::dom::parser parser;
    for (const std::string& line :
         engine.query("SELECT * FROM telemetry." + table + " ORDER BY " + order +
                      " FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0")) {
        row made;
        for (const auto& [column, value] : parser.parse(line).get_object()) {
            if (value.is_object())
                for (const auto& [key, text] : value.get_object())
                    made[std::string(column) + '.' + std::string(key)] = as_text(text);
            else
                made[std::string(column)] = as_text(value);
        }
        rows.push_back(std::move(made));
    }
    return rows;
}

std::string utc(std::uint64_t unix_nano) {
    const auto seconds = static_cast<std::time_t>(unix_nano / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%F %T", &parts)};
}

std::string text_of(const nanotel::any_value& value) {
    if (const auto* const text = value.get_if<std::string>()) return *text;
    if (const auto* const yes = value.get_if<bool>()) return *yes ? "true" : "false";
    if (const auto* const whole = value.get_if<std::int64_t>()) return std::to_string(*whole);
    if (const auto* const real = value.get_if<double>()) return number(*real);
    FAIL("a value that these programs do not have");
    return {};
}

void expect_attributes(row& expected, const nanotel::attribute_list& attributes) {
    for (const auto& [key, value] : attributes) expected["attributes." + key] = text_of(value);
}

// What all three tables have.
template <class Item>
void expect_origin(row& expected, const Item& item) {
    const auto& about = item.resource;
    const auto column = [&](const char* name, const char* key) {
        if (about.contains(key)) expected[name] = text_of(about[key]);
    };
    column("service_name", "service.name");
    column("project_name", "project.name");
    column("project_version", "project.version");
    column("hostname", "host.name");
    column("user_id", "user.id");
    column("session_id", "session.id");
    column("os_type", "os.type");
    column("os_version", "os.version");
    column("runtime_name", "process.runtime.name");
    column("runtime_version", "process.runtime.version");
    expected["environment"] = "production"; // none of the programs says another
    expected["instrumentation_library_name"] = item.scope.name;
    expected["instrumentation_library_version"] = item.scope.version;
    CHECK(expected["service_name"] == "my-app");
    CHECK(expected["user_id"].size() == 36);
    CHECK(expected["session_id"].size() == 36);
}

// Every column: one that is not expected has its default.
void check_row(row shown, const row& expected) {
    INFO("of ", expected.count("span_name")     ? expected.at("span_name")
                : expected.count("metric_name") ? expected.at("metric_name")
                                                : expected.at("body"));
    // No structured binding: doctest makes lambdas of messages, and clang 14 compiles them too.
    for (const auto& one : expected) {
        const std::string &column = one.first, &value = one.second;
        const auto found = shown.find(column);
        REQUIRE_MESSAGE(found != shown.end(), column);
        // A Map has texts alone, and the shortest one of a double differs from that with 17 digits.
        const bool same =
            found->second == value ||
            (value.find('.') != value.npos && number(std::strtod(found->second.c_str(), nullptr)) == value);
        CHECK_MESSAGE(same, column << " is " << found->second << ", not " << value);
        shown.erase(found);
    }
    for (const auto& one : shown)
        CHECK_MESSAGE((one.second.empty() || one.second == "0" || one.second == "[]"),
                      one.first << " is " << one.second);
}

// Both at once: ClickHouse as the variables say, OTLP as one more destination.
struct both_backends {
    both_backends(const std::string& python, const std::string& otelcol)
        : engine(python), collector(otelcol) {
        for (const std::string& statement : nanotel::clickhouse_schema({})) engine.query(statement);
    }

    automagik::client_options options() {
        ada.variables["AUTOMAGIK_TELEMETRY_BACKEND"] = "clickhouse";
        ada.variables["AUTOMAGIK_TELEMETRY_CLICKHOUSE_ENDPOINT"] = engine.endpoint();
        automagik::client_options made = ada.options();
        made.adjust = [url = collector.http_endpoint()](nanotel::options& o) {
            o.destinations.push_back(
                {.exporter = nanotel::otlp_http({.endpoint = url}, o.environment), .name = "otlp"});
        };
        return made;
    }

    void compare(std::size_t spans, std::size_t points, std::size_t logs) {
        collector.stop(); // it writes what it holds
        came told;
        for (const std::string& line : collector.lines("traces.jsonl")) told.add_traces(line);
        for (const std::string& line : collector.lines("metrics.jsonl")) told.add_metrics(line);
        for (const std::string& line : collector.lines("logs.jsonl")) told.add_logs(line);
        compare_spans(told, spans);
        compare_points(told, points);
        compare_logs(told, logs);
    }

    void compare_spans(const came& told, std::size_t count) const {
        REQUIRE(told.spans.size() == count);
        const auto shown = rows_of(engine, "traces", "span_id");
        REQUIRE(shown.size() == count);
        std::map<std::string, const nanotel::finished_span*> ordered;
        for (const auto& span : told.spans) ordered[span.span_id] = &span;
        REQUIRE(ordered.size() == count);
        auto next = shown.begin();
        for (const auto& [id, it] : ordered) {
            const nanotel::finished_span& span = *it;
            REQUIRE(span.kind == nanotel::span_kind::internal);
            row expected{{"trace_id", span.trace_id},
                         {"span_id", id},
                         {"parent_span_id", span.parent_span_id},
                         {"timestamp", utc(span.start_time_unix_nano)},
                         {"timestamp_ns", std::to_string(span.start_time_unix_nano)},
                         {"duration_ms",
                          std::to_string((span.end_time_unix_nano - span.start_time_unix_nano) / 1'000'000)},
                         {"span_name", span.name},
                         {"span_kind", "INTERNAL"},
                         {"status_code", span.status.code == nanotel::status_code::error ? "ERROR" : "OK"},
                         {"status_message", span.status.message}};
            expect_attributes(expected, span.attributes);
            expect_origin(expected, span);
            row actual = *next++;
            if (!span.events.empty()) {
                expect_attributes(expected, span.events.back().attributes);
                compare_events(actual["attributes.nanotel.events"], span.events);
                actual.erase("attributes.nanotel.events");
            }
            check_row(actual, expected);
        }
    }

    static void compare_events(const std::string& json, const std::vector<nanotel::finished_event>& events) {
        simdjson::dom::parser parser;
        simdjson::dom::array shown;
        REQUIRE(parser.parse(json).get(shown) == simdjson::SUCCESS);
        REQUIRE(shown.size() == events.size());
        std::size_t i = 0;
        for (const auto one : shown) {
            const auto& event = events[i++];
            CHECK(one["name"].get_string().value() == event.name);
            CHECK(one["time_unix_nano"].get_uint64().value() == event.time_unix_nano);
            std::size_t attributes = 0;
            for (const auto& [key, value] : one["attributes"].get_object()) {
                ++attributes;
                CHECK(as_text(value) == text_of(event.attributes[key]));
            }
            CHECK(attributes == event.attributes.size());
        }
    }

    void compare_points(const came& told, std::size_t count) const {
        std::map<std::string, std::pair<const nanotel::finished_metric*, const nanotel::finished_point*>>
            ordered;
        for (const auto& metric : told.metrics)
            for (const auto& point : metric.points) ordered[metric.name] = {&metric, &point};
        REQUIRE(ordered.size() == count);
        auto shown = rows_of(engine, "metrics", "metric_name");
        REQUIRE(shown.size() == count);
        auto next = shown.begin();
        for (const auto& [name, of] : ordered) {
            const auto& [metric, point] = of;
            row expected{{"metric_name", name},
                         {"metric_unit", metric->unit},
                         {"metric_description", metric->description},
                         {"timestamp", utc(point->time_unix_nano)},
                         {"timestamp_ns", std::to_string(point->time_unix_nano)},
                         {"time_window_start", utc(point->start_time_unix_nano)},
                         {"time_window_end", utc(point->time_unix_nano)},
                         {"aggregation_temporality", "DELTA"}}; // so that rows add up
            CHECK(metric->temporality == nanotel::temporality::delta);
            if (metric->kind == nanotel::finished_metric_kind::sum) {
                expected["metric_type"] = "SUM";
                expected["is_monotonic"] = metric->monotonic ? "1" : "0";
                expected["value_double"] = text_of(point->value);
            } else {
                REQUIRE(metric->kind == nanotel::finished_metric_kind::histogram);
                expected["metric_type"] = "HISTOGRAM";
                expected["histogram_count"] = std::to_string(point->count);
                expected["histogram_sum"] = number(point->sum.value());
                expected["histogram_min"] = number(point->min.value());
                expected["histogram_max"] = number(point->max.value());
                expected["histogram_bucket_counts"] = list(point->bucket_counts);
                expected["histogram_explicit_bounds"] = list(point->explicit_bounds);
            }
            expect_attributes(expected, point->attributes);
            expect_origin(expected, *metric);
            row actual = *next++;
            expect_instance(expected, metric->resource, actual, "metric_id");
            check_row(actual, expected);
        }
    }

    void compare_logs(const came& told, std::size_t count) const {
        REQUIRE(told.logs.size() == count);
        const auto shown = rows_of(engine, "logs", "timestamp_ns");
        REQUIRE(shown.size() == count);
        for (std::size_t i = 0; i < count; ++i) {
            const nanotel::finished_log& log = told.logs[i];
            row expected{{"trace_id", log.trace_id},
                         {"span_id", log.span_id},
                         {"timestamp", utc(log.time_unix_nano)},
                         {"timestamp_ns", std::to_string(log.time_unix_nano)},
                         {"observed_timestamp", utc(log.observed_time_unix_nano)},
                         {"observed_timestamp_ns", std::to_string(log.observed_time_unix_nano)},
                         {"severity_text", log.severity_text},
                         {"severity_number", std::to_string(static_cast<int>(log.severity))},
                         {"body", text_of(log.body)},
                         {"body_type", "STRING"},
                         {"flags", std::to_string(log.flags)}};
            expect_attributes(expected, log.attributes);
            expect_origin(expected, log);
            row actual = shown[i];
            expect_instance(expected, log.resource, actual, "log_id");
            check_row(actual, expected);
        }
    }

    // The id of a row is made of it, and the instance stands in the tables of metrics and logs alone.
    static void expect_instance(row& expected, const nanotel::attribute_list& about, row& actual,
                                const std::string& id) {
        expected["service_instance_id"] = text_of(about["service.instance.id"]);
        CHECK(actual[id].size() == 32);
        actual.erase(id);
    }

    clickhouse_engine engine;
    collector_process collector;
    user ada;
};

} // namespace

TEST_CASE("rows and OTLP bodies of the smoke test agree field by field") {
    const std::string python = nanotel_test::real_chdb(), otelcol = nanotel_test::real_collector();
    if (python.empty() || otelcol.empty()) return;
    both_backends both(python, otelcol);
    CHECK(automagik_examples::smoke_test(both.options()) == 0);
    both.compare(1, 2, 1);
    CHECK(
        both.engine.value("SELECT span_name, attributes['test.type'], project_name FROM telemetry.traces") ==
        "test.operation\tsmoke\tmy-app");
    CHECK(both.engine.query(
              "SELECT metric_name, value_double, attributes['environment'] FROM telemetry.metrics "
              "ORDER BY metric_name") ==
          std::vector<std::string>{"api_requests_total\t42\t", "test_counter\t1\ttest"});
}

TEST_CASE("rows and OTLP bodies of an agent's runs agree field by field") {
    const std::string python = nanotel_test::real_chdb(), otelcol = nanotel_test::real_collector();
    if (python.empty() || otelcol.empty()) return;
    both_backends both(python, otelcol);
    CHECK(automagik_examples::agent(both.options()) == 0);
    both.compare(3, 1, 1);
    CHECK(both.engine.value("SELECT count(), countIf(status_code = 'ERROR') FROM telemetry.traces "
                            "WHERE span_name = 'agent.run' AND attributes['agent.name'] = 'researcher'") ==
          "2\t1");
    CHECK(both.engine.value("SELECT attributes['exception.type'] = attributes['error_type'] AND "
                            "attributes['error_code'] = 'AGENT-1001' FROM telemetry.traces "
                            "WHERE span_name = 'automagik.error'") == "1");
}

TEST_CASE("rows and OTLP bodies of a tool that asked its user agree field by field") {
    const std::string python = nanotel_test::real_chdb(), otelcol = nanotel_test::real_collector();
    if (python.empty() || otelcol.empty()) return;
    both_backends both(python, otelcol);
    both.ada.variables.erase("AUTOMAGIK_TELEMETRY_ENABLED");
    std::FILE* const input = std::tmpfile();
    std::FILE* const output = std::tmpfile();
    std::fputs("y\n", input);
    std::rewind(input);
    const auto options = both.options();
    CHECK(automagik_examples::tool(
              options,
              {.input = input, .output = output, .interactive = true, .environment = options.environment},
              "list", "all") == 0);
    std::fclose(input);
    std::fclose(output);
    // Nothing flushed: what was tracked went out when the client ended.
    both.compare(2, 0, 0);
    CHECK(both.engine.value("SELECT count() FROM telemetry.traces AS child JOIN telemetry.traces AS parent "
                            "ON child.parent_span_id = parent.span_id "
                            "WHERE parent.span_name = 'automagik.cli.command' AND "
                            "child.span_name = 'automagik.feature.used'") == "1");
}
