#include "../../tools/doctor/doctor.hpp"
#include "collector/collector_process.hpp"
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

using namespace std::chrono_literals;

TEST_CASE("spans sent to the gRPC port of a real Collector wait, with a diagnostic that names 4318") {
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
    for (int i = 0; i < 100 && heard.text().find("4318") == std::string::npos; ++i)
        CHECK_FALSE(telemetry.flush(100ms).complete);
    CHECK(heard.text().find("4318") != std::string::npos);
    CHECK(telemetry.stats().queued == before.queued + 1);
    static_cast<void>(telemetry.shutdown(0s));
    const auto after = telemetry.stats();
    CHECK(after.dropped == before.dropped + 1);
    CHECK(after.delivered == before.delivered);
}

TEST_CASE("the doctor finds a real Collector well, and its gRPC port not") {
    const std::string binary = nanotel_test::real_collector();
    if (binary.empty()) return;
    nanotel_test::collector_process collector(binary);
    std::string said;
    const auto ask = [&](const std::string& endpoint) {
        said.clear();
        return nanotel_doctor::run({endpoint},
                                   nanotel::environment{[](const std::string&) { return std::nullopt; }},
                                   [&](const std::string& line) { said += line + "\n"; });
    };
    CHECK(ask(collector.http_endpoint()) == 0);
    CAPTURE(said);
    CHECK(said.find("/v1/logs takes an empty request") != said.npos);
    CHECK(ask(collector.grpc_endpoint()) == static_cast<int>(nanotel_doctor::failing::refused));
    CHECK(said.find("4318") != said.npos);
}
