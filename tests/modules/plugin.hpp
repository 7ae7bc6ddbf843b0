// SPDX-License-Identifier: MIT
#pragma once

#include "instrumented.hpp"

extern "C" [[gnu::visibility("default")]] const module_functions* instrumented() {
    return &functions_of_module;
}
