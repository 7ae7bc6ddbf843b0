// EXPECT: an attribute that the span.s schema requires is not given
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

inline constexpr nanotel::span_schema<"charge card", nanotel::span_kind::client,
                                      nanotel::required<"payment.amount", double>,
                                      nanotel::optional<"payment.retries", int>>
    charge;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, charge, "payment.retries"_attr = 1);
#else
    NANOTEL_SPAN(span, charge, "payment.amount"_attr = 1.0);
#endif
}
