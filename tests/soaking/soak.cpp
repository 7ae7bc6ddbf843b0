// SPDX-License-Identifier: MIT
// A mixed load for a long time, with a receiver that fails at random: what it does to the counts and to
// memory.
#include "faulty_receiver.hpp"

#include <nanotel/sdk.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

namespace soaking {
namespace {

using namespace nanotel::literals;
using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

enum class outcome { good, bad, ugly };

constinit nanotel::counter<std::uint64_t, nanotel::label<"outcome", outcome>> requests{"soak.requests"};
constinit nanotel::up_down_counter<> active{"soak.active"};
constinit nanotel::histogram<> latency{"soak.latency", {.unit = "s", .bounds = {0.01, 0.1, 1}}};
constinit nanotel::exponential_histogram<> sizes{"soak.sizes"};
constinit nanotel::gauge<> level{"soak.level"};
constinit nanotel::observable_gauge<> threads_alive{"soak.threads"};

std::atomic<int> alive{0};
std::atomic<std::int64_t> slowest_span{0}; // nanoseconds, of the current report

// What malloc has given out: tells a leak from memory that malloc keeps.
double allocated_mebibytes() {
    const auto heap = ::mallinfo2();
    return static_cast<double>(heap.uordblks + heap.hblkhd) / (1 << 20);
}

double resident_mebibytes() {
    std::ifstream statm("/proc/self/statm");
    double size = 0, resident = 0;
    statm >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// Threads of the load pass it again and again, and stop there while it is closed.
class gate {
public:
    bool pass() { // false: the end
        std::unique_lock lock(mutex_);
        while (closed_ && !over_) {
            ++waiting_;
            changed_.notify_all();
            changed_.wait(lock, [&] { return !closed_ || over_; });
            --waiting_;
        }
        return !over_;
    }
    void enter() {
        const std::lock_guard lock(mutex_);
        ++inside_;
    }
    void leave() {
        const std::lock_guard lock(mutex_);
        --inside_;
        changed_.notify_all();
    }
    // Returns when nobody records.
    void close() {
        std::unique_lock lock(mutex_);
        closed_ = true;
        changed_.wait(lock, [&] { return waiting_ == inside_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        closed_ = false;
        changed_.notify_all();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        over_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int inside_ = 0;
    int waiting_ = 0;
    bool closed_ = false;
    bool over_ = false;
};

gate load;

// At first there are more storms, so that memory reaches what it will ever be while nobody judges it.
std::atomic<bool> warming_up{true};

void record_request(std::minstd_rand& random) {
    const auto begin = clock::now();
    NANOTEL_SPAN(root, nanotel::server("GET /soak/{id}"), "id"_attr = random() % 1'000'000,
                 "route"_attr = "/soak/{id}");
    NANOTEL_ADD(active, 1);
    switch (random() % 16) {
    case 0: {
        const std::string large(random() % 20'000, 'x'); // holds a block of the pool
        root.set("large"_attr = large);
        break;
    }
    case 1:
        root.add_event("something", "number"_attr = random());
        root.set_status(nanotel::status_code::error, "it failed");
        break;
    case 2:
        try {
            nanotel::in_span("throws", [&] { throw std::runtime_error("soaked"); });
        } catch (const std::runtime_error&) {
        }
        break;
    case 3: {
        NANOTEL_DETACHED_SPAN(job, nanotel::producer("job"));
        job.add_link(root.context());
        break;
    }
    default: {
        NANOTEL_SPAN(query, nanotel::client("query"), "rows"_attr = random() % 100);
        break;
    }
    }
    NANOTEL_ADD(requests, 1, static_cast<outcome>(random() % 3));
    NANOTEL_ADD(active, -1);
    NANOTEL_RECORD(latency, static_cast<double>(random() % 1000) / 1000, "shard"_attr = random() % 50);
    NANOTEL_RECORD(sizes, static_cast<double>(random() % 100'000),
                   "tenant"_attr = random() % 5'000); // beyond the limit
    NANOTEL_GAUGE_SET(level, static_cast<double>(random() % 100));
    const std::int64_t took = (clock::now() - begin) / 1ns;
    for (auto last = slowest_span.load(); took > last && !slowest_span.compare_exchange_weak(last, took);) {
    }
}

// Mostly calm; now and then more than anybody could take.
void serve(unsigned seed) {
    std::minstd_rand random(seed);
    ++alive;
    while (load.pass()) {
        const bool storm = random() % (warming_up ? 500 : 5'000) == 0;
        for (int i = storm ? 20'000 : 10; i > 0; --i) record_request(random);
        ::usleep(5'000);
    }
    --alive;
    load.leave();
}

// Threads that come and go.
void churn(unsigned seed) {
    std::minstd_rand random(seed);
    while (load.pass()) {
        std::vector<std::thread> short_lived;
        for (int i = 0; i < 5; ++i)
            short_lived.emplace_back([from = random()] {
                ++alive;
                std::minstd_rand mine(static_cast<std::minstd_rand::result_type>(from));
                for (int n = 0; n < 5; ++n) record_request(mine);
                --alive;
            });
        for (std::thread& each : short_lived) each.join();
        ::usleep(100'000);
    }
    load.leave();
}

bool adds_up(const nanotel::signal_statistics& of) {
    return of.recorded == of.delivered + of.queued + of.dropped && of.dropped == of.dropped_by.total();
}
bool adds_up(const nanotel::statistics& all) {
    return adds_up(static_cast<const nanotel::signal_statistics&>(all)) && adds_up(all.data_points);
}

// While nobody records and what was recorded has reached the queues: every reading has to add up. Payloads go
// on being sent, which must not show.
bool adds_up_when_quiet(const nanotel::telemetry& telemetry) {
    for (const auto deadline = clock::now() + 30s; clock::now() < deadline;) {
        int in_a_row = 0;
        while (in_a_row < 20 && adds_up(telemetry.stats())) {
            ++in_a_row;
            ::usleep(5'000);
        }
        if (in_a_row == 20) return true;
        ::usleep(20'000);
    }
    return false;
}

struct samples {
    std::vector<double> resident; // MiB, one a second since the warm-up
    double peak_of_warm_up = 0;
};

double lower_quartile(std::vector<double> of) {
    if (of.empty()) return 0;
    const auto quarter = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 4);
    std::nth_element(of.begin(), quarter, of.end());
    return *quarter;
}

void print(double seconds, const nanotel::statistics& now, const nanotel::statistics& before, double interval,
           double resident, const seen_by_receiver& seen, bool whole) {
    const auto rate = [&](std::uint64_t after, std::uint64_t then) {
        return static_cast<double>(after - then) / interval;
    };
    std::uint64_t bytes = 0;
    std::string breaker;
    for (const auto& each : now.destinations) {
        bytes += each.queue_bytes;
        if (breaker.empty()) breaker = to_string(each.breaker);
    }
    const nanotel::dropped_counts& d = now.dropped_by;
    std::printf(
        "%7.1f s  %6.0f spans/s recorded, %6.0f/s delivered, %5.0f points/s | queued %7llu (%.1f MiB, %llu "
        "on "
        "disk) | dropped: ring %llu, queue %llu, rejected %llu, shutdown %llu, other %llu | breaker %s, %llu "
        "faults | slowest request %.0f us | %.1f MiB, %.1f of them allocated | %s\n",
        seconds, rate(now.recorded, before.recorded), rate(now.delivered, before.delivered),
        rate(now.data_points.recorded, before.data_points.recorded),
        static_cast<unsigned long long>(now.queued), static_cast<double>(bytes) / (1 << 20),
        static_cast<unsigned long long>(now.spilled), static_cast<unsigned long long>(d.ring_full),
        static_cast<unsigned long long>(d.queue_full), static_cast<unsigned long long>(d.rejected),
        static_cast<unsigned long long>(d.shut_down),
        static_cast<unsigned long long>(now.dropped - d.ring_full - d.queue_full - d.rejected - d.shut_down),
        breaker.c_str(), static_cast<unsigned long long>(seen.faults.load()),
        static_cast<double>(slowest_span.exchange(0)) / 1000, resident, allocated_mebibytes(),
        whole ? "adds up" : "DOES NOT ADD UP");
    std::fflush(stdout);
}

void print_drops(const char* what, const nanotel::dropped_counts& by) {
    std::printf("dropped %s:", what);
    const std::pair<const char*, std::uint64_t> reasons[] = {
        {"ring full", by.ring_full},   {"too large", by.too_large},     {"out of memory", by.out_of_memory},
        {"queue full", by.queue_full}, {"rejected", by.rejected},       {"undeliverable", by.undeliverable},
        {"shut down", by.shut_down},   {"expired on disk", by.expired}, {"damaged on disk", by.damaged},
        {"filtered", by.filtered}};
    for (const auto& [reason, count] : reasons)
        if (count != 0) std::printf(" %s %llu", reason, static_cast<unsigned long long>(count));
    std::printf("\n");
}

class counting_exporter final : public nanotel::exporter {
public:
    std::atomic<std::uint64_t> spans{0};
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        if (body.kind == nanotel::signal::traces) spans += body.items;
        return {};
    }
    std::string_view name() const noexcept override { return "counting"; }
    std::string description() const override { return "counting"; }
};

nanotel::telemetry start(const faulty_receiver& receiver, const std::string& folder,
                         const std::shared_ptr<counting_exporter>& beside) {
    std::vector<nanotel::destination> destinations(2);
    destinations[0].exporter = nanotel::otlp_http({.endpoint = receiver.url(), .timeout = 500ms});
    destinations[0].name = "receiver";
    destinations[1].exporter = beside;
    destinations[1].name = "beside";
    destinations[1].signals.metrics = false;
    destinations[1].ratio = 0.25;
    return nanotel::start({.service_name = "soak",
                           .destinations = std::move(destinations),
                           .schedule_delay = 100ms,
                           .max_export_batch_bytes = 1 << 20,
                           .max_queue_bytes = 8 << 20,
                           .spool = {.directory = folder, .max_bytes = 64 << 20},
                           .metric_readers = {{.interval = 1s}},
                           .cardinality_limit = 500,
                           .shutdown_timeout = 5s,
                           .environment = {[](const std::string&) { return std::nullopt; }}});
}

int soak(double minutes, std::uint64_t seed) {
    faulty_receiver receiver(seed);
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("nanotel-soak-" + std::to_string(::getpid()));
    const auto beside = std::make_shared<counting_exporter>();
    // Every diagnostic is one of the faults'.
    std::atomic<std::uint64_t> diagnostics{0};
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view,
                                       void* user) { ++*static_cast<std::atomic<std::uint64_t>*>(user); },
                                    &diagnostics);

    auto telemetry = start(receiver, folder.string(), beside);
    const auto observed = threads_alive.observe([](const auto& observer) { observer.observe(alive.load()); });
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 3; ++i) {
        load.enter();
        threads.emplace_back(serve, static_cast<unsigned>(seed) + i);
    }
    load.enter();
    threads.emplace_back(churn, static_cast<unsigned>(seed) + 3);

    const double all = minutes * 60;
    const double warm_up = std::min(60.0, all / 2);
    const auto begin = clock::now();
    const auto elapsed = [&] { return std::chrono::duration<double>(clock::now() - begin).count(); };
    samples memory;
    bool whole = true;
    auto last = telemetry.stats();
    double reported = 0, restarted = 0;
    const double report_every = std::min(10.0, all / 4);
    while (elapsed() < all) {
        ::usleep(1'000'000);
        const double resident = resident_mebibytes();
        warming_up = elapsed() < warm_up * 0.8;
        if (elapsed() < warm_up)
            memory.peak_of_warm_up = std::max(memory.peak_of_warm_up, resident);
        else
            memory.resident.push_back(resident);
        static_cast<void>(telemetry.flush(1ms)); // somebody is always impatient
        if (elapsed() - reported < report_every) continue;
        load.close();
        const bool now_whole = adds_up_when_quiet(telemetry);
        whole = whole && now_whole;
        const auto now = telemetry.stats();
        print(elapsed(), now, last, elapsed() - reported, resident, receiver.seen(), now_whole);
        if (!now_whole)
            std::printf(
                "spans: recorded %llu, delivered %llu, queued %llu, dropped %llu; points: recorded %llu, "
                "delivered %llu, queued %llu, dropped %llu\n",
                static_cast<unsigned long long>(now.recorded), static_cast<unsigned long long>(now.delivered),
                static_cast<unsigned long long>(now.queued), static_cast<unsigned long long>(now.dropped),
                static_cast<unsigned long long>(now.data_points.recorded),
                static_cast<unsigned long long>(now.data_points.delivered),
                static_cast<unsigned long long>(now.data_points.queued),
                static_cast<unsigned long long>(now.data_points.dropped));
        last = now;
        reported = elapsed();
        if (reported - restarted >= 60) { // and the telemetry starts again
            restarted = reported;
            telemetry.shutdown(2s);
            telemetry = start(receiver, folder.string(), beside);
        }
        load.open();
    }
    load.end();
    for (std::thread& each : threads) each.join();

    receiver.heal();
    const auto flushed = telemetry.flush(120s);
    const bool emptied = flushed.complete && telemetry.stats().queued == 0;
    whole = adds_up_when_quiet(telemetry) && whole;
    telemetry.shutdown(10s);
    const auto end = telemetry.stats();
    whole = adds_up(end) && whole;
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);

    // Where no answer is lost nothing comes twice; so the receiver has at least what it is said to have.
    const std::uint64_t received = receiver.seen().spans + beside->spans;
    const bool received_all = received >= end.delivered;
    const auto third = static_cast<std::ptrdiff_t>(memory.resident.size() / 3);
    const double early = lower_quartile({memory.resident.begin(), memory.resident.begin() + third});
    const double late = lower_quartile({memory.resident.end() - third, memory.resident.end()});
    const double peak =
        memory.resident.empty() ? 0 : *std::max_element(memory.resident.begin(), memory.resident.end());
    // Queue and rings fill and empty with faults and storms: the lower quartiles tell a trend from that.
    const double allowed_trend = 4 + 0.1 * early;
    const double allowed_peak = memory.peak_of_warm_up * 1.1 + 16;
    const bool flat = third < 10 || (late - early <= allowed_trend && peak <= allowed_peak);

    std::printf("\n%.1f minutes, seed %llu, %llu faults, %llu diagnostics\n", elapsed() / 60,
                static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(receiver.seen().faults.load()),
                static_cast<unsigned long long>(diagnostics.load()));
    std::printf("spans:  %llu recorded = %llu delivered + %llu queued + %llu dropped: %s\n",
                static_cast<unsigned long long>(end.recorded), static_cast<unsigned long long>(end.delivered),
                static_cast<unsigned long long>(end.queued), static_cast<unsigned long long>(end.dropped),
                whole ? "it always added up" : "IT DID NOT ALWAYS ADD UP");
    std::printf("points: %llu recorded = %llu delivered + %llu queued + %llu dropped\n",
                static_cast<unsigned long long>(end.data_points.recorded),
                static_cast<unsigned long long>(end.data_points.delivered),
                static_cast<unsigned long long>(end.data_points.queued),
                static_cast<unsigned long long>(end.data_points.dropped));
    print_drops("spans", end.dropped_by);
    print_drops("points", end.data_points.dropped_by);
    std::printf("received: %llu spans, %s; the queue %s once the receiver was well\n",
                static_cast<unsigned long long>(received),
                received_all ? "no fewer than delivered" : "TOO FEW", emptied ? "emptied" : "DID NOT EMPTY");
    std::printf("memory: at most %.1f MiB in the first %.0f s, at most %.1f MiB after (allowed: %.1f); lower "
                "quartile of the "
                "first third after that %.1f MiB, of the last third %.1f MiB (allowed: %+.1f): %s\n",
                memory.peak_of_warm_up, warm_up, peak, allowed_peak, early, late, allowed_trend,
                third < 10 ? "too short to judge"
                : flat     ? "flat"
                           : "NOT FLAT");
    return whole && received_all && emptied && flat ? 0 : 1;
}

} // namespace
} // namespace soaking

int main(int argc, char** argv) {
    double minutes = 1;
    std::uint64_t seed = std::random_device{}();
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--minutes") == 0) minutes = std::atof(argv[i + 1]);
        if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10);
    }
    if (!(minutes > 0)) {
        std::fputs("nanotel_soak [--minutes N] [--seed N]\n", stderr);
        return 2;
    }
    // Each start makes new threads, and malloc would give them one arena after the other, each of which keeps
    // what bodies of megabytes have left in it: memory of malloc's that would hide the library's.
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, 128 << 10);
    try {
        return soaking::soak(minutes, seed);
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "soak: %s\n", problem.what());
        return 2;
    }
}
