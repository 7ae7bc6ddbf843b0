// SPDX-License-Identifier: MIT
#include "../support/paths.hpp"
#include "../support/sanitizers.hpp"

#include <chrono>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <sys/wait.h>

namespace {

struct outcome {
    std::string printed;
    int status = -1;
    double seconds = 0;
};

outcome run(const std::string& way, const std::string& how = "") {
    // What a process leaves behind when it is ended from within is no leak of its own.
    const std::string command = "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0:handle_abort=0 exec timeout 60 " +
                                nanotel_test::program("ends") + " '" + way + "' '" + how + "'";
    outcome o;
    const auto began = std::chrono::steady_clock::now();
    std::FILE* const output = ::popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    char buffer[4096];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, output))
        o.printed.append(buffer, count);
    const int status = ::pclose(output);
    o.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return o;
}

constexpr int aborted = 128 + 6;

std::uint64_t all_sent(const std::string& printed) {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; (at = printed.find("sent ", at)) != printed.npos; at += 5)
        sum += std::stoull(printed.substr(at + 5));
    return sum;
}

} // namespace

TEST_CASE("a program that never starts the telemetry records and ends") {
    const outcome o = run("never started");
    CHECK(o.status == 0);
    CHECK(o.printed.empty());
}

TEST_CASE("what is left at the return from main is sent, with the guard and without") {
    for (const std::string how : {"guard", "no guard"}) {
        CAPTURE(how);
        const outcome o = run("return", how);
        CHECK(o.status == 0);
        CHECK(o.printed == "sent 3\n");
    }
}

TEST_CASE("quick_exit sends what is left") {
    const outcome o = run("quick_exit");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 3\n");
}

TEST_CASE("abort and _exit send nothing") {
    outcome o = run("abort");
    CHECK(o.status == aborted);
    CHECK(o.printed.empty());
    o = run("_exit");
    CHECK(o.status == 0);
    CHECK(o.printed.empty());
}

TEST_CASE("handlers of exit and static objects that are younger than start record, older ones do not") {
    const outcome o = run("handlers of exit");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 5\n");
}

TEST_CASE("destructors of thread_local objects and of pthread keys record") {
    const outcome o = run("thread_local");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 6\n");
}

TEST_CASE("threads that outlive main go on while all is shut down") {
    for (const std::string how : {"guard", "exit", "quick_exit"}) {
        CAPTURE(how);
        const outcome o = run("outlived", how);
        CHECK(o.status == 0);
        CHECK(all_sent(o.printed) >= 1003);
    }
}

TEST_CASE("exit ends the program wherever it is called") {
    for (const std::string how : {"handler of exit", "exporter", "callback", "signal handler"}) {
        CAPTURE(how);
        const outcome o = run("exit in", how);
        CHECK(o.status == 0);
    }
}

TEST_CASE("exit ends the program while other threads start and shut down") {
    for (const std::string how : {"0", "1", "2", "5", "10", "20", "1q", "7q"}) {
        CAPTURE(how);
        CHECK(run("starting", how).status == 0);
    }
}

TEST_CASE("a program ends though its exporter never comes back, and though its collector is gone") {
    outcome o = run("return", "hanging");
    CHECK(o.status == 0);
    CHECK(o.printed.empty());
    o = run("no collector");
    CHECK(o.status == 0);
}

TEST_CASE("std::terminate loses what is left, unless it is asked to flush") {
    for (const std::string how : {"exception", "noexcept", "thread", "joinable", "two threads"}) {
        CAPTURE(how);
        outcome o = run("terminate", how);
        CHECK(o.status == aborted);
        CHECK(all_sent(o.printed) == 0);
        CHECK(o.printed.starts_with("terminated\n"));
        o = run("terminate flushed", how);
        CHECK(o.status == aborted);
        CHECK(o.printed.starts_with("sent 3\nterminated\n"));
    }
}

TEST_CASE("a handler of std::terminate may call the one of flush_on_terminate") {
    const outcome o = run("terminate flushed", "chained");
    CHECK(o.status == aborted);
    CHECK(o.printed == "sent 3\nterminated\n");
}

TEST_CASE("a flush of std::terminate keeps its deadline, and is none on a thread of the library") {
    for (const std::string how : {"hanging", "exporter"}) {
        CAPTURE(how);
        const outcome o = run("terminate flushed", how);
        CHECK(o.status == aborted);
        CHECK(o.printed == "terminated\n");
    }
}

TEST_CASE("the actions of signals are the application's") {
    const outcome o = run("signal actions");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 1\nas before\nsent 1\nas before\nas before\n");
}

TEST_CASE("start throws where no thread can be had, and works once one can") {
    if (nanotel_test::sanitized) return; // their runtime ends a process without memory
    const outcome o = run("no threads");
    CHECK(o.status == 0);
    CHECK(o.printed == "system_error\nsent 2\n");
}

TEST_CASE("a process without descriptors records") {
    if (nanotel_test::sanitized) return; // they need descriptors to look at memory
    const outcome o = run("no descriptors");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 2\n");
}

TEST_CASE("memory that runs out while spans are recorded is counted") {
    if (nanotel_test::sanitized) return;
    const outcome o = run("no memory");
    CHECK(o.status == 0);
    CHECK(o.printed == "adds up, with losses\n");
}
