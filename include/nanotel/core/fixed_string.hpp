// SPDX-License-Identifier: MIT
// A string literal as a template argument.
#pragma once

#include <nanotel/core/text.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A string that is part of a type, as `nanotel::key<"cart.items">`.
template <std::size_t N>
struct fixed_string {
    char characters[N]{};

    consteval fixed_string(const char (&literal)[N]) noexcept {
        for (std::size_t i = 0; i < N; ++i) characters[i] = literal[i];
    }

    static constexpr std::size_t length = N - 1;
    constexpr text view() const noexcept { return {characters, N - 1}; }

    template <std::size_t M>
    constexpr bool operator==(const fixed_string<M>& other) const noexcept {
        return view() == other.view();
    }
};

} // namespace nanotel::inline NANOTEL_ABI
