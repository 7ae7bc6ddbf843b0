// EXPECT: write an attribute as
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", 42);
#else
    NANOTEL_SPAN(span, "span", "answer"_attr = 42);
#endif
}
