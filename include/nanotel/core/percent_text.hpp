// SPDX-License-Identifier: MIT
// Baggage as it is sent: which characters stand for themselves, and the escapes of the others.
#pragma once

#include <nanotel/core/ids.hpp> // hex_digit
#include <nanotel/core/text_parts.hpp>
#include <nanotel/core/utf8_text.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// A character of a token (RFC 9110, section 5.6.2), as keys are made of.
constexpr bool is_token_character(char c) noexcept {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
    const text others = "!#$%&'*+-.^_`|~";
    for (std::size_t i = 0; i < others.size; ++i)
        if (others[i] == c) return true;
    return false;
}
constexpr bool is_token(text t) noexcept {
    for (std::size_t i = 0; i < t.size; ++i)
        if (!is_token_character(t[i])) return false;
    return t.size != 0;
}

// What may stand in a value (W3C Baggage, baggage-octet). A percent sign does, and begins an escape.
constexpr bool is_baggage_octet(char c) noexcept {
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}
constexpr bool is_baggage_metadata(text t) noexcept {
    for (std::size_t i = 0; i < t.size; ++i)
        if (!is_baggage_octet(t[i]) && t[i] != ';' && t[i] != ' ' && t[i] != '\t') return false;
    return true;
}

constexpr bool stands_for_itself(char c) noexcept { return is_baggage_octet(c) && c != '%'; }

constexpr std::size_t percent_encoded_size(text t) noexcept {
    std::size_t size = t.size;
    for (std::size_t i = 0; i < t.size; ++i) size += stands_for_itself(t[i]) ? 0 : 2;
    return size;
}
inline char* write_percent_encoded(char* out, text t) noexcept {
    for (std::size_t i = 0; i < t.size; ++i) {
        const auto byte = static_cast<unsigned char>(t[i]);
        if (stands_for_itself(t[i])) {
            *out++ = t[i];
        } else {
            *out++ = '%';
            *out++ = "0123456789ABCDEF"[byte >> 4];
            *out++ = "0123456789ABCDEF"[byte & 15];
        }
    }
    return out;
}

// The end of what was written, no more than was given, or null where that is no value: a character that does
// not belong there, or a percent sign without two digits. What is no UTF-8 becomes U+FFFD.
inline char* write_percent_decoded(char* out, text t) noexcept {
    char* const begin = out;
    for (std::size_t i = 0; i < t.size; ++i) {
        if (!is_baggage_octet(t[i])) return nullptr;
        if (t[i] != '%') {
            *out++ = t[i];
            continue;
        }
        const int high = t.size - i > 2 ? hex_digit(t[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(t[i + 2]);
        if (low < 0) return nullptr;
        *out++ = static_cast<char>(high * 16 + low);
        i += 2;
    }
    // In place: three bytes at most for one that came as three, and what is whole stays as long as it is.
    // Only the bytes that were escaped can be beyond 0x7f, so they are moved to the end first.
    const auto decoded = static_cast<std::size_t>(out - begin);
    bool plain = true;
    for (const char* at = begin; at != out; ++at) plain = plain && static_cast<unsigned char>(*at) < 0x80;
    if (plain) return out;
    const char* from = begin + t.size - decoded;
    const char* const end = begin + t.size;
    __builtin_memmove(begin + t.size - decoded, begin, decoded);
    char* to = begin;
    while (from != end) {
        if (static_cast<unsigned char>(*from) < 0x80)
            *to++ = *from++;
        else
            to = write_sequence(to, from, end);
    }
    return to;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
