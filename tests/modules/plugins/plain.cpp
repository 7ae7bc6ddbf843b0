// SPDX-License-Identifier: MIT
#define MODULE "plain"
#include "../plugin.hpp"
