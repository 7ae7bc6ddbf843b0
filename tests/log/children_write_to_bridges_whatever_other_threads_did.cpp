// SPDX-License-Identifier: MIT
#include "recording.hpp"
#include "support/skip.hpp"

#include <nanotel/log/clog.hpp>

#if __has_include(<spdlog/spdlog.h>)
#ifndef SPDLOG_FMT_EXTERNAL
#define SPDLOG_FMT_EXTERNAL
#endif
#include <nanotel/log/spdlog.hpp>

#include <spdlog/spdlog.h>
#define HAS_SPDLOG 1
#else
#define HAS_SPDLOG 0
#endif

#include <atomic>
#include <sstream>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using nanotel_test::recording;

TEST_CASE("a child forked while another thread writes to std::clog can write to it") {
    recording recorded;
    std::stringbuf before;
    std::streambuf* const original = std::clog.rdbuf(&before);
    int children = 0, failed = 0;
    {
        const nanotel::clog_bridge bridge;
        std::atomic<bool> enough{false};
        std::thread other([&] {
            while (!enough.load()) {
                for (int i = 0; i < 1000; ++i) std::clog << "o";
                std::clog << '\n';
            }
        });
        for (; children < 200 && failed == 0; ++children) {
            std::clog << "begun by the parent ";
            const pid_t child = ::fork();
            if (child == 0) {
                ::alarm(20); // ends it where it waits for what the other thread had
                std::clog << "a child's line\n";
                ::_exit(0);
            }
            int status = 0;
            REQUIRE(::waitpid(child, &status, 0) == child);
            if (status != 0) ++failed;
            std::clog << "and ended\n";
        }
        enough = true;
        other.join();
    }
    std::clog.rdbuf(original);
    CHECK(failed == 0);
    int of_parent = 0, of_other = 0;
    for (const auto& log : recorded.logs()) {
        of_parent += log.body == "begun by the parent and ended";
        of_other += log.body == std::string(1000, 'o');
    }
    CHECK(of_parent == children);
    CHECK(of_parent + of_other == static_cast<int>(recorded.logs().size())); // no line is mixed
}

TEST_CASE("a child's record of std::clog is the line that it wrote") {
    recording recorded;
    std::stringbuf before;
    std::streambuf* const original = std::clog.rdbuf(&before);
    const pid_t child = [&] {
        const nanotel::clog_bridge bridge;
        std::clog << "the parent's ";
        const pid_t forked = ::fork();
        if (forked == 0) {
            ::alarm(60);
            std::clog << "a child's line\n";
            const auto logs = recorded.logs();
            ::_exit(logs.size() == 1 && logs[0].body == "a child's line" ? 0 : 1);
        }
        return forked;
    }();
    std::clog.rdbuf(original);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(recorded.log().body == "the parent's ");
}

#if HAS_SPDLOG
TEST_CASE("a child forked while another thread logs through spdlog can log through it") {
    recording recorded;
    nanotel_test::change_level("cart", nanotel::severity::fatal); // the name is looked up and no more
    const auto sink = std::make_shared<nanotel::spdlog_sink>();
    std::atomic<bool> enough{false};
    std::thread other([&] {
        const spdlog::details::log_msg line("cart", spdlog::level::trace, "a line");
        while (!enough.load()) sink->log(line);
    });
    int failed = 0;
    for (int i = 0; i < 200 && failed == 0; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::alarm(20);
            spdlog::logger("of a child", sink).info("a line"); // a name that was not there
            ::_exit(0);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        if (status != 0) ++failed;
    }
    enough = true;
    other.join();
    CHECK(failed == 0);
}
#else
TEST_CASE("a child forked while another thread logs through spdlog can log through it") {
    nanotel_test::skip("spdlog is not installed (Debian: libspdlog-dev)");
}
#endif
