// EXPECT: an instrument measures integers or floating-point numbers
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

constinit nanotel::histogram<> duration{"duration"};

int main() {
#ifdef SHOULD_FAIL
    duration.record('a');
#else
    duration.record(97);
#endif
}
