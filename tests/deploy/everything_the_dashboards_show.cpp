// SPDX-License-Identifier: MIT
// A program that records what every panel of examples/deploy shows, and sends it by OTLP or straight into ClickHouse.
//   everything_the_dashboards_show otlp http://127.0.0.1:4318
//   everything_the_dashboards_show clickhouse http://127.0.0.1:8123
// It prints the id of its trace.
#include <nanotel/exporters/clickhouse.hpp>
#include <nanotel/instrument/self.hpp>
#include <nanotel/log.hpp>
#include <nanotel/sdk.hpp>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

using namespace nanotel::literals;
using namespace std::chrono_literals;

NANOTEL_INSTRUMENTATION_SCOPE("deploy.check", "1.0.0");

namespace {

inline constinit nanotel::gauge<> level{"deploy.level", {.unit = "1", .description = "A gauge"}};
inline constinit nanotel::counter<> requests{"deploy.requests",
                                             {.unit = "{request}", .description = "A monotonic sum"}};
inline constinit nanotel::up_down_counter<> active{
    "deploy.active", {.unit = "{request}", .description = "A sum that also falls"}};
inline constinit nanotel::histogram<> latency{
    "deploy.latency", {.unit = "s", .description = "A histogram", .bounds = {0.01, 0.1, 1}}};
inline constinit nanotel::exponential_histogram<> size{
    "deploy.size", {.unit = "By", .description = "An exponential histogram"}};

void serve(int number, std::string& trace) {
    NANOTEL_SPAN(span, nanotel::server("GET /cart"), "http.route"_attr = "/cart", "number"_attr = number);
    trace = span.context().trace_id.to_hex().c_str();
    NANOTEL_LOG_INFO("request {} has come", number, "number"_attr = number);
    level.set(0.5 * number, "room"_attr = "kitchen");
    requests.add(static_cast<std::uint64_t>(number) + 1, "method"_attr = "GET");
    active.add(2);
    latency.record(0.05);
    latency.record(0.5);
    size.record(1500);
    size.record(70);
    NANOTEL_LOG_WARN("the stock is low");
    try {
        nanotel::in_span("charge card", "amount"_attr = 9.99,
                         [] { throw std::runtime_error("the card was refused"); });
    } catch (const std::exception& e) {
        NANOTEL_LOG_ERROR("request {} failed", number, nanotel::exception(e));
        span.set_status(nanotel::status_code::error, "not paid");
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: everything_the_dashboards_show otlp|clickhouse URL\n", stderr);
        return 2;
    }
    const std::string kind = argv[1], url = argv[2];
    auto telemetry = nanotel::start(
        {.service_name = "deploy-check",
         .resource_attributes = {{"deployment.environment.name", std::string("staging")}},
         .exporter = kind == "clickhouse"
                         ? nanotel::clickhouse_exporter({.endpoint = url})
                         : nanotel::otlp_http({.endpoint = url})});
    const auto self = nanotel::observe_telemetry();
    std::string trace;
    // Several collections, so that what is cumulative has something to grow from.
    for (int round = 0; round < 3; ++round) {
        serve(round, trace);
        if (!telemetry.flush(30s).complete) {
            std::fputs("the flush is not complete\n", stderr);
            return 1;
        }
    }
    if (const auto sent = telemetry.shutdown(30s); !sent.complete || sent.dropped != 0) {
        std::fprintf(stderr, "%llu items were dropped\n", static_cast<unsigned long long>(sent.dropped));
        return 1;
    }
    std::puts(trace.c_str());
}
