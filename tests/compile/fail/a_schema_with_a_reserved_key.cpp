// EXPECT: keys that begin with .* are reserved
// SPDX-License-Identifier: MIT
#include <nanotel/nanotel.hpp>

using namespace nanotel::literals;

#ifdef SHOULD_FAIL
#define KEY "otel.status_code"
#else
#define KEY "status_code"
#endif
inline constexpr nanotel::span_schema<"work", nanotel::span_kind::internal, nanotel::optional<KEY, int>> work;

int main() { NANOTEL_SPAN(span, work); }
