// SPDX-License-Identifier: MIT
// What a span says of an exception, and that it is said once.
#pragma once

#include <nanotel/core/runtime.hpp>

#include <exception>
#include <typeinfo>

namespace nanotel::inline NANOTEL_ABI::detail {

struct exception_description {
    const void* identity; // the exception object
    text type;            // mangled
    text message;
    bool has_message = true; // false: what was caught by `...` may have one
};

// The object that is being handled, or null. However it was caught, by value or as a base that lies elsewhere
// within it, it is the same.
inline const void* exception_in_flight() noexcept {
    const void* object = nullptr;
#if defined(__cpp_exceptions)
    const std::exception_ptr current = std::current_exception();
    static_assert(sizeof current == sizeof object,
                  "an exception_ptr holds the object's address and nothing else");
    __builtin_memcpy(&object, &current, sizeof object);
#endif
    return object;
}

template <class Exception>
exception_description describe_exception(const Exception& e) noexcept {
    exception_description d{exception_in_flight(), {}, {}};
    if (!d.identity) d.identity = &e;
#if defined(__cpp_rtti)
    d.type = typeid(e).name();
#endif
    if constexpr (requires { text(e.what()); })
        d.message = e.what();
    else if constexpr (std::is_convertible_v<const Exception&, text>)
        d.message = text(e);
    return d;
}

inline std::uint32_t fingerprint(text t) noexcept { // FNV-1a
    std::uint32_t hash = 0x811c9dc5u;
    for (std::size_t i = 0; i < t.size; ++i) hash = (hash ^ static_cast<unsigned char>(t[i])) * 0x01000193u;
    return hash;
}
// The type in the upper half.
inline std::uint64_t fingerprint(const exception_description& e) noexcept {
    return std::uint64_t{fingerprint(e.type)} << 32 | fingerprint(e.message);
}

// An exception that unwinds several spans is told by the innermost. The object's address alone would not do:
// the next exception may be given the same one. What was told while a span was open, at this address, with
// this type and message, is the exception that now leaves that span.
inline void remember_exception(const exception_description& e) noexcept {
    thread_state* const thread = this_thread();
    if (!thread) return;
    thread->recorded_exception = e.identity;
    thread->recorded_exception_ticks = ticks_now(*thread);
    thread->recorded_exception_text = fingerprint(e);
}

inline bool already_recorded(const exception_description& e, std::uint64_t since_ticks) noexcept {
    const thread_state* const thread = this_thread();
    return thread && thread->recorded_exception == e.identity &&
           thread->recorded_exception_ticks >= since_ticks &&
           ((thread->recorded_exception_text ^ fingerprint(e)) >> (e.has_message ? 0 : 32)) == 0;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
