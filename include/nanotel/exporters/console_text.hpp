// SPDX-License-Identifier: MIT
// Texts of the application made harmless for a terminal, and numbers, times and columns for people.
#pragma once

#include <charconv>
#include <cmath> // abs, isfinite, trunc
#include <cstddef>
#include <cstdint>
#include <ctime> // gmtime_r
#include <string>
#include <string_view>
#include <system_error> // errc

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Control sequences of a terminal, or nothing. What is coloured has to be printable.
class console_palette {
public:
    explicit console_palette(bool coloured) : coloured_(coloured) {}

    [[nodiscard]] std::string bold(std::string_view text) const { return wrap("1", text); }
    [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }
    [[nodiscard]] std::string red(std::string_view text) const { return wrap("31", text); }
    [[nodiscard]] std::string green(std::string_view text) const { return wrap("32", text); }
    [[nodiscard]] std::string yellow(std::string_view text) const { return wrap("33", text); }
    [[nodiscard]] std::string cyan(std::string_view text) const { return wrap("36", text); }

private:
    [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const {
        if (!coloured_ || text.empty()) return std::string(text);
        return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
    }

    bool coloured_;
};

/// One character of UTF-8, and its bytes; where they are none, one byte and the number `invalid`.
struct console_character {
    static constexpr std::uint32_t invalid = 0xffffffff;
    std::uint32_t code = invalid;
    std::size_t size = 1;
};

/// Strict, as RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF. The text is not empty.
[[nodiscard]] constexpr console_character first_character(std::string_view text) noexcept {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
    std::uint32_t code = lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return {};
        code = code << 6 | (next & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
    return {code, size};
}

struct code_range {
    std::uint32_t first;
    std::uint32_t last;
};

template <std::size_t Count>
[[nodiscard]] constexpr bool is_within(const code_range (&ranges)[Count], std::uint32_t code) noexcept {
    for (const code_range& range : ranges)
        if (code >= range.first && code <= range.last) return true;
    return false;
}

/// What would move the cursor, change the terminal or show other text than what is there: control characters
/// of both sets, line and paragraph separators, marks that change the direction of writing, tags.
[[nodiscard]] constexpr bool deceives_terminal(std::uint32_t code) noexcept {
    constexpr code_range deceiving[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x200b, 0x200f},
        {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};
    return is_within(deceiving, code);
}

/// How many columns a character takes: East Asian and emoji two, combining ones none. Close enough for names
/// and values to stand in columns.
[[nodiscard]] constexpr std::size_t columns_of(std::uint32_t code) noexcept {
    constexpr code_range none[] = {{0x300, 0x36f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
    constexpr code_range two[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                  {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                                  {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                  {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    return is_within(none, code) ? 0 : is_within(two, code) ? 2 : 1;
}

/// The text as it may be shown on one line, cut to so many columns: what deceives is written as \x1b, \n or
/// \u{202e}, and what is not UTF-8 as U+FFFD. A backslash stays as it is: this is for people.
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t longest = 200) {
    std::string shown;
    std::size_t columns = 0;
    while (!text.empty()) {
        const auto [code, size] = first_character(text);
        std::string piece(text.substr(0, size));
        std::size_t width = 1;
        if (code == console_character::invalid) {
            piece = "\xef\xbf\xbd";
        } else if (code == '\n' || code == '\t' || code == '\r') {
            piece = code == '\n' ? "\\n" : code == '\t' ? "\\t" : "\\r";
            width = piece.size();
        } else if (deceives_terminal(code)) {
            char digits[8];
            const auto end = std::to_chars(digits, digits + sizeof digits, code, 16).ptr;
            const std::string number(digits, end);
            piece = code <= 0xff ? (number.size() < 2 ? "\\x0" : "\\x") + number : "\\u{" + number + "}";
            width = piece.size();
        } else {
            width = columns_of(code);
        }
        if (columns + width > longest) return shown + "…";
        shown += piece;
        columns += width;
        text.remove_prefix(size);
    }
    return shown;
}

/// The columns of a printable text without colours.
[[nodiscard]] inline std::size_t shown_width(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto [code, size] = first_character(text);
        width += code == console_character::invalid ? 1 : columns_of(code);
        text.remove_prefix(size);
    }
    return width;
}

[[nodiscard]] inline std::string padding(std::string_view text, std::size_t width) {
    const std::size_t shown = shown_width(text);
    return std::string(shown < width ? width - shown : 0, ' ');
}

/// 1234567 as 1,234,567.
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
    return text;
}

/// Whatever the locale of the program: a point, and no other grouping.
[[nodiscard]] inline std::string decimal(double value, int digits) {
    char text[64];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits);
    return end.ec == std::errc{} ? std::string(text, end.ptr) : "?";
}

[[nodiscard]] inline std::string duration_text(std::uint64_t nanoseconds) {
    const auto value = static_cast<double>(nanoseconds);
    if (nanoseconds < 1'000) return std::to_string(nanoseconds) + " ns";
    if (nanoseconds < 1'000'000) return decimal(value / 1e3, 1) + " µs";
    if (nanoseconds < 1'000'000'000) return decimal(value / 1e6, 2) + " ms";
    return decimal(value / 1e9, 2) + " s";
}

/// Whole numbers in groups of three, others with four digits.
[[nodiscard]] inline std::string number_for_people(double value) {
    const double size = std::abs(value);
    if (std::isfinite(value) && size < 1e15 && value == std::trunc(value))
        return (value < 0 ? "-" : "") + grouped(static_cast<std::uint64_t>(size));
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 4);
    return std::string(text, end.ptr);
}

[[nodiscard]] inline std::string number_for_people(std::int64_t value) {
    const auto bits = static_cast<std::uint64_t>(value);
    return value < 0 ? "-" + grouped(0 - bits) : grouped(bits);
}

/// Seconds as durations, bytes in their multiples, everything else as a number.
[[nodiscard]] inline std::string measured_text(double value, std::string_view unit) {
    if (unit == "s" && value >= 0 && value < 1e9)
        return duration_text(static_cast<std::uint64_t>(value * 1e9 + 0.5));
    if (unit == "By" && value >= 1024 && value < 1e18) {
        static constexpr std::string_view multiples[] = {" KiB", " MiB", " GiB", " TiB", " PiB"};
        std::size_t at = 0;
        for (value /= 1024; value >= 1024 && at < 4; ++at) value /= 1024;
        return decimal(value, 1) + std::string(multiples[at]);
    }
    return number_for_people(value);
}

/// 2026-11-30 14:03:07.123, in UTC as everything in OTLP is.
[[nodiscard]] inline std::string time_text(std::uint64_t unix_nano) {
    const auto seconds = static_cast<std::time_t>(unix_nano / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    const std::string milliseconds = std::to_string(1000 + unix_nano / 1'000'000 % 1000);
    return std::string(text, size) + "." + milliseconds.substr(1);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
