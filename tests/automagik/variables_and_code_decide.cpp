// SPDX-License-Identifier: MIT
#include "variables.hpp"

#include <nanotel/automagik/settings.hpp>

#include <exporters/diagnostics_heard.hpp>

#include <doctest/doctest.h>

using automagik::client_options;
using automagik::detail::endpoint_for;
using nanotel_test::environment_of;
using nanotel_test::variable_map;

namespace {

automagik::detail::settings read(variable_map variables, client_options given = {}) {
    given.environment = environment_of(std::move(variables));
    return automagik::detail::settings_reader(given).read();
}

} // namespace

TEST_CASE("endpoints of metrics and logs are derived from that of the traces") {
    CHECK(endpoint_for("http://h:4318", "logs") == "http://h:4318/v1/logs");
    CHECK(endpoint_for("http://h:4318/", "traces") == "http://h:4318/v1/traces");
    CHECK(endpoint_for("https://h/v1/traces", "metrics") == "https://h/v1/metrics");
    CHECK(endpoint_for("https://h/v1/traces/", "traces") == "https://h/v1/traces");
    CHECK(endpoint_for("https://h/otlp/traces", "logs") == "https://h/otlp/logs");
    CHECK(endpoint_for("https://h/v1/traces?key=1", "logs") == "https://h/v1/logs?key=1");
    CHECK(endpoint_for("https://h/base", "logs") == "https://h/base/v1/logs");
    CHECK(endpoint_for("unix:///run/otel.sock", "logs") == "unix:///run/otel.sock");
}

TEST_CASE("nothing set, everything is as documented, and nothing leaves the machine") {
    const auto s = read({});
    CHECK(s.backend == automagik::backend::otlp);
    CHECK(s.traces_endpoint == "http://localhost:4318/v1/traces");
    CHECK(s.metrics_endpoint == "http://localhost:4318/v1/metrics");
    CHECK(s.logs_endpoint == "http://localhost:4318/v1/logs");
    CHECK(s.timeout.count() == 5);
    CHECK_FALSE(s.verbose);
    CHECK(s.clickhouse_endpoint == "http://localhost:8123");
    CHECK(s.clickhouse_database == "telemetry");
    CHECK(s.clickhouse_table == "traces");
    CHECK(s.clickhouse_metrics_table == "metrics");
    CHECK(s.clickhouse_logs_table == "logs");
    CHECK(s.clickhouse_username == "default");
    CHECK(s.clickhouse_password == "");
    CHECK(s.clickhouse_batch_size == 100);
    CHECK_FALSE(s.clickhouse_max_retries);
    CHECK(s.clickhouse_compression);
}

