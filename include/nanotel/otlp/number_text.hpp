// SPDX-License-Identifier: MIT
// Whole numbers and times as decimal text.
//
// Each writer takes where to write and returns the new end. It may overwrite up to 32 bytes beyond that end.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/word.hpp>

#include <bit> // countr_zero
#include <cstdint>
#include <cstring>

namespace nanotel::inline NANOTEL_ABI::detail {

// The digits of a number below 10^8, one a byte with the value 0 to 9, the first in the lowest byte. The
// eight are split into fours, twos and ones, all parts at once in the lanes of one word. The divisions are
// multiplications, exact in their range: n * 10486 >> 20 is n / 100 below 43699, n * 103 >> 10 is n / 10
// below 179.
constexpr std::uint64_t eight_digits(std::uint32_t number) noexcept {
    const std::uint64_t upper = number / 10000;
    const std::uint64_t fours = upper | (number - upper * 10000) << 32;
    const std::uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007f;
    const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const std::uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000f;
    return tens | (twos - tens * 10) << 8;
}

inline constexpr std::uint64_t ascii_zeros = repeat_byte('0');

// All eight digits of a number below 10^8, leading zeros included.
inline char* write_eight_digits(char* out, std::uint32_t number) noexcept {
    store_word(out, eight_digits(number) | ascii_zeros);
    return out + 8;
}

// A number below 10^8 without leading zeros.
inline char* write_up_to_eight_digits(char* out, std::uint32_t number) noexcept {
    const std::uint64_t digits = eight_digits(number);
    // The bit added stands in the last digit, so that zero keeps one digit.
    const int leading = std::countr_zero(digits | std::uint64_t{1} << 56) & 56;
    store_word(out, (digits | ascii_zeros) >> leading);
    return out + 8 - leading / 8;
}

/// Decimal text. At most 20 bytes.
inline char* write_unsigned(char* out, std::uint64_t value) noexcept {
    constexpr std::uint64_t eight = 100000000;
    if (value < eight) [[likely]]
        return write_up_to_eight_digits(out, static_cast<std::uint32_t>(value));
    const std::uint64_t upper = value / eight;
    const auto last = static_cast<std::uint32_t>(value - upper * eight);
    if (upper < eight)
        return write_eight_digits(write_up_to_eight_digits(out, static_cast<std::uint32_t>(upper)), last);
    const std::uint64_t first = upper / eight;
    out = write_up_to_eight_digits(out, static_cast<std::uint32_t>(first));
    out = write_eight_digits(out, static_cast<std::uint32_t>(upper - first * eight));
    return write_eight_digits(out, last);
}

/// Decimal text. At most 20 bytes.
inline char* write_signed(char* out, std::int64_t value) noexcept {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) {
        *out++ = '-';
        magnitude = 0 - magnitude; // unsigned, since the least value has no positive counterpart
    }
    return write_unsigned(out, magnitude);
}

/// The digits of the second last written. One for each writing thread, or each body: times in a batch mostly
/// share their second.
struct second_cache {
    std::uint64_t seconds = ~std::uint64_t{0}; // no time has this second
    std::uint32_t length = 0;
    char text[20] = {}; // 11 digits at most, copied by 16, written with an overshoot of 7
};

/// The nanoseconds since the epoch as decimal text without leading zeros. At most 20 bytes.
inline char* write_time(char* out, std::uint64_t unix_ns, second_cache& cache) noexcept {
    constexpr std::uint64_t second = 1000000000;
    const std::uint64_t seconds = unix_ns / second;
    const auto rest = static_cast<std::uint32_t>(unix_ns - seconds * second);
    if (seconds != cache.seconds) [[unlikely]] {
        if (seconds == 0) return write_unsigned(out, unix_ns); // the nine digits below would lead with zeros
        cache.seconds = seconds;
        cache.length = static_cast<std::uint32_t>(write_unsigned(cache.text, seconds) - cache.text);
    }
    std::memcpy(out, cache.text, 16);
    out += cache.length;
    const std::uint32_t first = rest / 100000000;
    *out++ = static_cast<char>('0' + first);
    return write_eight_digits(out, rest - first * 100000000);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
