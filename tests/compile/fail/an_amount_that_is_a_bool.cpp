// EXPECT: an instrument measures integers or floating-point numbers
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::counter<> requests{"requests"};

int main() {
#ifdef SHOULD_FAIL
    requests.add(true);
#else
    requests.add(1);
#endif
}
