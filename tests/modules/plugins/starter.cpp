// SPDX-License-Identifier: MIT
// A plugin that has the whole library, and starts it.
#define MODULE "starter"
#include "../script.hpp"

extern "C" [[gnu::visibility("default")]] int run(int count, char** words, const module_functions* program) {
    return run_script(count, words, program);
}
