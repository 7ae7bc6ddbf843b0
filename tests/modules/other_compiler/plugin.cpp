// SPDX-License-Identifier: MIT
#define MODULE "other_compiler"
#include "../plugin.hpp"
