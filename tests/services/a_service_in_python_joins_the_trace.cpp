// SPDX-License-Identifier: MIT
// The cart is examples/services/cart.py with OpenTelemetry's own SDK: called by nanotel, and calling it.
#include "collector/collector_process.hpp"
#include "services/three_services.hpp"
#include "services/traced_span.hpp"
#include "support/skip.hpp"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

using namespace nanotel_test;

namespace {

std::string real_python() {
    const char* path = std::getenv("NANOTEL_PYTHON");
    if (path == nullptr || *path == '\0') {
        skip(
            "NANOTEL_PYTHON does not name a Python with OpenTelemetry's SDK; tests/python/install makes one");
        return {};
    }
    return path;
}

} // namespace

TEST_CASE(
    "a service in Python with OpenTelemetry's SDK joins the trace in both directions and passes baggage on") {
    const std::string collector_binary = real_collector();
    const std::string python = real_python();
    if (collector_binary.empty() || python.empty()) return;
    collector_process collector(collector_binary, "services/collector.yaml.in",
                                {{"@JAEGER@", "http://127.0.0.1:1"}, {"@TRACE_EXPORTERS@", "file/traces"}});
    three_services services({"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.http_endpoint()}, python);
    CHECK(services.check_out("ada") == 200);
    CHECK(services.check_out("grace") == 402);
    services.end();
    collector.stop();

    std::map<std::string, std::vector<traced_span>> traces;
    std::map<std::string, std::string> languages; // by service
    for (const auto& span : collector.spans()) {
        traces[span.trace_id].push_back(traced(span));
        languages[traces[span.trace_id].back().service] =
            *span.resource["telemetry.sdk.language"].get_if<std::string>();
    }
    REQUIRE(traces.size() == 2);
    CHECK(languages ==
          std::map<std::string, std::string>{{"front-end", "cpp"}, {"cart", "python"}, {"payment", "cpp"}});
    for (const auto& [id, spans] : traces) {
        check_whole(spans);
        const std::string drawing = drawn(spans);
        const bool refused = drawing.find("above the limit") != drawing.npos;
        CHECK(drawing == (refused ? refused_checkout() : paid_checkout()));
        // Set by the front end: told by the Python in between, and by the service behind it.
        for (const traced_span& span : spans)
            if (span.name == "check out" || span.name == "authorize")
                CHECK(span.attributes.at("customer") == (refused ? "grace" : "ada"));
    }
}
