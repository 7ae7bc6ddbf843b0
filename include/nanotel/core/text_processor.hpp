// SPDX-License-Identifier: MIT
// Who sees every text before it is sent, and may send another one instead. For the sdk only.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI {

/// Where a text stands that is about to be sent.
enum class text_place : std::uint8_t {
    attribute, ///< of a span, an event, a link or a log record; also within arrays and maps
    label,     ///< of a metric
    resource,  ///< an attribute of the resource
    span_name, ///< that was given at run time; those of call sites are constants
    event_name,
    status_message,
    log_body,
};

/// Looks at what telemetry says before it is encoded, for every destination alike (in the place of
/// OpenTelemetry's span and log record processors that change what they are given): options::processor.
///
/// Records are shown to it on the collector thread, so what it costs costs the application's threads nothing;
/// labels when a thread uses a label set for the first time, on that thread and under a lock; resource
/// attributes at start. It is called by several threads at once and is not to record anything itself. What
/// throws loses the record that it was thrown for, which counts as dropped_by.out_of_memory: rather that than
/// what should not be sent.
class text_processor {
public:
    text_processor() = default;
    text_processor(const text_processor&) = delete;
    text_processor& operator=(const text_processor&) = delete;
    virtual ~text_processor() = default;

    /// True: `instead`, which is empty when it comes, is sent in place of `value`. Each text of an array or a
    /// map is shown by itself, under the key of the array or its own within the map. Bytes are shown as
    /// texts, and become one where they are replaced. Keys are empty where there is none.
    [[nodiscard]] virtual bool replace(text_place place, std::string_view key, std::string_view value,
                                       std::string& instead) const = 0;

    /// True: `instead` is sent in place of the whole value of that key, which is a number, a boolean, an
    /// array or a map. Asked before what is in it is shown.
    [[nodiscard]] virtual bool replace_whole(text_place place, std::string_view key, bool is_number,
                                             std::string& instead) const {
        static_cast<void>(place), static_cast<void>(key), static_cast<void>(is_number),
            static_cast<void>(instead);
        return false;
    }
};

} // namespace nanotel::inline NANOTEL_ABI
