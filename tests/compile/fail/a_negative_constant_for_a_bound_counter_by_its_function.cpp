// EXPECT: a counter only grows, and this adds a negative constant to it; use a nanotel::up_down_counter
// FLAGS: -O1
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<> requests{"requests"};
const auto bound = requests.bind();

int main() {
#ifdef SHOULD_FAIL
    bound.add(-1);
#else
    bound.add(1);
#endif
}
