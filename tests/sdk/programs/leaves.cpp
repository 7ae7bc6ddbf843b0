// SPDX-License-Identifier: MIT
// Ends in the way that its argument names, and prints what its exporter was given.
#include <nanotel/sdk.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

void print(const std::string& line) {
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, (line + "\n").data(), line.size() + 1);
}

struct printing_exporter final : nanotel::exporter {
    bool hangs = false;
    bool rejects = false;
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point) override {
        if (hangs) {
            // Neither deadline nor interrupt is heeded.
            for (;;) ::pause();
        }
        print("sent " + std::to_string(body.items));
        if (rejects) return {.outcome = nanotel::export_outcome::rejected, .message = "never"};
        return {};
    }
    std::string_view name() const noexcept override { return "printing"; }
    std::string description() const override { return "printing"; }
};

void record(int count) {
    for (int i = 0; i < count; ++i) nanotel::span s("work");
}

struct records_when_destroyed {
    ~records_when_destroyed() { record(1); }
};
// Constructed before start registers its handler, so destroyed after it has run.
const records_when_destroyed late;

int wait_for(pid_t child) {
    int status = 0;
    if (::waitpid(child, &status, 0) != child) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A child that records and then leaves.
template <class Leave>
pid_t fork_child(nanotel::telemetry& telemetry, Leave leave) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    record(2);
    {
        nanotel::detached_span detached("detached");
        const nanotel::context_scope scope(detached.context());
        record(1);
    }
    if (!telemetry.flush(1h)) std::_Exit(2);
    const nanotel::statistics counted = telemetry.stats();
    if (counted.recorded != 4 || counted.delivered != 4) std::_Exit(3);
    leave();
    std::_Exit(4);
}

} // namespace

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    auto exporter = std::make_shared<printing_exporter>();
    exporter->hangs = way == "hanging exporter";
    exporter->rejects = way == "exit in a handler";
    auto telemetry = nanotel::start({.service_name = "leaves",
                                     .exporter = exporter,
                                     .schedule_delay = 1h,
                                     .shutdown_timeout = exporter->hangs || exporter->rejects
                                                             ? std::chrono::milliseconds(50)
                                                             : std::chrono::milliseconds(60'000)});
    record(3);
    if (way == "return") return 0;
    if (way == "exit" || way == "hanging exporter") std::exit(0);
    if (way == "exit after a flush") {
        if (!telemetry.flush(1h)) return 1;
        record(2);
        std::exit(0);
    }
    if (way == "exit on a thread") {
        std::thread([] { std::exit(0); }).join();
    }
    if (way == "exit in a handler") {
        nanotel::set_diagnostic_handler(
            [](nanotel::diagnostic_level, std::string_view, void*) { std::exit(0); });
        static_cast<void>(telemetry.flush(1h));
        for (;;) ::pause();
    }
    if (way == "exit while threads record") {
        std::atomic<int> running{0};
        for (int i = 0; i < 4; ++i)
            std::thread([&] {
                for (;; ++running) record(10);
            }).detach();
        while (running.load() < 100) std::this_thread::yield();
        std::exit(0);
    }
    if (way == "fork and exit" || way == "fork and return") {
        const pid_t child = ::fork();
        if (child == 0) {
            record(2);
            if (!telemetry.flush(1h)) std::_Exit(2);
            if (way == "fork and return") return 0;
            std::exit(0);
        }
        print("child " + std::to_string(wait_for(child)));
        if (!telemetry.flush(1h)) return 1;
        record(1);
        return 0;
    }
    if (way == "fork inside a span") {
        pid_t child;
        {
            nanotel::span around("around");
            const std::string large(5000, 'x'); // so that it holds a block
            around.set("text", large);
            child = ::fork();
        }
        if (child == 0) std::exit(0);
        print("child " + std::to_string(wait_for(child)));
        return 0;
    }
    if (way == "fork while threads record") {
        std::atomic<bool> done{false};
        std::thread recorders[2];
        for (std::thread& t : recorders)
            t = std::thread([&] {
                while (!done.load()) {
                    record(50);
                    static_cast<void>(telemetry.flush(0ms));
                    std::thread([] { record(1); }).join();
                }
            });
        int failed = 0;
        for (int i = 0; i < 40; ++i) failed += wait_for(fork_child(telemetry, [] { std::exit(0); })) != 0;
        done.store(true);
        for (std::thread& t : recorders) t.join();
        print("failed " + std::to_string(failed));
        std::_Exit(0);
    }
    return 9;
}
