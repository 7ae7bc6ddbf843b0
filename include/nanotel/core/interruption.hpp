// SPDX-License-Identifier: MIT
// Signal handlers that record on a thread that was recording: found out, and left out where they would
// disturb.
#pragma once

#include <nanotel/core/thread_state.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// A handler runs from its begin to its end between two instructions of its thread. Where each change that
// takes several, to the ring, the pool or the context, is marked from before its first load to behind its
// last store, the handler finds the thread at rest, and leaves it so, or finds the mark. The mark is where
// the hot path looks anyway: the pointer to the count of exceptions that unwind leads to a word that is not
// zero. So to look costs nothing, and to mark two stores. The signal fences keep the compiler from moving
// anything across; the processor shows a thread, and so its handlers, its own stores in their order.
inline constexpr unsigned in_the_middle = 1;

[[gnu::always_inline]] inline bool is_interrupted(const thread_state& thread) noexcept {
    return thread.watched != thread.uncaught_exceptions;
}

// From where it is made to where it goes the thread is in the middle of a change; may be nested.
class change_of_thread {
public:
    [[gnu::always_inline]] explicit change_of_thread(thread_state& thread) noexcept
        : thread_(thread), before_(thread.watched) {
        thread.watched = &in_the_middle;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }
    [[gnu::always_inline]] ~change_of_thread() {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        thread_.watched = before_;
    }
    change_of_thread(const change_of_thread&) = delete;
    change_of_thread& operator=(const change_of_thread&) = delete;

private:
    thread_state& thread_;
    const unsigned* before_;
};

// True for a span of a handler that came in the middle of a change. It counts as recorded and dropped.
inline bool refuses_to_end(thread_state& thread) noexcept {
    if (!is_interrupted(thread)) [[likely]]
        return false;
    thread.interrupting.fetch_add_relaxed(1);
    return true;
}
inline bool refuses_to_begin(thread_state& thread) noexcept {
    if (!is_interrupted(thread)) [[likely]]
        return false;
    // As far as can be told in the middle of a change, it would have been sampled.
    const std::uint64_t word = thread.context.word;
    if ((word & context_word::present) != 0 ? (word & context_word::sampled) != 0
                                            : (thread.roots & root_mode::dropped) == 0)
        thread.interrupting.fetch_add_relaxed(1);
    return true;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
