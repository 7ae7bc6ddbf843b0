// EXPECT: keys that begin with "otel\." are reserved|keys that begin with ..otel\...* are reserved
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", "otel.scope.name"_attr = 1);
#else
    NANOTEL_SPAN(span, "span", "otelier"_attr = 1);
#endif
}
