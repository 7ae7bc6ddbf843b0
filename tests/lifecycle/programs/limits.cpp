// SPDX-License-Identifier: MIT
// Does what its argument names and prints what came of it: how much memory that takes, what its threads are
// like.
#include <nanotel/sdk.hpp>

#include <atomic>
#include <barrier>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using namespace nanotel::literals;

constexpr std::uint64_t mib = 1 << 20;

struct counting_exporter final : nanotel::exporter {
    std::atomic<std::uint64_t> spans{0};
    std::atomic<bool> hangs{false};
    std::atomic<int> permits{0}; // bodies that it takes all the same
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        const auto is_permitted = [&] {
            if (permits.fetch_sub(1) > 0) return true;
            ++permits;
            return false;
        };
        while (hangs.load() && !is_permitted()) std::this_thread::sleep_for(1ms);
        if (body.kind == nanotel::signal::traces) spans += body.items;
        return {};
    }
    std::string_view name() const noexcept override { return "counting"; }
    std::string description() const override { return "counting"; }
};

constinit nanotel::counter<> counted{"limits.counted"};
constinit nanotel::histogram<> measured{"limits.measured"};
constinit nanotel::exponential_histogram<> exponential{"limits.exponential"};

std::string status_line(const std::string& file, const std::string& key) {
    std::ifstream status(file);
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(key + ":")) return line.substr(line.find_first_not_of(" \t", key.size() + 1));
    return {};
}
std::uint64_t resident() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size = 0, pages = 0;
    statm >> size >> pages;
    return pages * 4096;
}
std::uint64_t greatest_resident() { return std::stoull(status_line("/proc/self/status", "VmHWM")) * 1024; }

bool adds_up(const nanotel::statistics& s) {
    return s.recorded == s.delivered + s.queued + s.dropped && s.dropped == s.dropped_by.total();
}

void record(int count) {
    for (int i = 0; i < count; ++i) {
        NANOTEL_SPAN(span, "work", "i"_attr = i);
        counted.add(1, "i"_attr = i % 8);
        measured.record(i);
        exponential.record(i);
    }
}

void print(const char* what, std::uint64_t number) {
    std::printf("%s %llu\n", what, static_cast<unsigned long long>(number));
    std::fflush(stdout);
}

