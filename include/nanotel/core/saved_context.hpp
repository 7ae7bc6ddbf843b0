// SPDX-License-Identifier: MIT
// Contexts put aside and made current again, with the trace state and the baggage that hang on them.
#pragma once

#include <nanotel/core/thread_state.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// The trace state belongs to the span that is current and goes where its ids go. The baggage goes its own
// way: only scopes and spans below a parent that was named change it, so that a span which begins and ends
// where it is has nothing to do with it. Each place that leads to bytes owns them: the thread, what a span or
// a scope has put aside, an orphan's entry, a nanotel::context.
//
// A signal handler may read the context of its thread between two instructions of a change. So the new
// pointer is stored before the old one's bytes may go, and a handler never frees what the thread still has:
// whatever it makes current it puts back, and the thread owns that all along.

inline void set_owned(shared_bytes*& place, shared_bytes* owned) noexcept {
    shared_bytes* const before = place;
    if (before == owned && !owned) [[likely]]
        return;
    place = owned;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    release(before);
}

// In the middle of a change of the thread's.
inline void set_trace_state(thread_state& thread, shared_bytes* borrowed) noexcept {
    set_owned(thread.trace_state, retain(borrowed));
}
inline void set_baggage(thread_state& thread, shared_bytes* borrowed) noexcept {
    set_owned(thread.baggage, retain(borrowed));
}

inline saved_context save(const thread_state& thread, bool with_baggage) noexcept {
    return {thread.context, retain(thread.trace_state), with_baggage ? retain(thread.baggage) : nullptr,
            with_baggage};
}
// Takes over what is owned.
inline void restore(thread_state& thread, const saved_context& saved) noexcept {
    thread.context = saved.ids;
    set_owned(thread.trace_state, saved.trace_state);
    if (saved.restores_baggage != 0) set_owned(thread.baggage, saved.baggage);
}
inline void drop(const saved_context& saved) noexcept {
    release(saved.trace_state);
    release(saved.baggage);
}
// Whoever would return to `first` goes on to `next` at once.
inline saved_context after(const saved_context& first, saved_context next) noexcept {
    release(first.trace_state);
    if (next.restores_baggage == 0) {
        next.baggage = first.baggage;
        next.restores_baggage = first.restores_baggage;
    } else {
        release(first.baggage);
    }
    return next;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
