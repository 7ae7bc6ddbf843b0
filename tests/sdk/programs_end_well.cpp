// SPDX-License-Identifier: MIT
#include "../support/paths.hpp"

#include <cstdio>
#include <string>

#include <doctest/doctest.h>

#include <sys/wait.h>

namespace {

struct outcome {
    std::string printed;
    int status = -1;
};

outcome run(const std::string& way) {
    // A child is forked while other threads allocate. The leak checker of AddressSanitizer, which takes a
    // lock at exit that such a thread may have held, would hang in it.
    const std::string setting = way.starts_with("fork") ? "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 " : "";
    const std::string command = setting + nanotel_test::program("leaves") + " '" + way + "'";
    outcome o;
    std::FILE* const output = ::popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    char buffer[4096];
    while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, output))
        o.printed.append(buffer, count);
    const int status = ::pclose(output);
    o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return o;
}

} // namespace

TEST_CASE("the guard sends what is left at the end of main") {
    const outcome o = run("return");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 3\n");
}

TEST_CASE("exit in the middle sends what is left") {
    const outcome o = run("exit");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 3\n");
}

TEST_CASE("exit after a flush sends the rest, once") {
    const outcome o = run("exit after a flush");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 3\nsent 2\n");
}

TEST_CASE("exit on another thread sends what is left") {
    const outcome o = run("exit on a thread");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 3\n");
}

TEST_CASE("exit in a handler of diagnostics, on the thread that sends, ends the program") {
    const outcome o = run("exit in a handler");
    CHECK(o.status == 0);
    CHECK(o.printed == "sent 3\n");
}

TEST_CASE("exit while threads record ends the program") {
    const outcome o = run("exit while threads record");
    CHECK(o.status == 0);
    CHECK(o.printed.starts_with("sent "));
}

TEST_CASE("an exporter that never comes back does not keep the program from ending") {
    const outcome o = run("hanging exporter");
    CHECK(o.status == 0);
    CHECK(o.printed.empty());
}

TEST_CASE("a forked child sends what it records, and nothing of its parent") {
    for (const char* const way : {"fork and exit", "fork and return"}) {
        CAPTURE(way);
        const outcome o = run(way);
        CHECK(o.status == 0);
        CHECK(o.printed == "sent 2\nchild 0\nsent 3\nsent 1\n");
    }
}

TEST_CASE("a span that is open across a fork is the parent's") {
    const outcome o = run("fork inside a span");
    CHECK(o.status == 0);
    CHECK(o.printed == "child 0\nsent 4\n");
}

TEST_CASE("children forked while threads record, flush, begin and end all go on") {
    const outcome o = run("fork while threads record");
    CHECK(o.status == 0);
    CHECK(o.printed.find("failed 0\n") != std::string::npos);
}