// Threads that come and go, exactly so many at a time: all of a crowd are alive at once, and what they left
// is collected before the next, so that each crowd finds the rings of the one before.
bool come_and_go(nanotel::telemetry& telemetry, int threads, int at_a_time) {
    for (int done = 0; done < threads; done += at_a_time) {
        std::barrier all(at_a_time);
        std::vector<std::thread> crowd;
        for (int i = 0; i < at_a_time; ++i)
            crowd.emplace_back([&] {
                record(3);
                all.arrive_and_wait();
            });
        for (std::thread& t : crowd) t.join();
        if (!telemetry.flush(1h)) return false;
    }
    return true;
}

} // namespace

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    auto exporter = std::make_shared<counting_exporter>();
    nanotel::options options{.service_name = "limits",
                             .exporter = exporter,
                             .metric_readers = {{.interval = 1h}},
                             .shutdown_timeout = 60'000ms};

    if (way == "overload" || way == "slow sink") {
        // Nothing is sent, or next to nothing, and everything is recorded that a few threads can.
        options.max_queue_bytes = 8 * mib;
        options.max_all_rings_bytes = 8 * mib;
        options.max_export_batch_bytes = mib;
        auto telemetry = nanotel::start(options);
        record(10);
        if (!telemetry.flush(1h)) return 1;
        exporter->hangs = true;
        const std::string text(200, 'x');
        const std::string large(20'000, 'x');
        const std::uint64_t before = resident();
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 40'000; ++i) {
                    NANOTEL_SPAN(span, "work", "text"_attr = text);
                    if (i % 64 == 0) span.set("large"_attr = large);
                    if (way == "slow sink" && i == 20'000) ++exporter->permits;
                    counted.add(1, "i"_attr = i); // a series each, up to the limit
                    measured.record(i, "i"_attr = i);
                }
            });
        for (std::thread& t : threads) t.join();
        // What it may take it has taken: there is more in the queue than that.
        while (exporter->permits.load() != 0) std::this_thread::sleep_for(1ms);
        const std::uint64_t after = greatest_resident();
        print("MiB", (after - before) / mib);
        exporter->hangs = false;
        telemetry.shutdown(1h);
        const auto s = telemetry.stats();
        print("adds up", adds_up(s) && s.recorded == 160'010 && s.delivered == exporter->spans.load());
        print("dropped", s.dropped != 0);
        return 0;
    }
    if (way == "crowd") {
        constexpr int threads = 500, spans = 20;
        auto telemetry = nanotel::start(options);
        record(1);
        if (!telemetry.flush(1h)) return 1;
        const std::uint64_t before = resident();
        std::barrier all(threads + 1);
        std::vector<std::thread> crowd;
        for (int t = 0; t < threads; ++t)
            crowd.emplace_back([&] {
                all.arrive_and_wait();
                record(spans);
                all.arrive_and_wait(); // all are alive until all have recorded
                all.arrive_and_wait();
            });
        all.arrive_and_wait();
        all.arrive_and_wait();
        if (!telemetry.flush(1h)) return 1;
        print("arrived", exporter->spans.load() - 1);
        print("MiB", (resident() - before) / mib);
        all.arrive_and_wait();
        for (std::thread& t : crowd) t.join();
        if (!telemetry.flush(1h)) return 1;
        print("adds up", adds_up(telemetry.stats()));
        return 0;
    }
    if (way == "churn") {
        // Small rings: the first crowds have written to all their pages.
        options.ring_bytes = options.max_ring_bytes = 16 << 10;
        auto telemetry = nanotel::start(options);
        if (!come_and_go(telemetry, 1000, 50)) return 1;
        const std::uint64_t first = resident();
        if (!come_and_go(telemetry, 9000, 50)) return 1;
        const std::uint64_t last = resident();
        print("KiB", (last > first ? last - first : 0) / 1024);
        print("arrived", exporter->spans.load());
        print("adds up", adds_up(telemetry.stats()));
        return 0;
    }
    if (way == "threads") {
        // Started by a thread that is pinned, and of a real-time policy where that is allowed.
        cpu_set_t one;
        cpu_set_t of_process;
        ::sched_getaffinity(::getpid(), sizeof of_process, &of_process);
        CPU_ZERO(&one);
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &of_process)) {
                CPU_SET(cpu, &one);
                break;
            }
        std::thread([&] {
            ::sched_setaffinity(0, sizeof one, &one);
            sched_param urgent{};
            urgent.sched_priority = 1;
            if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &urgent) == 0)
                ::sched_setscheduler(0, SCHED_FIFO, &urgent);
            auto telemetry = nanotel::start(options);
            record(1);
            static_cast<void>(telemetry.flush(1h));
            std::uint64_t found = 0;
            bool unlike = false;
            DIR* const tasks = ::opendir("/proc/self/task");
            while (const dirent* const entry = ::readdir(tasks)) {
                const std::string status = std::string("/proc/self/task/") + entry->d_name + "/status";
                if (!status_line(status, "Name").starts_with("nanotel-")) continue;
                ++found;
                const int id = std::atoi(entry->d_name);
                cpu_set_t its;
                ::sched_getaffinity(id, sizeof its, &its);
                // All but SIGKILL and SIGSTOP, and the two that glibc keeps for itself.
                constexpr std::uint64_t never = 1ull << 8 | 1ull << 18 | 3ull << 31;
                const bool deaf =
                    (std::stoull(status_line(status, "SigBlk"), nullptr, 16) | never) == ~std::uint64_t{0};
                if (!CPU_EQUAL(&its, &of_process) || ::sched_getscheduler(id) != SCHED_OTHER || !deaf)
                    unlike = true;
            }
            ::closedir(tasks);
            print("found", found);
            print("unlike", unlike);
        }).join();
        return 0;
    }
    if (way == "sigpipe") {
        // A server that takes a little of each request and resets the connection. The requests are made on
        // this thread, where SIGPIPE would end the process.
        const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(listening, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(listening, 16);
        ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
        std::thread([listening] {
            for (;;) {
                const int connection = ::accept(listening, nullptr, nullptr);
                char some[64];
                [[maybe_unused]] const auto count = ::read(connection, some, sizeof some);
                const linger at_once{1, 0};
                ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
                ::close(connection);
            }
        }).detach();
        nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
        const auto http = nanotel::otlp_http(
            {.endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))}, options.environment);
        const std::string body(8 * mib, ' ');
        std::uint64_t delivered = 0;
        for (int i = 0; i < 20; ++i)
            delivered +=
                http->send({nanotel::signal::traces, body, 1}, std::chrono::steady_clock::now() + 10s)
                    .outcome == nanotel::export_outcome::delivered;
        print("delivered", delivered);
        // One that the application has raised itself is still its own.
        sigset_t pipe;
        ::sigemptyset(&pipe);
        ::sigaddset(&pipe, SIGPIPE);
        ::sigprocmask(SIG_BLOCK, &pipe, nullptr);
        ::raise(SIGPIPE);
        static_cast<void>(
            http->send({nanotel::signal::traces, body, 1}, std::chrono::steady_clock::now() + 10s));
        sigset_t pending;
        ::sigpending(&pending);
        print("pending", static_cast<std::uint64_t>(::sigismember(&pending, SIGPIPE)));
        std::_Exit(0);
    }
    return 9;
}
