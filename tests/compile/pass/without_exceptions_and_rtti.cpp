// FLAGS: -fno-exceptions -fno-rtti
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

#include <stdexcept>

using namespace nanotel::literals;

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this file is to be compiled without both"
#endif

NANOTEL_INSTRUMENTATION_SCOPE("light", "1.0");

int main() {
    NANOTEL_SPAN(span, "span", "n"_attr = 1, "text"_attr = "text");
    NANOTEL_TRACE_FUNCTION();
    NANOTEL_DETACHED_SPAN(detached, nanotel::client("detached"));
    span.set("late"_attr = 2.5);
    span.record_exception(std::runtime_error("made and not thrown"));
    return nanotel::in_span("function", "k"_attr = true,
                            [](nanotel::span& inner) { return inner.is_recording() ? 0 : 0; });
}
