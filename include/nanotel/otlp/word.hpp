// SPDX-License-Identifier: MIT
// Unaligned words of memory, and whether this processor has SSE2: what the text writers share.
#pragma once

#include <nanotel/core/config.hpp>

#include <bit> // endian
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h> // 49 ms to include; immintrin.h takes 710
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

static_assert(std::endian::native == std::endian::little,
              "the text writers keep the first character in the lowest byte");

// Writers with a second form for other processors take one of these as a default template argument, so that
// a test runs both.
#ifdef __SSE2__
inline constexpr bool has_sse2 = true;
#else
inline constexpr bool has_sse2 = false;
#endif

#ifdef __SIZEOF_INT128__
inline constexpr bool has_wide_integers = true;
#else
inline constexpr bool has_wide_integers = false;
#endif

template <typename Word>
inline Word load_word(const void* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

template <typename Word>
inline void store_word(void* to, Word word) noexcept {
    std::memcpy(to, &word, sizeof word);
}

// The same byte in all eight places.
constexpr std::uint64_t repeat_byte(unsigned char byte) noexcept { return 0x0101010101010101u * byte; }

} // namespace nanotel::inline NANOTEL_ABI::detail
