// EXPECT: an attribute value is a bool, an integer, a floating-point number
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

struct order {
    int number;
};

int main() {
    NANOTEL_SPAN(span, "span");
    const order value{1};
#ifdef SHOULD_FAIL
    span.set("order", value);
#else
    span.set("order", value.number);
#endif
}
