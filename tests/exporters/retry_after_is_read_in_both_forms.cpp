// SPDX-License-Identifier: MIT
#include <nanotel/exporters/retry_after.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>

using namespace std::chrono_literals;
using nanotel::detail::parse_http_date;
using nanotel::detail::parse_retry_after;
using time_point = std::chrono::system_clock::time_point;

namespace {

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
const time_point example{784111777s};

std::optional<std::chrono::milliseconds> wait(const std::string& value, time_point now = example) {
    return parse_retry_after(value, now);
}

} // namespace

TEST_CASE("Retry-After in seconds") {
    CHECK(wait("0") == 0ms);
    CHECK(wait("120") == 120s);
    CHECK(wait(" 5\t") == 5s);
    CHECK(wait("86399") == 86399s);
    CHECK(wait("86400") == 24h); // no longer than a day, whatever it says
    CHECK(wait("99999999999999999999999") == 24h);
    for (const char* bad : {"", " ", "-1", "+5", "1.5", "5s", "1e3", "0x10", "5 5", "soon"}) {
        CAPTURE(bad);
        CHECK(wait(bad) == std::nullopt);
    }
}

TEST_CASE("Retry-After as an HTTP date, in the form of today and the two obsolete ones") {
    for (const char* date :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        CAPTURE(date);
        CHECK(parse_http_date(date, example) == example);
        CHECK(wait(date, example - 90s) == 90s);
        CHECK(wait(date, example - 1ns) == 1ms); // never earlier than asked
        CHECK(wait(date, example) == 0ms);
        CHECK(wait(date, example + 1h) == 0ms);
        CHECK(wait(date, example - 100h) == 24h);
    }
    // Farther away than nanoseconds can say.
    CHECK(wait("Sun, 06 Nov 3988 08:49:37 GMT") == 24h);
    CHECK(wait("Sun Nov  6 08:49:37 0997") == 0ms);
    CHECK(parse_http_date("Thu, 29 Feb 2024 23:59:60 GMT", example) ==
          time_point{1709251200s}); // a leap second
    // A year of two digits is never more than 50 years ahead.
    const time_point in_2026{1767225600s};
    CHECK(parse_http_date("Friday, 01-Jan-76 00:00:00 GMT", in_2026) == time_point{3345062400s});
    CHECK(parse_http_date("Saturday, 01-Jan-77 00:00:00 GMT", in_2026) == time_point{220924800s});
}

TEST_CASE("what only looks like a date is none") {
    for (const char* bad :
         {"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
          "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, -1 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08-49-37 GMT", "Sun, 06 Nov 19x4 08:49:37 GMT", "Sunday, 06-Nov-9x 08:49:37 GMT",
          "Sun Nov 66 08:49:37 1994", "XXXXXXXXXXXXXXXXXXXXXXXX", ", XXXXXXXXXXXXXXXXXXXX GMT",
          "Sun, 06 Nov 1994 08:49:37 GMT "}) {
        CAPTURE(bad);
        const bool only_trimmed = std::string(bad).ends_with(' ');
        CHECK(parse_http_date(bad, example) == std::nullopt);
        CHECK(wait(bad).has_value() == only_trimmed);
    }
}
