// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

#include <cinttypes>
#include <csignal>
#include <fstream>
#include <set>

#include <dirent.h>
#include <sys/resource.h>

using namespace nanotel_test;

namespace {

// What /proc/self/task says of one of our threads.
struct thread_status {
    std::string name;
    std::uint64_t blocked_signals = 0;
    std::uint64_t voluntary_switches = 0;
    std::uint64_t cpu_ticks = 0; // of user and kernel, a hundredth of a second each
};

std::vector<thread_status> threads_of_the_library() {
    std::vector<thread_status> found;
    DIR* const tasks = ::opendir("/proc/self/task");
    REQUIRE(tasks != nullptr);
    while (const dirent* const entry = ::readdir(tasks)) {
        const std::string folder = std::string("/proc/self/task/") + entry->d_name;
        thread_status status;
        std::getline(std::ifstream(folder + "/comm") >> std::ws, status.name);
        if (!status.name.starts_with("nanotel-")) continue;
        std::ifstream lines(folder + "/status");
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("SigBlk:"))
                status.blocked_signals = std::stoull(line.substr(7), nullptr, 16);
            if (line.starts_with("voluntary_ctxt_switches:"))
                status.voluntary_switches = std::stoull(line.substr(24));
        }
        std::ifstream stat(folder + "/stat");
        std::string word;
        for (int field = 1; stat >> word && field <= 15; ++field)
            if (field >= 14) status.cpu_ticks += std::stoull(word);
        found.push_back(status);
    }
    ::closedir(tasks);
    return found;
}

} // namespace

TEST_CASE("the threads of the library are named and deaf to signals") {
    auto telemetry = nanotel::start(quiet_options(std::make_shared<scripted_exporter>()));
    record_spans(1);
    REQUIRE(telemetry.flush(long_enough)); // all have run
    const auto threads = threads_of_the_library();
    std::set<std::string> names;
    for (const thread_status& t : threads) {
        names.insert(t.name);
        for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGCHLD, SIGUSR1, SIGALRM, SIGPROF})
            CHECK((t.blocked_signals >> (signal - 1) & 1) == 1);
    }
    CHECK(threads.size() == 3);
    CHECK(names == std::set<std::string>{"nanotel-collect", "nanotel-metrics", "nanotel-send"});
    // The thread that called start goes on to hear them.
    sigset_t mine;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &mine);
    CHECK(::sigismember(&mine, SIGTERM) == 0);
    telemetry.shutdown(long_enough);
    // They have been joined; the kernel lets go of a joined thread's entry a moment later.
    const auto end = std::chrono::steady_clock::now() + long_enough;
    while (!threads_of_the_library().empty() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(threads_of_the_library().empty());
}

TEST_CASE("a burst above half a ring is delivered without a flush, long before the delay of an hour") {
    auto exporter = std::make_shared<nanotel::memory_exporter>();
    auto options = quiet_options(exporter);
    options.max_export_batch_size = 100;         // so that what is drained is sent
    options.max_ring_bytes = options.ring_bytes; // half of a ring that grew would be more
    options.when_full = nanotel::full_ring_policy::block;
    options.block_timeout = std::chrono::hours(1);
    auto telemetry = nanotel::start(std::move(options));
    record_spans(1);
    REQUIRE(telemetry.flush(long_enough)); // it sleeps now, or is about to
    for (int i = 0; i < 20; ++i) {
        exporter->clear();
        // Records of 88 bytes: at most 372 of them, half a ring of 64 KiB, and a body that is not full stay
        // behind, at whichever record the collector thread looked last.
        record_spans(1200);
        REQUIRE(exporter->wait_for(700, std::chrono::duration_cast<std::chrono::milliseconds>(long_enough)));
        REQUIRE(telemetry.flush(long_enough));
    }
}

TEST_CASE("a span is sent after its schedule delay without being asked for") {
    auto exporter = std::make_shared<nanotel::memory_exporter>();
    auto options = quiet_options(exporter);
    options.schedule_delay = 50ms;
    auto telemetry = nanotel::start(std::move(options));
    for (std::uint64_t i = 1; i <= 5; ++i) {
        record_spans(1);
        CHECK(exporter->wait_for(i, std::chrono::duration_cast<std::chrono::milliseconds>(long_enough)));
    }
}

TEST_SUITE_BEGIN("timing");

TEST_CASE("the schedule delay is not waited out twice") {
    // Twice six seconds, once for the ring and once for the body, would be more than the wait.
    auto exporter = std::make_shared<nanotel::memory_exporter>();
    auto options = quiet_options(exporter);
    options.schedule_delay = 6s;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(1);
    CHECK(exporter->wait_for(1, 11s));
}

TEST_CASE("an idle process does next to nothing") {
    auto options = quiet_options(std::make_shared<scripted_exporter>());
    options.schedule_delay.reset(); // as by default
    auto telemetry = nanotel::start(std::move(options));
    record_spans(10'000);
    REQUIRE(telemetry.flush(long_enough));
    const auto before = threads_of_the_library();
    std::this_thread::sleep_for(1s); // what is measured, not waited for
    const auto after = threads_of_the_library();
    REQUIRE(before.size() == 3);
    REQUIRE(after.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(after[i].name);
        REQUIRE(before[i].name == after[i].name);
        // By the schedule delay there should be none or one. Polling, even ten times a second, is more.
        CHECK(after[i].voluntary_switches - before[i].voluntary_switches < 5);
        CHECK(after[i].cpu_ticks - before[i].cpu_ticks <= 1);
    }
}

TEST_SUITE_END();
