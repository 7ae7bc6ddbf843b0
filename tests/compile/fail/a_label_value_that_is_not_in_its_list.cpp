// EXPECT: this_label_value_is_not_in_the_list_of_its_label|consteval function '.*one_of<.*constant
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

using region = nanotel::label<"region", nanotel::one_of<"eu", "us">>;

#ifdef SHOULD_FAIL
std::uint32_t index = nanotel::detail::label_index<region>("uk");
#else
std::uint32_t index = nanotel::detail::label_index<region>("us");
#endif
