// SPDX-License-Identifier: MIT
// Who is told of each export and each collection that is over: the metrics of the telemetry itself, where
// they are switched on.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/exporters/exporter.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct finished_export {
    const exporter& by;
    const std::string& destination; // destination_statistics::name
    signal kind;
    double seconds;         // since the first attempt, with the pauses: one operation, as the conventions say
    const char* error_type; // null: all of it was taken
};

// On the sender thread, once for each payload.
using export_listener = void (*)(const finished_export&) noexcept;

// Null: nobody. Release when what the function uses is there.
inline constinit atomic<export_listener> heard_exports{};

// On the metric thread, once for each collection of a periodic reader, by its number.
using collection_listener = void (*)(std::size_t reader, double seconds, bool failed) noexcept;
inline constinit atomic<collection_listener> heard_collections{};

} // namespace nanotel::inline NANOTEL_ABI::detail
