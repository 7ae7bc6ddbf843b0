// SPDX-License-Identifier: MIT
// What a span is while it is open, and what holds it.
#pragma once

#include <nanotel/core/current_context.hpp>
#include <nanotel/core/record_builder.hpp>
#include <nanotel/trace/status.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What the end of a span makes current again.
enum class leave_to : std::uint8_t {
    parent,  // the same trace, the parent's id
    nothing, // it was a root where nothing was current
    saved,   // anything else: a copy
    detached,
};

// Left uninitialised until a span begins: most of it is room for attributes.
struct span_state {
    record_builder record;
    thread_state* owner;  // where it began, and the thread whose context it is part of unless it is detached
    unsigned uncaught;    // where marked: exceptions that were already unwinding when it began
    saved_context before; // where leave_to is saved
    // Owned, where marked: for the record, and for those who ask for the span's context.
    shared_bytes* trace_state;

    leave_to leave() const noexcept { return static_cast<leave_to>(record.marks.leave); }
    void set_leave(leave_to to) noexcept { record.marks.leave = static_cast<std::uint8_t>(to); }
    status_code status() const noexcept { return static_cast<status_code>(record.marks.status); }
};

// A span_state where a span is recorded, and what else may be instead. One word, since it is returned in a
// register.
class span_handle {
public:
    constexpr span_handle() noexcept = default;
    explicit span_handle(span_state* recorded) noexcept : word_(reinterpret_cast<std::uintptr_t>(recorded)) {}

    static constexpr span_handle closed() noexcept {
        return {};
    } // never began, or not sampled below a parent
    static constexpr span_handle unsampled() noexcept {
        return span_handle(1, 0);
    } // it has a context to leave
    static constexpr span_handle ended() noexcept { return span_handle(2, 0); } // its ids are still there

    [[gnu::always_inline]] constexpr bool is_recording() const noexcept { return word_ > 2; }
    // It has something to leave or to record.
    [[gnu::always_inline]] constexpr bool has_end() const noexcept {
        return (word_ & ~std::uintptr_t{2}) != 0;
    }
    constexpr bool is_ended() const noexcept { return word_ == 2; }
    span_state* operator->() const noexcept { return reinterpret_cast<span_state*>(word_); }
    span_state& operator*() const noexcept { return *reinterpret_cast<span_state*>(word_); }

private:
    constexpr span_handle(std::uintptr_t word, int) noexcept : word_(word) {}
    std::uintptr_t word_ = 0;
};

// The trace state of the span is that of the thread, where it is current.
inline void keep_trace_state(span_state& span, const thread_state& thread) noexcept {
    if (!thread.trace_state) [[likely]]
        return;
    span.trace_state = retain(thread.trace_state);
    span.record.marks.other |= unusual_marks::trace_state;
}
inline void drop_trace_state(span_state& span) noexcept {
    if ((span.record.marks.other & unusual_marks::trace_state) == 0) [[likely]]
        return;
    span.record.marks.other &= static_cast<std::uint8_t>(~unusual_marks::trace_state);
    release(span.trace_state);
}

// A root that is not sampled, where nothing was current.
inline constexpr unusual_marks leave_to_nothing_unsampled{0, static_cast<std::uint8_t>(leave_to::nothing), 0,
                                                          unusual_marks::unsampled};

// One load and one store, of the same 16 bytes: the compiler neither splits, trims nor joins them.
[[gnu::always_inline]] inline void copy_16(void* to, const void* from) noexcept {
    // NOLINTNEXTLINE: clang heeds `aligned` in a typedef, not in an alias, and would take 16 for granted
    typedef long long block __attribute__((vector_size(16), aligned(8), may_alias));
    static_assert(alignof(block) == 8);
    *static_cast<block*>(to) = *static_cast<const block*>(from);
}

// What lies behind the first 32 bytes; up to 8 bytes more. Without a call, for which the caller would have to
// save its registers first.
[[gnu::always_inline]] inline void copy_rest(std::byte* to, const std::byte* from,
                                             std::uint64_t size) noexcept {
    for (std::uint64_t i = 32; i < size; i += 16) copy_16(to + i, from + i);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
