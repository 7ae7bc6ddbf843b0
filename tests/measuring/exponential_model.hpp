// SPDX-License-Identifier: MIT
// What an exponential histogram of some values must say, by logarithms in extended precision.
#pragma once

#include "measuring.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

namespace nanotel_test {

// The index of a positive value. Values for which the logarithm is too near to a boundary to tell are not for
// here, except for powers of two, which are exact.
inline long long model_index(double v, int scale) {
    int exponent;
    const double fraction = std::frexp(v, &exponent); // in [0.5, 1)
    if (fraction == 0.5) {                            // 2^(exponent - 1) is the upper end of its bucket
        const long long power = exponent - 1;
        if (scale >= 0) return power * (1LL << scale) - 1;
        return static_cast<long long>(std::ceil(std::ldexp(static_cast<double>(power), scale))) - 1;
    }
    const long double log2 =
        static_cast<long double>(exponent) + std::log2(static_cast<long double>(fraction));
    return static_cast<long long>(std::ceil(std::ldexp(log2, scale))) - 1;
}
inline bool model_can_tell(double v) {
    int exponent;
    const double fraction = std::frexp(std::fabs(v), &exponent);
    if (fraction == 0.5) return true;
    const long double position = std::ldexp(std::log2(static_cast<long double>(fraction)), 20);
    return std::fabs(position - std::round(position)) > 1e-6L;
}

using index_counts = std::map<long long, std::uint64_t>;

inline index_counts counts_of(const nanotel::finished_buckets& side) {
    index_counts counts;
    for (std::size_t i = 0; i < side.counts.size(); ++i)
        if (side.counts[i] != 0) counts[side.offset + static_cast<long long>(i)] = side.counts[i];
    return counts;
}

// All of the values lie where the reported scale says, the scale is as fine as it can be, and the rest adds
// up.
inline void check_exponential(const std::vector<double>& values, const nanotel::finished_point& p,
                              std::size_t size = 160, bool sum_is_exact = true) {
    index_counts positive, negative, finer_positive, finer_negative;
    std::uint64_t zeros = 0;
    double sum = 0;
    double min = HUGE_VAL;
    double max = -HUGE_VAL;
    for (const double v : values) {
        if (v == 0) {
            ++zeros;
        } else {
            ++(v > 0 ? positive : negative)[model_index(std::fabs(v), p.scale)];
            ++(v > 0 ? finer_positive : finer_negative)[model_index(std::fabs(v), p.scale + 1)];
        }
        sum += v;
        min = std::min(min, v);
        max = std::max(max, v);
    }
    CHECK(p.count == values.size());
    CHECK(p.zero_count == zeros);
    CHECK(p.zero_threshold == 0);
    CHECK((counts_of(p.positive) == positive));
    CHECK((counts_of(p.negative) == negative));
    CHECK(p.min == min);
    CHECK(p.max == max);
    if (sum_is_exact) CHECK(p.sum == sum);
    const auto width = [](const index_counts& counts) {
        if (counts.empty()) return std::size_t{0};
        return static_cast<std::size_t>(counts.rbegin()->first - counts.begin()->first + 1);
    };
    CHECK(width(positive) <= size);
    CHECK(width(negative) <= size);
    CHECK(p.scale <= 20);
    CHECK(p.scale >= -10);
    // One step finer and something would not have fitted.
    if (p.scale < 20) CHECK(std::max(width(finer_positive), width(finer_negative)) > size);
}

} // namespace nanotel_test
