// EXPECT: an instrument measures an integer or a floating-point type
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#ifdef SHOULD_FAIL
constinit nanotel::gauge<bool> level{"level"};
#else
constinit nanotel::gauge<int> level{"level"};
#endif
