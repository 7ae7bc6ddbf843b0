// EXPECT: this enum has no enumerator from 0 to NANOTEL_ENUM_LIMIT: list its values in nanotel_labels
// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#ifdef SHOULD_FAIL
enum class code { ok = 200, not_found = 404 };
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", code>>;
#else
enum class code { ok = 63, not_found = 404 };
std::uint32_t size = nanotel::detail::label_combinations<nanotel::label<"k", code>>;
#endif
