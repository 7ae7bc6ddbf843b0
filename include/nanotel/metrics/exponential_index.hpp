// SPDX-License-Identifier: MIT
// In which bucket of a base-2 exponential histogram a value lies (OpenTelemetry Metrics Data Model,
// "ExponentialHistogram"): bucket i holds (base^i, base^(i + 1)] with base = 2^(2^-scale). Always the right
// one, for every double and every scale, without a logarithm.
#pragma once

#include <nanotel/metrics/exponential_table.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constexpr int min_exponential_scale = -10;
inline constexpr int max_exponential_scale = 20;

inline constexpr std::uint64_t double_mantissa_mask = (std::uint64_t{1} << 52) - 1;

// A smaller one has another layout.
inline constexpr std::uint64_t smallest_normal_bits = std::uint64_t{1} << 52;

/// The index at scale 8 of the double with these bits, which is positive, finite and normal. At a lower scale
/// it is `exponential_index_8(bits) >> (8 - scale)`, since buckets nest.
[[gnu::always_inline]] inline std::int32_t exponential_index_8(std::uint64_t bits) noexcept {
    // A bucket has its upper end and not its lower one: 2^k belongs below. With the bits of the double
    // before, exponent and mantissa say so themselves.
    const std::uint64_t before = bits - 1;
    const std::uint32_t first = exponential_first_bucket[before >> 43 & 511];
    const auto beyond =
        static_cast<std::uint32_t>((before & double_mantissa_mask) >= exponential_last_mantissa[first]);
    // The sum does not overflow into the exponent: nothing is beyond the last bucket, whose end is 2^52.
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(before >> 52) << 8) + first + beyond) -
           (1023 << 8);
}

// What lies closer to a boundary than the approximation below can tell: the binary logarithm, digit by digit,
// by squaring. Of the doubles and the boundaries of scale 20, which include those of all others, none are
// nearer to each other than 2^-77.4 (tests/metrics/exponential_table.py --closest), so a relative error of
// 2^-78.4 would do; 96 bits give 2^-94. A boundary itself, which only a power of two can be, is not for here.
[[gnu::noinline, gnu::cold]] inline std::int32_t exponential_fraction_exact(std::uint64_t mantissa,
                                                                            int scale) noexcept {
    // A number from 1 to 2 with 95 bits after the point, the lowest limb first.
    const std::uint64_t significand = mantissa | smallest_normal_bits;
    std::uint32_t y[3] = {0, static_cast<std::uint32_t>(significand << 11),
                          static_cast<std::uint32_t>(significand >> 21)};
    std::int32_t fraction = 0;
    for (int digit = 0; digit < scale; ++digit) {
        std::uint32_t square[6] = {};
        for (int i = 0; i < 3; ++i) {
            std::uint64_t carry = 0;
            for (int j = 0; j < 3; ++j) {
                carry += std::uint64_t{y[i]} * y[j] + square[i + j];
                square[i + j] = static_cast<std::uint32_t>(carry);
                carry >>= 32;
            }
            square[i + 3] = static_cast<std::uint32_t>(carry);
        }
        const bool two_or_more = square[5] >> 31 != 0;
        fraction = fraction * 2 + static_cast<std::int32_t>(two_or_more);
        for (int i = 0; i < 3; ++i)
            y[i] = two_or_more ? square[i + 3] : square[i + 3] << 1 | square[i + 2] >> 31;
    }
    return fraction;
}

/// The index at a scale of 9 to 20, for a double as exponential_index_8 takes it.
inline std::int32_t exponential_index_above_8(std::uint64_t bits, int scale) noexcept {
    const std::int32_t index_8 = exponential_index_8(bits);
    const std::int32_t begin =
        index_8 * (1 << (scale - 8)); // the first of those into which the bucket divides
    const std::int32_t last = (1 << (scale - 8)) - 1;
    // How far above the bucket's lower end the value is: z, as a fraction of it, is at most 2^(1/256) - 1.
    const std::uint32_t bucket = static_cast<std::uint32_t>(index_8) & 255;
    const std::uint64_t lower = bucket == 0 ? 0 : exponential_last_mantissa[bucket - 1];
    const std::uint64_t above = ((bits - 1) & double_mantissa_mask) + 1 - lower;
    const double z = static_cast<double>(static_cast<std::int64_t>(above)) /
                     static_cast<double>(static_cast<std::int64_t>(lower | smallest_normal_bits));
    // log2(1 + z). The lower end is cut to a double, which moves the result by at most 2^-51.4; the series by
    // 2^-53, and rounding by less, in whatever mode and with whatever contraction.
    constexpr double per_ln_2 = 1.4426950408889634;
    const double log2 =
        z * (per_ln_2 + z * (-per_ln_2 / 2 + z * (per_ln_2 / 3 + z * (-per_ln_2 / 4 + z * (per_ln_2 / 5)))));
    constexpr double error = 0x1p-46; // amply
    const double buckets = static_cast<double>(1 << scale);
    const auto at_least = static_cast<std::int32_t>((log2 - error) * buckets); // 0 when negative
    auto at_most = static_cast<std::int32_t>((log2 + error) * buckets);
    if (at_most > last) at_most = last;
    if (at_least >= at_most) [[likely]]
        return begin + at_most;
    return (begin >> scale << scale) + exponential_fraction_exact(bits & double_mantissa_mask, scale);
}

// Of a double below the normal ones, the bits of it times 2^52.
[[gnu::noinline, gnu::cold]] inline std::uint64_t subnormal_bits_times_2_52(std::uint64_t bits) noexcept {
    const int up = __builtin_clzll(bits) - 11;
    return (bits << up) + (static_cast<std::uint64_t>(52 - up) << 52);
}

/// The index of v, which is positive and finite, at a scale of -10 to 20.
inline std::int32_t exponential_index(double v, int scale) noexcept {
    auto bits = __builtin_bit_cast(std::uint64_t, v);
    std::int32_t octaves = 0; // that the bits are too high
    if (bits < smallest_normal_bits) [[unlikely]] {
        bits = subnormal_bits_times_2_52(bits);
        octaves = 52;
    }
    if (scale <= 8) return (exponential_index_8(bits) - (octaves << 8)) >> (8 - scale);
    return exponential_index_above_8(bits, scale) - (octaves << scale);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
