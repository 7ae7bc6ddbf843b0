// SPDX-License-Identifier: MIT
// Ids as hexadecimal text, bytes as base64.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/word.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Lowercase hexadecimal text of an id: `size` is 8 or 16, or another multiple of 4. 2 * size bytes.
template <bool Vector = has_sse2>
inline char* write_hex(char* out, const unsigned char* bytes, std::size_t size) noexcept {
#ifdef __SSE2__
    if constexpr (Vector) {
        const __m128i low_nibble = _mm_set1_epi8(0x0f);
        for (; size >= 8; size -= 8, bytes += 8, out += 16) {
            const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
            // The 16-bit shift brings in bits of the neighbour; the mask removes them.
            const __m128i upper = _mm_and_si128(_mm_srli_epi16(eight, 4), low_nibble);
            const __m128i nibbles = _mm_unpacklo_epi8(upper, _mm_and_si128(eight, low_nibble));
            const __m128i letter =
                _mm_and_si128(_mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
            const __m128i digits = _mm_add_epi8(_mm_add_epi8(nibbles, _mm_set1_epi8('0')), letter);
            _mm_storeu_si128(reinterpret_cast<__m128i*>(out), digits);
        }
    }
#endif
    for (; size >= 4; size -= 4, bytes += 4, out += 8) {
        // Spread the bytes to 16-bit lanes, then put the upper nibble, which is written first, below the
        // other.
        std::uint64_t lanes = load_word<std::uint32_t>(bytes);
        lanes = (lanes | lanes << 16) & 0x0000ffff0000ffff;
        lanes = (lanes | lanes << 8) & 0x00ff00ff00ff00ff;
        const std::uint64_t nibbles = (lanes >> 4 & 0x000f000f000f000f) | (lanes & 0x000f000f000f000f) << 8;
        const std::uint64_t letter = (nibbles + repeat_byte(6)) >> 4 & repeat_byte(1);
        store_word(out, nibbles + repeat_byte('0') + letter * ('a' - '0' - 10));
    }
    return out;
}

/// Base64 with the standard alphabet and padding. (size + 2) / 3 * 4 bytes.
inline char* write_base64(char* out, const unsigned char* bytes, std::size_t size) noexcept {
    constexpr const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto byte = [&bytes](std::size_t place) -> unsigned { return bytes[place]; };
    for (; size >= 3; size -= 3, bytes += 3, out += 4) {
        const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }
    if (size == 0) return out;
    const unsigned group = byte(0) << 8 | (size == 2 ? byte(1) : 0);
    out[0] = alphabet[group >> 10];
    out[1] = alphabet[group >> 4 & 63];
    out[2] = size == 2 ? alphabet[group << 2 & 63] : '=';
    out[3] = '=';
    return out + 4;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
