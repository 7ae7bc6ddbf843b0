// SPDX-License-Identifier: MIT
// The names and units that instruments may have (OpenTelemetry Metrics API, "Instrument name syntax").
#pragma once

#include <algorithm>
#include <string_view>

namespace receiver {

[[nodiscard]] constexpr bool is_metric_name(std::string_view name) {
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !name.empty() && name.size() <= 255 && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) {
               return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '/';
           });
}

[[nodiscard]] constexpr bool is_unit(std::string_view unit) {
    return unit.size() <= 63 &&
           std::all_of(unit.begin(), unit.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

} // namespace receiver
