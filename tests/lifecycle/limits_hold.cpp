// SPDX-License-Identifier: MIT
#include "../support/paths.hpp"
#include "../support/sanitizers.hpp"

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include <sys/wait.h>

namespace {

// What the program prints, by name.
std::map<std::string, std::uint64_t> run(const std::string& way) {
    // One arena: what malloc keeps for each of many threads says nothing of the library.
    const std::string command =
        "MALLOC_ARENA_MAX=1 exec timeout 100 " + nanotel_test::program("limits") + " " + way;
    std::FILE* const output = ::popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    std::map<std::string, std::uint64_t> numbers;
    char line[256];
    while (std::fgets(line, sizeof line, output)) {
        const std::string text = line;
        const auto space = text.rfind(' ');
        if (space != text.npos) numbers[text.substr(0, space)] = std::stoull(text.substr(space + 1));
    }
    const int status = ::pclose(output);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    return numbers;
}

constexpr std::uint64_t mib_unlimited = 1'000'000;

} // namespace

// Of 50 MiB that are recorded. Fails where a limit is not kept: of the rings (8 MiB here), the queue (8 MiB
// and one body under way), the body under construction (1 MiB, twice), the cells (2,000 series a thread and
// metric).
// And where what is delivered, or dropped for want of room, is not counted to the span.
TEST_CASE("memory stays within the limits though nothing is sent, or little, and everything is recorded") {
    for (const std::string way : {"overload", "'slow sink'"}) {
        INFO(way);
        auto found = run(way);
        CHECK(found["MiB"] <= (nanotel_test::sanitized ? mib_unlimited : 48));
        CHECK(found["adds up"] == 1);
        CHECK(found["dropped"] == 1);
    }
}

TEST_CASE("five hundred threads that are alive at once record, and all of it arrives") {
    auto found = run("crowd");
    CHECK(found["arrived"] == 500 * 20);
    CHECK(found["MiB"] <= (nanotel_test::sanitized ? mib_unlimited : 64));
    CHECK(found["adds up"] == 1);
}

TEST_CASE("ten thousand threads that come and go leave no memory behind") {
    auto found = run("churn");
    CHECK(found["arrived"] == 10'000 * 3);
    CHECK(found["KiB"] <= (nanotel_test::sanitized ? 1024 * mib_unlimited : 1024));
    CHECK(found["adds up"] == 1);
}

TEST_CASE("the threads of the library have no affinity, no real-time policy and hear no signal") {
    auto found = run("threads");
    CHECK(found["found"] == 3);
    CHECK(found["unlike"] == 0);
}

TEST_CASE("SIGPIPE never reaches the application, and its own stays its own") {
    auto found = run("sigpipe");
    CHECK(found["delivered"] == 0);
    CHECK(found["pending"] == 1);
}
