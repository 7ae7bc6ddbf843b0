// SPDX-License-Identifier: MIT
// With NANOTEL_DISABLED: everything that can be said of spans still compiles, and nothing of it is there.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/trace/span_name.hpp>
#include <nanotel/trace/span_options.hpp>

namespace nanotel::inline NANOTEL_ABI {

inline context current_context() noexcept { return {}; }

class context_scope {
public:
    explicit context_scope(const context&) noexcept {}
    ~context_scope() {} // as the real one: an object that is not used otherwise is no warning
    context_scope(const context_scope&) = delete;
    context_scope& operator=(const context_scope&) = delete;
};

// The checks of the real one, and no state: a variable that a macro declares is a constant that nothing
// refers to.
class span_operations {
public:
    constexpr bool is_recording() const noexcept { return false; }

    template <class... Key, class... Value>
    constexpr void set(const attribute<Key, Value>&...) noexcept {}
    template <class T>
    constexpr void set(text, const T& value) noexcept {
        static_assert(
            !std::is_same_v<decltype(detail::stored_for_run_time_key(value)), detail::unsupported_value>);
    }
    template <class... Key, class... Value>
    constexpr void add_event(text, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    constexpr void add_event(text, timestamp, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    constexpr void add_link(const nanotel::context&, const attribute<Key, Value>&...) noexcept {}
    constexpr void set_status(status_code, text = {}) noexcept {}
    constexpr void update_name(text) noexcept {}
    constexpr void set_start_time(timestamp) noexcept {}
    template <class Exception>
    constexpr void record_exception(const Exception&) noexcept {}
    constexpr void end() noexcept {}
    constexpr void end(timestamp) noexcept {}
    constexpr nanotel::context context() const noexcept { return {}; }

    template <class... A>
    constexpr void begin(const detail::call_site&, const A&...) noexcept {
        static_assert((detail::is_attribute<A> && ...),
                      "nanotel: write an attribute as \"key\"_attr = value");
    }
};

class span : public span_operations {
public:
    constexpr span() noexcept = default;
    template <class... Key, class... Value>
    constexpr explicit span(text, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    constexpr explicit span(const span_options&, const attribute<Key, Value>&...) noexcept {}
    span(const span&) = delete;
    span& operator=(const span&) = delete;
};

class detached_span : public span_operations {
public:
    constexpr detached_span() noexcept = default;
    template <class... Key, class... Value>
    constexpr explicit detached_span(text, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    constexpr explicit detached_span(const span_options&, const attribute<Key, Value>&...) noexcept {}
    constexpr detached_span(detached_span&&) noexcept {}
    constexpr detached_span& operator=(detached_span&&) noexcept { return *this; }
};

namespace detail {

constexpr call_site make_site(named_span what, const instrumentation_scope& scope) noexcept {
    return {what.name, &scope, nullptr, 0, what.kind, {}};
}
constexpr void check_parent(const context&) noexcept {}

template <class F>
[[gnu::always_inline]] inline decltype(auto) run_in(span& s, F&& f) {
    static_assert(
        requires { f(s); } || requires { f(); },
        "nanotel: the last argument of in_span is a function that takes a nanotel::span& or nothing");
    if constexpr (requires { f(s); })
        return f(s);
    else
        return f();
}
template <class Key, class Value, class... Rest>
[[gnu::always_inline]] inline decltype(auto) run_in(span& s, const attribute<Key, Value>&, Rest&&... rest) {
    return run_in(s, static_cast<Rest&&>(rest)...);
}

} // namespace detail

template <class... AttributesThenFunction>
[[gnu::always_inline]] inline decltype(auto) in_span(const span_options&, AttributesThenFunction&&... rest) {
    span s;
    return detail::run_in(s, static_cast<AttributesThenFunction&&>(rest)...);
}
template <class... AttributesThenFunction>
[[gnu::always_inline]] inline decltype(auto) in_span(text, AttributesThenFunction&&... rest) {
    span s;
    return detail::run_in(s, static_cast<AttributesThenFunction&&>(rest)...);
}

} // namespace nanotel::inline NANOTEL_ABI
