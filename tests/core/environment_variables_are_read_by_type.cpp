// SPDX-License-Identifier: MIT
#include "exporters/diagnostics_heard.hpp"

#include <nanotel/core/environment.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using nanotel_test::diagnostics_heard;

namespace {

/// An environment of one variable, V.
nanotel::environment with(const std::string& value) {
    return {[=](const std::string& name) { return name == "V" ? std::optional(value) : std::nullopt; }};
}

enum class colour { red, green };

std::optional<colour> choose(const std::string& value) {
    return with(value).choice<colour>("V", {{"red", colour::red}, {"green", colour::green}});
}

} // namespace

TEST_CASE("what is unset or empty is nothing, for every type, and no matter for a diagnostic") {
    const diagnostics_heard heard;
    for (const char* name : {"V", "W"}) {
        const auto empty = with("");
        CHECK(empty.text(name) == std::nullopt);
        CHECK(empty.boolean(name) == std::nullopt);
        CHECK(empty.integer(name) == std::nullopt);
        CHECK(empty.number(name, 0, 1) == std::nullopt);
        CHECK(empty.duration(name) == std::nullopt);
        CHECK_FALSE(empty.choice<int>(name, {{"a", 1}}).has_value());
        CHECK_FALSE(empty.list(name).has_value());
        CHECK_FALSE(empty.key_values(name).has_value());
    }
    CHECK(heard.text().empty());
}

TEST_CASE("only the word true is true") {
    const diagnostics_heard heard;
    for (const char* word : {"true", "TRUE", "True", " tRuE "}) CHECK(with(word).boolean("V") == true);
    for (const char* word : {"false", "FALSE"}) CHECK(with(word).boolean("V") == false);
    CHECK(heard.text().empty());
    for (int reading = 0; reading < 2; ++reading)
        for (const char* word : {"1", "yes", "on", "t", "truee"}) CHECK(with(word).boolean("V") == false);
    REQUIRE(heard.lines().size() == 5); // once for a variable and its value, not for each reading
    CHECK(heard.lines()[0] == "warning: V=\"1\" is neither true nor false; it counts as false");
}

TEST_CASE("integers have limits") {
    CHECK(with("0").integer("V") == 0);
    CHECK(with(" 2048 ").integer("V", 1, 2048) == 2048);
    CHECK(with("9223372036854775807").integer("V") == 9223372036854775807);
    CHECK(with("-5").integer("V", -10, 10) == -5);
    for (const char* bad : {"-1", "2049", "1.5", "1e3", "12x", "x", "0x10", "99999999999999999999", "+1"}) {
        const diagnostics_heard heard;
        CAPTURE(bad);
        CHECK(with(bad).integer("V", 0, 2048) == std::nullopt);
        CHECK(heard.text() ==
              "warning: V=\"" + std::string(bad) + "\" is ignored. Allowed: an integer, 0 to 2048\n");
    }
    const diagnostics_heard heard;
    CHECK(with("0").integer("V", 1) == std::nullopt);
    CHECK(heard.text().find("Allowed: an integer, 1 or more") != std::string::npos);
}

TEST_CASE("numbers are finite and have limits") {
    CHECK(with("0.25").number("V", 0, 1) == 0.25);
    CHECK(with("1").number("V", 0, 1) == 1.0);
    CHECK(with("1e-3").number("V", 0, 1) == 0.001);
    for (const char* bad : {"1.1", "-0.1", "nan", "inf", "0,5", "half", "0.5x"}) {
        const diagnostics_heard heard;
        CAPTURE(bad);
        CHECK(with(bad).number("V", 0, 1) == std::nullopt);
        CHECK(heard.text() ==
              "warning: V=\"" + std::string(bad) + "\" is ignored. Allowed: a number from 0 to 1\n");
    }
}

