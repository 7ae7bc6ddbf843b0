// EXPECT: the last argument of in_span is a function
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    nanotel::in_span("span", [](int) {});
#else
    nanotel::in_span("span", [](nanotel::span&) {});
#endif
}
