// EXPECT: an_instrument_name_has_1_to_255_characters_of_letters
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#ifdef SHOULD_FAIL
inline constinit nanotel::counter<> requests{"shop requests"};
#else
inline constinit nanotel::counter<> requests{"shop.requests"};
#endif
