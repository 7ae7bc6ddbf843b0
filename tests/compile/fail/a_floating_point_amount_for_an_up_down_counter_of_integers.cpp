// EXPECT: this instrument counts integers, and the amount is a floating-point number; declare it with
// <double> SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::up_down_counter<> items{"items"};

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_ADD(items, 1.5);
#else
    NANOTEL_ADD(items, -1);
#endif
}
