// EXPECT: the domain of a label is bool, an enum, nanotel::one_of
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", int>>;
#else
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", nanotel::int_range<1, 5>>>;
#endif
