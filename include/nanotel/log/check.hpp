// SPDX-License-Identifier: MIT
// A log statement that is compiled and never run.
#pragma once

#include <nanotel/log/format.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// By value where that is for free: a variable whose address nobody takes keeps its register, also where the
// statement is gone.
template <class T>
concept checked_by_value = std::is_trivially_copyable_v<T> && !std::is_array_v<T>;

template <class... A>
    requires(checked_by_value<A> && ...)
void check_log(log_places<A...>, log_format<A...>, A...) noexcept {}
template <class... A>
    requires(!(checked_by_value<std::decay_t<A>> && ...))
void check_log(log_places<A...>, log_format<A...>, const A&...) noexcept {}

} // namespace nanotel::inline NANOTEL_ABI::detail
