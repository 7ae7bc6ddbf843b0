// SPDX-License-Identifier: MIT
#include <nanotel/metrics/exponential_boundary.hpp>
#include <nanotel/metrics/exponential_index.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace detail = nanotel::detail;

namespace {

constexpr std::uint64_t seed = 20250312;
constexpr std::uint64_t one = std::uint64_t{1} << 52;

// A whole number of any size, the lowest 32 bits first: the reference, where nothing is rounded.
using whole = std::vector<std::uint32_t>;

whole squared(const whole& of) {
    whole square(of.size() * 2);
    for (std::size_t i = 0; i < of.size(); ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < of.size(); ++j) {
            carry += std::uint64_t{of[i]} * of[j] + square[i + j];
            square[i + j] = static_cast<std::uint32_t>(carry);
            carry >>= 32;
        }
        square[i + of.size()] = static_cast<std::uint32_t>(carry);
    }
    while (!square.empty() && square.back() == 0) square.pop_back();
    return square;
}

// ceil(log2(of)), for what is not 0.
std::int64_t ceil_log2(const whole& of) {
    bool lower_bits = !std::has_single_bit(of.back());
    for (std::size_t i = 0; i + 1 < of.size(); ++i) lower_bits = lower_bits || of[i] != 0;
    const std::int64_t floor = static_cast<std::int64_t>(of.size()) * 32 - 1 - std::countl_zero(of.back());
    return floor + (lower_bits ? 1 : 0);
}

// The index at a scale of 0 to 8, ceil(log2(v) * 2^scale) - 1, from v^(2^scale) as a whole number: v is
// significand * 2^exponent.
std::int64_t reference_index(double value, int scale) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const std::uint64_t field = bits >> 52;
    const std::uint64_t significand = field == 0 ? bits : (bits & (one - 1)) | one;
    const std::int64_t exponent = field == 0 ? -1074 : static_cast<std::int64_t>(field) - 1075;
    whole power = {static_cast<std::uint32_t>(significand), static_cast<std::uint32_t>(significand >> 32)};
    if (power.back() == 0) power.pop_back();
    for (int i = 0; i < scale; ++i) power = squared(power);
    return ceil_log2(power) + exponent * (std::int64_t{1} << scale) - 1;
}

// Below scale 0 a bucket is made of whole octaves.
std::int64_t coarse_reference_index(double value, int scale) {
    const std::int64_t at_0 = reference_index(value, 0);
    const std::int64_t octaves = std::int64_t{1} << -scale;
    return at_0 >= 0 ? at_0 / octaves : -((octaves - 1 - at_0) / octaves);
}

void check_value(double value, int scale, std::int64_t expected) {
    const std::int32_t index = detail::exponential_index(value, scale);
    if (index == expected) return;
    CAPTURE(value);
    CAPTURE(std::bit_cast<std::uint64_t>(value));
    CAPTURE(scale);
    REQUIRE(index == expected);
}

void check_value(double value, int scale) {
    check_value(value, scale,
                scale < 0 ? coarse_reference_index(value, scale) : reference_index(value, scale));
}

double next(double value) { return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) + 1); }
double previous(double value) { return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) - 1); }

double any_positive(std::mt19937_64& random) {
    return std::bit_cast<double>(1 + random() % ((std::uint64_t{0x7ff} << 52) - 1));
}

} // namespace

// A threshold of exponential_table.hpp that is off by one, a first bucket of a cell that is wrong, and a
// bucket with its lower end instead of its upper one fail here.
TEST_CASE("at every boundary of scales 0 to 8 the last double below and the first above are told apart") {
    for (int scale = 0; scale <= 8; ++scale) {
        for (std::int32_t i = 0; i < 1 << scale; ++i) {
            // The octave from 1: that these two stand on either side of the boundary is shown by whole
            // numbers.
            const double last = detail::exponential_boundary(i, scale);
            REQUIRE(reference_index(last, scale) == i - 1);
            REQUIRE(reference_index(next(last), scale) == i);
            check_value(last, scale, i - 1);
            check_value(next(last), scale, i);
            if (i != 0) check_value(previous(last), scale, i - 1);
            // The others have the same mantissas.
            for (const int octave : {-1022, -1021, -2, -1, 1, 2, 52, 1022, 1023}) {
                const std::int64_t index = i + octave * (std::int64_t{1} << scale);
                const double same = detail::exponential_boundary(static_cast<std::int32_t>(index), scale);
                REQUIRE((std::bit_cast<std::uint64_t>(same) & (one - 1)) ==
                        (std::bit_cast<std::uint64_t>(last) & (one - 1)));
                check_value(same, scale, index - 1);
                check_value(next(same), scale, index);
            }
        }
    }
}

