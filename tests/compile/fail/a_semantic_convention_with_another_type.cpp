// EXPECT: the value of this attribute has another type than its key declares
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>
#include <nanotel/semconv/http.hpp>

namespace semconv = nanotel::semconv;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, "span", semconv::http_request_header<"accept"> = "text/html");
#else
    NANOTEL_SPAN(span, "span", semconv::http_request_header<"accept"> = {"text/html"});
#endif
}
