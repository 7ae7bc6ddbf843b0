// SPDX-License-Identifier: MIT
#define MODULE "program"
#include "../script.hpp"

int main(int count, char** words) { return run_script(count - 1, words + 1, &functions_of_module); }
