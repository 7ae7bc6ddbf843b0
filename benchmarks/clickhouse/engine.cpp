// SPDX-License-Identifier: MIT
// From the macro to rows that ClickHouse counts: sent by nanotel, and the same spans as OTLP to a Collector
// whose own exporter inserts them into the same table. benchmarks/run starts both, makes the tables and names
// them by NANOTEL_BENCHMARK_CLICKHOUSE and NANOTEL_BENCHMARK_COLLECTOR.
#include "support/recording.hpp"

#include <nanotel/exporters/clickhouse.hpp>

#include <httplib.h>

#include <cstdlib>
#include <thread>

using namespace nanotel::literals;

namespace bench {
namespace {

[[gnu::noinline]] void span_of_row(int i, double d) {
    NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = d);
    asm volatile("" ::: "memory");
}

constexpr int count = 1'000'000;
const std::string table = "nanotel_benchmark.traces";

// The answer to SQL; throws what ClickHouse says.
std::string ask(const std::string& clickhouse, const std::string& sql) {
    const auto answer = httplib::Client(clickhouse).Post("/", sql, "text/plain");
    require(bool(answer), "ClickHouse does not answer");
    require(answer->status == 200, answer->body.c_str());
    return answer->body;
}

// The time ends when every row is there, however it came there.
double rows_per_second(const std::string& clickhouse, std::shared_ptr<nanotel::exporter> to) {
    ask(clickhouse, "TRUNCATE TABLE " + table);
    auto telemetry = nanotel::start({.service_name = "benchmark",
                                     .exporter = std::move(to),
                                     .when_full = nanotel::full_ring_policy::block,
                                     .block_timeout = std::chrono::seconds(60)});
    const auto before = telemetry.stats();
    const double begin = nanoseconds_now();
    for (int i = 0; i < count; ++i) span_of_row(i, 0.5 * i);
    const auto flushed = telemetry.flush(std::chrono::seconds(120));
    require(flushed.complete && telemetry.stats().delivered - before.delivered == count, "spans were lost");
    const std::string all = std::to_string(count) + "\n";
    while (ask(clickhouse, "SELECT count() FROM " + table) != all) {
        require(nanoseconds_now() - begin < 240e9, "ClickHouse has not all the rows");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return count / ((nanoseconds_now() - begin) / 1e9);
}

// Only where there is somebody to send to.
const bool added = [] {
    const char* const clickhouse = std::getenv("NANOTEL_BENCHMARK_CLICKHOUSE");
    const char* const collector = std::getenv("NANOTEL_BENCHMARK_COLLECTOR");
    if (!clickhouse) return false;
    const auto measure = [=](const char* name, auto make_exporter) {
        add({name,
             "nanotel",
             "rows/s",
             5,
             {},
             [=] { return rows_per_second(clickhouse, make_exporter()); },
             false});
    };
    measure("end_to_end/rows_into_clickhouse", [=] {
        return nanotel::clickhouse_exporter(
            {.endpoint = clickhouse, .database = "nanotel_benchmark", .timeout = std::chrono::seconds(60)});
    });
    if (collector)
        measure("end_to_end/otlp_through_collector_into_clickhouse",
                [=] { return nanotel::otlp_http({.endpoint = collector}); });
    return true;
}();

} // namespace
} // namespace bench
