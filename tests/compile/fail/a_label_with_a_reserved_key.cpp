// EXPECT: label keys that begin with .*"otel\.[\]?" are reserved
// reserved SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"otel.k", bool>>;
#else
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"otelk", bool>>;
#endif
