// EXPECT: the value of this attribute has another type than its key declares
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

inline constexpr nanotel::typed_key<"http.response.status_code", int> status_code;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", status_code = "200");
#else
    NANOTEL_SPAN(span, "span", status_code = 200);
#endif
}
