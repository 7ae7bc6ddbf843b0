// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace nanotel_test;
using namespace std::chrono_literals;
using nanotel::compression;
using nanotel::detail::otlp_http_resolver;
using nanotel::detail::otlp_http_target;

namespace {

otlp_http_target resolve(const nanotel::otlp_http_options& options, const nanotel::environment& environment,
                         nanotel::signal kind = nanotel::signal::traces) {
    return otlp_http_resolver(options, environment).resolve(kind);
}

} // namespace

TEST_CASE("without options and variables the defaults hold") {
    const auto target = resolve({}, variables());
    CHECK(target.to.text() == "http://localhost:4318/v1/traces");
    CHECK(target.headers.empty());
    CHECK(target.timeout == 10s);
    CHECK(target.compression == compression::none);
}

TEST_CASE("a variable of one signal wins over the general one, and the code over both") {
    const auto set =
        variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:1"},
                   {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces:2/here"},
                   {"OTEL_EXPORTER_OTLP_HEADERS", "x-general=1"},
                   {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-traces=a%20b,Authorization=Basic%20YQ=="},
                   {"OTEL_EXPORTER_OTLP_TIMEOUT", "1000"},
                   {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2000"},
                   {"OTEL_EXPORTER_OTLP_COMPRESSION", "none"},
                   {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "GZip"}});
    const auto traces = resolve({}, set);
    CHECK(traces.to.text() == "http://traces:2/here");
    CHECK(traces.headers ==
          nanotel::environment::key_value_list{{"x-traces", "a b"}, {"Authorization", "Basic YQ=="}});
    CHECK(traces.timeout == 2s);
    CHECK(traces.compression == compression::gzip);

    const auto logs = resolve({}, set, nanotel::signal::logs);
    CHECK(logs.to.text() == "http://general:1/v1/logs");
    CHECK(logs.headers == nanotel::environment::key_value_list{{"x-general", "1"}});
    CHECK(logs.timeout == 1s);
    CHECK(logs.compression == compression::none);

    const auto code = resolve({.endpoint = "http://code:3/base",
                               .headers = {{"x-code", "1"}},
                               .timeout = 3s,
                               .compression = compression::none},
                              set);
    CHECK(code.to.text() == "http://code:3/base/v1/traces");
    CHECK(code.headers == nanotel::environment::key_value_list{{"x-code", "1"}});
    CHECK(code.timeout == 3s);
    CHECK(code.compression == compression::none);
}

TEST_CASE("a bad variable is reported and the next in line holds") {
    const diagnostics_heard heard;
    const auto target = resolve({}, variables({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4318"},
                                               {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://general:1"},
                                               {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "5s"},
                                               {"OTEL_EXPORTER_OTLP_TIMEOUT", "-1"},
                                               {"OTEL_EXPORTER_OTLP_COMPRESSION", "snappy"},
                                               {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
                                               {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"}}));
    CHECK(target.to.text() == "http://general:1/v1/traces");
    CHECK(target.timeout == 10s);
    CHECK(target.compression == compression::none);
    const std::string text = heard.text();
    CHECK(text.find("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT \"collector:4318\" has no scheme") !=
          std::string::npos);
    CHECK(text.find("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=\"5s\" is ignored") != std::string::npos);
    CHECK(text.find("OTEL_EXPORTER_OTLP_TIMEOUT=\"-1\" is ignored") != std::string::npos);
    CHECK(text.find("OTEL_EXPORTER_OTLP_COMPRESSION=\"snappy\" is ignored. Allowed: one of: none, gzip") !=
          std::string::npos);
    CHECK(text.find("OTEL_EXPORTER_OTLP_PROTOCOL=\"grpc\" is ignored. Allowed: http/json") !=
          std::string::npos);
    CHECK(heard.lines().size() == 5);
}

TEST_CASE("credentials of the environment are sent and never said") {
    const diagnostics_heard heard;
    http_peer peer([](const auto&, auto& response) { response.status = 401; });
    const auto exporter = nanotel::otlp_http(
        {}, variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", peer.url()},
                       {"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer s3cret,User-Agent=mine"},
                       {"OTEL_EXPORTER_OTLP_LOGS_HEADERS", "x=s3cret,s3cret%zz"},
                       {"OTEL_EXPORTER_OTLP_METRICS_HEADERS", "x=s3cret%0d%0aInjected: s3cret"}}));
    const auto result = send(*exporter, "{}");
    const auto requests = peer.requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].get_header_value("Authorization") == "Bearer s3cret");
    CHECK(requests[0].get_header_value("User-Agent") == "mine");
    CHECK(requests[0].get_header_value_count("User-Agent") == 1);
    const std::string text = heard.text() + result.message + exporter->description();
    CHECK(text.find("s3cret") == std::string::npos);
    CHECK(heard.lines().size() == 2);
    CHECK(text.find("OTEL_EXPORTER_OTLP_METRICS_HEADERS has the header \"x\" with a line break") !=
          std::string::npos);
    CHECK(text.find("OTEL_EXPORTER_OTLP_LOGS_HEADERS=\"(hidden)\"") != std::string::npos);
}

TEST_CASE("what the code sets wrong is an exception that says what to write") {
    const auto error_of = [](const nanotel::otlp_http_options& options) -> std::string {
        try {
            (void)nanotel::otlp_http(options, variables());
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "(none)";
    };
    CHECK(error_of({}) == "(none)");
    CHECK(error_of({.timeout = -1ms}) == "otlp_http: .timeout is -1 ms; a timeout is 0 (no limit) or more");
    CHECK(error_of({.headers = {{"content-TYPE", "text/plain"}}}) ==
          "otlp_http: .headers has the header \"content-TYPE\", which the exporter sets itself");
    CHECK(error_of({.headers = {{"", "x"}}}) == "otlp_http: .headers has a header without a name");
    CHECK(error_of({.headers = {{"a b", "x"}}}).find("whose name holds a character") != std::string::npos);
    const auto injected = error_of({.headers = {{"x", "s3cret\r\ny: z"}}});
    CHECK(injected.find("\"x\" with a line break") != std::string::npos);
    CHECK(injected.find("s3cret") == std::string::npos);
    CHECK(error_of({.endpoint = "localhost:4318"})
              .find("otlp_http: .endpoint \"localhost:4318\" has no scheme") == 0);
}
