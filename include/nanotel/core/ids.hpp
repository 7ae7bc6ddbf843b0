// SPDX-License-Identifier: MIT
// Trace and span ids, and the per-thread generator that draws them.
#pragma once

#include <nanotel/core/text.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

template <std::size_t Bytes>
struct hex_text {
    char characters[2 * Bytes + 1]{};
    constexpr const char* c_str() const noexcept { return characters; }
    constexpr const char* data() const noexcept { return characters; }
    constexpr std::size_t size() const noexcept { return 2 * Bytes; }
    constexpr operator text() const noexcept { return {characters, 2 * Bytes}; }
};

// The words hold the id's bytes in memory order, so that the same eight stores that copy an id also lay it
// out as the wire, a profiler and another process expect it.
template <std::size_t Bytes>
constexpr hex_text<Bytes> to_hex(const std::uint64_t* words) noexcept {
    hex_text<Bytes> out;
    for (std::size_t i = 0; i < Bytes; ++i) {
        const auto byte = static_cast<unsigned>(words[i / 8] >> (8 * (i % 8))) & 0xffu;
        out.characters[2 * i] = "0123456789abcdef"[byte >> 4];
        out.characters[2 * i + 1] = "0123456789abcdef"[byte & 15u];
    }
    return out;
}

constexpr int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

template <std::size_t Bytes>
constexpr bool from_hex(text hex, std::uint64_t* words) noexcept {
    if (hex.size != 2 * Bytes) return false;
    for (std::size_t i = 0; i < Bytes; ++i) {
        const int high = hex_digit(hex[2 * i]);
        const int low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        words[i / 8] |= static_cast<std::uint64_t>(high * 16 + low) << (8 * (i % 8));
    }
    return true;
}

} // namespace detail

/// The 16 bytes that name a trace (OpenTelemetry Trace API, SpanContext). All zero is invalid.
struct trace_id {
    std::uint64_t words[2]{};

    constexpr bool is_valid() const noexcept { return (words[0] | words[1]) != 0; }
    /// 32 lowercase hexadecimal digits.
    constexpr auto to_hex() const noexcept { return detail::to_hex<16>(words); }
    /// Reads 32 hexadecimal digits of either case; anything else gives the invalid id.
    static constexpr trace_id from_hex(text hex) noexcept {
        trace_id id;
        return detail::from_hex<16>(hex, id.words) ? id : trace_id{};
    }
    friend constexpr bool operator==(const trace_id&, const trace_id&) noexcept = default;
};

/// The 8 bytes that name a span within its trace. All zero is invalid.
struct span_id {
    std::uint64_t word = 0;

    constexpr bool is_valid() const noexcept { return word != 0; }
    /// 16 lowercase hexadecimal digits.
    constexpr auto to_hex() const noexcept { return detail::to_hex<8>(&word); }
    /// Reads 16 hexadecimal digits of either case; anything else gives the invalid id.
    static constexpr span_id from_hex(text hex) noexcept {
        span_id id;
        return detail::from_hex<8>(hex, &id.word) ? id : span_id{};
    }
    friend constexpr bool operator==(const span_id&, const span_id&) noexcept = default;
};

namespace detail {

// A Weyl sequence folded by one 64 x 64 -> 128 multiplication, as in wyrand: 1.6 ns a draw. The second word
// of random seed keeps two threads apart even where their sequences meet in the first.
struct id_generator {
    std::uint64_t state = 0;
    std::uint64_t key = 0;

    // The state, which goes on: in one instruction, or a signal handler that draws in between would draw the
    // same.
    [[gnu::always_inline]] std::uint64_t step() noexcept {
        std::uint64_t word = 0xa0761d6478bd642full;
#if defined(__x86_64__) && !defined(NANOTEL_PORTABLE)
        asm("{xaddq %0, %1|xadd %1, %0}" : "+r"(word), "+m"(state) : : "cc");
        return word;
#else
        return __atomic_fetch_add(&state, word, __ATOMIC_RELAXED);
#endif
    }

    // Never the same twice, but no more than that; never zero.
    std::uint64_t next_in_sequence() noexcept {
        const std::uint64_t word = step();
        return word | (word == 0);
    }

    std::uint64_t draw() noexcept {
        const std::uint64_t seed = step();
        __extension__ using wide = unsigned __int128;
        const wide product = static_cast<wide>(seed) * (seed ^ key);
        auto word = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
        asm("" : "+r"(word));      // or the test becomes a comparison of the halves, which takes longer
        return word + (word == 0); // an id is never zero
    }
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
