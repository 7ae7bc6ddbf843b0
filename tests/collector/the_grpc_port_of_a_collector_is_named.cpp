#include "collector/collector_process.hpp"
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("spans sent to the gRPC port of a real Collector are dropped with a diagnostic that names 4318") {
    const std::string binary = nanotel_test::real_collector();
    if (binary.empty()) return;
    nanotel_test::collector_process collector(binary);
    nanotel_test::diagnostics_heard heard;
    auto telemetry =
        nanotel::start({.exporter = nanotel::otlp_http({.endpoint = collector.grpc_endpoint()})});
    const auto before = telemetry.stats();
    {
        NANOTEL_SCOPED_SPAN("to the wrong port");
    }
    static_cast<void>(telemetry.shutdown(5s));
    const auto after = telemetry.stats();
    CHECK(after.dropped == before.dropped + 1);
    CHECK(after.delivered == before.delivered);
    CHECK(heard.text().find("4318") != std::string::npos);
}
