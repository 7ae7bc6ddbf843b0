// SPDX-License-Identifier: MIT
// Log records on the wire.
#pragma once

#include "attribute_check.hpp"
#include "attribute_text.hpp"
#include "envelope_check.hpp"
#include "received_log.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace receiver {

namespace detail {

inline void check_log(violation_log& log, const json_path& path, dom::object object, received_log& record) {
    enum : unsigned {
        time,
        observed_time,
        severity_number,
        severity_text,
        event_name,
        body,
        attributes,
        dropped_attributes_count,
        flags,
        trace,
        span
    };
    static constexpr std::array<std::string_view, 11> keys{
        "timeUnixNano", "observedTimeUnixNano",   "severityNumber", "severityText", "eventName", "body",
        "attributes",   "droppedAttributesCount", "flags",          "traceId",      "spanId"};
    std::string level;
    std::string text;
    dom::element flags_value;
    const auto seen =
        for_each_member(log, path, object, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case time:
                record.time = check_time(log, here, v).value_or(0);
                break;
            case observed_time:
                check_time(log, here, v);
                break;
            case severity_number:
                record.severity = check_enum(log, here, v, 24).value_or(0);
                break;
            case severity_text:
                level = printable(check_string(log, here, v).value_or(std::string_view{}));
                break;
            case event_name: {
                const auto name = check_string(log, here, v);
                if (name && name->empty()) log.add(rule::name_empty, here, v);
                text = printable(name.value_or(std::string_view{})) + (text.empty() ? "" : " ") + text;
                break;
            }
            case body:
                check_any_value(log, here, v);
                if (!text.empty()) text += ' ';
                append_any_value(text, v);
                break;
            case attributes:
                check_attributes(log, here, v);
                record.attributes = attribute_text(v);
                break;
            case flags:
                flags_value = v;
                break; // needs to know the trace, which may come later
            case trace:
                record.trace = check_id<2>(log, here, v).value_or(id_words<2>{});
                break;
            case span:
                record.span = check_id<1>(log, here, v).value_or(id_words<1>{})[0];
                break;
            default:
                check_uint32(log, here, v);
                break;
            }
        });
    require_members(log, path, seen, bit_of(observed_time), keys);
    const bool has_trace = (seen & bit_of(trace)) != 0;
    if (has_trace != ((seen & bit_of(span)) != 0)) log.add(rule::log_ids, path, simdjson::minify(object));
    if ((seen & bit_of(flags)) != 0) {
        const json_path here = path.member("flags");
        const auto value = check_uint32(log, here, flags_value);
        if (value && (*value > 0xFF || (*value != 0 && !has_trace)))
            log.add(rule::log_flags, here, flags_value);
    }
    if ((seen & (bit_of(body) | bit_of(event_name) | bit_of(attributes))) == 0)
        log.add(rule::log_says_nothing, path, simdjson::minify(object));
    record.text = level + (level.empty() || text.empty() ? "" : " ") + text;
}

} // namespace detail

/// Checks the body of /v1/logs and appends its records to `logs`. Returns how many there were.
inline std::size_t check_logs(violation_log& log, dom::element body, std::vector<received_log>& logs) {
    return check_envelopes(log, body, logs_envelope,
                           [&](dom::object object, const json_path& path, const record_origin&) {
                               detail::check_log(log, path, object, logs.emplace_back());
                           });
}

} // namespace receiver
