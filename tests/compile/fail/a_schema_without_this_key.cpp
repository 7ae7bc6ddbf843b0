// EXPECT: this span.s schema declares no attribute with this key
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

inline constexpr nanotel::span_schema<"charge card", nanotel::span_kind::client,
                                      nanotel::required<"payment.amount", double>,
                                      nanotel::optional<"payment.retries", int>>
    charge;

int main() {
#ifdef SHOULD_FAIL
    NANOTEL_SPAN(span, charge, "payment.amount"_attr = 9.99, "payment.retrys"_attr = 1);
#else
    NANOTEL_SPAN(span, charge, "payment.amount"_attr = 9.99, "payment.retries"_attr = 1);
#endif
}
