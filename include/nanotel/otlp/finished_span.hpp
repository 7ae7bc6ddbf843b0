// SPDX-License-Identifier: MIT
// A span as a receiver sees it: the fields of opentelemetry.proto.trace.v1.Span, with its scope and resource.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <nanotel/core/call_site.hpp> // span_kind
#include <nanotel/core/config.hpp>
#include <nanotel/otlp/any_value.hpp>
#include <nanotel/trace/status.hpp> // status_code

namespace nanotel::inline NANOTEL_ABI {

struct finished_event {
    std::uint64_t time_unix_nano = 0;
    std::string name;
    attribute_list attributes;
    std::uint32_t dropped_attributes_count = 0;
};

struct finished_link {
    std::string trace_id; ///< 32 lowercase hexadecimal digits
    std::string span_id;  ///< 16 lowercase hexadecimal digits
    std::string trace_state;
    attribute_list attributes;
    std::uint32_t dropped_attributes_count = 0;
    std::uint32_t flags = 0;
};

struct finished_status {
    status_code code = status_code::unset;
    std::string message;
};

struct finished_scope {
    std::string name;
    std::string version;
    std::string schema_url;
    attribute_list attributes;
};

/// A span that has been exported. Times are nanoseconds since the Unix epoch; ids are lowercase hexadecimal.
struct finished_span {
    std::string trace_id;
    std::string span_id;
    std::string parent_span_id; ///< empty for a root
    std::string trace_state;
    std::uint32_t flags = 0; ///< bits 0-7 W3C trace flags, 0x100 remote is known, 0x200 the parent is remote
    std::string name;
    span_kind kind = span_kind::internal;
    std::uint64_t start_time_unix_nano = 0;
    std::uint64_t end_time_unix_nano = 0;
    attribute_list attributes;
    std::uint32_t dropped_attributes_count = 0;
    std::vector<finished_event> events;
    std::uint32_t dropped_events_count = 0;
    std::vector<finished_link> links;
    std::uint32_t dropped_links_count = 0;
    finished_status status;
    finished_scope scope;
    attribute_list resource; ///< the attributes of the resource
};

/// Writes what tells one span from another: name, ids, attributes.
inline std::ostream& operator<<(std::ostream& out, const finished_span& span) {
    out << span.name << " (trace " << span.trace_id << ", span " << span.span_id;
    if (!span.parent_span_id.empty()) out << ", parent " << span.parent_span_id;
    return out << ") " << span.attributes;
}

} // namespace nanotel::inline NANOTEL_ABI
