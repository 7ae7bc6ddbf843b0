// EXPECT: lists more attributes than NANOTEL_SPAN_INLINE_BYTES has room for
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

#define TEN                                                                                                  \
    "0"_attr = 0, "1"_attr = 1, "2"_attr = 2, "3"_attr = 3, "4"_attr = 4, "5"_attr = 5, "6"_attr = 6,        \
    "7"_attr = 7, "8"_attr = 8, "9"_attr = 9

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", TEN, TEN, TEN, TEN);
#else
    NANOTEL_SPAN(span, "span", TEN, TEN, TEN);
#endif
}
