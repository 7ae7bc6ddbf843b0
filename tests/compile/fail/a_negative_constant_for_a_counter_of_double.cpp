// EXPECT: a counter only grows, and this adds a negative constant to it; use a nanotel::up_down_counter
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<double> joules{"joules"};
const double step = -0.5;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_ADD(joules, step);
#else
    NANOTEL_ADD(joules, -step);
#endif
}
