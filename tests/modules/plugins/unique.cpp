// SPDX-License-Identifier: MIT
// With symbols that are one in a process (STB_GNU_UNIQUE), where the compiler makes them: it stays loaded
// then.
#define MODULE "unique"
#include "../plugin.hpp"
