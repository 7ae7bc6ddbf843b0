// SPDX-License-Identifier: MIT
// Where the buckets of a base-2 exponential histogram end, for those who need bounds. For the sdk.
#pragma once

#include <nanotel/metrics/exponential_index.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

namespace nanotel::inline NANOTEL_ABI::detail {

// The largest mantissa m with 1.m <= 2^(fraction / 2^scale), for 0 < fraction < 2^scale.
inline std::uint64_t exponential_boundary_mantissa(std::int32_t fraction, int scale) {
    if (scale <= 8) return exponential_last_mantissa[(fraction << (8 - scale)) - 1];
    // What exp2 says may be some doubles off; on which side a double is, the index knows.
    auto bits =
        __builtin_bit_cast(std::uint64_t, std::exp2(std::ldexp(static_cast<double>(fraction), -scale)));
    while (exponential_index_above_8(bits, scale) >= fraction) --bits;
    while (exponential_index_above_8(bits + 1, scale) < fraction) ++bits;
    return bits & double_mantissa_mask;
}

/// The lower boundary of a bucket, base^index: the largest double that is not above it, so that a double is
/// in the bucket or beyond exactly when it is larger. Infinity above all doubles, 0 below those that are
/// positive.
inline double exponential_boundary(std::int32_t index, int scale) {
    std::int64_t exponent = index;
    std::uint64_t significand = smallest_normal_bits;
    if (scale <= 0) {
        exponent *= std::int64_t{1} << -scale;
    } else {
        exponent >>= scale;
        const auto fraction = static_cast<std::int32_t>(index - exponent * (std::int64_t{1} << scale));
        if (fraction != 0) significand |= exponential_boundary_mantissa(fraction, scale);
    }
    if (exponent > 1023) return std::numeric_limits<double>::infinity();
    if (exponent < -1074) return 0;
    if (exponent < -1022) { // subnormal: cut, not rounded
        return __builtin_bit_cast(double, significand >> (-1022 - exponent));
    }
    const auto field = static_cast<std::uint64_t>(exponent + 1023) << 52;
    return __builtin_bit_cast(double, field | (significand & double_mantissa_mask));
}

} // namespace nanotel::inline NANOTEL_ABI::detail
