// SPDX-License-Identifier: MIT
#include <nanotel/core/diagnostics.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using nanotel::diagnostic_level;
using nanotel::detail::diagnostics;

namespace {

constexpr std::int64_t second = 1'000'000'000;
std::int64_t now = 0;

struct fixture {
    diagnostics subject;
    std::vector<std::string> lines;

    fixture() {
        now = 12345 * second;
        subject.set_clock([]() noexcept { return now; });
        listen();
    }
    void listen() {
        subject.set_handler([](diagnostic_level, std::string_view text,
                               void* user) { static_cast<fixture*>(user)->lines.emplace_back(text); },
                            this);
    }
    void report(const std::string& key, const std::string& text) {
        subject.report(diagnostic_level::warning, key, text);
    }
};

} // namespace

TEST_CASE_FIXTURE(fixture,
                  "the first of a subject comes at once, then one a minute that counts what was held back") {
    report("a", "1");
    for (int i = 0; i < 7; ++i) report("a", "held back");
    CHECK(lines == std::vector<std::string>{"1"});
    now += 60 * second - 1;
    report("a", "held back");
    CHECK(lines.size() == 1);
    now += 1;
    report("a", "2");
    report("a", "held back");
    REQUIRE(lines.size() == 2);
    CHECK(lines[1] == "2 (8 like it held back since the last one)");
    now += 60 * second;
    report("a", "3");
    now += 60 * second;
    report("a", "4");
    REQUIRE(lines.size() == 4);
    CHECK(lines[2] == "3 (1 like it held back since the last one)");
    CHECK(lines[3] == "4"); // nothing was held back
}

TEST_CASE_FIXTURE(fixture, "one subject does not silence another") {
    for (int i = 0; i < 50; ++i) report("key " + std::to_string(i), std::to_string(i));
    CHECK(lines.size() == 50);
}

TEST_CASE_FIXTURE(fixture, "a flood of different subjects is limited too, and ends with its minute") {
    for (int i = 0; i < 10'000; ++i) {
        report("key " + std::to_string(i), "x");
        report("key " + std::to_string(i), "held back");
    }
    CHECK(lines.size() == 65); // 64 slots, and one for all that have none
    now += 60 * second;
    lines.clear();
    for (int i = 0; i < 30; ++i) report("new key " + std::to_string(i), "new");
    REQUIRE(lines.size() == 30);
    for (const std::string& line : lines) CHECK(line == "new"); // the counts of others are not theirs
}

TEST_CASE_FIXTURE(fixture, "a new handler has heard nothing yet") {
    report("a", "1");
    report("a", "held back");
    listen();
    report("a", "2");
    CHECK(lines == std::vector<std::string>{"1", "2"});
}
