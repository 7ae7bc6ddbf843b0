// SPDX-License-Identifier: MIT
// Every series that was received: whether its points follow one another, and what its final value is.
#pragma once

#include "received_metric.hpp"
#include "series_sum.hpp"
#include "violation_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant> // get_if
#include <vector>

namespace receiver {

struct series {
    std::string service;
    std::string name;
    std::string unit;
    std::string labels; // lines of "key=value"
    metric_kind kind = metric_kind::sum;
    temporality points_are = temporality::none;
    bool monotonic = false;
    std::uint64_t start = 0; // when the value began to count
    std::uint64_t last_start = 0;
    std::uint64_t time = 0; // of the last point
    point_value last;
    point_value total; // of a delta: all that came

    [[nodiscard]] const point_value& value() const { return points_are == temporality::delta ? total : last; }
};

/// Follows up to `most_series` of them.
class series_store {
public:
    explicit series_store(std::size_t most_series = 200'000) : most_series_(most_series) {}

    /// Reports what is wrong with the points of `metric` after those that came before.
    void add(violation_log& log, received_metric&& metric) {
        if (!metric.conflicts) check_conflict(log, metric);
        const std::string key =
            fmt::format("{}\n{}\n{}\n{} {} {}\n", metric.origin, metric.name, metric.unit,
                        static_cast<int>(metric.kind), static_cast<int>(metric.points_are), metric.monotonic);
        for (auto& point : metric.points) {
            if (std::holds_alternative<std::monostate>(point.value)) continue;
            const auto place = series_.find(key + point.identity);
            if (place != series_.end()) {
                follow(log, metric, place->second, std::move(point));
            } else if (series_.size() < most_series_) {
                series_.emplace(key + point.identity, begin(metric, std::move(point)));
            } else {
                ++beyond_;
            }
        }
    }

    /// In no order.
    [[nodiscard]] std::vector<const series*> all() const {
        std::vector<const series*> result;
        result.reserve(series_.size());
        for (const auto& entry : series_) result.push_back(&entry.second);
        return result;
    }

    /// The points of series that were not followed.
    [[nodiscard]] std::uint64_t beyond() const { return beyond_; }

private:
    static series begin(const received_metric& metric, received_point&& point) {
        const bool is_delta = metric.points_are == temporality::delta;
        return {metric.service,   metric.name,
                metric.unit,      std::move(point.labels),
                metric.kind,      metric.points_are,
                metric.monotonic, point.start,
                point.start,      point.time,
                point.value,      is_delta ? std::move(point.value) : point_value{}};
    }

    static void follow(violation_log& log, const received_metric& metric, series& known,
                       received_point&& point) {
        const auto place = [&](const std::string& member) {
            return fmt::format("{}/{}/dataPoints/{}/{}", metric.path, member_of(metric.kind), point.index,
                               member);
        };
        const auto after = [](std::uint64_t time, std::uint64_t before) {
            return fmt::format("{} after {}", time, before);
        };
        switch (metric.points_are) {
        case temporality::delta:
            if (point.start < known.time) {
                log.add(rule::delta_overlap, place("startTimeUnixNano"), after(point.start, known.time));
            }
            add_to(known.total, point.value);
            break;
        case temporality::cumulative:
            if (point.time <= known.time) {
                log.add(rule::series_order, place("timeUnixNano"), after(point.time, known.time));
            } else if (point.start == known.last_start) {
                check_growth(log, metric, known, point.value, place);
            } else if (point.start < known.time) {
                log.add(rule::cumulative_start, place("startTimeUnixNano"),
                        fmt::format("{} after {}, the last point at {}", point.start, known.last_start,
                                    known.time));
            }
            known.start = point.start;
            break;
        default:
            if (point.time < known.time) {
                log.add(rule::series_order, place("timeUnixNano"), after(point.time, known.time));
            }
            break;
        }
        known.last_start = point.start;
        known.time = point.time;
        known.last = std::move(point.value);
    }

    /// Two points of one start.
    template <typename Place>
    static void check_growth(violation_log& log, const received_metric& metric, const series& known,
                             const point_value& now, Place place) {
        if (metric.kind == metric_kind::sum && !metric.monotonic) return;
        const auto* before_buckets = std::get_if<histogram_value>(&known.last);
        const auto* buckets = std::get_if<histogram_value>(&now);
        if (before_buckets != nullptr && buckets != nullptr && before_buckets->bounds != buckets->bounds) {
            log.add(rule::series_bounds, place("explicitBounds"),
                    fmt::format("{} bounds after {}", buckets->bounds.size(), before_buckets->bounds.size()));
        } else if (const auto found = fall_between(known.last, now)) {
            log.add(rule::cumulative_falls, place(found->member), found->text);
        }
    }

    /// A name that means something else than in earlier bodies. The temporality may differ: it is the
    /// reader's, and a program may have several.
    void check_conflict(violation_log& log, const received_metric& metric) {
        std::string nature = fmt::format("{}{} in \"{}\"", metric.monotonic ? "monotonic " : "",
                                         member_of(metric.kind), metric.unit);
        const auto readable = std::find_if(metric.points.begin(), metric.points.end(), [](const auto& point) {
            return !std::holds_alternative<std::monostate>(point.value);
        });
        if (readable == metric.points.end() || natures_.size() >= most_series_) return;
        if (const auto* number = std::get_if<number_value>(&readable->value)) {
            nature += number->is_integer ? " of asInt" : " of asDouble";
        }
        const auto [place, is_new] = natures_.try_emplace(metric.origin + '\n' + metric.name, nature);
        if (is_new || place->second == nature) return;
        log.add(rule::metric_conflict, metric.path + "/name",
                fmt::format("{}: {} after {}", metric.name, nature, place->second));
    }

    std::size_t most_series_;
    std::unordered_map<std::string, series> series_;
    std::unordered_map<std::string, std::string> natures_; // of metrics, by resource, scope and name
    std::uint64_t beyond_ = 0;
};

} // namespace receiver
