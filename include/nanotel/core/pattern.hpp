// SPDX-License-Identifier: MIT
// Names chosen by a pattern: * stands for any characters, ? for one.
#pragma once

#include <nanotel/core/config.hpp>

#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

struct same_character {
    constexpr bool operator()(char a, char b) const noexcept { return a == b; }
};

// Takes time in proportion to the product of both lengths at the worst.
template <class Same = same_character>
constexpr bool matches_pattern(std::string_view pattern, std::string_view name, Same same = {}) noexcept {
    std::size_t p = 0, n = 0, star = pattern.npos, resume = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size() && (pattern[p] == '?' || same(pattern[p], name[n]))) {
            ++p;
            ++n;
        } else if (star != pattern.npos) { // the last star takes one character more
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
