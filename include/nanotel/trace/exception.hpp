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
};

template <class Exception>
exception_description describe_exception(const Exception& e) noexcept {
    exception_description d{&e, {}, {}};
#if defined(__cpp_rtti)
    d.type = typeid(e).name();
#endif
    if constexpr (requires { text(e.what()); })
        d.message = e.what();
    else if constexpr (std::is_convertible_v<const Exception&, text>)
        d.message = text(e);
    return d;
}

inline std::uint64_t fingerprint(text a, text b) noexcept {
    std::uint64_t hash = 0xcbf29ce484222325ull;
    for (std::size_t i = 0; i < a.size; ++i)
        hash = (hash ^ static_cast<unsigned char>(a[i])) * 0x100000001b3ull;
    hash = (hash ^ 0xff) * 0x100000001b3ull;
    for (std::size_t i = 0; i < b.size; ++i)
        hash = (hash ^ static_cast<unsigned char>(b[i])) * 0x100000001b3ull;
    return hash;
}

// An exception that unwinds several spans is told by the innermost. The object's address alone would not do:
// the next exception may be given the same one. What was told while a span was open, at this address, with
// this type and message, is the exception that now leaves that span.
inline void remember_exception(const exception_description& e) noexcept {
    thread_state* const thread = this_thread();
    if (!thread) return;
    thread->recorded_exception = e.identity;
    thread->recorded_exception_ticks = ticks_now(*thread);
    thread->recorded_exception_text = fingerprint(e.type, e.message);
}

inline bool already_recorded(const exception_description& e, std::uint64_t since_ticks) noexcept {
    const thread_state* const thread = this_thread();
    return thread && thread->recorded_exception == e.identity &&
           thread->recorded_exception_ticks >= since_ticks &&
           thread->recorded_exception_text == fingerprint(e.type, e.message);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
