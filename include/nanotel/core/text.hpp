// SPDX-License-Identifier: MIT
// A borrowed run of characters: what std::string_view is, without the cost of including it.
#pragma once

#include <nanotel/core/config.hpp>

#include <concepts>
#include <cstddef>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {
template <class S>
concept string_like = requires(const S& s) {
    { s.data() } -> std::convertible_to<const char*>;
    { s.size() } -> std::convertible_to<std::size_t>;
};
} // namespace detail

/// A borrowed run of bytes that should be UTF-8; invalid sequences reach the wire as U+FFFD.
/// Converts from literals, `const char*` (null is empty), std::string and std::string_view. The library
/// copies what it keeps, so the bytes need to live only until the call returns.
struct text {
    const char* data = "";
    std::size_t size = 0;

    constexpr text() noexcept = default;
    constexpr text(const char* first, std::size_t count) noexcept : data(first), size(count) {}
    constexpr text(const char* terminated) noexcept
        : data(terminated ? terminated : ""), size(terminated ? __builtin_strlen(terminated) : 0) {}
    template <detail::string_like S>
    constexpr text(const S& s) noexcept : data(s.data()), size(s.size()) {}

    constexpr bool empty() const noexcept { return size == 0; }
    constexpr char operator[](std::size_t i) const noexcept { return data[i]; }

    friend constexpr bool operator==(text a, text b) noexcept {
        if (a.size != b.size) return false;
        for (std::size_t i = 0; i < a.size; ++i)
            if (a.data[i] != b.data[i]) return false;
        return true;
    }
};

namespace detail {
constexpr bool is_lower_hex(text t) noexcept {
    for (std::size_t i = 0; i < t.size; ++i)
        if (!((t[i] >= '0' && t[i] <= '9') || (t[i] >= 'a' && t[i] <= 'f'))) return false;
    return true;
}
} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
