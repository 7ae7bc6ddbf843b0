// EXPECT: a counter only grows, and this adds a negative constant to it; use a nanotel::up_down_counter
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<> requests{"requests"};

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_ADD(requests, -1);
#else
    NANOTEL_ADD(requests, 1);
#endif
}
