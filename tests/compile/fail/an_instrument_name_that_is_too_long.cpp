// EXPECT: an_instrument_name_has_1_to_255_characters_of_letters
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#define FIFTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HUNDRED FIFTY FIFTY

#ifdef SHOULD_FAIL
inline constinit nanotel::counter<> requests{HUNDRED HUNDRED FIFTY "aaaaaa"};
#else
inline constinit nanotel::counter<> requests{HUNDRED HUNDRED FIFTY "aaaaa"};
#endif
