// SPDX-License-Identifier: MIT
// A function run inside a span, which sees the exceptions that leave it.
#pragma once

#include <nanotel/trace/span.hpp>

#include <cxxabi.h> // __cxa_current_exception_type: the type of what is caught by `...`

namespace nanotel::inline NANOTEL_ABI {
namespace detail {

inline void tell_exception(span& s, const exception_description& e, std::uint64_t since_ticks) noexcept {
    if (!s.is_recording()) return;
    if (!already_recorded(e, since_ticks)) s.record_exception(e);
    s.set_status(status_code::error, e.message);
}

template <class F>
decltype(auto) call_with(span& s, F& f) {
    if constexpr (requires { f(s); })
        return f(s);
    else
        return f();
}

template <class F>
decltype(auto) run_in(span& s, F&& f) {
    static_assert(
        requires { f(s); } || requires { f(); },
        "nanotel: the last argument of in_span is a function that takes a nanotel::span& or nothing");
#if defined(__cpp_exceptions)
    [[maybe_unused]] const std::uint64_t began = s.begin_ticks();
    try {
        return call_with(s, f);
    } catch (const std::exception& e) {
        tell_exception(s, describe_exception(e), began);
        throw;
    } catch (...) {
        exception_description unknown{exception_in_flight(), {}, {}, false};
        if (const auto* type = abi::__cxa_current_exception_type()) unknown.type = type->name();
        tell_exception(s, unknown, began);
        throw;
    }
#else
    return call_with(s, f);
#endif
}

template <class Key, class Value, class... Rest>
decltype(auto) run_in(span& s, const attribute<Key, Value>& first, Rest&&... rest) {
    s.set(first);
    return run_in(s, static_cast<Rest&&>(rest)...);
}

} // namespace detail

/// Runs `f`, the last argument, inside a span, and returns what it returns: `in_span("load", "file"_attr =
/// path, f)`. The arguments between are attributes; `f` takes a `nanotel::span&` or nothing. An exception
/// that leaves `f` sets the status to error, is recorded on the innermost span that it leaves, with type and
/// message, and flies on.
template <class... AttributesThenFunction>
decltype(auto) in_span(const span_options& options, AttributesThenFunction&&... rest) {
    span s(detail::begin_only{}, options, rest...);
    return detail::run_in(s, static_cast<AttributesThenFunction&&>(rest)...);
}
template <class... AttributesThenFunction>
decltype(auto) in_span(text name, AttributesThenFunction&&... rest) {
    span s(detail::begin_only{}, span_options{.name = name}, rest...);
    return detail::run_in(s, static_cast<AttributesThenFunction&&>(rest)...);
}

} // namespace nanotel::inline NANOTEL_ABI
