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
