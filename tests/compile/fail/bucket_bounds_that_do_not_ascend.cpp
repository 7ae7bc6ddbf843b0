// EXPECT: bucket_bounds_are_finite_and_ascending
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#ifdef SHOULD_FAIL
inline constinit nanotel::histogram<> duration{"duration", {.bounds = {1, 3, 2}}};
#else
inline constinit nanotel::histogram<> duration{"duration", {.bounds = {1, 2, 3}}};
#endif
