// EXPECT: an attribute value is a bool, an integer, a floating-point number
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", "letter"_attr = 'a');
#else
    NANOTEL_SPAN(span, "span", "letter"_attr = "a");
#endif
}