TEST_CASE("durations are whole milliseconds and not negative") {
    CHECK(with("0").duration("V") == 0ms);
    CHECK(with("10000").duration("V") == 10s);
    // The longest still fits into any clock.
    const auto longest = with("9223372036854775807").duration("V");
    REQUIRE(longest.has_value());
    CHECK(std::chrono::steady_clock::now() + *longest > std::chrono::steady_clock::now());
    for (const char* bad : {"-1", "10s", "1.5", "ten", "99999999999999999999"}) {
        const diagnostics_heard heard;
        CAPTURE(bad);
        CHECK(with(bad).duration("V") == std::nullopt);
        CHECK(heard.text().find(
                  "is ignored. Allowed: a whole number of milliseconds, 0 or more, without a unit") !=
              std::string::npos);
    }
}

TEST_CASE("a choice is one of the words in any case, and the words are named") {
    CHECK(choose("red") == colour::red);
    CHECK(choose(" Green ") == colour::green);
    const diagnostics_heard heard;
    CHECK(choose("blue") == std::nullopt);
    CHECK(heard.text() == "warning: V=\"blue\" is ignored. Allowed: one of: red, green\n");
}

TEST_CASE("several words of a choice are taken each once, and what is none of them is named together") {
    using colours = std::vector<std::pair<std::string_view, colour>>;
    const auto choose_some = [](const char* value) {
        return with(value).choices<colour>("V", {{"red", colour::red}, {"green", colour::green}});
    };
    {
        const diagnostics_heard heard;
        CHECK(choose_some("") == std::nullopt);
        CHECK(choose_some(" , ,") == std::nullopt);
        CHECK(choose_some("Green, red,GREEN") == colours{{"green", colour::green}, {"red", colour::red}});
        CHECK(heard.text() == "");
    }
    const diagnostics_heard heard;
    CHECK(choose_some("blue,red,black") == colours{{"red", colour::red}});
    CHECK(choose_some("pink") == std::nullopt);
    CHECK(heard.text() ==
          "warning: V=\"blue,black\" is ignored. Allowed: one or more of: red, green. Used "
          "instead: red\nwarning: V=\"pink\" is ignored. Allowed: one or more of: red, green\n");
}

TEST_CASE("a bad value is said once, another one of the same variable again, and what holds instead") {
    const diagnostics_heard heard;
    for (int i = 0; i < 3; ++i) CHECK(with("x").integer("V", 0, 9) == std::nullopt);
    CHECK(heard.lines().size() == 1);
    CHECK(with("y").integer("V", 0, 9) == std::nullopt);
    CHECK(heard.lines().size() == 2);
    nanotel::detail::diagnostics_of_process().tell_what_was_held_back(true); // nothing was
    CHECK(heard.lines().size() == 2);
    nanotel::environment::ignore("OTEL_BSP_SCHEDULE_DELAY", "soon", "a number");
    CHECK(heard.lines()[2] ==
          "warning: OTEL_BSP_SCHEDULE_DELAY=\"soon\" is ignored. Allowed: a number. Used instead: 5000");
    nanotel::environment::ignore("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "soon", "a number");
    CHECK(heard.lines()[3].ends_with(". Used instead: OTEL_EXPORTER_OTLP_TIMEOUT, or its default"));
}

TEST_CASE("lists are words between commas") {
    CHECK(with("tracecontext, baggage ,b3").list("V") ==
          std::vector<std::string>{"tracecontext", "baggage", "b3"});
    CHECK(with(",,a,").list("V") == std::vector<std::string>{"a"});
    CHECK(with(" , ").list("V") == std::vector<std::string>{});
}

TEST_CASE("a long bad value is not repeated in full") {
    const diagnostics_heard heard;
    CHECK(with(std::string(100'000, 'x')).integer("V") == std::nullopt);
    CHECK(heard.text().size() < 400);
}

TEST_CASE("without a getter the environment of the process is read") {
    REQUIRE(::setenv("NANOTEL_TEST_VARIABLE", "17", 1) == 0);
    CHECK(nanotel::environment{}.integer("NANOTEL_TEST_VARIABLE") == 17);
    ::unsetenv("NANOTEL_TEST_VARIABLE");
    CHECK(nanotel::environment{}.integer("NANOTEL_TEST_VARIABLE") == std::nullopt);
}
