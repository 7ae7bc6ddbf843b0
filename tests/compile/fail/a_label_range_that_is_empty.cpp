// EXPECT: has 1 to 65536 values
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", nanotel::int_range<2, 1>>>;
#else
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", nanotel::int_range<2, 2>>>;
#endif
