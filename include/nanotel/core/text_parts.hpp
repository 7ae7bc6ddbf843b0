// SPDX-License-Identifier: MIT
// Texts cut into their parts, as headers are.
#pragma once

#include <nanotel/core/text.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr text without_blanks(text t) noexcept {
    while (t.size != 0 && is_blank(t.data[0])) ++t.data, --t.size;
    while (t.size != 0 && is_blank(t.data[t.size - 1])) --t.size;
    return t;
}
// The offset of the first such character, or the size.
constexpr std::size_t find_character(text t, char wanted) noexcept {
    std::size_t at = 0;
    while (at < t.size && t[at] != wanted) ++at;
    return at;
}
// Cuts what stands before the first `separator` off, and the separator.
constexpr text cut_before(text& rest, char separator) noexcept {
    const std::size_t at = find_character(rest, separator);
    const text first{rest.data, at};
    const std::size_t gone = at < rest.size ? at + 1 : at;
    rest = {rest.data + gone, rest.size - gone};
    return first;
}
inline char* append(char* out, text t) noexcept {
    if (t.size != 0) __builtin_memcpy(out, t.data, t.size);
    return out + t.size;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
