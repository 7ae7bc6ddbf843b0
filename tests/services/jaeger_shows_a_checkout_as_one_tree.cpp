// SPDX-License-Identifier: MIT
#include "collector/collector_process.hpp"
#include "services/three_services.hpp"
#include "services/traced_span.hpp"
#include "support/jaeger_process.hpp"

#include <nanotel/otlp/decode_logs.hpp>

#include <simdjson.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace nanotel_test;

namespace {

// The answer of /api/traces, by id.
std::map<std::string, std::vector<traced_span>> read_traces(const std::string& json) {
    std::map<std::string, std::vector<traced_span>> traces;
    simdjson::dom::parser parser;
    const simdjson::dom::element answer = parser.parse(json);
    for (const simdjson::dom::element trace : answer["data"].get_array()) {
        for (const simdjson::dom::element each : trace["spans"].get_array()) {
            traced_span span;
            span.trace_id = std::string_view(each["traceID"]);
            span.span_id = std::string_view(each["spanID"]);
            span.name = std::string_view(each["operationName"]);
            span.start = each["startTime"].get_int64();
            span.end = span.start + each["duration"].get_int64().value();
            span.service =
                std::string_view(trace["processes"][std::string_view(each["processID"])]["serviceName"]);
            for (const simdjson::dom::element reference : each["references"].get_array()) {
                CHECK(std::string_view(reference["refType"]) == "CHILD_OF");
                CHECK(std::string_view(reference["traceID"]) == span.trace_id);
                CHECK(span.parent_span_id.empty());
                span.parent_span_id = std::string_view(reference["spanID"]);
            }
            for (const simdjson::dom::element tag : each["tags"].get_array()) {
                std::string_view text;
                if (tag["value"].get(text) == simdjson::SUCCESS)
                    span.attributes[std::string(std::string_view(tag["key"]))] = text;
            }
            span.kind = span.attributes["span.kind"];
            span.failed = span.attributes["otel.status_code"] == "ERROR";
            span.status_message = span.attributes["otel.status_description"];
            traces[span.trace_id].push_back(span);
        }
    }
    return traces;
}

} // namespace

TEST_CASE("Jaeger behind a real Collector shows a checkout through three services as one tree") {
    const std::string collector_binary = real_collector();
    const std::string jaeger_binary = real_jaeger();
    if (collector_binary.empty() || jaeger_binary.empty()) return;
    const jaeger_process jaeger(jaeger_binary);
    collector_process collector(
        collector_binary, "services/collector.yaml.in",
        {{"@JAEGER@", jaeger.otlp_endpoint()}, {"@TRACE_EXPORTERS@", "otlphttp, file/traces"}});
    three_services services({"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.http_endpoint()});
    CHECK(services.check_out("ada") == 200);
    CHECK(services.check_out("grace") == 402);
    services.end();
    collector.stop();

    // Jaeger answers before what it has taken is in its storage.
    std::map<std::string, std::vector<traced_span>> traces;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::size_t spans = 0;
    while (spans < 19 && std::chrono::steady_clock::now() < deadline) {
        traces = read_traces(jaeger.ask("/api/traces?service=front-end"));
        spans = 0;
        for (const auto& [id, of_trace] : traces) spans += of_trace.size();
    }
    REQUIRE(traces.size() == 2);

    std::map<std::string, std::string> trace_of; // by span
    for (const auto& [id, of_trace] : traces) {
        check_whole(of_trace);
        for (const traced_span& span : of_trace) trace_of[span.span_id] = id;
        const std::string drawing = drawn(of_trace);
        const bool refused = drawing.find("above the limit") != drawing.npos;
        CHECK(drawing == (refused ? refused_checkout() : paid_checkout()));
        for (const traced_span& span : of_trace)
            if (span.name == "authorize")
                CHECK(span.attributes.at("customer") == (refused ? "grace" : "ada"));
    }

    // The logs went another way, and name the same spans.
    std::map<std::string, int> written; // by service
    for (const std::string& line : collector.lines("logs.jsonl")) {
        const auto decoded = nanotel::decode_logs(line);
        REQUIRE_MESSAGE(decoded, decoded.error);
        for (const auto& log : decoded.logs) {
            CAPTURE(log);
            REQUIRE(trace_of.count(log.span_id) == 1);
            CHECK(trace_of[log.span_id] == log.trace_id);
            ++written[*log.resource["service.name"].get_if<std::string>()];
        }
    }
    CHECK(written == std::map<std::string, int>{{"front-end", 2}, {"cart", 5}, {"payment", 2}});
}
