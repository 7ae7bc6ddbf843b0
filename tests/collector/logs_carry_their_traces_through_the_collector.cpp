// SPDX-License-Identifier: MIT
// Compiled alone: its namespaces show.
#include "collector/collector_process.hpp"

#include <nanotel/otlp/decode_logs.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace nanotel::literals;
using namespace std::chrono_literals;
using nanotel::severity;

namespace logging_library {
NANOTEL_INSTRUMENTATION_SCOPE("logging.library", "2.1", "https://example.com/schema/2", "team"_attr = "logs");

void work(int number, const std::string& text) {
    NANOTEL_SPAN(span, "work", "number"_attr = number);
    NANOTEL_LOG_INFO("{} says {:?<8} and {:.3f}", text, number, 0.1 * number, "number"_attr = number,
                     "text"_attr = text);
}
} // namespace logging_library

TEST_CASE("logs come out of the Collector with their traces, as they went in") {
    const std::string binary = nanotel_test::real_collector();
    if (binary.empty()) return;
    nanotel_test::collector_process collector(binary);
    auto telemetry = nanotel::start(
        {.service_name = "logs", .exporter = nanotel::otlp_http({.endpoint = collector.http_endpoint()})});
    const std::string text = "\"quoted\" \\ \n \x01 ümlaut 😀";
    constexpr int count = 200;
    for (int i = 0; i < count; ++i) logging_library::work(i, text);
    static const nanotel::logger events("events");
    events.log(
        {.severity = severity::warn3,
         .severity_text = "Achtung",
         .event_name = "signed.in",
         .time = nanotel::timestamp(1'600'000'000'123'456'789u)},
        nanotel::map("user"_attr = "ada", "list"_attr = {1, 2}, "bytes"_attr = nanotel::bytes{"\0\xff", 2}),
        "k"_attr = 2.5);
    const nanotel::flush_result sent = telemetry.shutdown(30s);
    CHECK(sent.complete);
    CHECK(sent.dropped == 0);
    const nanotel::signal_statistics counts = telemetry.stats().logs;
    CHECK(counts.delivered >= count + 1);
    collector.stop();

    std::map<std::string, std::string> traces; // by span
    for (const auto& span : collector.spans()) traces[span.span_id] = span.trace_id;
    REQUIRE(traces.size() == count);
    std::vector<nanotel::finished_log> logs;
    for (const std::string& line : collector.lines("logs.jsonl")) {
        auto decoded = nanotel::decode_logs(line);
        REQUIRE_MESSAGE(decoded, decoded.error);
        for (auto& log : decoded.logs) logs.push_back(std::move(log));
    }
    REQUIRE(logs.size() == count + 1);
    int seen = 0;
    for (const auto& log : logs) {
        CHECK(log.resource["service.name"] == "logs");
        CHECK(log.resource["service.namespace"] == "shop");
        if (log.event_name == "signed.in") {
            CHECK(log.severity == severity::warn3);
            CHECK(log.severity_text == "Achtung");
            CHECK(log.time_unix_nano == 1'600'000'000'123'456'789u);
            CHECK(log.observed_time_unix_nano > log.time_unix_nano);
            CHECK(log.body == nanotel::attribute_list{{"user", "ada"},
                                                      {"list", nanotel::any_value::array{1, 2}},
                                                      {"bytes", nanotel::any_value::bytes{0, 255}}});
            CHECK(log.attributes == nanotel::attribute_list{{"k", 2.5}});
            CHECK(log.trace_id.empty());
            CHECK(log.scope.name == "events");
            continue;
        }
        ++seen;
        const auto number = *log.attributes["number"].get_if<std::int64_t>();
        CHECK(log.body ==
              fmt::format("{} says {:?<8} and {:.3f}", text, number, 0.1 * static_cast<double>(number)));
        CHECK(log.severity == severity::info);
        CHECK(log.severity_text == "INFO");
        CHECK(log.attributes["text"] == text);
        CHECK(log.attributes["code.function.name"] == "logging_library::work");
        CHECK(log.scope.name == "logging.library");
        CHECK(log.scope.version == "2.1");
        CHECK(log.scope.schema_url == "https://example.com/schema/2");
        CHECK(log.scope.attributes["team"] == "logs");
        REQUIRE(traces.count(log.span_id) == 1);
        CHECK(traces[log.span_id] == log.trace_id);
        CHECK(log.flags == 3);
    }
    CHECK(seen == count);
}
