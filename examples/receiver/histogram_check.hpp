// SPDX-License-Identifier: MIT
// The points of histograms, whose count, sum, min, max and buckets must agree with each other.
#pragma once

#include "buckets.hpp"
#include "json_path.hpp"
#include "members.hpp"
#include "point_check.hpp"
#include "received_metric.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric> // accumulate
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace receiver {

namespace detail {

/// Whether a bucket may hold a value. The bounds of explicit buckets are what they are; those of exponential
/// ones are computed, exactly where they are powers of two.
[[nodiscard]] inline bool may_hold(const bucket& b, double value, bool is_exponential) {
    if (!is_exponential) return value > b.lower && value <= b.upper;
    if (b.lower <= 0 && b.upper >= 0 && b.lower == -b.upper) return std::abs(value) <= b.upper; // of zero
    if (b.upper <= 0) return may_hold({-b.upper, -b.lower, b.count}, -value, true);
    constexpr double smallest = std::numeric_limits<double>::min();
    const auto tolerance = [](double bound) {
        int exponent = 0;
        const bool is_exact = !std::isfinite(bound) || bound == 0 || std::frexp(bound, &exponent) == 0.5;
        return is_exact ? 0 : bound * 1e-12;
    };
    const auto holds = [&](double v) {
        return v > b.lower - tolerance(b.lower) && v <= b.upper + tolerance(b.upper);
    };
    // A subnormal value may count as the smallest normal one.
    return holds(value) || (value > 0 && value < smallest && holds(smallest));
}

/// The sum of what lies in buckets, between the least and the most that it can be; sums of doubles are
/// rounded.
[[nodiscard]] inline bool is_possible_sum(double sum, const distribution& all,
                                          const std::vector<bucket>& buckets) {
    double least = 0;
    double most = 0;
    double magnitude = 0;
    const auto add = [&](double low, double high, std::uint64_t count) {
        const auto n = static_cast<double>(count);
        least += n * low;
        most += n * high;
        magnitude += n * std::max(std::abs(low), std::abs(high));
    };
    for (const auto& b : buckets) add(std::max(b.lower, *all.min), std::min(b.upper, *all.max), b.count);
    if (buckets.empty()) add(*all.min, *all.max, all.count);
    const double tolerance =
        magnitude * 1e-9 + static_cast<double>(all.count) * std::numeric_limits<double>::min();
    return !std::isfinite(magnitude) || (sum >= least - tolerance && sum <= most + tolerance);
}

/// What holds for both kinds of histogram.
inline void check_distribution(violation_log& log, const json_path& path, const distribution& all,
                               const std::vector<bucket>& buckets, bool is_exponential) {
    const auto number = [](const std::optional<double>& v) { return v ? fmt::format("{}", *v) : "none"; };
    if (all.min.has_value() != (all.count > 0) || all.max.has_value() != (all.count > 0)) {
        log.add(rule::histogram_extremes, path,
                fmt::format("count {}, min {}, max {}", all.count, number(all.min), number(all.max)));
        return;
    }
    const auto is_finite = [](const std::optional<double>& v) { return !v || std::isfinite(*v); };
    const bool may_overflow =
        all.sum && std::isinf(*all.sum) && all.min && all.max &&
        std::isinf(static_cast<double>(all.count) * std::max(std::abs(*all.min), std::abs(*all.max)));
    if (!is_finite(all.min) || !is_finite(all.max) || (!is_finite(all.sum) && !may_overflow)) {
        log.add(rule::histogram_not_finite, path,
                fmt::format("sum {}, min {}, max {}", number(all.sum), number(all.min), number(all.max)));
        return;
    }
    if (all.count == 0) {
        if (all.sum.value_or(0) != 0) {
            log.add(rule::histogram_sum, path.member("sum"), number(all.sum) + " of nothing");
        }
        return;
    }
    if (*all.min > *all.max) {
        log.add(rule::histogram_min_over_max, path, number(all.min) + " and " + number(all.max));
        return;
    }
    if (!all.sum && *all.min >= 0) log.add(rule::histogram_sum_missing, path, "sum");
    if (!buckets.empty()) {
        const auto check_end = [&](std::string_view member, double value, const bucket& b) {
            if (may_hold(b, value, is_exponential)) return true;
            log.add(rule::histogram_extreme_bucket, path.member(member),
                    fmt::format("{} is not in the bucket from {} to {}", value, b.lower, b.upper));
            return false;
        };
        const bool low = check_end("min", *all.min, buckets.front());
        const bool high = check_end("max", *all.max, buckets.back());
        if (!low || !high) return;
    }
    if (all.sum && std::isfinite(*all.sum) && !is_possible_sum(*all.sum, all, buckets)) {
        log.add(rule::histogram_sum, path.member("sum"),
                fmt::format("{} of {} from {} to {}", *all.sum, all.count, *all.min, *all.max));
    }
}

inline void check_count(violation_log& log, const json_path& path, std::uint64_t count, std::uint64_t sum) {
    if (count == sum) return;
    log.add(rule::histogram_count, path.member("count"), fmt::format("{} and not {}", count, sum));
}

[[nodiscard]] inline std::uint64_t total_of(const std::vector<std::uint64_t>& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

inline std::vector<std::uint64_t> check_counts(violation_log& log, const json_path& path,
                                               dom::element value) {
    std::vector<std::uint64_t> counts;
    for_each_element(log, path, value, [&](dom::element element, const json_path& here) {
        counts.push_back(check_int64<std::uint64_t>(log, here, element).value_or(0));
    });
    return counts;
}

inline std::vector<double> check_bounds(violation_log& log, const json_path& path, dom::element value) {
    std::vector<double> bounds;
    for_each_element(log, path, value, [&](dom::element element, const json_path& here) {
        const auto bound = check_double(log, here, element);
        if (!bound) return;
        if (!std::isfinite(*bound) || (!bounds.empty() && *bound <= bounds.back())) {
            log.add(rule::histogram_bounds, here, element);
        }
        bounds.push_back(*bound);
    });
    return bounds;
}

/// The members that both kinds of histogram have; their own key tables begin with these.
enum distribution_member : unsigned {
    count_member,
    sum_member,
    min_member,
    max_member,
    distribution_members
};

inline void take(violation_log& log, unsigned member, dom::element v, const json_path& here,
                 distribution& all) {
    switch (member) {
    case count_member:
        all.count = check_int64<std::uint64_t>(log, here, v).value_or(0);
        break;
    case sum_member:
        all.sum = check_double(log, here, v);
        break;
    case min_member:
        all.min = check_double(log, here, v);
        break;
    default:
        all.max = check_double(log, here, v);
        break;
    }
}

inline void check_histogram_point(violation_log& log, const json_path& path, dom::object object,
                                  const received_metric& metric, received_point& point,
                                  received_metrics& result) {
    enum : unsigned { bucket_counts = distribution_members, explicit_bounds };
    static constexpr std::array<std::string_view, 6> keys{"count", "sum",          "min",
                                                          "max",   "bucketCounts", "explicitBounds"};
    point_frame frame(log, path, point);
    histogram_value value;
    frame.read(object, keys, [&](unsigned member, dom::element v, const json_path& here) {
        if (member == bucket_counts) {
            value.counts = check_counts(log, here, v);
        } else if (member == explicit_bounds) {
            value.bounds = check_bounds(log, here, v);
        } else {
            take(log, member, v, here, value.all);
        }
    });
    if (frame.all_good() && !frame.no_value()) {
        const bool none = value.counts.empty() && value.bounds.empty();
        if (!none && value.counts.size() != value.bounds.size() + 1) {
            log.add(rule::histogram_buckets, path,
                    fmt::format("{} buckets, {} bounds", value.counts.size(), value.bounds.size()));
        } else {
            if (!none) check_count(log, path, value.all.count, total_of(value.counts));
            if (frame.all_good()) check_distribution(log, path, value.all, buckets_of(value), false);
        }
    }
    const distribution all = value.all;
    frame.finish(metric.kind, std::move(value), all, result);
}

inline exponential_side check_side(violation_log& log, const json_path& path, dom::element value) {
    enum : unsigned { offset_member, counts_member };
    static constexpr std::array<std::string_view, 2> keys{"offset", "bucketCounts"};
    constexpr std::size_t most_buckets = 160;
    exponential_side side;
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return side;
    }
    std::int64_t offset = 0;
    std::vector<std::uint64_t> counts;
    for_each_member(log, path, object, keys, [&](unsigned member, dom::element v, const json_path& here) {
        if (member == offset_member) {
            offset = check_int32<std::int32_t>(log, here, v).value_or(0);
        } else {
            counts = check_counts(log, here, v);
        }
    });
    const auto size = static_cast<std::int64_t>(counts.size());
    if (counts.size() > most_buckets || offset + size - 1 > std::numeric_limits<std::int32_t>::max()) {
        log.add(rule::exponential_buckets, path, fmt::format("{} buckets from {}", size, offset));
        return side;
    }
    for (std::int64_t i = 0; i < size; ++i) {
        const auto count = counts[static_cast<std::size_t>(i)];
        if (count != 0) side.emplace_hint(side.end(), static_cast<std::int32_t>(offset + i), count);
    }
    return side;
}

inline void check_exponential_point(violation_log& log, const json_path& path, dom::object object,
                                    const received_metric& metric, received_point& point,
                                    received_metrics& result) {
    enum : unsigned { scale = distribution_members, zero_count, positive, negative, zero_threshold };
    static constexpr std::array<std::string_view, 9> keys{
        "count", "sum", "min", "max", "scale", "zeroCount", "positive", "negative", "zeroThreshold"};
    point_frame frame(log, path, point);
    exponential_value value;
    frame.read(object, keys, [&](unsigned member, dom::element v, const json_path& here) {
        switch (member) {
        case scale:
            if (const auto number = check_int32<std::int32_t>(log, here, v)) {
                if (*number < -10 || *number > 20) log.add(rule::exponential_scale, here, v);
                value.scale = *number;
            }
            break;
        case zero_count:
            value.zero_count = check_int64<std::uint64_t>(log, here, v).value_or(0);
            break;
        case positive:
            value.positive = check_side(log, here, v);
            break;
        case negative:
            value.negative = check_side(log, here, v);
            break;
        case zero_threshold:
            if (const auto number = check_double(log, here, v)) {
                if (!std::isfinite(*number) || *number < 0) log.add(rule::exponential_zero, here, v);
                value.zero_threshold = *number;
            }
            break;
        default:
            take(log, member, v, here, value.all);
            break;
        }
    });
    if (frame.all_good() && !frame.no_value()) {
        std::uint64_t sum = value.zero_count;
        for (const auto& [index, count] : value.positive) sum += count;
        for (const auto& [index, count] : value.negative) sum += count;
        check_count(log, path, value.all.count, sum);
        if (frame.all_good()) check_distribution(log, path, value.all, buckets_of(value), true);
    }
    const distribution all = value.all;
    frame.finish(metric.kind, std::move(value), all, result);
}

} // namespace detail
} // namespace receiver
