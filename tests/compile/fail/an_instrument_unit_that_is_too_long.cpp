// EXPECT: an_instrument_unit_has_at_most_63_ASCII_characters
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#ifdef SHOULD_FAIL
inline constinit nanotel::counter<> requests{
    "time", {.unit = "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"}};
#else
inline constinit nanotel::counter<> requests{
    "time", {.unit = "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"}};
#endif
