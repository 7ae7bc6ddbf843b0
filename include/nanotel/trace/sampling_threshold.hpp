// SPDX-License-Identifier: MIT
// The share of the traces that is kept, as a number that every participant in a trace compares in the same
// way.
#pragma once

#include <nanotel/core/ids.hpp>

#include <optional>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI {

/// A rejection threshold T: of 2^56 random values R, those below it are dropped, so that whoever keeps a
/// trace with a smaller share keeps it with a larger one too (OpenTelemetry Trace, "TraceState: Probability
/// Sampling"). A constant expression where it is used as one; comparing costs a nanosecond.
class sampling_threshold {
public:
    static constexpr unsigned max_digits = 14;
    static constexpr std::uint64_t above_all = std::uint64_t{1} << 56;

    /// 0: everything is kept.
    constexpr sampling_threshold() noexcept = default;
    /// Of the 2^56 values so many are dropped; 2^56 or more: nothing is kept.
    constexpr explicit sampling_threshold(std::uint64_t dropped) noexcept
        : value_(dropped < above_all ? dropped : above_all) {}
    static constexpr sampling_threshold never() noexcept { return sampling_threshold(above_all); }

    /// That of a probability from 0 to 1, rounded to so many significant hexadecimal digits, not counting
    /// those in front that are f: 4 as the specification recommends, up to 14. 0.1 gives e666, which is a
    /// probability of 0.100006. A probability that is not above 2^-57, or not a number, keeps nothing.
    static constexpr sampling_threshold of_probability(double probability, unsigned digits = 4) noexcept {
        if (!(probability > 0)) return never();
        if (probability >= 1) return {};
        constexpr auto all = static_cast<double>(above_all);
        const auto kept = static_cast<std::uint64_t>(probability * all + 0.5);
        if (kept == 0) return never();
        std::uint64_t dropped = kept < above_all ? above_all - kept : 0;
        unsigned shown = digits < 1 ? 1 : digits;
        for (unsigned i = max_digits; i-- > 0 && (dropped >> (4 * i) & 0xf) == 0xf;) ++shown;
        if (shown < max_digits) {
            const unsigned shift = 4 * (max_digits - shown);
            const std::uint64_t unit = std::uint64_t{1} << shift;
            dropped = (dropped + unit / 2) >> shift << shift;
            if (dropped >= above_all) dropped = above_all - unit; // some are kept, however few
        }
        return sampling_threshold(dropped);
    }

    /// Reads the value of `th`: 1 to 14 lowercase hexadecimal digits, to be continued with zeros.
    static constexpr std::optional<sampling_threshold> from_hex(std::string_view digits) noexcept {
        if (digits.empty() || digits.size() > max_digits) return std::nullopt;
        std::uint64_t value = 0;
        for (const char c : digits) {
            const int digit = c >= 'A' && c <= 'F' ? -1 : detail::hex_digit(c);
            if (digit < 0) return std::nullopt;
            value = value << 4 | static_cast<unsigned>(digit);
        }
        return sampling_threshold(value << 4 * (max_digits - digits.size()));
    }

    /// Text of up to 14 characters.
    struct hex_text {
        char characters[max_digits + 1]{};
        std::size_t length = 0;
        constexpr operator std::string_view() const noexcept { return {characters, length}; }
    };
    /// As the value of `th`: without the zeros at the end, "0" where everything is kept. There is none for
    /// never().
    constexpr hex_text to_hex() const noexcept {
        hex_text text;
        for (std::uint64_t rest = value_ & (above_all - 1); rest != 0 || text.length == 0;
             rest = rest << 4 & (above_all - 1))
            text.characters[text.length++] = "0123456789abcdef"[rest >> 52];
        return text;
    }

    constexpr std::uint64_t value() const noexcept { return value_; }
    constexpr bool keeps_all() const noexcept { return value_ == 0; }
    constexpr bool keeps_none() const noexcept { return value_ == above_all; }
    /// Whether a trace with this randomness is kept: R >= T.
    constexpr bool keeps(std::uint64_t randomness) const noexcept { return randomness >= value_; }
    constexpr double probability() const noexcept {
        return static_cast<double>(above_all - value_) / static_cast<double>(above_all);
    }
    /// How many spans one that was kept stands for: 1 / probability. 0 where none is kept.
    constexpr double adjusted_count() const noexcept {
        return keeps_none() ? 0 : static_cast<double>(above_all) / static_cast<double>(above_all - value_);
    }

    /// A larger one keeps less.
    friend constexpr auto operator<=>(sampling_threshold, sampling_threshold) noexcept = default;

private:
    std::uint64_t value_ = 0;
};

/// The 56 bits that decide where nothing else is said: the last 7 bytes of the trace id (W3C Trace Context
/// Level 2, "Random trace ID flag").
constexpr std::uint64_t randomness_of(const trace_id& id) noexcept {
    return __builtin_bswap64(id.words[1]) & (sampling_threshold::above_all - 1);
}

} // namespace nanotel::inline NANOTEL_ABI
