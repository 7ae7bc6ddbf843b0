// SPDX-License-Identifier: MIT
// Numbers that JSON allows and simdjson's DOM does not read: whole ones beyond 64 bits, which others write
// for doubles.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// The same document with ".0" after every whole number of 19 digits or more that stands outside strings, so
/// that it is read as the double that it is. For documents that are JSON otherwise; of others it makes
/// others.
inline std::string with_wide_numbers_as_doubles(std::string_view json) {
    std::string rewritten;
    rewritten.reserve(json.size() + 64);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        rewritten += c;
        if (in_string) {
            if (c == '\\' && i + 1 < json.size())
                rewritten += json[++i];
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (is_digit(c)) {
            const std::size_t begin = i;
            while (i + 1 < json.size() && is_digit(json[i + 1])) rewritten += json[++i];
            const char before = begin == 0 ? ' ' : json[begin - 1];
            const char after = i + 1 < json.size() ? json[i + 1] : ' ';
            const bool whole =
                before != '.' && before != '+' && before != 'e' && before != 'E' && after != '.' &&
                after != 'e' && after != 'E' &&
                !(before == '-' && begin >= 2 && (json[begin - 2] == 'e' || json[begin - 2] == 'E'));
            if (whole && i + 1 - begin >= 19) rewritten += ".0";
        }
    }
    return rewritten;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
