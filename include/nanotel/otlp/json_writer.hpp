// SPDX-License-Identifier: MIT
// The pieces that OTLP JSON is written from. No tree is built: the encoder copies the fragments of a call
// site and writes the values between them.
//
// Each writer takes where to write and returns the new end. Its docstring states the greatest length of the
// text; it may overwrite up to 32 bytes beyond the end that it returns, which byte_buffer always grants.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/binary_text.hpp>
#include <nanotel/otlp/byte_buffer.hpp>
#include <nanotel/otlp/double_text.hpp>
#include <nanotel/otlp/number_text.hpp>
#include <nanotel/otlp/string_text.hpp>
#include <nanotel/otlp/word.hpp>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Copies JSON text that needs no escaping. `size` bytes. Up to 32 bytes past `data + size` are read too, and
/// must be readable.
inline char* write_fragment(char* out, const char* data, std::size_t size) noexcept {
    char* const end = out + size;
    do {
        std::memcpy(out, data, 32);
        out += 32;
        data += 32;
    } while (out < end);
    return end;
}

/// Copies JSON text that needs no escaping. `size` bytes. Reads nothing past `data + size`.
inline char* write_text(char* out, const char* data, std::size_t size) noexcept {
    if (size != 0)
        std::memcpy(out, data, size); // data may be null with no bytes, which memcpy does not allow
    return out + size;
}

/// Copies a string literal. As many bytes as it has characters.
template <std::size_t Size>
inline char* write_literal(char* out, const char (&literal)[Size]) noexcept {
    std::memcpy(out, literal, Size - 1);
    return out + Size - 1;
}

/// The content of a JSON string, without its quotes, for cold paths. Throws std::bad_alloc.
inline std::string json_escape(std::string_view content) {
    std::string escaped(content.size() * 6 + 32, '\0');
    const char* end = write_string(escaped.data(), content.data(), content.size());
    escaped.resize(static_cast<std::size_t>(end - escaped.data()));
    return escaped;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
