// SPDX-License-Identifier: MIT
// With NANOTEL_DISABLED: start takes its options and starts nothing.
#pragma once

#include <nanotel/pipeline/delivery.hpp>
#include <nanotel/pipeline/options.hpp>

namespace nanotel::inline NANOTEL_ABI {

class telemetry {
public:
    ~telemetry() {}
    telemetry() noexcept = default;
    telemetry(telemetry&&) noexcept {}
    telemetry& operator=(telemetry&&) noexcept { return *this; }

    [[nodiscard]] flush_result flush(std::chrono::nanoseconds) { return {.complete = true}; }
    flush_result shutdown(std::chrono::nanoseconds) { return {.complete = true}; }
    [[nodiscard]] statistics stats() const { return {}; }
};

inline void flush_on_terminate(std::chrono::milliseconds = std::chrono::seconds(1)) noexcept {}

inline bool set_log_level(std::string_view, severity) noexcept { return true; }

[[nodiscard]] inline telemetry start(const options& = {}) { return {}; }

} // namespace nanotel::inline NANOTEL_ABI
