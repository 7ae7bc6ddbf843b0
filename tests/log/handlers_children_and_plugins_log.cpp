// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "support/paths.hpp"
#include "support/sanitizers.hpp"

#include <csignal>

#include <dlfcn.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nanotel::literals;
using nanotel::severity;
using nanotel_test::recording;

namespace {

volatile std::sig_atomic_t handled = 0;

void log_in_handler(int) {
    handled = handled + 1;
    NANOTEL_LOG_WARN("handled {} of {}", static_cast<int>(handled), "them");
}

} // namespace

TEST_CASE("signal handlers may log, and what interrupts is counted") {
    recording recorded;
    nanotel::log(severity::info, "the thread is known");
    NANOTEL_LOG_WARN("and so are the settings");
    struct sigaction mine{};
    struct sigaction before{};
    mine.sa_handler = &log_in_handler;
    mine.sa_flags = SA_RESTART;
    REQUIRE(::sigaction(SIGALRM, &mine, &before) == 0);
    const itimerval often{{0, 1000}, {0, 1000}};
    handled = 0;
    REQUIRE(::setitimer(ITIMER_REAL, &often, nullptr) == 0);
    std::uint64_t written = 0;
    const std::vector<int> list{1, 2, 3};
    while (handled < 40) {
        NANOTEL_SPAN(span, "work");
        NANOTEL_LOG_INFO("{} {}", written, "text");
        NANOTEL_LOG_INFO("{}", written, "list"_attr = list);
        written += 2;
    }
    const itimerval never{};
    REQUIRE(::setitimer(ITIMER_REAL, &never, nullptr) == 0);
    ::sigaction(SIGALRM, &before, nullptr);
    const auto counts = recorded.log_counts();
    CHECK(counts.recorded == written + 2 + static_cast<std::uint64_t>(handled));
    CHECK(counts.dropped == counts.dropped_by.interrupting);
    CHECK(counts.delivered == counts.recorded - counts.dropped);
    std::uint64_t of_handler = 0;
    for (const auto& log : recorded.logs())
        if (log.severity == severity::warn) ++of_handler;
    CHECK(of_handler - 1 == static_cast<std::uint64_t>(handled) - counts.dropped_by.interrupting);
}

TEST_CASE("a forked child logs on its own") {
    recording recorded;
    nanotel_test::change_level("quiet", severity::error);
    static const nanotel::logger quiet("quiet");
    NANOTEL_LOG_INFO("in the parent");
    const pid_t child = ::fork();
    if (child == 0) {
        NANOTEL_LOG_INFO("in the child");
        const bool still_quiet = !quiet.enabled(severity::warn) && quiet.enabled(severity::error);
        const auto logs = recorded.logs();
        const auto counts = recorded.log_counts();
        const bool right = logs.size() == 1 && logs[0].body == "in the child" && still_quiet &&
                           counts.recorded == counts.delivered + counts.queued + counts.dropped;
        ::_exit(right ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 1);
    CHECK(logs[0].body == "in the parent");
}

TEST_CASE("a plugin logs, and is unloaded while its records wait") {
    recording recorded;
    const std::string path = nanotel_test::plugin("says");
    for (int times = 0; times < 2; ++times) {
        void* const plugin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        REQUIRE(plugin != nullptr);
        const auto say = reinterpret_cast<int (*)(int)>(::dlsym(plugin, "say"));
        REQUIRE((say != nullptr));
        CHECK(say(times) == 2);
        nanotel_test::change_level("plugin", severity::warn);
        CHECK(say(times) == 1);
        nanotel_test::change_level("plugin", severity::trace);
        CHECK(::dlclose(plugin) == 0);
        CHECK(::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD) == nullptr);
    }
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 6);
    CHECK(logs[0].body == "the plugin says 0");
    CHECK(logs[3].body == "the plugin says 1");
    for (const auto& log : logs) {
        CHECK(log.scope.name == "plugin");
        CHECK(log.attributes["code.function.name"] == "say");
        CHECK(log.attributes["key"] == "of the plugin");
    }
}
