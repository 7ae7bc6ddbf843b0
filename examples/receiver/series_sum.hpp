// SPDX-License-Identifier: MIT
// Two points of a series: what the later one adds to a delta, and what it may not be in a cumulative one.
#pragma once

#include "buckets.hpp"
#include "received_metric.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace receiver {

namespace detail {

/// What fell between two points of one start: the member of the point and a text such as "4 after 5".
struct fall {
    std::string member;
    std::string text;
};

template <typename Number>
std::optional<fall> fall_of(std::string member, Number before, Number now) {
    if (now >= before) return std::nullopt;
    return fall{std::move(member), fmt::format("{} after {}", now, before)};
}

inline std::optional<fall> fall_between(const number_value& before, const number_value& now) {
    if (before.is_integer && now.is_integer) return fall_of("asInt", before.integer, now.integer);
    if (!before.is_integer && !now.is_integer) return fall_of("asDouble", before.real, now.real);
    return std::nullopt; // has been said
}

inline std::optional<fall> fall_between(const distribution& before, const distribution& now) {
    if (auto found = fall_of("count", before.count, now.count)) return found;
    // What has no negative values has a sum that does not fall.
    if (before.sum && now.sum && now.min.value_or(0) >= 0) {
        if (auto found = fall_of("sum", *before.sum, *now.sum)) return found;
    }
    if (before.max && now.max) {
        if (auto found = fall_of("max", *before.max, *now.max)) return found;
    }
    if (before.min && now.min && *now.min > *before.min) {
        return fall{"min", fmt::format("{} after {}", *now.min, *before.min)};
    }
    return std::nullopt;
}

/// With the same bounds.
inline std::optional<fall> fall_between(const histogram_value& before, const histogram_value& now) {
    for (std::size_t i = 0; i < std::min(before.counts.size(), now.counts.size()); ++i) {
        if (auto found = fall_of(fmt::format("bucketCounts/{}", i), before.counts[i], now.counts[i])) {
            return found;
        }
    }
    return fall_between(before.all, now.all);
}

inline std::optional<fall> fall_between(const exponential_value& before, const exponential_value& now) {
    // A histogram gets coarser until it starts anew.
    if (now.scale > before.scale) {
        return fall{"scale", fmt::format("{} after {}", now.scale, before.scale)};
    }
    if (auto found = fall_of("zeroCount", before.zero_count, now.zero_count)) return found;
    const auto compare = [&](const char* member, const exponential_side& then,
                             const exponential_side& side) -> std::optional<fall> {
        for (const auto& [index, count] : coarser(then, before.scale - now.scale)) {
            const auto place = side.find(index);
            const std::uint64_t left = place == side.end() ? 0 : place->second;
            if (left < count) {
                return fall{member, fmt::format("index {}: {} after {}", index, left, count)};
            }
        }
        return std::nullopt;
    };
    // A wider zero bucket takes counts from others.
    if (now.zero_threshold == before.zero_threshold) {
        if (auto found = compare("positive", before.positive, now.positive)) return found;
        if (auto found = compare("negative", before.negative, now.negative)) return found;
    }
    return fall_between(before.all, now.all);
}

inline void add_to(number_value& total, const number_value& delta) {
    // A sum that leaves the range of its type is one of doubles: these are numbers for people.
    if (total.is_integer && delta.is_integer) {
        const bool overflows = delta.integer > 0
                                   ? total.integer > std::numeric_limits<std::int64_t>::max() - delta.integer
                                   : total.integer < std::numeric_limits<std::int64_t>::min() - delta.integer;
        if (!overflows) {
            total.integer += delta.integer;
            return;
        }
    }
    const auto real = [](const number_value& v) {
        return v.is_integer ? static_cast<double>(v.integer) : v.real;
    };
    total = {false, 0, real(total) + real(delta)};
}

inline void add_to(distribution& total, const distribution& delta) {
    total.count += delta.count;
    if (total.sum) total.sum = delta.sum ? std::optional(*total.sum + *delta.sum) : std::nullopt;
    if (delta.min) total.min = std::min(total.min.value_or(*delta.min), *delta.min);
    if (delta.max) total.max = std::max(total.max.value_or(*delta.max), *delta.max);
}

inline void add_to(histogram_value& total, const histogram_value& delta) {
    if (total.bounds != delta.bounds || total.counts.size() != delta.counts.size()) {
        total = delta; // other buckets: what was before cannot be told in them
        return;
    }
    for (std::size_t i = 0; i < total.counts.size(); ++i) total.counts[i] += delta.counts[i];
    add_to(total.all, delta.all);
}

inline void add_to(exponential_value& total, const exponential_value& delta) {
    constexpr std::size_t most_buckets = 320;
    const auto scale_down = [&](int steps) {
        total.positive = coarser(total.positive, steps);
        total.negative = coarser(total.negative, steps);
        total.scale -= steps;
    };
    if (total.scale > delta.scale) scale_down(total.scale - delta.scale);
    const int steps = delta.scale - total.scale;
    for (const auto& [index, count] : coarser(delta.positive, steps)) total.positive[index] += count;
    for (const auto& [index, count] : coarser(delta.negative, steps)) total.negative[index] += count;
    total.zero_count += delta.zero_count;
    total.zero_threshold = std::max(total.zero_threshold, delta.zero_threshold);
    add_to(total.all, delta.all);
    while (total.positive.size() + total.negative.size() > most_buckets) scale_down(1);
}

} // namespace detail

/// Nothing where nothing fell, or where the two are of different kinds.
[[nodiscard]] inline std::optional<detail::fall> fall_between(const point_value& before,
                                                              const point_value& now) {
    return std::visit(
        [](const auto& b, const auto& n) -> std::optional<detail::fall> {
            using type = std::decay_t<decltype(b)>;
            if constexpr (!std::is_same_v<type, std::decay_t<decltype(n)>> ||
                          std::is_same_v<type, std::monostate>) {
                return std::nullopt;
            } else {
                return detail::fall_between(b, n);
            }
        },
        before, now);
}

/// Adds a delta to the total of those before.
inline void add_to(point_value& total, const point_value& delta) {
    std::visit(
        [](auto& t, const auto& d) {
            using type = std::decay_t<decltype(t)>;
            if constexpr (std::is_same_v<type, std::decay_t<decltype(d)>> &&
                          !std::is_same_v<type, std::monostate>) {
                detail::add_to(t, d);
            }
        },
        total, delta);
}

} // namespace receiver
