// EXPECT: one_of needs a value
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", nanotel::one_of<>>>;
#else
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", nanotel::one_of<"">>>;
#endif
