// SPDX-License-Identifier: MIT
// Exemplars: single measurements that a point keeps, each with the span in which it was made.
#pragma once

#include "attribute_check.hpp"
#include "json_path.hpp"
#include "members.hpp"
#include "received_metric.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace receiver {

/// A time in nanoseconds, which is told from one in seconds or milliseconds by when it would have been.
inline std::optional<std::uint64_t> check_plausible_time(violation_log& log, const json_path& path,
                                                         dom::element value) {
    constexpr std::uint64_t year_2000 = 946'684'800'000'000'000;
    constexpr std::uint64_t year_2100 = 4'102'444'800'000'000'000;
    const auto time = check_time(log, path, value);
    if (time && *time != 0 && (*time < year_2000 || *time > year_2100)) {
        log.add(rule::point_time_implausible, path, value);
    }
    return time;
}

namespace detail {

/// What an exemplar must agree with: its point.
struct exemplar_frame {
    std::uint64_t start = 0;
    std::uint64_t time = 0;
    std::optional<dom::element> attributes;
    distribution all; // of a histogram
};

/// Reports the filtered attributes that the series has, so that no filter took them.
inline void check_filtered(violation_log& log, const json_path& path, dom::element filtered,
                           const std::optional<dom::element>& kept) {
    dom::array ours;
    dom::array theirs;
    if (!kept || filtered.get(ours) != simdjson::SUCCESS || kept->get(theirs) != simdjson::SUCCESS) return;
    for (const dom::element mine : ours) {
        std::string_view key;
        if (mine["key"].get(key) != simdjson::SUCCESS) continue;
        for (const dom::element other : theirs) {
            std::string_view taken;
            if (other["key"].get(taken) == simdjson::SUCCESS && taken == key) {
                log.add(rule::exemplar_attributes, path, key);
            }
        }
    }
}

inline void check_exemplar(violation_log& log, const json_path& path, dom::object exemplar,
                           const exemplar_frame& point, received_metrics& result) {
    enum : unsigned { filtered, time, as_double, as_int, span, trace };
    static constexpr std::array<std::string_view, 6> keys{
        "filteredAttributes", "timeUnixNano", "asDouble", "asInt", "spanId", "traceId"};
    std::optional<double> value;
    std::optional<std::uint64_t> when;
    std::optional<trace_id> trace_of;
    ++result.exemplars;
    const auto seen = for_each_member(
        log, path, exemplar, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case filtered:
                check_attributes(log, here, v);
                check_filtered(log, here, v, point.attributes);
                break;
            case time:
                when = check_plausible_time(log, here, v);
                break;
            case as_double:
                value = check_double(log, here, v);
                break;
            case as_int:
                if (const auto number = check_int64<std::int64_t>(log, here, v)) {
                    value = static_cast<double>(*number);
                }
                break;
            case span:
                check_id<1>(log, here, v);
                break;
            default:
                trace_of = check_id<2>(log, here, v);
                break;
            }
        });
    require_members(log, path, seen, bit_of(time), keys);
    const auto has = [&](unsigned member) { return (seen & bit_of(member)) != 0; };
    if (has(as_double) == has(as_int)) {
        log.add(rule::exemplar_one_value, path, simdjson::minify(exemplar));
    }
    if (has(span) != has(trace)) log.add(rule::exemplar_ids, path, has(span) ? "no traceId" : "no spanId");
    if (when.value_or(0) != 0 && point.time != 0 && (*when > point.time || *when < point.start)) {
        log.add(rule::exemplar_time, path.member("timeUnixNano"), exemplar.at_key("timeUnixNano").value());
    }
    if (value && point.all.min && point.all.max && !(*value >= *point.all.min && *value <= *point.all.max)) {
        log.add(rule::exemplar_range, path, simdjson::minify(exemplar));
    }
    if (trace_of && has(span)) result.exemplars_of_traces.push_back({*trace_of, path.text()});
}

} // namespace detail
} // namespace receiver
