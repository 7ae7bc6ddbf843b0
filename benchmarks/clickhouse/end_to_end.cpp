// SPDX-License-Identifier: MIT
// From the macro to rows at a receiver on loopback that only reads, compressed as they are by default and
// not: beside end_to_end/delivered, which is the same as OTLP JSON.
#include "support/recording.hpp"
#include "support/sink.hpp"

#include <nanotel/exporters/clickhouse.hpp>

using namespace nanotel::literals;

namespace bench {
namespace {

[[gnu::noinline]] void span_of_row(int i, double d) {
    NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = d);
    asm volatile("" ::: "memory");
}

double rows_per_second(nanotel::compression method) {
    auto telemetry = nanotel::start(
        {.service_name = "benchmark",
         .exporter = nanotel::clickhouse_exporter(
             {.endpoint = sink_endpoint(), .compression = method, .check_deduplication = false}),
         .when_full = nanotel::full_ring_policy::block,
         .block_timeout = std::chrono::seconds(10)});
    const auto before = telemetry.stats();
    const double begin = nanoseconds_now();
    while (nanoseconds_now() - begin < 2e9)
        for (int i = 0; i < 1000; ++i) span_of_row(i, 0.5 * i);
    const auto flushed = telemetry.flush(std::chrono::seconds(60));
    const double seconds = (nanoseconds_now() - begin) / 1e9;
    const auto after = telemetry.stats();
    require(flushed.complete && after.recorded - before.recorded == after.delivered - before.delivered,
            "rows were lost");
    return static_cast<double>(after.delivered - before.delivered) / seconds;
}

const add plain({"end_to_end/rows",
                 "nanotel",
                 "rows/s",
                 5,
                 {},
                 [] { return rows_per_second(nanotel::compression::none); },
                 false});
const add compressed({"end_to_end/rows_gzip",
                      "nanotel",
                      "rows/s",
                      5,
                      {},
                      [] { return rows_per_second(nanotel::compression::gzip); },
                      false});

} // namespace
} // namespace bench
