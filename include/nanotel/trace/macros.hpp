// SPDX-License-Identifier: MIT
// The span macros: a call site's constant data, then the decision, then, where it is recorded, the
// attributes.
#pragma once

#include <nanotel/core/function_name.hpp>
#include <nanotel/core/scope.hpp>

#ifndef NANOTEL_DISABLED

// Internal. No lambda: structured bindings may be attributes, and so may co_await.
#define NANOTEL_DETAIL_SPAN(variable, type, construct_from, what, ...)                                       \
    static_assert(!::nanotel::detail::describe(what).name.empty(),                                           \
                  "nanotel: a span name must not be empty");                                                 \
    static constinit ::nanotel::detail::call_site NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable) =         \
        ::nanotel::detail::make_site(::nanotel::detail::describe(what), NANOTEL_DETAIL_SCOPE_HERE(0),        \
                                     __FILE__, __LINE__);                                                    \
    type variable construct_from;                                                                            \
    if (variable.is_recording())                                                                             \
    ::nanotel::detail::begin_at_site(variable, NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable)              \
                                                   __VA_OPT__(, ) __VA_ARGS__)

/// Public. A span from here to the end of the scope: NANOTEL_SPAN(variable, what, "key"_attr = value, …).
/// `what` is a literal, a name with a kind as nanotel::server("GET /"), or a nanotel::span_schema. The
/// attributes are evaluated only where the span is recorded. Function form: nanotel::span.
#define NANOTEL_SPAN(variable, what, ...)                                                                    \
    NANOTEL_DETAIL_SPAN(variable, ::nanotel::detail::span_for<decltype(what)>,                               \
                        {NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable)}, what, __VA_ARGS__)

/// Public. The same below an explicit parent, a nanotel::context; nanotel::new_root begins a new trace.
#define NANOTEL_SPAN_FROM(variable, parent, what, ...)                                                       \
    NANOTEL_DETAIL_SPAN(variable, ::nanotel::detail::span_for<decltype(what)>,                               \
                        (NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable), (parent)), what, __VA_ARGS__)

/// Public. The same without a variable, for a span that nothing is added to.
#define NANOTEL_SCOPED_SPAN(what, ...)                                                                       \
    NANOTEL_SPAN(NANOTEL_DETAIL_PASTE(nanotel_span_, __COUNTER__), what, __VA_ARGS__)

/// Public. A span named after the function that it stands in, with its namespaces and classes.
#define NANOTEL_TRACE_FUNCTION(...)                                                                          \
    NANOTEL_SCOPED_SPAN(::nanotel::detail::function_name(__PRETTY_FUNCTION__, __func__), __VA_ARGS__)

/// Public. A span that moves between threads and ends where it likes: nanotel::detached_span.
#define NANOTEL_DETACHED_SPAN(variable, what, ...)                                                           \
    NANOTEL_DETAIL_SPAN(variable, ::nanotel::detached_span,                                                  \
                        {NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable)}, what, __VA_ARGS__)

/// Public. span.set(…) whose arguments are evaluated only where the span is recorded.
#define NANOTEL_SET(span, ...)                                                                               \
    do {                                                                                                     \
        if ((span).is_recording()) (span).set(__VA_ARGS__);                                                  \
    } while (false)

/// Public. span.add_event(…) whose arguments are evaluated only where the span is recorded.
#define NANOTEL_EVENT(span, ...)                                                                             \
    do {                                                                                                     \
        if ((span).is_recording()) (span).add_event(__VA_ARGS__);                                            \
    } while (false)

#else

// Internal. The arguments are compiled and never run; the variable is static, empty, and nothing refers to
// it.
#define NANOTEL_DETAIL_SPAN(variable, type, what, ...)                                                       \
    [[maybe_unused]] static constinit type variable{};                                                       \
    static_assert(!::nanotel::detail::describe(what).name.empty(),                                           \
                  "nanotel: a span name must not be empty");                                                 \
    if constexpr (false) {                                                                                   \
        ::nanotel::detail::call_site NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable) =                      \
            ::nanotel::detail::make_site(::nanotel::detail::describe(what), NANOTEL_DETAIL_SCOPE_HERE(0));   \
        ::nanotel::detail::begin_at_site(variable, NANOTEL_DETAIL_PASTE(nanotel_site_of_, variable)          \
                                                       __VA_OPT__(, ) __VA_ARGS__);                          \
    }                                                                                                        \
    static_assert(true)

#define NANOTEL_SPAN(variable, what, ...)                                                                    \
    NANOTEL_DETAIL_SPAN(variable, ::nanotel::detail::span_for<decltype(what)>, what, __VA_ARGS__)
#define NANOTEL_SPAN_FROM(variable, parent, what, ...)                                                       \
    if constexpr (false) ::nanotel::detail::check_parent(parent);                                            \
    NANOTEL_DETAIL_SPAN(variable, ::nanotel::detail::span_for<decltype(what)>, what, __VA_ARGS__)
#define NANOTEL_SCOPED_SPAN(what, ...)                                                                       \
    NANOTEL_SPAN(NANOTEL_DETAIL_PASTE(nanotel_span_, __COUNTER__), what, __VA_ARGS__)
#define NANOTEL_TRACE_FUNCTION(...) NANOTEL_SCOPED_SPAN("function", __VA_ARGS__)
#define NANOTEL_DETACHED_SPAN(variable, what, ...)                                                           \
    NANOTEL_DETAIL_SPAN(variable, ::nanotel::detached_span, what, __VA_ARGS__)
#define NANOTEL_SET(span, ...) (false ? static_cast<void>((span).set(__VA_ARGS__)) : static_cast<void>(0))
#define NANOTEL_EVENT(span, ...)                                                                             \
    (false ? static_cast<void>((span).add_event(__VA_ARGS__)) : static_cast<void>(0))

#endif
