// EXPECT: an attribute value is a bool, an integer, a floating-point number
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

struct order {
    int number;
};

int main() {
    const order value{1};
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", "order"_attr = value);
#else
    NANOTEL_SPAN(span, "span", "order"_attr = value.number);
#endif
}
