// SPDX-License-Identifier: MIT
// The hot path of a span's beginning: below the current context, or wherever else it belongs.
#pragma once

#include <nanotel/core/call_site.hpp>
#include <nanotel/core/interruption.hpp>
#include <nanotel/trace/span_state.hpp>
#include <nanotel/trace/start_attributes.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// -- beginning, where anything is unusual

// Counts and marks what is seldom there; `word` is that of the context of the record's parent or of the root.
inline void prepare(span_state& span, thread_state& thread, leave_to leave, std::uint64_t word) noexcept {
    auto& record = span.record;
    span.owner = &thread;
    record.open(0);
    span.set_leave(leave);
    record.header.kind = record_kind::span;
    record.header.flags = static_cast<std::uint16_t>(word >> context_word::record_flags_shift);
    if (const unsigned uncaught = *thread.uncaught_exceptions; uncaught != 0) {
        record.marks.other |= unusual_marks::unwinding;
        span.uncaught = uncaught;
    }
    keep_trace_state(span, thread);
}

inline span_handle hold_unsampled(span_state& span, thread_state& thread, leave_to leave) noexcept {
    span.owner = &thread;
    span.record.open(0);
    span.set_leave(leave);
    span.record.marks.other = unusual_marks::unsampled;
    return span_handle::unsampled();
}

// A root of a sampler that keeps nothing. No draw: the id need only differ from others of the thread, and the
// trace is named when somebody asks.
[[gnu::always_inline]] inline span_handle begin_dropped_root(span_state& span, thread_state& thread,
                                                             leave_to leave) noexcept {
    // The word first: from then on a signal handler finds a context, and changes it no more.
    thread.context.word = context_word::unnamed;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    span.record.header.span_id = thread.context.span_id = thread.ids.next_in_sequence();
    return hold_unsampled(span, thread, leave);
}

// A root. Its trace state is what the thread has by then: that of the context it was given, which has no ids.
// `known` are attributes that are there already, null where the sampler reads none.
[[gnu::noinline]] inline span_handle begin_root(span_state& span, thread_state& thread, leave_to leave,
                                                const call_site& site,
                                                const start_attributes* known) noexcept {
    auto& header = span.record.header;
    auto& now = thread.context;
    if (thread.roots & root_mode::dropped) return begin_dropped_root(span, thread, leave);
    if (thread.roots & root_mode::asked)
        return runtime.load_acquire()->begin_asked(span, thread, leave, nullptr, site, known);
    const trace_id trace = draw_trace_id(thread);
    header.trace_id[0] = now.trace_id[0] = trace.words[0];
    header.trace_id[1] = now.trace_id[1] = trace.words[1];
    header.span_id = now.span_id = draw_span_id(thread);
    header.parent_id = 0;
    now.word =
        context_word::of(record_flag::random | record_flag::sampled, false, thread.trace_state != nullptr);
    prepare(span, thread, leave, now.word);
    header.start_ticks = ticks_now(thread);
    return span_handle(&span);
}

// Whether the sampler is to be asked about spans below a context with this word. What a trace state from
// elsewhere says of the sampling is held against the parent's flag, whoever decides.
inline bool asks_below(const thread_state& thread, std::uint64_t word,
                       const shared_bytes* trace_state) noexcept {
    return (word & context_word::remote) != 0
               ? (thread.roots & root_mode::asked_remote) != 0 || trace_state != nullptr
               : (thread.mode.load_relaxed() & thread_mode::asks) != 0;
}

// Below a given parent, which is made current for as long as the span is. By value: it may be the thread's
// own context, which changes here, as its trace state may. The baggage is the caller's affair.
[[gnu::noinline]] inline span_handle begin_below(span_state& span, thread_state& thread, leave_to leave,
                                                 const thread_context parent, shared_bytes* trace_state,
                                                 const call_site& site,
                                                 const start_attributes* known) noexcept {
    if (leave == leave_to::saved) span.before = save(thread, false);
    set_trace_state(thread, trace_state);
    if ((parent.word & context_word::valid) == 0) return begin_root(span, thread, leave, site, known);
    if (asks_below(thread, parent.word, trace_state)) [[unlikely]]
        return runtime.load_acquire()->begin_asked(span, thread, leave, &parent, site, known);
    auto& header = span.record.header;
    const std::uint64_t id = draw_span_id(thread);
    header.span_id = id;
    thread.context = parent;
    thread.context.span_id = id;
    thread.context.word =
        context_word::of((parent.word >> context_word::flags_shift) & 0xff, false, trace_state != nullptr);
    if ((parent.word & context_word::sampled) == 0) return hold_unsampled(span, thread, leave);
    header.trace_id[0] = parent.trace_id[0];
    header.trace_id[1] = parent.trace_id[1];
    header.parent_id = parent.span_id;
    prepare(span, thread, leave, parent.word);
    header.start_ticks = ticks_now(thread);
    return span_handle(&span);
}

