// SPDX-License-Identifier: MIT
// A program that is instrumented, and leaves it to the plugin of its first argument to start.
#define MODULE "program"
#include "../instrumented.hpp"

#include <cstdio>
#include <cstring>

#include <dlfcn.h>

// The words before "--" are for the plugin while it is held, the others for when it was let go.
int main(int count, char** words) {
    void* const starter = dlopen(words[1], RTLD_NOW | RTLD_LOCAL);
    if (!starter) {
        std::printf("%s\n", dlerror());
        return 1;
    }
    using run_function = int (*)(int, char**, const module_functions*);
    const auto run = reinterpret_cast<run_function>(dlsym(starter, "run"));
    int middle = 2;
    while (middle < count && std::strcmp(words[middle], "--") != 0) ++middle;
    if (run(middle - 2, words + 2, &functions_of_module) != 0) return 1;
    dlclose(starter);
    void* const there = dlopen(words[1], RTLD_NOW | RTLD_NOLOAD);
    std::printf("starter %s\n", there ? "stays" : "is gone");
    if (!there) return 0;
    dlclose(there);
    return middle < count ? run(count - middle - 1, words + middle + 1, nullptr) : 0;
}
