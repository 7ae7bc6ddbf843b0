// SPDX-License-Identifier: MIT
// An input as the lines that it has, one for each header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>
#include <vector>

using headers = std::vector<std::pair<std::string, std::string>>;

inline void expect(bool holds) {
    if (!holds) std::abort();
}

inline std::vector<std::string> lines_of(const std::uint8_t* data, std::size_t size) {
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i < size; ++i) {
        if (data[i] == '\n')
            lines.emplace_back();
        else
            lines.back() += static_cast<char>(data[i]);
    }
    return lines;
}
