// SPDX-License-Identifier: MIT
// What /etc/os-release says of a distribution (os-release(5)).
#pragma once

#include <nanotel/resource/small_file.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct os_release {
    std::string name;        // Debian GNU/Linux
    std::string version;     // 12
    std::string description; // Debian GNU/Linux 12 (bookworm)
};

// A value as a shell would read it, without expanding anything.
inline std::string unquoted(std::string_view value) {
    const char quote = !value.empty() && (value[0] == '"' || value[0] == '\'') ? value[0] : '\0';
    if (quote != '\0') value.remove_prefix(1);
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (quote != '\0' && value[i] == quote) break;
        if (quote != '\'' && value[i] == '\\' && i + 1 < value.size()) ++i;
        text += value[i];
    }
    return text;
}

// Takes what it understands of any bytes; of a key that stands twice the last counts.
inline os_release parse_os_release(std::string_view file) {
    os_release found;
    for_each_line(file, [&](std::string_view line) {
        const auto equals = line.find('=');
        if (equals == line.npos) return true;
        const std::string_view key = line.substr(0, equals);
        const std::string_view value = line.substr(equals + 1);
        if (key == "NAME") found.name = unquoted(value);
        if (key == "VERSION_ID") found.version = unquoted(value);
        if (key == "PRETTY_NAME") found.description = unquoted(value);
        return true;
    });
    return found;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
