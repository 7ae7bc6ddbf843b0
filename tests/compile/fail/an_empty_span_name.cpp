// EXPECT: nanotel: a span name must not be empty
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "");
#else
    NANOTEL_SPAN(span, "name");
#endif
}
