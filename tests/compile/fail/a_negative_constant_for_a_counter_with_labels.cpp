// EXPECT: a counter only grows, and this adds a negative constant to it; use a nanotel::up_down_counter
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<long, nanotel::label<"ok", bool>> requests{"requests"};

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_ADD(requests, -1, true);
#else
    NANOTEL_ADD(requests, 1, true);
#endif
}
