// SPDX-License-Identifier: MIT
// With NANOTEL_DISABLED: everything that can be said of spans still compiles, and nothing of it is there.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/trace/span_name.hpp>
#include <nanotel/trace/span_options.hpp>

namespace nanotel::inline NANOTEL_ABI {

inline context current_context() noexcept { return {}; }
inline baggage current_baggage() noexcept { return {}; }

class context_scope {
public:
    explicit context_scope(const context&) noexcept {}
    ~context_scope() {} // as the real one: an object that is not used otherwise is no warning
    context_scope(const context_scope&) = delete;
    context_scope& operator=(const context_scope&) = delete;
};

class baggage_scope {
public:
    explicit baggage_scope(const baggage&) noexcept {}
    ~baggage_scope() {}
    baggage_scope(const baggage_scope&) = delete;
    baggage_scope& operator=(const baggage_scope&) = delete;
};

// The checks of the real one, and no state: a variable that a macro declares is a constant that nothing
// refers to.
class span_operations {
public:
    bool is_recording() const noexcept { return false; }

    template <class... Key, class... Value>
    void set(const attribute<Key, Value>&...) noexcept {}
    template <detail::passed_by_value T>
    void set(text, T value) noexcept {
        static_cast<void>(sizeof(detail::stored_for_run_time_key(value)));
    }
    template <class T>
        requires(!detail::passed_by_value<T>)
    void set(text, const T& value) noexcept {
        static_cast<void>(sizeof(detail::stored_for_run_time_key(value)));
    }
    template <class T, std::size_t N>
    void set(text, const T (&value)[N]) noexcept {
        static_cast<void>(sizeof(detail::stored_for_run_time_key(value)));
    }
    template <class... Key, class... Value>
    void add_event(text, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    void add_event(text, timestamp, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    void add_link(const nanotel::context&, const attribute<Key, Value>&...) noexcept {}
    void set_status(status_code, text = {}) noexcept {}
    void update_name(text) noexcept {}
    void set_start_time(timestamp) noexcept {}
    template <class Exception>
    void record_exception(const Exception&) noexcept {}
    void end() noexcept {}
    void end(timestamp) noexcept {}
    nanotel::context context() const noexcept { return {}; }
};

class span : public span_operations {
public:
    constexpr span() noexcept = default;
    template <class... Key, class... Value>
    explicit span(text, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    explicit span(const span_options&, const attribute<Key, Value>&...) noexcept {}
    span(const span&) = delete;
    span& operator=(const span&) = delete;
};

class detached_span : public span_operations {
public:
    constexpr detached_span() noexcept = default;
    template <class... Key, class... Value>
    explicit detached_span(text, const attribute<Key, Value>&...) noexcept {}
    template <class... Key, class... Value>
    explicit detached_span(const span_options&, const attribute<Key, Value>&...) noexcept {}
    detached_span(detached_span&&) noexcept {}
    detached_span& operator=(detached_span&&) noexcept { return *this; }
};

namespace detail {

constexpr call_site make_site(named_span what, const instrumentation_scope& scope) noexcept {
    return {what.name, &scope, nullptr, 0, what.kind, {}};
}
inline void check_parent(const context&) noexcept {}

template <class Span, class... A>
void begin_at_site(Span&, call_site&, const A&...) noexcept {
    static_assert((is_attribute<A> && ...), "nanotel: write an attribute as \"key\"_attr = value");
    if constexpr ((is_attribute<A> && ...) && requires { typename Span::schema; })
        Span::schema::template check_begin<A...>();
}

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
