// SPDX-License-Identifier: MIT
// The names of keys that end in something of the application's, as http.request.header.<key>.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

template <std::size_t N, std::size_t M>
consteval auto joined_by_dot(const fixed_string<N>& prefix, const fixed_string<M>& key) noexcept {
    char characters[N + M]{}; // one terminator gives its place to the dot
    for (std::size_t i = 0; i + 1 < N; ++i) characters[i] = prefix.characters[i];
    characters[N - 1] = '.';
    for (std::size_t i = 0; i + 1 < M; ++i) characters[N + i] = key.characters[i];
    return fixed_string<N + M>(characters);
}

} // namespace detail

namespace semconv {

/// The fixed string "prefix.key". The conventions ask for keys in lower case.
template <fixed_string Prefix, fixed_string Key>
inline constexpr auto key_below = detail::joined_by_dot(Prefix, Key);

} // namespace semconv
} // namespace nanotel::inline NANOTEL_ABI
