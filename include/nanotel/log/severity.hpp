// SPDX-License-Identifier: MIT
// How severe a log record is.
#pragma once

#include <nanotel/core/text.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI {

/// The severity of a log record, with the numbers of OTLP (OpenTelemetry Logs Data Model, "SeverityNumber").
enum class severity : std::uint8_t {
    unspecified = 0, ///< passes every minimum but `off`
    trace = 1,
    trace2,
    trace3,
    trace4,
    debug = 5,
    debug2,
    debug3,
    debug4,
    info = 9,
    info2,
    info3,
    info4,
    warn = 13,
    warn2,
    warn3,
    warn4,
    error = 17,
    error2,
    error3,
    error4,
    fatal = 21,
    fatal2,
    fatal3,
    fatal4,
    off = 255, ///< as a minimum: nothing passes it
};

/// The short name that the specification gives to a severity, as "INFO" or "ERROR3"; empty for others.
[[nodiscard]] constexpr text to_text(severity of) noexcept {
    constexpr const char* names[] = {"",       "TRACE",  "TRACE2", "TRACE3", "TRACE4", "DEBUG",  "DEBUG2",
                                     "DEBUG3", "DEBUG4", "INFO",   "INFO2",  "INFO3",  "INFO4",  "WARN",
                                     "WARN2",  "WARN3",  "WARN4",  "ERROR",  "ERROR2", "ERROR3", "ERROR4",
                                     "FATAL",  "FATAL2", "FATAL3", "FATAL4"};
    const auto number = static_cast<unsigned>(of);
    return number < sizeof names / sizeof *names ? text(names[number]) : text();
}

} // namespace nanotel::inline NANOTEL_ABI
