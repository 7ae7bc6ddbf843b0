// SPDX-License-Identifier: MIT
// The Retry-After header in both of its forms: seconds, and an HTTP date.
#pragma once

#include <algorithm> // min
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error> // errc

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Reads a run of digits and nothing else; leading spaces are allowed, as asctime pads a day with one.
[[nodiscard]] inline std::optional<std::int64_t> parse_digits(std::string_view text) noexcept {
    while (text.starts_with(' ')) text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || text.front() == '-' || end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
    return error == std::errc{} ? std::optional(number) : std::nullopt;
}

/// Reads an HTTP date (RFC 9110, section 5.6.7) in its three forms: "Sun, 06 Nov 1994 08:49:37 GMT" and the
/// obsolete "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". The name of the day is not
/// checked; now tells the century of a year of two digits.
[[nodiscard]] inline std::optional<std::chrono::sys_seconds>
parse_http_date(std::string_view text, std::chrono::system_clock::time_point now) noexcept {
    using namespace std::chrono;
    constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::string_view day_text, month_text, year_text, time_text;
    const auto comma = text.find(", ");
    const std::string_view rest = comma == text.npos ? std::string_view{} : text.substr(comma + 2);
    if (rest.size() == 24 && rest.ends_with(" GMT")) {
        day_text = rest.substr(0, 2);
        month_text = rest.substr(3, 3);
        year_text = rest.substr(7, 4);
        time_text = rest.substr(12, 8);
    } else if (rest.size() == 22 && rest.ends_with(" GMT")) {
        day_text = rest.substr(0, 2);
        month_text = rest.substr(3, 3);
        year_text = rest.substr(7, 2);
        time_text = rest.substr(10, 8);
    } else if (comma == text.npos && text.size() == 24) {
        day_text = text.substr(8, 2);
        month_text = text.substr(4, 3);
        year_text = text.substr(20, 4);
        time_text = text.substr(11, 8);
    } else {
        return std::nullopt;
    }
    if (time_text[2] != ':' || time_text[5] != ':') return std::nullopt;
    const auto number_of_day = parse_digits(day_text), number_of_year = parse_digits(year_text);
    const auto hour = parse_digits(time_text.substr(0, 2)), minute = parse_digits(time_text.substr(3, 2)),
               second = parse_digits(time_text.substr(6, 2));
    if (!number_of_day || !number_of_year || !hour || !minute || !second) return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt; // 60: a leap second

    unsigned number_of_month = 0;
    while (number_of_month < month_names.size() && month_names[number_of_month] != month_text)
        ++number_of_month;
    int full_year = static_cast<int>(*number_of_year);
    if (year_text.size() == 2) {
        full_year += 2000;
        // RFC 9110: what seems more than 50 years ahead lies in the century before.
        if (full_year > static_cast<int>(year_month_day{floor<days>(now)}.year()) + 50) full_year -= 100;
    }
    const year_month_day date{year{full_year}, month{number_of_month + 1},
                              day{static_cast<unsigned>(*number_of_day)}};
    if (!date.ok()) return std::nullopt;
    return sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second};
}

/// How long a Retry-After header asks to wait from now; nothing when it says nothing that can be read. A date
/// that has passed is no wait at all. At most a day: what asks for more is as good as broken.
[[nodiscard]] inline std::optional<std::chrono::milliseconds>
parse_retry_after(std::string_view value, std::chrono::system_clock::time_point now) noexcept {
    using namespace std::chrono;
    constexpr milliseconds longest = hours{24};
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
    if (const auto count = parse_digits(value))
        return *count < 86'400 ? milliseconds{seconds{*count}} : longest;
    const auto date = parse_http_date(value, now);
    if (!date) return std::nullopt;
    // In seconds first: the nanoseconds to a date of another millennium are more than fit.
    const seconds ahead = *date - floor<seconds>(now);
    if (ahead <= seconds{0}) return milliseconds{0};
    if (ahead > longest) return longest;
    return std::min(ceil<milliseconds>(*date - now), longest);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
