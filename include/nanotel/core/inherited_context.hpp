// SPDX-License-Identifier: MIT
// What was open on the thread that forked, as its child sees it: parents for new spans, and nothing to
// record.
#pragma once

#include <nanotel/core/orphans.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// The states of threads lie in pages that a forked child reads as zero, and a child makes new ones, so what
// holds a pointer to a state of before the fork finds that it was never made. The handler of the fork puts
// the context of the forking thread back into the old state of that thread, which is marked by
// thread_mode::inherited; the new state takes it over, with the mark, when the thread first records. As long
// as a context of the parent's is current or to be returned to, the thread has the mark, and its spans take
// the long way; without a parent's span around, a child has nothing to pay.

// The word of a context in whose process the span was not begun: its children have a remote parent.
inline constexpr std::uint64_t inherited_word(std::uint64_t word) noexcept {
    return (word & context_word::sampled) != 0 ? (word & ~context_word::plain) | context_word::remote : word;
}

// Whether what belongs to the state began before this process was forked.
inline bool is_of_parent(const thread_state& owner) noexcept { return owner.made.load_relaxed() == 0; }

// After a change of the context of a thread with the mark, to what a scope of the parent's returns to.
inline void stay_inherited(thread_state& thread) noexcept {
    thread.context.word = inherited_word(thread.context.word);
    if (thread.context.word == 0 && !thread.baggage) thread.mode.clear_bits_relaxed(thread_mode::inherited);
}

[[gnu::noinline, gnu::cold]] inline void return_to_inherited(const saved_context& before) noexcept {
    thread_state& thread = *current_thread;
    if ((thread.mode.load_relaxed() & thread_mode::inherited) == 0) return drop(before);
    restore(thread, before);
    if (thread.orphan_count != 0) skip_orphans(thread);
    stay_inherited(thread);
}

[[gnu::noinline, gnu::cold]] inline void return_to_inherited_baggage(shared_bytes* before) noexcept {
    thread_state& thread = *current_thread;
    if ((thread.mode.load_relaxed() & thread_mode::inherited) == 0) return release(before);
    set_owned(thread.baggage, before);
    stay_inherited(thread);
}

// The state to ask for the current context: attached, or that of a thread that has only what it inherited.
[[gnu::always_inline]] inline thread_state* thread_with_context() noexcept {
    thread_state* const state = current_thread;
    if ((state->mode.load_relaxed() & (thread_mode::active | thread_mode::inherited)) == 0) [[unlikely]]
        return this_thread();
    return state;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
