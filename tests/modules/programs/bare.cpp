// SPDX-License-Identifier: MIT
// A program that knows nothing of the library. Its first argument is a plugin that does.
#include "../module_functions.hpp"

#include <cstdio>

#include <dlfcn.h>

int main(int count, char** words) {
    void* const starter = dlopen(words[1], RTLD_LAZY | RTLD_LOCAL);
    if (!starter) {
        std::printf("%s\n", dlerror());
        return 1;
    }
    using run_function = int (*)(int, char**, const module_functions*);
    return reinterpret_cast<run_function>(dlsym(starter, "run"))(count - 2, words + 2, nullptr);
}
