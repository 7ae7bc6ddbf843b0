// EXPECT: a counter only grows, and this adds a negative constant to it; use a nanotel::up_down_counter
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<> requests{"requests"};
const auto bound = requests.bind();

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_ADD(bound, 2 - 3);
#else
    NANOTEL_ADD(bound, 3 - 2);
#endif
}
