// SPDX-License-Identifier: MIT
// What an application decides about log records when it starts the telemetry.
#pragma once

#include <nanotel/log/levels.hpp>
#include <nanotel/otlp/log_sections.hpp>

#include <chrono>
#include <optional>

namespace nanotel::inline NANOTEL_ABI {

/// How log records are kept and sent (OpenTelemetry Logs SDK, "LoggerConfig", "Batching processor"). What is
/// set here wins over the environment variable that is named with it.
struct log_processing {
    /// The minimum severities of loggers; empty: everything is kept. nanotel::set_log_level changes them
    /// while the program runs.
    std::vector<log_level> levels{};
    /// Whether records name the file, line and function of their statement, as code.file.path,
    /// code.line.number and code.function.name.
    bool source_location = true;
    /// The longest that a record waits before it is sent. OTEL_BLRP_SCHEDULE_DELAY. 0 to an hour.
    std::optional<std::chrono::milliseconds> schedule_delay{}; // 1 s
    /// One attempt of an export, to an hour; 0: no limit. OTEL_BLRP_EXPORT_TIMEOUT.
    std::optional<std::chrono::milliseconds> export_timeout{}; // 30 s
    /// Records in one body, 0 for as many as fit. OTEL_BLRP_MAX_EXPORT_BATCH_SIZE.
    std::optional<std::uint64_t> max_export_batch_size{}; // 0
    /// Records that wait to be sent, 0 for as many as fit. OTEL_BLRP_MAX_QUEUE_SIZE.
    std::optional<std::uint64_t> max_queue_size{}; // 0
    /// OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT and its siblings.
    std::optional<log_limits> limits{};
};

} // namespace nanotel::inline NANOTEL_ABI
