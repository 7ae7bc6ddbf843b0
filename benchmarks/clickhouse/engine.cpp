// SPDX-License-Identifier: MIT
// From the macro to rows in ClickHouse itself, and the same spans as OTLP to a Collector, the other way to
// its tables. benchmarks/run starts both; NANOTEL_BENCHMARK_CLICKHOUSE and NANOTEL_BENCHMARK_COLLECTOR name
// others.
#include "support/recording.hpp"

#include <nanotel/clickhouse/schema.hpp>
#include <nanotel/exporters/clickhouse.hpp>

#include <httplib.h>

#include <cstdlib>

using namespace nanotel::literals;

namespace bench {
namespace {

[[gnu::noinline]] void span_of_row(int i, double d) {
    NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = d);
    asm volatile("" ::: "memory");
}

// A million spans, in bodies as large as both receivers like them; the time ends with the last answer.
double spans_per_second(std::shared_ptr<nanotel::exporter> to) {
    auto telemetry = nanotel::start({.service_name = "benchmark",
                                     .exporter = std::move(to),
                                     .when_full = nanotel::full_ring_policy::block,
                                     .block_timeout = std::chrono::seconds(60)});
    const auto before = telemetry.stats();
    constexpr int count = 1'000'000;
    const double begin = nanoseconds_now();
    for (int i = 0; i < count; ++i) span_of_row(i, 0.5 * i);
    const auto flushed = telemetry.flush(std::chrono::seconds(120));
    const double seconds = (nanoseconds_now() - begin) / 1e9;
    require(flushed.complete && telemetry.stats().delivered - before.delivered == count, "spans were lost");
    return count / seconds;
}

// The answer to SQL; throws what ClickHouse says.
std::string ask(const std::string& endpoint, const std::string& sql) {
    const auto answer = httplib::Client(endpoint).Post("/", sql, "text/plain");
    require(bool(answer), "ClickHouse does not answer");
    require(answer->status == 200, answer->body.c_str());
    return answer->body;
}

// In a database of its own, which is gone afterwards.
double rows_per_second(const std::string& endpoint) {
    const std::string database = "nanotel_benchmark";
    ask(endpoint, "DROP DATABASE IF EXISTS " + database);
    for (const std::string& statement : nanotel::clickhouse_schema({.database = database, .rollups = false}))
        ask(endpoint, statement);
    const double figure = spans_per_second(nanotel::clickhouse_exporter(
        {.endpoint = endpoint, .database = database, .timeout = std::chrono::seconds(60)}));
    require(ask(endpoint, "SELECT count() FROM " + database + ".traces") == "1000000\n",
            "ClickHouse has not all the rows");
    ask(endpoint, "DROP DATABASE " + database);
    return figure;
}

// Only where there is somebody to send to.
const bool added = [] {
    if (const char* const endpoint = std::getenv("NANOTEL_BENCHMARK_CLICKHOUSE"))
        add({"end_to_end/rows_into_clickhouse",
             "nanotel",
             "rows/s",
             5,
             {},
             [=] { return rows_per_second(endpoint); },
             false});
    if (const char* const endpoint = std::getenv("NANOTEL_BENCHMARK_COLLECTOR"))
        add({"end_to_end/otlp_into_collector",
             "nanotel",
             "spans/s",
             5,
             {},
             [=] { return spans_per_second(nanotel::otlp_http({.endpoint = endpoint})); },
             false});
    return true;
}();

} // namespace
} // namespace bench
