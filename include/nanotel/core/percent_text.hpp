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

// The end of what was written, or null where a control character stands in it. The room is three times what
// is given. What does not begin an escape is taken as it is, as is what should have been escaped: there are
// servers that decode headers before anybody else sees them. What is no UTF-8 becomes U+FFFD.
inline char* write_percent_decoded(char* const room, text t) noexcept {
    // Far enough ahead of what is written from it: each byte becomes three at most.
    char* const decoded = room + 2 * t.size;
    char* end = decoded;
    for (std::size_t i = 0; i < t.size; ++i) {
        const auto byte = static_cast<unsigned char>(t[i]);
        if (byte < 0x20 || byte == 0x7f) return nullptr;
        const int high = byte == '%' && t.size - i > 2 ? hex_digit(t[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(t[i + 2]);
        if (low >= 0) i += 2;
        *end++ = low < 0 ? static_cast<char>(byte) : static_cast<char>(high * 16 + low);
    }
    char* out = room;
    for (const char* from = decoded; from != end;) {
        if (static_cast<unsigned char>(*from) < 0x80)
            *out++ = *from++;
        else
            out = write_sequence(out, from, end);
    }
    return out;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
