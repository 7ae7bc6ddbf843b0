// SPDX-License-Identifier: MIT
// Characters as the detectors of personal data sort them. ASCII alone: what is beyond counts as a letter.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstddef>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

constexpr bool is_ascii_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_beyond_ascii(char c) noexcept { return static_cast<unsigned char>(c) >= 0x80; }
constexpr bool is_word_character(char c) noexcept {
    return is_ascii_digit(c) || is_ascii_letter(c) || c == '_' || is_beyond_ascii(c);
}
constexpr char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr bool is_hexadecimal(char c) noexcept {
    return is_ascii_digit(c) || (lower_case(c) >= 'a' && lower_case(c) <= 'f');
}

// Whether the text goes on at `at` with what is written here in lower case.
constexpr bool goes_on_with(std::string_view text, std::size_t at, std::string_view lower) noexcept {
    if (at > text.size() || text.size() - at < lower.size()) return false;
    for (std::size_t i = 0; i < lower.size(); ++i)
        if (lower_case(text[at + i]) != lower[i]) return false;
    return true;
}

template <class Is>
constexpr std::size_t end_of_run(std::string_view text, std::size_t at, Is is) noexcept {
    while (at < text.size() && is(text[at])) ++at;
    return at;
}

// The end of the word at `at`, or where a number begins behind its underscore: visa_4111….
constexpr std::size_t end_of_word(std::string_view text, std::size_t at) noexcept {
    for (++at; at < text.size() && is_word_character(text[at]); ++at)
        if (text[at - 1] == '_' && is_ascii_digit(text[at])) break;
    return at;
}

// Whether "ESC [", or how programs print it, stands before `at` with nothing but parameters between.
constexpr bool is_in_control_sequence(std::string_view text, std::size_t at) noexcept {
    constexpr std::size_t most = 32;
    const std::size_t least = at > most ? at - most : 0;
    while (at > least && text[at - 1] >= '0' && text[at - 1] <= '?') --at; // ECMA-48, section 5.4
    if (at < 2 || text[at - 1] != '[') return false;
    if (text[at - 2] == 0x1b) return true;
    for (const std::string_view escape : {"\\u001b", "\\x1b", "\\033", "\\e"})
        if (at > escape.size() && goes_on_with(text, at - 1 - escape.size(), escape)) return true;
    return false;
}

// Letters and digits that end an escape are of no word: \n and \u00XX as JSON and programs print them, %XX
// of URLs, the colours of terminals. Where it ends, of which what looks like a word at `at` is the rest; `at`
// where it is none.
constexpr std::size_t end_of_escape(std::string_view text, std::size_t at) noexcept {
    if (at == 0) return at;
    const auto two_digits_at = [&](std::size_t i) {
        return i + 1 < text.size() && is_hexadecimal(text[i]) && is_hexadecimal(text[i + 1]);
    };
    const char before = text[at - 1];
    if (before == '%') return two_digits_at(at) ? at + 2 : at;
    if (before == '\\') {
        if (goes_on_with(text, at, "u00") && two_digits_at(at + 3)) return at + 5;
        return std::string_view("ntrbf").find(text[at]) != std::string_view::npos ? at + 1 : at;
    }
    if (before == '[' || (before >= ':' && before <= '?')) {
        const std::size_t last = end_of_run(text, at, is_ascii_digit);
        if (last < text.size() && is_ascii_letter(text[last]) && is_in_control_sequence(text, at))
            return last + 1;
    }
    return at;
}

// Whether the byte of UTF-8 goes on with a character that began before it.
constexpr bool continues_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// The bytes of the first characters of UTF-8, as many as `most`; a byte that begins no character counts as
// one.
constexpr std::size_t bytes_of_characters(std::string_view text, std::size_t most) noexcept {
    if (text.size() <= most) return text.size();
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!continues_character(text[i]) && characters++ == most) return i;
    return text.size();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
