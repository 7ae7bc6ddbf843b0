// SPDX-License-Identifier: MIT
// Two million spans a second, offered to a destination that takes fifty thousand: what the application feels
// of it, what it costs in memory, and whether every span is accounted for.
#include "support/recording.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include <sys/wait.h>
#include <unistd.h>

using namespace nanotel::literals;

namespace bench {
namespace {

constexpr double sink_spans_per_second = 50'000;
constexpr std::size_t queue_limit = std::size_t{64} << 20;
constexpr std::size_t ring_limit = std::size_t{4} << 20;
constexpr std::size_t body_limit = std::size_t{4} << 20;

// Takes its time for each body: what it has taken grows by 50,000 a second at most.
class slow_sink final : public nanotel::exporter {
public:
    std::atomic<std::uint64_t> taken{0};

    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        using namespace std::chrono;
        const auto now = steady_clock::now();
        std::unique_lock lock(mutex_);
        ready_ = std::max(ready_, now) + nanoseconds(static_cast<std::int64_t>(
                                             1e9 / sink_spans_per_second * static_cast<double>(body.items)));
        // A send under way when the telemetry shuts down is given up, and not taken.
        if (interrupted_.wait_until(lock, ready_, [&] { return hurry_; }))
            return {.outcome = nanotel::export_outcome::retryable};
        taken += body.items;
        return {};
    }
    void interrupt() noexcept override {
        const std::lock_guard lock(mutex_);
        hurry_ = true;
        interrupted_.notify_all();
    }
    std::string_view name() const noexcept override { return "slow"; }
    std::string description() const override { return "slow"; }

private:
    std::mutex mutex_;
    std::condition_variable interrupted_;
    std::chrono::steady_clock::time_point ready_{};
    bool hurry_ = false;
};

[[gnu::noinline]] void span_3(int i, double d) {
    NANOTEL_SPAN(span, "three attributes", "route"_attr = "checkout", "items"_attr = i, "total"_attr = d);
    asm volatile("" ::: "memory");
}

struct figures {
    double median;             // ns a span, of the bursts
    double offered_per_second; // what was reached
    double dropped_share;
    double peak_mebibytes; // resident, above what it was before
};

double resident_mebibytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Bursts of 200 spans at an even pace, each of them timed, and every span accounted for at the end.
figures offer(double spans_per_second, double seconds) {
    constexpr int burst = 200;
    const auto sink = std::make_shared<slow_sink>();
    const double memory_before = resident_mebibytes();
    // That spans are dropped is what is measured.
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
    auto telemetry = nanotel::start({.service_name = "benchmark",
                                     .exporter = sink,
                                     .max_export_batch_bytes = body_limit,
                                     .max_queue_bytes = queue_limit,
                                     .max_ring_bytes = ring_limit});
    const auto before = telemetry.stats();
    NANOTEL_SCOPED_SPAN("outer");
    const double pause = 1e9 * burst / spans_per_second;
    std::vector<double> times;
    times.reserve(static_cast<std::size_t>(seconds * spans_per_second / burst) + 1);
    figures made{};
    const double begin = nanoseconds_now();
    double next = begin;
    double look = begin;
    while (next < begin + 1e9 * seconds) {
        double now;
        while ((now = nanoseconds_now()) < next) {
            if (now < look) continue;
            made.peak_mebibytes = std::max(made.peak_mebibytes, resident_mebibytes() - memory_before);
            look = now + 1e8;
        }
        next += pause;
        for (int i = 0; i < burst; ++i) span_3(i, 0.5 * i);
        times.push_back((nanoseconds_now() - now) / burst);
    }
    const double took = (nanoseconds_now() - begin) / 1e9;
    made.peak_mebibytes = std::max(made.peak_mebibytes, resident_mebibytes() - memory_before);
    telemetry.shutdown(std::chrono::milliseconds(1)); // what still waits is dropped, counted
    nanotel::set_diagnostic_handler(nullptr);
    const auto after = telemetry.stats();

    const auto offered = times.size() * burst; // "outer" has not ended
    require(after.recorded - before.recorded == offered, "not every span was counted");
    require(after.delivered - before.delivered == sink->taken, "delivered is not what the sink has taken");
    require(after.queued == 0 && after.recorded - before.recorded ==
                                     after.delivered - before.delivered + (after.dropped - before.dropped),
            "the counts do not add up");
    made.offered_per_second = static_cast<double>(offered) / took;
    made.dropped_share = static_cast<double>(after.dropped - before.dropped) / static_cast<double>(offered);
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    made.median = *middle;
    return made;
}

figures overload(double seconds = 0.4) {
    const figures made = offer(2e6, seconds);
    // A busy machine cannot offer it; half of it is still twenty times what the sink takes.
    require(made.offered_per_second > 1e6, "this machine does not record a million spans a second");
    require(made.dropped_share > 0.5, "there was no overload");
    return made;
}

const add
    quiet({"overload/span_quiet", "nanotel", "ns", 5, {}, [] { return offer(40'000, 0.2).median; }, false});
const add
    loaded({"overload/span_at_2M_per_s", "nanotel", "ns", 5, {}, [] { return overload().median; }, false});
const add ratio({"overload/cost_ratio",
                 "nanotel",
                 "ratio",
                 5,
                 {},
                 [] {
                     const double calm = offer(40'000, 0.2).median;
                     return overload().median / calm;
                 },
                 false});
const add
    dropped({"overload/dropped", "nanotel", "share", 3, {}, [] { return overload().dropped_share; }, false});

// In a child that is forked before anything was started, as memory/at_rest.
const add memory({"overload/memory",
                  "nanotel",
                  "MiB",
                  3,
                  {},
                  [] {
                      int ends[2];
                      require(::pipe(ends) == 0, "no pipe");
                      const pid_t child = ::fork();
                      require(child >= 0, "no child");
                      if (child == 0) {
                          double used = -1;
                          try {
                              used = overload(1.5).peak_mebibytes;
                          } catch (const std::exception& e) {
                              std::fprintf(stderr, "overload/memory: %s\n", e.what());
                          }
                          ::_exit(::write(ends[1], &used, sizeof used) == sizeof used ? 0 : 1);
                      }
                      ::close(ends[1]);
                      double used = -1;
                      const bool read = ::read(ends[0], &used, sizeof used) == sizeof used;
                      ::close(ends[0]);
                      ::waitpid(child, nullptr, 0);
                      require(read && used >= 0, "the child gave no figure");
                      // The queue, the ring, and four bodies under way with half as much again while they
                      // grow.
                      const double limit =
                          static_cast<double>(queue_limit + ring_limit + 6 * body_limit) / (1 << 20) + 8;
                      require(used <= limit,
                              "more memory than the limits say: " + std::to_string(used) + " MiB");
                      return used;
                  },
                  false,
                  true});

} // namespace
} // namespace bench
