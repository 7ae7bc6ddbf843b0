// SPDX-License-Identifier: MIT
#define MODULE "hidden"
#include "../plugin.hpp"
