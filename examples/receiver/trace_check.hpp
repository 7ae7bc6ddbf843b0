// SPDX-License-Identifier: MIT
// Spans on the wire, with their events, links and statuses.
#pragma once

#include "attribute_check.hpp"
#include "attribute_text.hpp"
#include "envelope_check.hpp"
#include "received_span.hpp"
#include "scalar_check.hpp"
#include "tracestate_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace receiver {

namespace detail {

inline void check_trace_state(violation_log& log, const json_path& path, dom::element value) {
    const auto text = check_string(log, path, value);
    if (text && !is_tracestate(*text)) log.add(rule::tracestate_malformed, path, value);
}

/// The flags of a span or a link. `has_parent` is true for links, which always point somewhere.
inline void check_flags(violation_log& log, const json_path& path, dom::element value, bool has_parent) {
    constexpr std::uint32_t remote_is_known = 0x100;
    constexpr std::uint32_t remote = 0x200;
    const auto flags = check_uint32(log, path, value);
    if (!flags) return;
    if ((*flags & ~std::uint32_t{0x3FF}) != 0) log.add(rule::flags_reserved, path, value);
    if ((*flags & remote) != 0 && ((*flags & remote_is_known) == 0 || !has_parent)) {
        log.add(rule::flags_remote, path, value);
    }
}

inline std::string_view check_name(violation_log& log, const json_path& path, dom::element value) {
    const auto name = check_string(log, path, value);
    if (name && name->empty()) log.add(rule::name_empty, path, value);
    return name.value_or(std::string_view{});
}

inline received_event check_event(violation_log& log, const json_path& path, dom::object event) {
    enum : unsigned { time, name, attributes, dropped_attributes_count };
    static constexpr std::array<std::string_view, 4> keys{"timeUnixNano", "name", "attributes",
                                                          "droppedAttributesCount"};
    received_event result;
    const auto seen =
        for_each_member(log, path, event, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case time:
                result.time = check_time(log, here, v).value_or(0);
                break;
            case name:
                result.name = printable(check_name(log, here, v));
                break;
            case attributes:
                check_attributes(log, here, v);
                result.attributes = attribute_text(v);
                break;
            default:
                check_uint32(log, here, v);
                break;
            }
        });
    require_members(log, path, seen, bit_of(time) | bit_of(name), keys);
    return result;
}

inline received_link check_link(violation_log& log, const json_path& path, dom::object link) {
    enum : unsigned { trace, span, trace_state, attributes, dropped_attributes_count, flags };
    static constexpr std::array<std::string_view, 6> keys{
        "traceId", "spanId", "traceState", "attributes", "droppedAttributesCount", "flags"};
    received_link result;
    const auto seen =
        for_each_member(log, path, link, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case trace:
                result.trace = check_id<2>(log, here, v).value_or(trace_id{});
                break;
            case span:
                check_id<1>(log, here, v);
                break;
            case trace_state:
                check_trace_state(log, here, v);
                break;
            case attributes:
                check_attributes(log, here, v);
                result.attributes = attribute_text(v);
                break;
            case flags:
                check_flags(log, here, v, true);
                break;
            default:
                check_uint32(log, here, v);
                break;
            }
        });
    require_members(log, path, seen, bit_of(trace) | bit_of(span), keys);
    return result;
}

inline void check_status(violation_log& log, const json_path& path, dom::element value, received_span& span) {
    enum : unsigned { message, code };
    static constexpr std::array<std::string_view, 2> keys{"message", "code"};
    dom::object status;
    if (value.get(status) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return;
    }
    for_each_member(log, path, status, keys, [&](unsigned member, dom::element v, const json_path& here) {
        if (member == code) {
            span.status = check_enum(log, here, v, 2).value_or(0);
        } else if (const auto text = check_string(log, here, v)) {
            span.status_message = printable(*text);
        }
    });
}

/// Checks a span. Returns whether its ids could be read, so that it has a place in a trace.
inline bool check_span(violation_log& log, const json_path& path, dom::object object, received_span& span) {
    enum : unsigned {
        trace,
        id,
        parent,
        flags,
        name,
        kind,
        start,
        end,
        attributes,
        events,
        links,
        status,
        trace_state,
        dropped_attributes_count,
        dropped_events_count,
        dropped_links_count
    };
    static constexpr std::array<std::string_view, 16> keys{"traceId",
                                                           "spanId",
                                                           "parentSpanId",
                                                           "flags",
                                                           "name",
                                                           "kind",
                                                           "startTimeUnixNano",
                                                           "endTimeUnixNano",
                                                           "attributes",
                                                           "events",
                                                           "links",
                                                           "status",
                                                           "traceState",
                                                           "droppedAttributesCount",
                                                           "droppedEventsCount",
                                                           "droppedLinksCount"};
    bool has_trace = false;
    dom::element flags_value;
    const auto seen =
        for_each_member(log, path, object, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case trace:
                if (const auto read = check_id<2>(log, here, v)) {
                    span.trace = *read;
                    has_trace = true;
                }
                break;
            case id:
                span.span = check_id<1>(log, here, v).value_or(id_words<1>{})[0];
                break;
            case parent: {
                std::string_view text;
                if (v.get(text) == simdjson::SUCCESS && text.empty()) break; // a root may say so
                span.parent = check_id<1>(log, here, v).value_or(id_words<1>{})[0];
                break;
            }
            case flags:
                flags_value = v;
                break; // needs to know the parent, which may come later
            case name:
                span.name = printable(check_name(log, here, v));
                break;
            case kind:
                span.kind = check_enum(log, here, v, 5).value_or(0);
                break;
            case start:
                span.start = check_time(log, here, v).value_or(0);
                break;
            case end:
                span.end = check_time(log, here, v).value_or(0);
                break;
            case attributes:
                check_attributes(log, here, v);
                span.attributes = attribute_text(v);
                break;
            case events:
                for_each_object(log, here, v, [&](dom::object event, const json_path& at) {
                    span.events.push_back(check_event(log, at, event));
                });
                break;
            case links:
                for_each_object(log, here, v, [&](dom::object link, const json_path& at) {
                    span.links.push_back(check_link(log, at, link));
                });
                break;
            case status:
                check_status(log, here, v, span);
                break;
            case trace_state:
                check_trace_state(log, here, v);
                break;
            default:
                check_uint32(log, here, v);
                break;
            }
        });
    require_members(log, path, seen, bit_of(trace) | bit_of(id) | bit_of(name) | bit_of(start) | bit_of(end),
                    keys);
    if ((seen & bit_of(flags)) != 0) check_flags(log, path.member("flags"), flags_value, span.parent != 0);
    if (span.span != 0 && span.span == span.parent) {
        log.add(rule::parent_is_self, path.member("parentSpanId"), object.at_key("parentSpanId").value());
    }
    if (span.start != 0 && span.end != 0 && span.end < span.start) {
        log.add(rule::end_before_start, path.member("endTimeUnixNano"),
                object.at_key("endTimeUnixNano").value());
    }
    return has_trace && span.span != 0;
}

} // namespace detail

/// Checks the body of /v1/traces and appends the spans that have readable ids to `spans`. Returns how many
/// spans the body held.
inline std::size_t check_traces(violation_log& log, dom::element body, std::vector<received_span>& spans) {
    return check_envelopes(log, body, traces_envelope,
                           [&](dom::object object, const json_path& path, const record_origin& origin) {
                               received_span& span = spans.emplace_back();
                               span.service = origin.service;
                               if (!detail::check_span(log, path, object, span)) spans.pop_back();
                           });
}

} // namespace receiver
