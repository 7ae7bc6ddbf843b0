// SPDX-License-Identifier: MIT
// Doubles as JSON: the shortest text that reads back to the same bits.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/number_text.hpp>
#include <nanotel/otlp/word.hpp>

#include <array>
#include <bit>      // bit_cast, countl_zero
#include <charconv> // to_chars for what lies outside the fast range
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nanotel::inline NANOTEL_ABI::detail {

template <std::size_t Count>
constexpr std::array<std::uint64_t, Count> powers_of(std::uint64_t base) noexcept {
    std::array<std::uint64_t, Count> powers{};
    std::uint64_t power = 1;
    for (std::uint64_t& entry : powers) {
        entry = power;
        power *= base;
    }
    return powers;
}

// Doubles are m * 2^-k with m from 2^52 to 2^53. Up to this k the decimals needed are at most 27, and 5^27 is
// the last power of five below 2^64.
inline constexpr unsigned most_fraction_bits = 89;
inline constexpr auto powers_of_five = powers_of<28>(5);
inline constexpr auto powers_of_ten = powers_of<17>(10);

// Decimals that a double with an ulp of 2^-k needs: the least s with 10^s > 2^k.
constexpr unsigned decimals_for(unsigned k) noexcept { return (k * 1233 >> 12) + 1; }

// Zero, what is not finite, and numbers too small or too large for the fast range.
[[gnu::noinline]] inline char* write_rare_double(char* out, double value) noexcept {
    // By the bits, since comparisons with infinities and subnormals depend on -ffast-math and on the mode of
    // the processor.
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t magnitude = bits << 1 >> 1;
    constexpr std::uint64_t infinity = std::uint64_t{0x7ff} << 52;
    if (magnitude > infinity) {
        std::memcpy(out, "\"NaN\"", 5);
        return out + 5;
    }
    if (magnitude == infinity) {
        const bool negative = bits != magnitude;
        std::memcpy(out, negative ? "\"-Infinity\"" : "\"Infinity\"\0", 11);
        return out + (negative ? 11 : 10);
    }
    if (magnitude == 0) {
        // Not -0, which readers that take a number without a point for an integer turn into 0.
        std::memcpy(out, bits == 0 ? "0\0\0" : "-0.0", 4);
        return out + (bits == 0 ? 1 : 4);
    }
    return std::to_chars(out, out + 24, value).ptr;
}

// Sixteen digits, the trailing zeros cut. A number below 10^16; zero writes nothing.
inline char* write_fraction(char* out, std::uint64_t digits) noexcept {
    constexpr std::uint64_t eight = 100000000;
    const std::uint64_t upper = digits / eight;
    const std::uint64_t first = eight_digits(static_cast<std::uint32_t>(upper));
    const std::uint64_t last = eight_digits(static_cast<std::uint32_t>(digits - upper * eight));
    store_word(out, first | ascii_zeros);
    store_word(out + 8, last | ascii_zeros);
    return last != 0 ? out + 16 - std::countl_zero(last) / 8 : out + 8 - std::countl_zero(first) / 8;
}

/// A JSON number, the shortest that reads back to the same bits; "NaN", "Infinity" and "-Infinity" with their
/// quotes for what JSON has no number for; negative zero is -0.0. At most 24 bytes. Subnormals on a thread
/// that takes them for zero are 0; no other floating-point mode matters, nor does -ffast-math.
///
/// Numbers from 2^-37 to 2^53, which is nearly all that is measured, are written by exact integer arithmetic.
/// The double is m * 2^-k, and what reads back to it lies within half an ulp, 2^-k / 2, to either side (a
/// quarter below a power of two). Take the least s with 10^s > 2^k and count in units of 10^-s. The ulp is
/// then between 1 and 10 units, so that at most one multiple of ten lies within the interval, and every text
/// with fewer decimals is that multiple: if there is one it is the answer, its trailing zeros cut. Otherwise
/// all s decimals are needed and the nearest whole number of units is the answer. Since 10^s / 2^k is 5^s /
/// 2^(k-s), the product m * 5^s stays below 2^116 and nothing is rounded.
template <bool Exact = has_wide_integers>
inline char* write_double(char* out, double value) noexcept {
#ifdef __SIZEOF_INT128__
    __extension__ using wide = unsigned __int128;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const unsigned k = 1075 - static_cast<unsigned>(bits >> 52 & 0x7ff);
    if (!Exact || k > most_fraction_bits) [[unlikely]] // wraps for numbers of 2^53 and more
        return write_rare_double(out, value);
    *out = '-';
    out += bits >> 63;
    constexpr std::uint64_t least = std::uint64_t{1} << 52;
    const std::uint64_t m = (bits & (least - 1)) | least;

    std::uint64_t whole = 0;
    if (k < 53) {
        whole = m >> k;
        if (whole << k == m) return write_unsigned(out, whole);
    }

    unsigned decimals = decimals_for(k);
    const unsigned shift = (k - decimals + 1) & 63; // masked for the compiler: it never reaches 64
    // In units of 10^-decimals / 2^shift, half an ulp is five, which is odd, and twice the product is even:
    // no bound is a whole number of 10^-decimals, and whether the interval is closed does not matter.
    const std::uint64_t five = powers_of_five[decimals];
    const wide centre = wide{2 * m} * five;
    const std::uint64_t below = m == least ? (five + 1) / 2 : five;
    const auto lowest = static_cast<std::uint64_t>((centre - below) >> shift) + 1;
    const auto highest = static_cast<std::uint64_t>((centre + five) >> shift);
    std::uint64_t digits = highest / 10 * 10;
    if (digits < lowest) {
        const wide half = wide{1} << (shift - 1);
        const auto odd = static_cast<std::uint64_t>(centre >> shift) & 1;
        digits = static_cast<std::uint64_t>((centre + half - 1 + odd) >> shift); // ties to even
        // Powers of two only: their interval is three quarters of an ulp and may hold no unit.
        if (digits < lowest) return write_rare_double(out - (bits >> 63), value);
    }

    if (k < 53) {
        // The text has the same whole part as the number: the next whole number is a double of its own.
        out = write_unsigned(out, whole);
        *out++ = '.';
        const std::uint64_t fraction = digits - whole * powers_of_ten[decimals];
        return write_fraction(out, fraction * powers_of_ten[16 - decimals]);
    }

    // m * 10^s / 2^k is 16 or 17 digits long; make it 17.
    constexpr std::uint64_t sixteen = powers_of_ten[16];
    if (digits < sixteen) {
        digits *= 10;
        ++decimals;
    }
    const std::uint64_t first = digits / sixteen;
    const std::uint64_t others = digits - first * sixteen;
    const unsigned zeros = decimals - 17; // between the point and the first digit that is not zero
    if (zeros < 5) {
        std::memcpy(out, "0.000000", 8);
        out += 2 + zeros;
        *out++ = static_cast<char>('0' + first);
        return write_fraction(out, others);
    }
    *out++ = static_cast<char>('0' + first);
    if (others != 0) {
        *out = '.';
        out = write_fraction(out + 1, others);
    }
    std::memcpy(out, "e-", 2);
    return write_up_to_eight_digits(out + 2, zeros + 1);
#else
    return write_rare_double(out, value);
#endif
}

} // namespace nanotel::inline NANOTEL_ABI::detail