// Below a local parent that is not sampled there is nothing to do, unless the sampler says so: its context
// stands for the whole subtree.
constexpr bool stands_for_subtree(std::uint64_t word) noexcept {
    return (word & (context_word::sampled | context_word::remote)) == 0;
}

// Where nothing records, what was named as the parent is current as long as the span would be: whoever is
// called meanwhile is its child.
[[gnu::noinline, gnu::cold]] inline span_handle pass_on(span_state& span, const context& parent) noexcept {
    span.record.open(0);
    span.record.header.span_id = 0;
    span.record.marks.other = unusual_marks::passing;
    span.before = attach_passing(&parent, parent.baggage);
    span.record.block = reinterpret_cast<std::byte*>(&passing());
    return span_handle::unsampled();
}

[[gnu::noinline]] inline span_handle begin_unusual(span_state& span, const call_site& site,
                                                   const start_attributes* known = nullptr) noexcept {
    thread_state* const thread = this_thread();
    if (!thread || refuses_to_begin(*thread)) return {};
    const change_of_thread beginning(*thread);
    const std::uint64_t word = thread->context.word;
    if (word == 0) return begin_root(span, *thread, leave_to::nothing, site, known);
    if (stands_for_subtree(word)) {
        if ((thread->mode.load_relaxed() & thread_mode::asks) == 0) return {};
        if (word & context_word::unnamed) name_context(*thread);
    }
    const bool plain = (word & context_word::plain) != 0;
    return begin_below(span, *thread, plain ? leave_to::parent : leave_to::saved, thread->context,
                       thread->trace_state, site, known);
}

// Known from the begin on, where the site has recorded before: should an attribute throw while it is
// evaluated, the span still has its name.
inline span_handle at_site(span_handle began, const call_site& site) noexcept {
    if (began.is_recording()) began->record.header.site = site.id.load_relaxed();
    return began;
}

[[gnu::noinline]] inline span_handle begin_unusual_at_site(span_state& span, const call_site& site) noexcept {
    return at_site(begin_unusual(span, site), site);
}

// -- the hot path

// Below whatever is current on this thread. Out of line, one copy for all call sites, and without a call of
// its own: what is unusual goes elsewhere whole.
[[gnu::noinline]] inline span_handle begin_here(span_state& span, const call_site& site) noexcept {
    thread_state& thread = *current_thread;
    std::uint32_t kind_and_flags; // the half of the word that is the header's
    __builtin_memcpy(&kind_and_flags, reinterpret_cast<const char*>(&thread.context.word) + 4,
                     sizeof kind_and_flags);
    if (!thread.mode.is_relaxed(thread_mode::active) || (kind_and_flags & 1) == 0 || *thread.watched != 0)
        [[unlikely]] {
        const std::uint64_t word = thread.context.word;
        if (word == 0) {
            if (thread.roots == root_mode::dropped && thread.mode.load_relaxed() == thread_mode::active &&
                !is_interrupted(thread))
                return begin_dropped_root(span, thread, leave_to::nothing);
        } else if (stands_for_subtree(word) && thread.mode.load_relaxed() == thread_mode::active &&
                   !is_interrupted(thread)) {
            return {};
        }
        return begin_unusual_at_site(span, site);
    }
    auto& header = span.record.header;
    const std::uint64_t id = thread.ids.draw();
    __builtin_memcpy(reinterpret_cast<std::byte*>(&header) + offsetof(record_header, kind), &kind_and_flags,
                     sizeof kind_and_flags);
    copy_16(header.trace_id, thread.context.trace_id);
    header.parent_id = thread.context.span_id;
    header.span_id = id;
    thread.context.span_id = id;
    span.owner = &thread;
    span.record.open(site.id.load_relaxed());
    header.start_ticks = read_cycle_counter();
    return span_handle(&span);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