// The shift of a subnormal off by one, or an arithmetic shift that rounds towards zero, fails here.
TEST_CASE("powers of two and their neighbours are in the right bucket at every scale from -10 to 8") {
    for (int scale = -10; scale <= 8; ++scale) {
        for (int exponent = -1074; exponent <= 1023; ++exponent) {
            const auto bits = exponent < -1022 ? std::uint64_t{1} << (exponent + 1074)
                                               : static_cast<std::uint64_t>(exponent + 1023) << 52;
            const auto power = std::bit_cast<double>(bits);
            // Known without a reference: 2^k ends the bucket k * 2^scale - 1.
            if (scale >= 0) check_value(power, scale, exponent * (std::int64_t{1} << scale) - 1);
            if (scale > 2 && exponent % 50 != 0) continue; // the rest is slow there
            check_value(power, scale);
            check_value(next(power), scale);
            if (bits > 1) check_value(previous(power), scale);
        }
    }
}

TEST_CASE("the smallest and the largest doubles are in the buckets that the data model gives them") {
    constexpr double least = std::numeric_limits<double>::denorm_min();
    constexpr double normal = std::numeric_limits<double>::min();
    constexpr double most = std::numeric_limits<double>::max();
    CHECK(detail::exponential_index(least, 0) == -1075);
    CHECK(detail::exponential_index(normal, 0) == -1023);
    CHECK(detail::exponential_index(most, 0) == 1023);
    CHECK(detail::exponential_index(1, 0) == -1);
    CHECK(detail::exponential_index(1, 20) == -1);
    CHECK(detail::exponential_index(2, 20) == (1 << 20) - 1);
    CHECK(detail::exponential_index(least, 20) == -1074 * (1 << 20) - 1);
    CHECK(detail::exponential_index(next(least), 20) == -1073 * (1 << 20) - 1);
    CHECK(detail::exponential_index(normal, 20) == -1022 * (1 << 20) - 1);
    CHECK(detail::exponential_index(most, 20) == 1024 * (1 << 20) - 1);
    CHECK(detail::exponential_index(least, -10) == -2);
    CHECK(detail::exponential_index(1, -10) == -1);
    CHECK(detail::exponential_index(next(1), -10) == 0);
    CHECK(detail::exponential_index(most, -10) == 0);
}

TEST_CASE("random doubles, many of them subnormal, are in the right bucket at every scale from -10 to 8") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 3000; ++i) {
        for (int scale = -10; scale <= (i % 10 == 0 ? 8 : 5); ++scale) {
            check_value(any_positive(random), scale);
            const std::uint64_t subnormal = random() % one >> random() % 52;
            check_value(std::bit_cast<double>(subnormal | 1), scale);
        }
    }
}

// What a reader makes bounds of. Fails when a boundary is rounded to nearest instead of down, or when what
// lies outside of the doubles wraps.
TEST_CASE("a boundary is the last double below its bucket, at every scale") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 100'000; ++i) {
        const int scale = static_cast<int>(random() % 31) - 10;
        const std::int32_t index = detail::exponential_index(any_positive(random), scale);
        const double lower = detail::exponential_boundary(index, scale);
        const double upper = detail::exponential_boundary(index + 1, scale);
        CAPTURE(scale);
        CAPTURE(index);
        if (lower > 0) REQUIRE(detail::exponential_index(lower, scale) < index);
        if (next(lower) <= upper) REQUIRE(detail::exponential_index(next(lower), scale) == index);
        if (upper <= std::numeric_limits<double>::max())
            REQUIRE(detail::exponential_index(upper, scale) <= index);
        else
            REQUIRE(detail::exponential_index(std::numeric_limits<double>::max(), scale) == index);
    }
    CHECK(detail::exponential_boundary(0, 7) == 1);
    CHECK(detail::exponential_boundary(-3, 0) == 0.125);
    CHECK(detail::exponential_boundary(1, -2) == 16);
    CHECK(detail::exponential_boundary(1024, 0) == std::numeric_limits<double>::infinity());
    CHECK(detail::exponential_boundary(1024 * 4 + 1, 2) == std::numeric_limits<double>::infinity());
    CHECK(detail::exponential_boundary(1, -10) == std::numeric_limits<double>::infinity());
    CHECK(detail::exponential_boundary(-2, -10) == 0);
    CHECK(detail::exponential_boundary(-1075, 0) == 0);
    CHECK(detail::exponential_boundary(-1074, 0) == std::numeric_limits<double>::denorm_min());
}
