// SPDX-License-Identifier: MIT
// From the macro to a receiver on loopback that only reads.
#include "support/recording.hpp"
#include "support/sink.hpp"

#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

using namespace nanotel::literals;

namespace bench {
namespace {

[[gnu::noinline]] void span_3(int i, double d) {
    NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = d);
    asm volatile("" ::: "memory");
}

nanotel::telemetry start_exporting(nanotel::full_ring_policy when_full) {
    return nanotel::start({.service_name = "benchmark",
                           .exporter = nanotel::otlp_http({.endpoint = sink_endpoint()}),
                           .when_full = when_full,
                           .block_timeout = std::chrono::seconds(10)});
}

struct throughput {
    double delivered_per_second;
    double dropped_share;
};

// One producer that never rests, for two seconds; the time ends when the last span is delivered.
throughput run_flat_out(nanotel::full_ring_policy when_full) {
    auto telemetry = start_exporting(when_full);
    const auto before = telemetry.stats();
    const double begin = nanoseconds_now();
    while (nanoseconds_now() - begin < 2e9)
        for (int i = 0; i < 1000; ++i) span_3(i, 0.5 * i);
    const auto flushed = telemetry.flush(std::chrono::seconds(60));
    const double seconds = (nanoseconds_now() - begin) / 1e9;
    const auto after = telemetry.stats();
    const auto recorded = static_cast<double>(after.recorded - before.recorded);
    const auto delivered = static_cast<double>(after.delivered - before.delivered);
    const auto dropped = static_cast<double>(after.dropped - before.dropped);
    require(flushed.complete && recorded == delivered + dropped, "the counts do not add up");
    require(when_full == nanotel::full_ring_policy::drop || dropped == 0,
            "the blocking policy dropped spans");
    return {delivered / seconds, dropped / recorded};
}

const add delivered({"end_to_end/delivered",
                     "nanotel",
                     "spans/s",
                     5,
                     {},
                     [] { return run_flat_out(nanotel::full_ring_policy::block).delivered_per_second; },
                     false});

// The default policy under the same load, which no application has: the producer does nothing but record.
double last_dropped_share = 0;
const add delivered_default({"end_to_end/delivered_default_policy",
                             "nanotel",
                             "spans/s",
                             5,
                             {},
                             [] {
                                 const throughput t = run_flat_out(nanotel::full_ring_policy::drop);
                                 last_dropped_share = t.dropped_share;
                                 return t.delivered_per_second;
                             },
                             false});
const add dropped_default({"end_to_end/dropped_default_policy",
                           "nanotel",
                           "share",
                           5,
                           {},
                           [] { return run_flat_out(nanotel::full_ring_policy::drop).dropped_share; },
                           false});

// 200 spans every millisecond, each burst timed, while collector, sender and receiver share the other core.
const add while_exporting({"span/while_exporting",
                           "nanotel",
                           "ns",
                           20,
                           {},
                           [] {
                               auto telemetry = start_exporting(nanotel::full_ring_policy::drop);
                               const auto dropped_before = telemetry.stats().dropped;
                               NANOTEL_SCOPED_SPAN("outer");
                               constexpr int bursts = 300;
                               constexpr int burst = 200;
                               std::vector<double> times;
                               double next = nanoseconds_now();
                               for (int n = 0; n < bursts; ++n) {
                                   while (nanoseconds_now() < next) {
                                   }
                                   next += 1e6;
                                   const double begin = nanoseconds_now();
                                   for (int i = 0; i < burst; ++i) span_3(i, 0.5 * i);
                                   times.push_back((nanoseconds_now() - begin) / burst);
                               }
                               const auto result = telemetry.shutdown(std::chrono::seconds(30));
                               require(telemetry.stats().dropped == dropped_before && result.complete,
                                       "spans were dropped");
                               std::nth_element(times.begin(), times.begin() + bursts / 2, times.end());
                               return times[bursts / 2];
                           },
                           false});

double resident_mebibytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double memory_of_started_telemetry() {
    const double before = resident_mebibytes();
    auto telemetry = start_exporting(nanotel::full_ring_policy::drop);
    for (int i = 0; i < 1000; ++i) span_3(i, 0.5);
    require(bool(telemetry.flush(std::chrono::seconds(10))), "the spans were not delivered");
    return resident_mebibytes() - before;
}

// In a child that is forked before anything was started: it begins with nothing, and leaves this process so.
const add at_rest({"memory/at_rest",
                   "nanotel",
                   "MiB",
                   5,
                   {},
                   [] {
                       int ends[2];
                       require(::pipe(ends) == 0, "no pipe");
                       const pid_t child = ::fork();
                       require(child >= 0, "no child");
                       if (child == 0) {
                           double used = -1;
                           try {
                               used = memory_of_started_telemetry();
                           } catch (const std::exception& e) {
                               std::fprintf(stderr, "memory/at_rest: %s\n", e.what());
                           }
                           ::_exit(::write(ends[1], &used, sizeof used) == sizeof used ? 0 : 1);
                       }
                       ::close(ends[1]);
                       double used = -1;
                       const bool read = ::read(ends[0], &used, sizeof used) == sizeof used;
                       ::close(ends[0]);
                       ::waitpid(child, nullptr, 0);
                       require(read && used >= 0, "the child gave no figure");
                       return used;
                   },
                   false,
                   true});

} // namespace
} // namespace bench
