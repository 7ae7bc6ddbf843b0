// SPDX-License-Identifier: MIT
// UTF-8 that may be broken, made whole.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Copies one sequence that begins with a byte from 0x80. What is not well-formed by table 3-7 of the Unicode
// standard becomes U+FFFD, one for each maximal subpart: the bytes up to the first that cannot follow.
inline char* write_sequence(char* out, const char*& from, const char* end) noexcept {
    const auto byte = [](const char* at) { return static_cast<unsigned char>(*at); };
    const unsigned lead = byte(from);
    unsigned length = 0;
    // The second byte alone tells overlong forms, surrogates and what is above U+10FFFF.
    unsigned least = 0x80;
    unsigned greatest = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        if (lead == 0xe0) least = 0xa0;
        if (lead == 0xed) greatest = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        if (lead == 0xf0) least = 0x90;
        if (lead == 0xf4) greatest = 0x8f;
    }
    *out = *from++;
    unsigned have = 1;
    while (have < length && from != end && byte(from) >= least && byte(from) <= greatest) {
        out[have++] = *from++;
        least = 0x80;
        greatest = 0xbf;
    }
    if (have == length) return out + length;
    __builtin_memcpy(out, "\xef\xbf\xbd", 3);
    return out + 3;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
