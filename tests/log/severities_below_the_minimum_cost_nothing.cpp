// SPDX-License-Identifier: MIT
#define NANOTEL_LOG_MIN_SEVERITY 5
#include "recording.hpp"

using namespace nanotel::literals;
using nanotel::severity;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace shop::cart {
NANOTEL_INSTRUMENTATION_SCOPE("shop.cart");
// How many arguments were evaluated.
int say(int& evaluated) {
    const auto count = [&] { return ++evaluated; };
    NANOTEL_LOG_TRACE("{}", count()); // below what is compiled
    NANOTEL_LOG_DEBUG("{}", count());
    NANOTEL_LOG_WARN("{}", count(), "k"_attr = count());
    return evaluated;
}
bool enabled(severity level) {
    switch (level) {
    case severity::trace:
        return NANOTEL_LOG_ENABLED(severity::trace);
    case severity::debug:
        return NANOTEL_LOG_ENABLED(severity::debug);
    default:
        return NANOTEL_LOG_ENABLED(severity::warn);
    }
}
} // namespace shop::cart

namespace shop::stock {
NANOTEL_INSTRUMENTATION_SCOPE("shop.stock");
void say() { NANOTEL_LOG_DEBUG("stock"); }
} // namespace shop::stock

namespace {

std::vector<std::string> severities(recording& recorded) {
    std::vector<std::string> texts;
    for (const auto& log : recorded.logs()) texts.push_back(log.severity_text);
    return texts;
}
using texts = std::vector<std::string>;

} // namespace

TEST_CASE("without a start nothing is kept and nothing evaluated") {
    int evaluated = 0;
    CHECK(shop::cart::say(evaluated) == 0);
    CHECK(!shop::cart::enabled(severity::warn));
    static nanotel::logger named("named");
    CHECK(!named.enabled(severity::fatal));
    {
        recording recorded;
        CHECK(shop::cart::say(evaluated) == 3);
        CHECK(named.enabled(severity::trace));
    }
    CHECK(shop::cart::say(evaluated) == 3);
    CHECK(!named.enabled(severity::fatal));
}

TEST_CASE("what is below the compiled minimum is gone, whatever the options say") {
    recording recorded;
    int evaluated = 0;
    CHECK(shop::cart::say(evaluated) == 3);
    CHECK(severities(recorded) == texts{"DEBUG", "WARN"});
    CHECK(!shop::cart::enabled(severity::trace));
    CHECK(shop::cart::enabled(severity::debug));
}

TEST_CASE("loggers have minima by the patterns that match their names, the last one counts") {
    recording_options options;
    options.logs.levels = {{"*", severity::off}, {"shop.*", severity::debug}, {"*.cart", severity::warn}};
    recording recorded(options);
    int evaluated = 0;
    CHECK(shop::cart::say(evaluated) == 2);
    shop::stock::say();
    NANOTEL_LOG_FATAL("without a name");
    CHECK(severities(recorded) == texts{"WARN", "DEBUG"});
    CHECK(!shop::cart::enabled(severity::debug));
    CHECK(shop::cart::enabled(severity::warn));
    static nanotel::logger cart("another.cart");
    CHECK(!cart.enabled(severity::info4));
    CHECK(cart.enabled(severity::warn));
    CHECK(cart.enabled(severity::unspecified));
    static nanotel::logger off("elsewhere");
    CHECK(!off.enabled(severity::unspecified));
    CHECK(!off.enabled(severity::fatal4));
}

TEST_CASE("minima change while the program runs, until the next start") {
    int evaluated = 0;
    {
        recording recorded;
        shop::cart::say(evaluated);
        nanotel_test::change_level("shop.cart", severity::error);
        CHECK(!shop::cart::enabled(severity::warn));
        evaluated = 0;
        CHECK(shop::cart::say(evaluated) == 0);
        nanotel_test::change_level("shop.*", severity::debug); // later, and so it counts
        CHECK(shop::cart::say(evaluated) == 3);
        nanotel_test::change_level("shop.cart", severity::warn);
        evaluated = 0;
        CHECK(shop::cart::say(evaluated) == 2);
        CHECK(severities(recorded) == texts{"DEBUG", "WARN", "DEBUG", "WARN", "WARN"});
    }
    recording again;
    evaluated = 0;
    CHECK(shop::cart::say(evaluated) == 3);
}

TEST_CASE("where no destination takes logs nothing is evaluated") {
    recording_options options;
    options.takes_logs = false;
    recording recorded(options);
    int evaluated = 0;
    CHECK(shop::cart::say(evaluated) == 0);
    CHECK(!shop::cart::enabled(severity::warn));
    CHECK(recorded.log_counts().recorded == 0);
}
