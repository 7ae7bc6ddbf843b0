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

TEST_CASE_FIXTURE(fixture, "what was held back is told when the subject has fallen silent") {
    report("a", "the Collector is gone");
    report("b", "once");
    for (int i = 0; i < 7; ++i) report("a", "held back");
    now += 120 * second - 1;
    subject.tell_what_was_held_back();
    CHECK(lines.size() == 2); // until now the next one could tell
    now += 1;
    subject.tell_what_was_held_back();
    REQUIRE(lines.size() == 3);
    CHECK(lines[2] == "7 more like it held back: the Collector is gone");
    subject.tell_what_was_held_back();
    CHECK(lines.size() == 3); // once
    report("a", "gone again");
    CHECK(lines.back() == "gone again"); // and without the seven
}

TEST_CASE_FIXTURE(fixture, "what was held back is told at once where nobody comes back for it") {
    report("a", std::string(1000, 'x'));
    report("b", "y");
    report("a", "held back");
    report("b", "held back");
    subject.set_level(diagnostic_level::error);
    subject.tell_what_was_held_back(true);
    CHECK(lines.size() == 2); // below the level, all of it
    report("a", "held back");
    subject.set_level(diagnostic_level::warning);
    report("a", "held back");
    lines.clear();
    subject.tell_what_was_held_back(true);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("1 more like it held back: xxx"));
    CHECK(lines[0].size() < 300);
}

TEST_CASE_FIXTURE(fixture, "a subject that owes a count keeps its place while others are free") {
    report("a", "1");
    report("a", "held back");
    now += 60 * second;
    for (int i = 0; i < 63; ++i) report("key " + std::to_string(i), "x");
    report("a", "2");
    CHECK(lines.back() == "2 (1 like it held back since the last one)");
}
