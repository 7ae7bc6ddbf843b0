// SPDX-License-Identifier: MIT
// Of another version of the library, in the same namespace.
#define MODULE "older"
#include "../plugin.hpp"
