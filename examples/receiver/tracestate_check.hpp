// SPDX-License-Identifier: MIT
// The list of vendor states that a traceState carries, by W3C Trace Context, level 2.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace receiver {

namespace detail {

[[nodiscard]] constexpr bool is_lower_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Of level 2, in which what stands round an at sign has no rules of its own.
[[nodiscard]] constexpr bool is_tracestate_key(std::string_view key) {
    return !key.empty() && key.size() <= 256 && is_lower_or_digit(key.front()) &&
           std::all_of(key.begin(), key.end(), [](char c) {
               return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
           });
}

[[nodiscard]] constexpr bool is_tracestate_value(std::string_view value) {
    return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
           std::all_of(value.begin(), value.end(),
                       [](char c) { return c >= 0x20 && c <= 0x7E && c != ',' && c != '='; });
}

} // namespace detail

/// At most 32 members `key=value` with keys that differ; white space around them and empty members are legal.
[[nodiscard]] constexpr bool is_tracestate(std::string_view text) {
    std::array<std::string_view, 32> keys;
    std::size_t count = 0;
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto member = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        const auto first = member.find_first_not_of(" \t");
        if (first == std::string_view::npos) continue;
        member = member.substr(first, member.find_last_not_of(" \t") - first + 1);
        const auto equals = member.find('=');
        if (equals == std::string_view::npos || count == keys.size()) return false;
        const auto key = member.substr(0, equals);
        if (!detail::is_tracestate_key(key) || !detail::is_tracestate_value(member.substr(equals + 1)))
            return false;
        const auto end = keys.begin() + static_cast<std::ptrdiff_t>(count);
        if (std::find(keys.begin(), end, key) != end) return false;
        keys[count++] = key;
    }
    return true;
}

} // namespace receiver
