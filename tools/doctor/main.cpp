// SPDX-License-Identifier: MIT
#include "doctor.hpp"

#include <cstdio>

int main(int count, char** arguments) {
    return nanotel_doctor::run({arguments + 1, arguments + count}, nanotel::environment{},
                               [](const std::string& line) {
                                   std::puts(line.c_str());
                                   std::fflush(stdout);
                               });
}
