// EXPECT: the key of a label must not be empty
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"", bool>>;
#else
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", bool>>;
#endif
