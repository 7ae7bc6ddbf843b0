// SPDX-License-Identifier: MIT
// A log record as a receiver sees it: the fields of opentelemetry.proto.logs.v1.LogRecord, with its scope and
// resource.
#pragma once

#include <nanotel/log/severity.hpp>
#include <nanotel/otlp/finished_span.hpp> // finished_scope

namespace nanotel::inline NANOTEL_ABI {

/// A log record that has been exported. Times are nanoseconds since the Unix epoch; ids are lowercase
/// hexadecimal, and empty where no span was current.
struct finished_log {
    std::uint64_t time_unix_nano = 0;
    std::uint64_t observed_time_unix_nano = 0;
    nanotel::severity severity = nanotel::severity::unspecified;
    std::string severity_text;
    std::string event_name;
    any_value body;
    attribute_list attributes;
    std::uint32_t dropped_attributes_count = 0;
    std::uint32_t flags = 0; ///< bits 0-7 W3C trace flags
    std::string trace_id;
    std::string span_id;
    finished_scope scope;
    attribute_list resource; ///< the attributes of the resource
};

/// Writes what tells one record from another: severity, body, attributes.
inline std::ostream& operator<<(std::ostream& out, const finished_log& log) {
    out << log.severity_text << ' ' << log.body;
    if (!log.trace_id.empty()) out << " (trace " << log.trace_id << ", span " << log.span_id << ")";
    return out << ' ' << log.attributes;
}

} // namespace nanotel::inline NANOTEL_ABI
