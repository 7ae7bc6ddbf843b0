// SPDX-License-Identifier: MIT
// Strings of the application as the content of JSON strings: escaped, and valid UTF-8 whatever they hold.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/core/utf8_text.hpp>
#include <nanotel/otlp/word.hpp>

#include <array>
#include <bit> // countr_zero
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits> // conditional_t

namespace nanotel::inline NANOTEL_ABI::detail {

// Sixteen characters in two words. Both blocks find the first character that cannot be copied as it is: a
// control character, a quote, a backslash, or a byte of a longer sequence.
struct word_block {
    std::uint64_t low;
    std::uint64_t high;

    static word_block load(const char* from) noexcept {
        return {load_word<std::uint64_t>(from), load_word<std::uint64_t>(from + 8)};
    }
    static word_block of(std::uint64_t low, std::uint64_t high) noexcept { return {low, high}; }
    void store(char* to) const noexcept {
        store_word(to, low);
        store_word(to + 8, high);
    }

    // The highest bit of each special byte. A borrow may set it for a byte above a special one, never below,
    // so that the first is always right.
    static std::uint64_t special(std::uint64_t word) noexcept {
        const std::uint64_t control = word - repeat_byte(0x20);
        const std::uint64_t quote = (word ^ repeat_byte('"')) - repeat_byte(1);
        const std::uint64_t backslash = (word ^ repeat_byte('\\')) - repeat_byte(1);
        return (word | control | quote | backslash) & repeat_byte(0x80);
    }
    bool has_special() const noexcept { return (special(low) | special(high)) != 0; }
    // Its place, when there is one.
    std::size_t first_special() const noexcept {
        const std::uint64_t in_low = special(low);
        const int bit = in_low != 0 ? std::countr_zero(in_low) : 64 + std::countr_zero(special(high));
        return static_cast<std::size_t>(bit) / 8;
    }
};

#ifdef __SSE2__
struct sse2_block {
    __m128i bytes;

    static sse2_block load(const char* from) noexcept {
        return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))};
    }
    static sse2_block of(std::uint64_t low, std::uint64_t high) noexcept {
        return {_mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low))};
    }
    void store(char* to) const noexcept { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes); }

    // One bit for each special byte.
    unsigned special() const noexcept {
        // Signed: bytes from 0x80 are negative and below 0x20 too.
        const __m128i low_or_long = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
        const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
        const __m128i any = _mm_or_si128(low_or_long, _mm_or_si128(quote, backslash));
        return static_cast<unsigned>(_mm_movemask_epi8(any));
    }
    bool has_special() const noexcept { return special() != 0; }
    std::size_t first_special() const noexcept {
        return static_cast<std::size_t>(std::countr_zero(special()));
    }
};
template <bool Vector>
using text_block = std::conditional_t<Vector, sse2_block, word_block>;
#else
template <bool Vector>
using text_block = word_block;
#endif

// Fewer than 16 characters, then zeros, which are special. Reads that overlap, and none past the end.
template <typename Block>
inline Block load_short(const char* from, std::size_t size) noexcept {
    if (size >= 8) {
        const auto last = load_word<std::uint64_t>(from + size - 8);
        return Block::of(load_word<std::uint64_t>(from), last >> (15 - size) * 8 >> 8); // 64 in two steps
    }
    if (size >= 4) {
        const std::uint64_t last = load_word<std::uint32_t>(from + size - 4);
        return Block::of(load_word<std::uint32_t>(from) | last << (size - 4) * 8, 0);
    }
    if (size == 0) return Block::of(0, 0);
    const auto at = [from](std::size_t i) {
        return std::uint64_t{static_cast<unsigned char>(from[i])} << i * 8;
    };
    return Block::of(at(0) | at(size / 2) | at(size - 1), 0);
}

// What stands for a control character; its last byte is the length.
struct control_escape {
    char text[8];
};
inline constexpr std::array<control_escape, 32> control_escapes = [] {
    std::array<control_escape, 32> table{};
    for (unsigned c = 0; c != 32; ++c)
        table[c] = {{'\\', 'u', '0', '0', static_cast<char>('0' + c / 16), "0123456789abcdef"[c % 16], 0, 6}};
    constexpr char named[][2] = {{'\b', 'b'}, {'\f', 'f'}, {'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}};
    for (const auto& [character, letter] : named)
        table[static_cast<unsigned char>(character)] = {{'\\', letter, 0, 0, 0, 0, 0, 2}};
    return table;
}();

// Writes characters that cannot be copied as they are, up to the first that can.
inline char* write_special(char* out, const char*& from, const char* end) noexcept {
    do {
        const auto c = static_cast<unsigned char>(*from);
        if (c >= 0x80) {
            out = write_sequence(out, from, end);
        } else if (c < 0x20) {
            std::memcpy(out, control_escapes[c].text, 8);
            out += control_escapes[c].text[7];
            ++from;
        } else if (c == '"' || c == '\\') {
            out[0] = '\\';
            out[1] = static_cast<char>(c);
            out += 2;
            ++from;
        } else {
            break;
        }
    } while (from != end);
    return out;
}

/// The content of a JSON string, without its quotes: quotes, backslashes and control characters escaped, and
/// each maximal invalid part of the UTF-8 replaced by U+FFFD. At most 6 * size bytes. Reads nothing past
/// `data + size`.
template <bool Vector = has_sse2>
inline char* write_string(char* out, const char* data, std::size_t size) noexcept {
    using block = text_block<Vector>;
    const char* const end = data + size;
    for (;;) {
        while (end - data >= 16) {
            const block characters = block::load(data);
            characters.store(out);
            // By a branch, which is predicted: otherwise each step waits for the place found by the last.
            if (!characters.has_special()) [[likely]] {
                data += 16;
                out += 16;
                continue;
            }
            const std::size_t copied = characters.first_special();
            data += copied;
            out = write_special(out + copied, data, end);
        }
        const auto left = static_cast<std::size_t>(end - data);
        const block characters = load_short<block>(data, left);
        characters.store(out);
        const std::size_t copied = characters.first_special();
        out += copied;
        if (copied == left) return out;
        data += copied;
        out = write_special(out, data, end);
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