TEST_CASE("each variable is honoured, and code wins over it") {
    const variable_map variables{{"AUTOMAGIK_TELEMETRY_ENDPOINT", "https://otel.example/v1/traces"},
                                 {"AUTOMAGIK_TELEMETRY_LOGS_ENDPOINT", "https://logs.example/v1/logs"},
                                 {"AUTOMAGIK_TELEMETRY_BACKEND", "ClickHouse"},
                                 {"AUTOMAGIK_TELEMETRY_TIMEOUT", "7"},
                                 {"AUTOMAGIK_TELEMETRY_VERBOSE", "yes"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_ENDPOINT", "http://ch:8123"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_DATABASE", "d"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_TABLE", "t"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_METRICS_TABLE", "m"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_LOGS_TABLE", "l"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_USERNAME", "u"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_PASSWORD", "p"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_BATCH_SIZE", "5000"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_MAX_RETRIES", "2"},
                                 {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_COMPRESSION_ENABLED", "false"}};
    const auto s = read(variables);
    CHECK(s.backend == automagik::backend::clickhouse);
    CHECK(s.traces_endpoint == "https://otel.example/v1/traces");
    CHECK(s.metrics_endpoint == "https://otel.example/v1/metrics");
    CHECK(s.logs_endpoint == "https://logs.example/v1/logs");
    CHECK(s.timeout.count() == 7);
    CHECK(s.verbose);
    CHECK(s.clickhouse_endpoint == "http://ch:8123");
    CHECK(s.clickhouse_database == "d");
    CHECK(s.clickhouse_table == "t");
    CHECK(s.clickhouse_metrics_table == "m");
    CHECK(s.clickhouse_logs_table == "l");
    CHECK(s.clickhouse_username == "u");
    CHECK(s.clickhouse_password == "p");
    CHECK(s.clickhouse_batch_size == 5000);
    CHECK(s.clickhouse_max_retries == 2);
    CHECK_FALSE(s.clickhouse_compression);

    client_options code;
    code.backend = automagik::backend::otlp;
    code.endpoint = "http://mine:1";
    code.timeout = std::chrono::seconds(60);
    code.verbose = false;
    code.clickhouse_table = "mine";
    code.clickhouse_batch_size = 3;
    const auto mine = read(variables, code);
    CHECK(mine.backend == automagik::backend::otlp);
    CHECK(mine.traces_endpoint == "http://mine:1/v1/traces");
    CHECK(mine.logs_endpoint == "https://logs.example/v1/logs");
    CHECK(mine.timeout.count() == 60);
    CHECK_FALSE(mine.verbose);
    CHECK(mine.clickhouse_table == "mine");
    CHECK(mine.clickhouse_batch_size == 3);
}

TEST_CASE("a bad variable is reported with what is allowed, and its default holds") {
    struct bad {
        const char *name, *value, *allowed;
    };
    for (const bad& one : {bad{"BACKEND", "kafka", "otlp, clickhouse"},
                           {"TIMEOUT", "0", "from 1 to 60"},
                           {"TIMEOUT", "5s", "from 1 to 60"},
                           {"VERBOSE", "perhaps", "true, 1, yes"},
                           {"ENDPOINT", "localhost:4318", ""},
                           {"ENDPOINT", "ftp://x", ""},
                           {"CLICKHOUSE_BATCH_SIZE", "0", "from 1"},
                           {"CLICKHOUSE_MAX_RETRIES", "-1", "from 0 to 20"},
                           {"CLICKHOUSE_COMPRESSION_ENABLED", "gzip", "true, 1, yes"},
                           {"CLICKHOUSE_ENDPOINT", "tcp://h:9000", ""}}) {
        CAPTURE(one.name);
        CAPTURE(one.value);
        const std::string variable = std::string("AUTOMAGIK_TELEMETRY_") + one.name;
        nanotel_test::diagnostics_heard heard;
        const auto s = read({{variable, one.value}});
        CHECK(heard.text().find(variable) != std::string::npos);
        CHECK(heard.text().find(one.allowed) != std::string::npos);
        CHECK(s.backend == automagik::backend::otlp);
        CHECK(s.timeout.count() == 5);
        CHECK(s.traces_endpoint == "http://localhost:4318/v1/traces");
        CHECK(s.clickhouse_batch_size == 100);
        CHECK(s.clickhouse_compression);
        CHECK(s.clickhouse_endpoint == "http://localhost:8123");
    }
}

TEST_CASE("the line break at the end of a file is no part of the value that was read from it") {
    const auto s = read({{"AUTOMAGIK_TELEMETRY_ENDPOINT", "https://otel.example\n"},
                         {"AUTOMAGIK_TELEMETRY_BACKEND", "clickhouse\n"},
                         {"AUTOMAGIK_TELEMETRY_TIMEOUT", "7\n"},
                         {"AUTOMAGIK_TELEMETRY_VERBOSE", "true\r\n"},
                         {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_TABLE", "\n"},
                         {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_LOGS_TABLE", "mine\n"},
                         {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_USERNAME", "ada\r\n"},
                         {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_PASSWORD", "secret\n"}});
    CHECK(s.traces_endpoint == "https://otel.example/v1/traces");
    CHECK(s.backend == automagik::backend::clickhouse);
    CHECK(s.timeout.count() == 7);
    CHECK(s.verbose);
    CHECK(s.clickhouse_table == "traces");
    CHECK(s.clickhouse_logs_table == "mine");
    CHECK(s.clickhouse_username == "ada");
    CHECK(s.clickhouse_password == "secret");
}

TEST_CASE("a control character within a value is reported once without the value, and its default holds") {
    nanotel_test::diagnostics_heard heard;
    for (int i = 0; i < 2; ++i) {
        const auto s = read({{"AUTOMAGIK_TELEMETRY_CLICKHOUSE_USERNAME", "ad\ta"},
                             {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_PASSWORD", "sec\nret"},
                             {"AUTOMAGIK_TELEMETRY_CLICKHOUSE_METRICS_TABLE", "m\x7f"}});
        CHECK(s.clickhouse_username == "default");
        CHECK(s.clickhouse_password == "");
        CHECK(s.clickhouse_metrics_table == "metrics");
    }
    CHECK(heard.lines().size() == 3);
    const std::string said = heard.text();
    CHECK(said.find("AUTOMAGIK_TELEMETRY_CLICKHOUSE_USERNAME holds a line break") != said.npos);
    CHECK(said.find("Used instead: default") != said.npos);
    CHECK(said.find("AUTOMAGIK_TELEMETRY_CLICKHOUSE_PASSWORD holds a line break") != said.npos);
    CHECK(said.find("Used instead: none") != said.npos);
    CHECK(said.find("Used instead: metrics") != said.npos);
    CHECK(said.find("sec") == said.npos);
}

TEST_CASE("what is said of a bad variable names what an automagik program reads, and what is used instead") {
    struct bad {
        const char *name, *value, *advice, *instead;
    };
    for (const bad& one :
         {bad{"ENDPOINT", "http://u:p-w@h", "by .headers", "http://localhost:4318"},
          {"METRICS_ENDPOINT", "h:4318", "write http://", "http://localhost:4318/v1/metrics"},
          {"LOGS_ENDPOINT", "http://u:p-w@h/v1/logs", "by .headers", "http://localhost:4318/v1/logs"},
          {"CLICKHOUSE_ENDPOINT", "http://u:p-w@h",
           "AUTOMAGIK_TELEMETRY_CLICKHOUSE_USERNAME and AUTOMAGIK_TELEMETRY_CLICKHOUSE_PASSWORD",
           "http://localhost:8123"},
          {"CLICKHOUSE_ENDPOINT", "h:4318", "as in http://localhost:8123", "http://localhost:8123"},
          {"CLICKHOUSE_ENDPOINT", "http://::1", "http://[::1]:8123", "http://localhost:8123"},
          {"BACKEND", "kafka", "otlp, clickhouse", "otlp"},
          {"VERBOSE", "perhaps", "true, 1, yes", "false"},
          {"CLICKHOUSE_COMPRESSION_ENABLED", "gzip", "true, 1, yes", "true"}}) {
        CAPTURE(one.name);
        CAPTURE(one.value);
        nanotel_test::diagnostics_heard heard;
        read({{std::string("AUTOMAGIK_TELEMETRY_") + one.name, one.value}});
        REQUIRE(heard.lines().size() == 1);
        const std::string said = heard.lines()[0];
        CAPTURE(said);
        CHECK(said.find(one.advice) != said.npos);
        CHECK(said.ends_with("Used instead: " + std::string(one.instead)));
        for (const char* const theirs : {"OTEL_", "NANOTEL_", "p-w"}) CHECK(said.find(theirs) == said.npos);
    }
    client_options code;
    code.clickhouse_endpoint = "http://u:p-w@h";
    CHECK_THROWS_WITH_AS(read({}, code), doctest::Contains(".clickhouse_username and .clickhouse_password"),
                         std::invalid_argument);
    // The token of a URL is shown nowhere.
    nanotel_test::diagnostics_heard heard;
    read({{"AUTOMAGIK_TELEMETRY_ENDPOINT", "https://h?key=p-w"}, {"AUTOMAGIK_TELEMETRY_LOGS_ENDPOINT", "h"}});
    CHECK(heard.text().find("Used instead: https://h/v1/logs?***") != std::string::npos);
}

TEST_CASE("what the code has wrong is an exception that says so") {
    client_options code;
    code.endpoint = "localhost";
    CHECK_THROWS_AS(read({}, code), std::invalid_argument);
    code = {};
    code.timeout = std::chrono::seconds(0);
    CHECK_THROWS_AS(read({}, code), std::invalid_argument);
    code = {};
    code.headers = {{"Authorization", "Bearer x\n"}};
    CHECK_THROWS_WITH_AS(read({}, code), doctest::Contains(".headers"), std::invalid_argument);
    code = {};
    code.clickhouse_password = "secret\n";
    CHECK_THROWS_WITH_AS(read({}, code),
                         "automagik::telemetry: .clickhouse_password holds a line break or another control "
                         "character; check where it is read from",
                         std::invalid_argument);
}

TEST_CASE("retries are as long as their waits and attempts") {
    using automagik::detail::retry_time;
    using namespace std::chrono;
    CHECK(retry_time(0, 5s) == 1ms);
    CHECK(retry_time(3, 5s) == 22s);
    CHECK(retry_time(20, 60s) == 1h);
}
