// SPDX-License-Identifier: MIT
// The buckets of either kind of histogram in one form, and what follows from them.
#pragma once

#include "received_metric.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace receiver {

/// A bucket with a count that is not 0.
struct bucket {
    double lower = 0;
    double upper = 0;
    std::uint64_t count = 0;
};

/// Ascending. Explicit buckets hold their upper bound and not the lower one.
[[nodiscard]] inline std::vector<bucket> buckets_of(const histogram_value& value) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    std::vector<bucket> result;
    for (std::size_t i = 0; i < value.counts.size(); ++i) {
        if (value.counts[i] == 0) continue;
        result.push_back({i == 0 ? -infinite : value.bounds[i - 1],
                          i == value.bounds.size() ? infinite : value.bounds[i], value.counts[i]});
    }
    return result;
}

/// The upper bound of the bucket below `index`, so the lower one of its own.
[[nodiscard]] inline double exponential_bound(std::int64_t index, int scale) {
    return std::exp2(std::ldexp(static_cast<double>(index), -scale));
}

[[nodiscard]] inline std::vector<bucket> buckets_of(const exponential_value& value) {
    const auto lower = [&](std::int32_t index) { return exponential_bound(index, value.scale); };
    const auto upper = [&](std::int32_t index) {
        return exponential_bound(std::int64_t{index} + 1, value.scale);
    };
    std::vector<bucket> result;
    for (auto at = value.negative.rbegin(); at != value.negative.rend(); ++at) {
        result.push_back({-upper(at->first), -lower(at->first), at->second});
    }
    if (value.zero_count > 0) {
        result.push_back({-value.zero_threshold, value.zero_threshold, value.zero_count});
    }
    for (const auto& [index, count] : value.positive) result.push_back({lower(index), upper(index), count});
    return result;
}

/// The same counts at a coarser scale.
[[nodiscard]] inline exponential_side coarser(const exponential_side& side, int steps) {
    exponential_side result;
    for (const auto& [index, count] : side) result[index >> std::min(steps, 31)] += count;
    return result;
}

/// The value below which the share `q` of all measurements lies, interpolated within its bucket: linearly, or
/// by ratio where buckets grow by one.
[[nodiscard]] inline double quantile(double q, const std::vector<bucket>& buckets, const distribution& all,
                                     bool by_ratio) {
    std::uint64_t total = 0;
    for (const auto& b : buckets) total += b.count;
    const double rank = q * static_cast<double>(total);
    double below = 0;
    for (const auto& b : buckets) {
        const auto count = static_cast<double>(b.count);
        if (below + count < rank && &b != &buckets.back()) {
            below += count;
            continue;
        }
        const double low = all.min ? std::max(b.lower, *all.min) : b.lower;
        const double high = all.max ? std::min(b.upper, *all.max) : b.upper;
        if (!std::isfinite(low)) return high;
        if (!std::isfinite(high)) return low;
        const double share = std::clamp((rank - below) / count, 0.0, 1.0);
        if (by_ratio && low > 0) return low * std::pow(high / low, share);
        return low + (high - low) * share;
    }
    return std::numeric_limits<double>::quiet_NaN();
}

} // namespace receiver
