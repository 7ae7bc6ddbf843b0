// SPDX-License-Identifier: MIT
// The kinds of telemetry.
#pragma once

#include <cstdint>
#include <string_view>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The kinds of telemetry that OTLP carries; each has a path, a file and a queue of its own.
enum class signal : std::uint8_t { traces, metrics, logs };

/// The name of a signal as OTLP paths, files and environment variables spell it, in lower case.
[[nodiscard]] constexpr std::string_view to_string(signal kind) noexcept {
    switch (kind) {
    case signal::traces:
        return "traces";
    case signal::metrics:
        return "metrics";
    case signal::logs:
        return "logs";
    }
    return "unknown";
}

} // namespace nanotel::inline NANOTEL_ABI
