// SPDX-License-Identifier: MIT
// Metrics on the wire: their names, units and kinds, and that a body has each of them once.
#pragma once

#include "attribute_check.hpp"
#include "envelope_check.hpp"
#include "histogram_check.hpp"
#include "identity_text.hpp"
#include "instrument_syntax.hpp"
#include "json_path.hpp"
#include "members.hpp"
#include "point_check.hpp"
#include "received_metric.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <fmt/format.h>

#include <array>
#include <bit> // popcount
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant> // get_if

namespace receiver {

namespace detail {

/// What a metric is, in words: two of one name that differ in it are in conflict.
[[nodiscard]] inline std::string nature_of(const received_metric& metric) {
    static constexpr std::string_view temporalities[] = {"", " delta", " cumulative"};
    return fmt::format("{}{}{} in \"{}\"", metric.monotonic ? "monotonic " : "", member_of(metric.kind),
                       temporalities[static_cast<std::size_t>(metric.points_are)], metric.unit);
}

/// The metrics of one body by resource, scope and name.
class metrics_of_body {
public:
    void add(violation_log& log, const json_path& path, received_metric& metric) {
        const auto nature = nature_of(metric);
        const auto [place, is_new] = natures_.try_emplace(metric.origin + '\n' + metric.name, nature);
        if (is_new) return;
        if (place->second == nature) {
            log.add(rule::metric_duplicate, path.member("name"), metric.name);
        } else {
            log.add(rule::metric_conflict, path.member("name"),
                    fmt::format("{}: {} and {}", metric.name, place->second, nature));
            metric.conflicts = true;
        }
    }

private:
    std::unordered_map<std::string, std::string> natures_;
};

/// The points of a metric, once the rest of it is known.
inline void check_points(violation_log& log, const json_path& path, dom::element points,
                         received_metric& metric, received_metrics& result) {
    std::unordered_set<std::string> series;
    std::optional<bool> integers;
    const auto count = for_each_object(log, path, points, [&](dom::object object, const json_path& here) {
        received_point& point = metric.points.emplace_back();
        switch (metric.kind) {
        case metric_kind::histogram:
            check_histogram_point(log, here, object, metric, point, result);
            break;
        case metric_kind::exponential_histogram:
            check_exponential_point(log, here, object, metric, point, result);
            break;
        default:
            check_number_point(log, here, object, metric, point, result);
            break;
        }
        point.index = metric.points.size() - 1;
        if (!series.insert(point.identity).second) {
            log.add(rule::point_duplicate, here, point.identity);
            point.value = {};
        }
        if (const auto* number = std::get_if<number_value>(&point.value)) {
            if (integers.value_or(number->is_integer) != number->is_integer) {
                log.add(rule::point_types_differ, here, number->is_integer ? "asInt" : "asDouble");
            }
            integers = number->is_integer;
        }
    });
    if (count == 0 && points.is_array()) log.add(rule::metric_without_points, path, points);
    result.data_points += count;
}

/// The object of a kind: its temporality, whether it is monotonic, its points.
inline void check_data(violation_log& log, const json_path& path, dom::element value, received_metric& metric,
                       received_metrics& result) {
    enum : unsigned { data_points, aggregation_temporality, is_monotonic };
    static constexpr std::array<std::string_view, 3> keys{"dataPoints", "aggregationTemporality",
                                                          "isMonotonic"};
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return;
    }
    std::optional<dom::element> points;
    const auto visit = [&](unsigned member, dom::element v, const json_path& here) {
        switch (member) {
        case data_points:
            points = v; // need the others
            break;
        case aggregation_temporality:
            metric.points_are = static_cast<temporality>(check_enum(log, here, v, 2, 1).value_or(0));
            break;
        default:
            metric.monotonic = check_bool(log, here, v).value_or(false);
            break;
        }
    };
    // A gauge has the first of these members, a histogram two, a sum all three.
    if (metric.kind == metric_kind::gauge) {
        for_each_member(log, path, object, std::array{keys[data_points]}, visit);
    } else {
        const auto seen =
            metric.kind == metric_kind::sum
                ? for_each_member(log, path, object, keys, visit)
                : for_each_member(log, path, object, std::array{keys[data_points], keys[1]}, visit);
        require_members(log, path, seen, bit_of(aggregation_temporality), keys);
    }
    if (points) {
        check_points(log, path.member(keys[data_points]), *points, metric, result);
    } else {
        log.add(rule::metric_without_points, path, "{}");
    }
}

inline void check_metric(violation_log& log, const json_path& path, dom::object object,
                         const record_origin& origin, metrics_of_body& body, received_metrics& result) {
    enum : unsigned {
        name,
        description,
        unit,
        sum,
        gauge,
        histogram,
        exponential_histogram,
        summary,
        metadata
    };
    static constexpr std::array<std::string_view, 9> keys{
        "name",      "description",          "unit",    "sum",     "gauge",
        "histogram", "exponentialHistogram", "summary", "metadata"};
    constexpr member_set data_members =
        bit_of(sum) | bit_of(gauge) | bit_of(histogram) | bit_of(exponential_histogram) | bit_of(summary);
    received_metric metric;
    dom::element data;
    const auto seen =
        for_each_member(log, path, object, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case name:
                if (const auto text = check_string(log, here, v)) {
                    if (!is_metric_name(*text)) log.add(rule::metric_name_syntax, here, v);
                    metric.name = *text;
                }
                break;
            case unit:
                if (const auto text = check_string(log, here, v)) {
                    if (!is_unit(*text)) log.add(rule::metric_unit_syntax, here, v);
                    metric.unit = *text;
                }
                break;
            case description:
                check_string(log, here, v);
                break;
            case metadata:
                check_attributes(log, here, v);
                break;
            case summary:
                log.add(rule::metric_summary, here, v);
                break;
            default:
                metric.kind = static_cast<metric_kind>(member - sum);
                data = v;
                break;
            }
        });
    require_members(log, path, seen, bit_of(name), keys);
    if (std::popcount(seen & data_members) != 1) {
        log.add(rule::metric_one_data, path, simdjson::minify(object));
        return;
    }
    if ((seen & bit_of(summary)) != 0) return;
    metric.path = path.text();
    metric.origin = identity_of(origin);
    metric.service = origin.service;
    check_data(log, path.member(member_of(metric.kind)), data, metric, result);
    if (metric.name.empty()) return;
    body.add(log, path, metric);
    result.metrics.push_back(std::move(metric));
}

} // namespace detail

/// Checks the body of /v1/metrics and appends what it brought to `result`. Returns how many metrics it held.
inline std::size_t check_metrics(violation_log& log, dom::element body, received_metrics& result) {
    detail::metrics_of_body metrics;
    return check_envelopes(log, body, metrics_envelope,
                           [&](dom::object object, const json_path& path, const record_origin& origin) {
                               detail::check_metric(log, path, object, origin, metrics, result);
                           });
}

} // namespace receiver
