// SPDX-License-Identifier: MIT
// Ends in the way that its argument names, and prints what its exporter was given.
#include <nanotel/exporters/prometheus.hpp>
#include <nanotel/sdk.hpp>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>
#include <sched.h>
#include <signal.h> // sigaction, pthread_kill
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using namespace nanotel::literals;

void print(const std::string& line) {
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, (line + "\n").data(), line.size() + 1);
}

struct printing_exporter final : nanotel::exporter {
    std::function<void()> instead; // of printing
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        if (instead)
            instead();
        else if (body.kind == nanotel::signal::traces)
            print("sent " + std::to_string(body.items));
        return {};
    }
    std::string_view name() const noexcept override { return "printing"; }
    std::string description() const override { return "printing"; }
};

void record(int count) {
    for (int i = 0; i < count; ++i) nanotel::span s("work");
}

struct records_when_destroyed {
    int count;
    bool armed = true;
    ~records_when_destroyed() {
        if (armed) record(count);
    }
};

[[noreturn]] void hang() {
    for (;;) ::pause();
}

constinit nanotel::observable_gauge<> observed{"ends.observed"};

// -- the ways of std::terminate

void throw_one() { throw 1; }
void violate() noexcept { throw_one(); }

void terminate_by(const std::string& how) {
    if (how == "exception") throw std::runtime_error("uncaught");
    if (how == "noexcept") violate();
    if (how == "thread") std::thread([] { throw 1; }).join();
    if (how == "joinable") {
        std::thread never_joined([] { hang(); });
        return; // its destructor
    }
    if (how == "two threads") {
        std::thread other([] { std::terminate(); });
        std::terminate();
    }
}

// -- what a library must leave alone

std::vector<std::string> signal_actions() {
    constexpr int restorer = 0x04000000; // the C library adds it to whatever is set
    std::vector<std::string> all;
    for (int s = 1; s < NSIG; ++s) {
        struct sigaction now{};
        std::string text = "none";
        if (::sigaction(s, nullptr, &now) == 0)
            text = std::to_string(reinterpret_cast<std::uintptr_t>(now.sa_handler)) + " " +
                   std::to_string(now.sa_flags & ~restorer);
        all.push_back(text);
    }
    return all;
}

std::uint64_t address_space() {
    std::uint64_t pages = 0;
    if (std::FILE* const file = std::fopen("/proc/self/statm", "re")) {
        if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
        std::fclose(file);
    }
    return pages * 4096;
}

void limit(int resource, rlim_t to, rlimit* before = nullptr) {
    rlimit now{};
    ::getrlimit(static_cast<__rlimit_resource>(resource), &now);
    if (before) *before = now;
    now.rlim_cur = to;
    ::setrlimit(static_cast<__rlimit_resource>(resource), &now);
}

