// SPDX-License-Identifier: MIT
// OTLP files (JSON lines) through the same check as requests.
#pragma once

#include "session.hpp"
#include "strict_check.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace receiver {

/// Checks a file line by line. Returns false when it cannot be read.
[[nodiscard]] inline bool check_file(session& run, strict_check& check, const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return false;
    if (!std::string_view(path).ends_with(".jsonl")) {
        violation_log found;
        found.add(rule::file_extension, std::string_view("file"), path);
        run.add(std::move(found));
    }
    std::optional<signal> first;
    std::string line;
    for (std::uint64_t number = 1; std::getline(file, line); ++number) {
        violation_log found;
        const auto place = fmt::format("{}:{}", path, number);
        if (file.eof()) found.add(rule::unterminated_line, place, line);
        if (line.empty()) {
            found.add(rule::empty_line, place, line);
            run.add(std::move(found));
            continue;
        }
        signal kind = first.value_or(signal::traces);
        auto result = check.line(found, line, kind);
        if (!first && result.is_json) first = kind;
        if (result.is_json && kind != first) found.add(rule::mixed_signals, place, name_of(kind));
        run.add(kind, line.size() + 1, std::move(result), std::move(found));
    }
    return !file.bad();
}

} // namespace receiver
