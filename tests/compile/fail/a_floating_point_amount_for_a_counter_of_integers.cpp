// EXPECT: this instrument counts integers, and the amount is a floating-point number; declare it with
// <double> SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<> requests{"requests"};

int main() {
#ifdef SHOULD_FAIL
    requests.add(1.5);
#else
    requests.add(1);
#endif
}