bool adds_up(const nanotel::statistics& s) {
    return s.recorded == s.delivered + s.queued + s.dropped && s.dropped == s.dropped_by.total();
}

} // namespace

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    const std::string how = argc > 2 ? argv[2] : "";
    auto exporter = std::make_shared<printing_exporter>();
    if (how == "hanging") exporter->instead = &hang;
    nanotel::options options{.service_name = "ends",
                             .exporter = exporter,
                             .schedule_delay = 1h,
                             .metric_readers = {{.interval = 1h}},
                             .shutdown_timeout = how == "hanging" || way == "exit in" ? 50ms : 60'000ms};

    if (way == "never started") {
        record(3);
        nanotel::flush_on_terminate();
        return 0;
    }
    if (way == "no threads") {
        // No room for the stack of the first thread, or of a later one.
        int thrown = 0;
        for (std::uint64_t room = 4; room <= 40; room += 4) {
            rlimit before{};
            limit(RLIMIT_AS, address_space() + (room << 20), &before);
            try {
                auto telemetry = nanotel::start(options);
            } catch (const std::system_error&) {
                ++thrown;
            }
            ::setrlimit(RLIMIT_AS, &before);
        }
        print(thrown > 0 ? "system_error" : "started");
        record(1);
        auto telemetry = nanotel::start(options);
        record(2);
        return 0;
    }
    if (way == "no descriptors") {
        limit(RLIMIT_NOFILE, 3);
        auto telemetry = nanotel::start(options);
        record(2);
        return 0;
    }
    if (way == "no collector") {
        // A port that nobody listens at.
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        options.exporter = nanotel::otlp_http(
            {.endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))}, options.environment);
        options.shutdown_timeout = 100ms;
        nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
        auto telemetry = nanotel::start(options);
        record(3);
        return 0;
    }
    if (way == "signal actions") {
        const auto before = signal_actions();
        options.pull_readers = {nanotel::prometheus_exporter({.host = "127.0.0.1", .port = 0})};
        for (int i = 0; i < 2; ++i) {
            auto telemetry = nanotel::start(options);
            record(1);
            if (!telemetry.flush(1h)) return 1;
            print(signal_actions() == before ? "as before" : "changed");
        }
        print(signal_actions() == before ? "as before" : "changed");
        return 0;
    }
    if (way == "starting") {
        // Others start and shut down all the time while the process ends.
        for (int t = 0; t < 2; ++t)
            std::thread([&options] {
                for (;;) {
                    auto telemetry = nanotel::start(options);
                    record(1);
                }
            }).detach();
        nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
        exporter->instead = [] {};
        std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(how.c_str())));
        if (how.back() == 'q') std::quick_exit(0);
        std::exit(0);
    }

    if (way == "handlers of exit") {
        std::atexit([] { record(100); }); // before start, so after the shutdown
        static const records_when_destroyed older{100};
    }
    auto* const telemetry = new nanotel::telemetry(nanotel::start(options)); // no guard unless a way has one
    record(3);

    if (way == "return") {
        if (how == "guard") delete telemetry;
        return 0;
    }
    if (way == "quick_exit") std::quick_exit(0);
    if (way == "abort") std::abort();
    if (way == "_exit") std::_Exit(0);
    if (way == "handlers of exit") {
        std::atexit([] { record(1); });
        static const records_when_destroyed younger{1};
        return 0;
    }
    if (way == "thread_local") {
        static thread_local records_when_destroyed mine{1};
        mine.armed = true;
        std::thread([] {
            static thread_local records_when_destroyed others{1};
            others.armed = true;
        }).join();
        pthread_key_t key;
        ::pthread_key_create(&key, [](void*) { record(1); });
        std::thread([&] { ::pthread_setspecific(key, &key); }).join();
        return 0;
    }
    if (way == "outlived") {
        static std::atomic<int> running{0}; // outlives main too
        for (int i = 0; i < 4; ++i)
            std::thread([] {
                static thread_local records_when_destroyed late{1};
                late.armed = true;
                nanotel::span around("around");
                for (;; ++running) record(10);
            }).detach();
        while (running.load() < 100) std::this_thread::yield();
        if (how == "guard") delete telemetry;
        if (how == "quick_exit") std::quick_exit(0);
        return 0;
    }
    if (way == "exit in") {
        if (how == "handler of exit") {
            std::atexit([] { std::exit(0); });
            return 0;
        }
        if (how == "exporter") {
            exporter->instead = [] { std::exit(0); };
            static_cast<void>(telemetry->flush(1h));
            hang();
        }
        if (how == "callback") {
            const auto asked = observed.observe([](const nanotel::observer<double>&) { std::exit(0); });
            static_cast<void>(telemetry->flush(1h));
            hang();
        }
        if (how == "signal handler") {
            // Most of the time inside a lock that the shutdown needs.
            struct sigaction exits{};
            exits.sa_handler = [](int) { std::exit(0); };
            ::sigaction(SIGALRM, &exits, nullptr);
            const itimerval soon{{0, 0}, {0, 20'000}};
            ::setitimer(ITIMER_REAL, &soon, nullptr);
            const std::lock_guard lock(nanotel::detail::process().mutex);
            hang();
        }
    }
    if (way == "terminate" || way == "terminate flushed") {
        const rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        std::set_terminate([] {
            print("terminated");
            std::abort();
        });
        if (way == "terminate flushed") {
            nanotel::flush_on_terminate(how == "hanging" ? 50ms : 60'000ms);
            if (how == "chained") {
                static const std::terminate_handler before = std::get_terminate();
                std::set_terminate([] { before(); });
            }
            nanotel::flush_on_terminate(how == "hanging" ? 50ms : 60'000ms);
        }
        if (how == "chained") std::terminate();
        if (how == "hanging") std::terminate();
        if (how == "exporter") {
            exporter->instead = [] { std::terminate(); };
            static_cast<void>(telemetry->flush(1h));
        }
        terminate_by(how);
    }
    if (way == "no memory") {
        // What can be had is used up, so that operator new fails and pages cannot be mapped.
        exporter->instead = [] {};
        nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
        limit(RLIMIT_AS, address_space() + (1u << 20));
        std::vector<void*> all;
        all.reserve(10'000);
        for (std::size_t size = 1 << 20; size >= 64; size /= 2)
            while (void* const block = std::malloc(size))
                if (all.size() < 9'000)
                    all.push_back(block);
                else
                    break;
        static constinit nanotel::counter<> counter{"ends.counter"};
        char text[20'000];
        std::memset(text, 'x', sizeof text);
        for (int i = 0; i < 20'000; ++i) {
            NANOTEL_SPAN(span, "without memory", "i"_attr = i);
            span.set("text"_attr = std::string_view(text, static_cast<std::size_t>(i % 20'000)));
            counter.add(1, "i"_attr = i % 100);
        }
        for (void* const block : all) std::free(block);
        limit(RLIMIT_AS, RLIM_INFINITY);
        if (!telemetry->flush(1h).complete) return 1;
        const auto s = telemetry->stats();
        print(std::string(adds_up(s) && s.recorded == 20'003 ? "adds up" : "does not add up") +
              (s.dropped + s.measurements.out_of_memory != 0 ? ", with losses" : ""));
        return 0;
    }
    return 9;
}
