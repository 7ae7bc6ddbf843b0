// SPDX-License-Identifier: MIT
// OTLP JSON back to values: what tests of an application's instrumentation, and our own, look at.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/finished_span.hpp>
#include <nanotel/otlp/json_reader.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The spans of a TracesData, or where and why it is not one.
struct decoded_traces {
    std::vector<finished_span> spans;
    std::string error; ///< "resourceSpans[0].scopeSpans[0].spans[2].kind: ..."

    explicit operator bool() const noexcept { return error.empty(); }
};

namespace detail {

class traces_decoder : json_reader {
public:
    using json_reader::failure;

    std::vector<finished_span> decode(std::string_view json) {
        std::vector<finished_span> spans;
        for_each_item(json, "resourceSpans", "scopeSpans", "spans",
                      [&](element span, const finished_scope& scope, const attribute_list& resource) {
                          spans.push_back(read_span(span));
                          spans.back().scope = scope;
                          spans.back().resource = resource;
                      });
        return spans;
    }

private:
    finished_span read_span(element from) {
        constexpr std::array<std::string_view, 6> kinds{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                        "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                        "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
        constexpr std::array<std::string_view, 3> codes{"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                        "STATUS_CODE_ERROR"};
        finished_span span;
        span.trace_id = id(from, "traceId", 32, false);
        span.span_id = id(from, "spanId", 16, false);
        span.parent_span_id = id(from, "parentSpanId", 16, true);
        span.trace_state = text(from, "traceState");
        span.flags = integer<std::uint32_t>(from, "flags");
        span.name = text(from, "name");
        span.kind = static_cast<span_kind>(enumeration(from, "kind", kinds));
        span.start_time_unix_nano = integer<std::uint64_t>(from, "startTimeUnixNano");
        span.end_time_unix_nano = integer<std::uint64_t>(from, "endTimeUnixNano");
        span.attributes = attributes(from);
        span.dropped_attributes_count = integer<std::uint32_t>(from, "droppedAttributesCount");
        for_each_in(from, "events", [&](element event) {
            span.events.push_back({integer<std::uint64_t>(event, "timeUnixNano"), text(event, "name"),
                                   attributes(event),
                                   integer<std::uint32_t>(event, "droppedAttributesCount")});
        });
        span.dropped_events_count = integer<std::uint32_t>(from, "droppedEventsCount");
        for_each_in(from, "links", [&](element link) {
            span.links.push_back({id(link, "traceId", 32, false), id(link, "spanId", 16, false),
                                  text(link, "traceState"), attributes(link),
                                  integer<std::uint32_t>(link, "droppedAttributesCount"),
                                  integer<std::uint32_t>(link, "flags")});
        });
        span.dropped_links_count = integer<std::uint32_t>(from, "droppedLinksCount");
        if_present(from, "status", [&](element status) {
            span.status = {static_cast<status_code>(enumeration(status, "code", codes)),
                           text(status, "message")};
        });
        return span;
    }
};

} // namespace detail

/// Decodes a TracesData object in OTLP JSON. Takes 64-bit numbers as strings or numbers, hexadecimal of
/// either case and the names of enumerations; ignores unknown fields; null is absent. An error names the
/// field and what it holds.
[[nodiscard]] inline decoded_traces decode_traces(std::string_view json) {
    try {
        return {detail::traces_decoder().decode(json), {}};
    } catch (const detail::traces_decoder::failure& failure) {
        return {{}, failure.text};
    }
}

} // namespace nanotel::inline NANOTEL_ABI
