// SPDX-License-Identifier: MIT
// Options and environment variables of log records together.
#pragma once

#include <nanotel/pipeline/log_stream.hpp>
#include <nanotel/pipeline/options.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline log_limits make_log_limits(const options& given) {
    if (given.logs.limits) return *given.logs.limits;
    log_limits limits;
    for (const char* const name : {"OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT"})
        if (const auto value = given.environment.integer(name, 0, 0xffffffff))
            limits.attribute_count = static_cast<std::uint32_t>(*value);
    for (const char* const name :
         {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT"})
        if (const auto value = given.environment.integer(name))
            limits.attribute_value_length = static_cast<std::size_t>(*value);
    return limits;
}

inline log_encoding make_log_encoding(const options& given) {
    return {make_log_limits(given), given.logs.source_location};
}

inline std::uint64_t log_queue_items(const options& given) {
    if (given.logs.max_queue_size) return *given.logs.max_queue_size;
    return static_cast<std::uint64_t>(given.environment.integer("OTEL_BLRP_MAX_QUEUE_SIZE", 1).value_or(0));
}

inline batch_options make_log_batch(const options& given) {
    batch_options made;
    made.bytes = given.max_export_batch_bytes;
    made.items = given.logs.max_export_batch_size
                     ? *given.logs.max_export_batch_size
                     : static_cast<std::uint64_t>(
                           given.environment.integer("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", 1).value_or(0));
    // A body that the queue could never take beside another is no body to make.
    const std::uint64_t queue_items = log_queue_items(given);
    if (queue_items != 0 && (made.items == 0 || made.items > queue_items)) made.items = queue_items;
    made.timeout = given.logs.export_timeout ? *given.logs.export_timeout
                                             : given.environment.duration("OTEL_BLRP_EXPORT_TIMEOUT")
                                                   .value_or(std::chrono::milliseconds(30'000));
    if (made.timeout.count() == 0) made.timeout = std::chrono::hours(24 * 365); // no limit
    return made;
}

inline std::chrono::nanoseconds log_schedule_delay(const options& given) {
    return given.logs.schedule_delay ? *given.logs.schedule_delay
                                     : given.environment.duration("OTEL_BLRP_SCHEDULE_DELAY")
                                           .value_or(std::chrono::milliseconds(1'000));
}

} // namespace nanotel::inline NANOTEL_ABI::detail
