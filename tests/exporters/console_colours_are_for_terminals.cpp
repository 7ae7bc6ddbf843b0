// SPDX-License-Identifier: MIT
#include "console_support.hpp"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm> // count
#include <array>

using namespace nanotel_test;

namespace {

const std::string body =
    traces_json({span_json("aaaaaaaaaaaaaaaa", "", "work", 0, 1, R"(,"status":{"code":2})")});

/// What the exporter writes to a terminal, or to a pipe.
std::string written(bool terminal, std::vector<std::pair<std::string, std::string>> variables,
                    std::optional<bool> colours = {}) {
    int ends[2];
    winsize size{};
    size.ws_col = 60;
    if (terminal)
        REQUIRE(::openpty(&ends[0], &ends[1], nullptr, nullptr, &size) == 0);
    else
        REQUIRE(::pipe(ends) == 0);
    const auto exporter = nanotel::console_exporter({.descriptor = ends[1], .colours = colours},
                                                    console_variables(std::move(variables)));
    CHECK(exporter
              ->send({nanotel::signal::traces, body, 1},
                     std::chrono::steady_clock::now() + std::chrono::seconds(60))
              .outcome == nanotel::export_outcome::delivered);
    std::array<char, 4096> text{};
    std::string all;
    // All of it is there: the block is small, and ends in a line end of its second line.
    while (std::count(all.begin(), all.end(), '\n') < 2) {
        const ssize_t count = ::read(ends[0], text.data(), text.size());
        REQUIRE(count > 0);
        all.append(text.data(), static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    ::close(ends[1]);
    std::erase(all, '\r');
    return all;
}

bool coloured(const std::string& text) { return text.find('\x1b') != std::string::npos; }

} // namespace

TEST_CASE("colours are for terminals that can, unless somebody says otherwise") {
    CHECK(coloured(written(true, {{"TERM", "xterm"}})));
    CHECK_FALSE(coloured(written(true, {{"TERM", "dumb"}})));
    CHECK_FALSE(coloured(written(true, {})));
    CHECK_FALSE(coloured(written(true, {{"TERM", "xterm"}, {"NO_COLOR", "1"}})));
    CHECK(coloured(written(true, {{"TERM", "xterm"}, {"NO_COLOR", ""}})));
    CHECK_FALSE(coloured(written(false, {{"TERM", "xterm"}})));
    CHECK(coloured(written(false, {{"NO_COLOR", "1"}}, true)));
    CHECK_FALSE(coloured(written(true, {{"TERM", "xterm"}}, false)));
}

TEST_CASE("with colours the text is the same") {
    CHECK(written(false, {}, true) ==
          "\x1b[1mtrace \x1b[0m\x1b[36m11111111111111111111111111111111\x1b[0m  "
          "\x1b[2m2026-11-30 02:00:00.000\x1b[0m  1 span, \x1b[31m1 error\x1b[0m, 1.0 µs\n"
          "  \x1b[31mwork\x1b[0m  1.0 µs  \x1b[2m+0 ns\x1b[0m  \x1b[31merror\x1b[0m\n");
    CHECK(written(false, {}, false) ==
          "trace 11111111111111111111111111111111  2026-11-30 02:00:00.000  1 span, 1 error, 1.0 µs\n"
          "  work  1.0 µs  +0 ns  error\n");
}

TEST_CASE("nothing that a name or a value holds reaches the terminal as a control") {
    using nanotel::detail::printable;
    CHECK(printable("plain ünï 文字 🙂") == "plain ünï 文字 🙂");
    CHECK(printable("\x1b[2J\x07\b") == "\\x1b[2J\\x07\\x08");
    CHECK(printable("a\nb\tc\r") == "a\\nb\\tc\\r");
    CHECK(printable(std::string_view("\0\x7f", 2)) == "\\x00\\x7f");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\x9b31m"); // a control of the second set
    CHECK(printable("\xe2\x80\xae"
                    "evil") == "\\u{202e}evil"); // from here on to the left
    CHECK(printable("\xe2\x80\xa8") == "\\u{2028}");
    CHECK(printable("\xf3\xa0\x81\x81") == "\\u{e0041}"); // a tag, which nobody sees
    // No UTF-8: single bytes, overlong forms, surrogates, what is cut, what is beyond the last.
    for (const char* bad : {"\xff", "\x80", "\xc0", "\xc1", "\xf5"}) CHECK(printable(bad) == "\xef\xbf\xbd");
    CHECK(printable("\xc0\x9b") == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(printable("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(printable("\xe2\x80") == "\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(printable("\xf4\x90\x80\x80").size() == 12);
    CHECK(printable("abcdef", 3) == "abc…");
    CHECK(printable("abc", 3) == "abc");
    // In all the places where a text may stand.
    const std::string evil = "\\u001b[2J\\u009b1m\\u202e";
    const std::string text = R"({"stringValue":")" + evil + R"("})";
    console_in_memory console;
    const std::string all = console.shown(traces_json(
        {span_json(
            "aaaaaaaaaaaaaaaa", "", evil, 0, 1,
            R"(,"traceState":")" + evil + R"(","status":{"code":2,"message":")" + evil +
                R"("},"attributes":[)" + attribute_json(evil, text) + "," +
                attribute_json("list", R"({"arrayValue":{"values":[)" + text + "]}}") + "," +
                attribute_json("map", R"({"kvlistValue":{"values":[)" + attribute_json(evil, text) + "]}}") +
                R"(],"events":[{"name":")" + evil + R"(","attributes":[)" + attribute_json(evil, text) +
                "]}]")},
        R"("resource":{"attributes":[{"key":"service.name","value":)" + text + "}]},"));
    CHECK(all.find('\x1b') == std::string::npos);
    CHECK(all.find("\xc2\x9b") == std::string::npos);
    CHECK(all.find("\xe2\x80\xae") == std::string::npos);
    CHECK(all.find("\\x1b[2J\\x9b1m\\u{202e}") != std::string::npos);
}

TEST_CASE("characters take the columns that they take") {
    using nanotel::detail::shown_width;
    CHECK(shown_width("") == 0);
    CHECK(shown_width("abc") == 3);
    CHECK(shown_width("µs") == 2);
    CHECK(shown_width("文字") == 4);
    CHECK(shown_width("🙂") == 2);
    CHECK(shown_width("e\xcc\x81") == 1); // an accent of its own
    CHECK(shown_width("\xff") == 1);
}

TEST_CASE("a line is as wide as the terminal, and its details go on below") {
    const std::string wide = written(true, {});
    CHECK(wide.find("work") != std::string::npos);
    console_in_memory narrow(false, 50);
    const std::string shown = narrow.shown(traces_json(
        {span_json("aaaaaaaaaaaaaaaa", "", "work", 0, 1,
                   R"(,"attributes":[)" + attribute_json("first.key", R"({"stringValue":"first.value"})") +
                       "," + attribute_json("second.key", R"({"stringValue":"second.value"})") + "]")}));
    CHECK(shown.ends_with("  work  1.0 µs  +0 ns  first.key=first.value\n"
                          "                       second.key=second.value\n"));
}
