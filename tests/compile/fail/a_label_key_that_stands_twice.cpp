// EXPECT: two labels of an instrument have the same key
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size =
    nanotel::detail::label_combinations<nanotel::label<"k", bool>, nanotel::label<"k", nanotel::one_of<"a">>>;
#else
std::uint32_t size =
    nanotel::detail::label_combinations<nanotel::label<"k", bool>, nanotel::label<"l", nanotel::one_of<"a">>>;
#endif
