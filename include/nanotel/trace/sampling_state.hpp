// SPDX-License-Identifier: MIT
// What the member `ot` of a trace state says of sampling: the threshold and the randomness of a trace.
#pragma once

#include <nanotel/core/ids.hpp>
#include <nanotel/core/trace_state.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The member `ot` of a trace state as samplers read and write it (OpenTelemetry, "TraceState: Probability
/// Sampling"): `ot=th:c;rv:6e6d1a75832a2f`. What else stands in it is kept.
struct sampling_state {
    static constexpr std::uint64_t absent = ~std::uint64_t{0};

    std::uint64_t threshold = absent; ///< th, below 2^56: a trace whose randomness is below is rejected
    std::uint64_t randomness =
        absent; ///< rv, below 2^56; where absent, the last 7 bytes of the trace id count

    constexpr bool has_threshold() const noexcept { return threshold != absent; }
    constexpr bool has_randomness() const noexcept { return randomness != absent; }
    friend constexpr bool operator==(const sampling_state&, const sampling_state&) noexcept = default;

    /// Reads a trace state; what is no threshold or no randomness counts as absent.
    static sampling_state of(const trace_state& state) noexcept {
        sampling_state found;
        for (text rest = state.get("ot"); rest.size != 0;) {
            text value = detail::cut_before(rest, ';');
            const text key = detail::cut_before(value, ':');
            if (key == "th") found.threshold = value.size <= 14 ? read_hex(value) : absent;
            if (key == "rv") found.randomness = value.size == 14 ? read_hex(value) : absent;
        }
        return found;
    }

    /// The trace state with this in its member `ot`, moved to the front; without that member where nothing is
    /// left in it. As before where memory is short.
    [[nodiscard]] trace_state write_to(const trace_state& state) const noexcept {
        char buffer[256];
        std::size_t size = 0;
        const auto add = [&](text key, text value) noexcept {
            if (size + (size != 0) + key.size + 1 + value.size > sizeof buffer) return;
            if (size != 0) buffer[size++] = ';';
            char* out = detail::append(buffer + size, key);
            *out++ = ':';
            size = static_cast<std::size_t>(detail::append(out, value) - buffer);
        };
        char digits[14];
        if (has_threshold()) add("th", {digits, threshold_digits(digits, threshold)});
        if (has_randomness()) {
            write_hex(digits, randomness);
            add("rv", {digits, 14});
        }
        for (text rest = state.get("ot"); rest.size != 0;) {
            text value = detail::cut_before(rest, ';');
            const text key = detail::cut_before(value, ':');
            if (!(key == "th") && !(key == "rv") && key.size != 0) add(key, value);
        }
        return size == 0 ? state.remove("ot") : state.set("ot", {buffer, size});
    }

private:
    // The digits from the front: 56 bits have 14 of them.
    static constexpr std::uint64_t read_hex(text digits) noexcept {
        if (digits.size == 0) return absent;
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < digits.size; ++i) {
            const int digit = digits[i] >= 'A' && digits[i] <= 'F' ? -1 : detail::hex_digit(digits[i]);
            if (digit < 0) return absent;
            word = word << 4 | static_cast<std::uint64_t>(digit);
        }
        return word << 4 * (14 - digits.size);
    }
    static constexpr void write_hex(char* out, std::uint64_t word) noexcept {
        for (int i = 0; i < 14; ++i) out[i] = "0123456789abcdef"[word >> (52 - 4 * i) & 15];
    }
    // Without the zeros at the end.
    static constexpr std::size_t threshold_digits(char* out, std::uint64_t word) noexcept {
        write_hex(out, word);
        std::size_t count = 14;
        while (count > 1 && out[count - 1] == '0') --count;
        return count;
    }
};

} // namespace nanotel::inline NANOTEL_ABI
