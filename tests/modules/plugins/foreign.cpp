// SPDX-License-Identifier: MIT
// Of another version of the library, in a namespace of its own.
#define MODULE "foreign"
#include "../plugin.hpp"
