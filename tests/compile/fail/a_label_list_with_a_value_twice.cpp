// EXPECT: one_of has a value twice
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size =
    nanotel::detail::label_combinations<nanotel::label<"k", nanotel::one_of<"eu", "us", "eu">>>;
#else
std::uint32_t size =
    nanotel::detail::label_combinations<nanotel::label<"k", nanotel::one_of<"eu", "us", "e">>>;
#endif
