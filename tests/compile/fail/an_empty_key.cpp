// EXPECT: an attribute key must not be empty
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", ""_attr = 1);
#else
    NANOTEL_SPAN(span, "span", "k"_attr = 1);
#endif
}
