// SPDX-License-Identifier: MIT
// The list of vendor states that a traceState carries, by W3C Trace Context.
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

[[nodiscard]] constexpr bool is_tracestate_name(std::string_view text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && is_lower_or_digit(text.front()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_lower_or_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
           });
}

/// `key` or `tenant@system`; of the latter, the system starts with a letter.
[[nodiscard]] constexpr bool is_tracestate_key(std::string_view key) {
    const auto at = key.find('@');
    if (at == std::string_view::npos) return is_tracestate_name(key, 256);
    const auto system = key.substr(at + 1);
    return is_tracestate_name(key.substr(0, at), 241) && is_tracestate_name(system, 14) &&
           !(system.front() >= '0' && system.front() <= '9');
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
