// EXPECT: a span name must not be empty
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

int main() {
#ifdef SHOULD_FAIL
    static constexpr nanotel::span_schema<"", nanotel::span_kind::internal> work;
#else
    static constexpr nanotel::span_schema<"work", nanotel::span_kind::internal> work;
#endif
    NANOTEL_SPAN(span, work);
}
