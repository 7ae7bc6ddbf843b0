// SPDX-License-Identifier: MIT
// The hot path of a span: begin it below the current context, end it with one record in the ring.
#pragma once

#include <nanotel/core/call_site.hpp>
#include <nanotel/core/current_context.hpp>
#include <nanotel/core/interruption.hpp>
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
    }                                                                           // it has a context to leave
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

// -- beginning, where anything is unusual

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

inline constexpr unusual_marks leave_to_nothing_unsampled{0, static_cast<std::uint8_t>(leave_to::nothing), 0,
                                                          unusual_marks::unsampled};

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

// A root: the sampler is asked here and nowhere else. Its trace state is what the thread has by then: that of
// the context it was given, which has no ids, or what set_trace_state puts in its place after the sampling.
[[gnu::noinline]] inline span_handle begin_root(span_state& span, thread_state& thread, leave_to leave,
                                                text name, span_kind kind) noexcept {
    auto& header = span.record.header;
    auto& now = thread.context;
    if (thread.roots & root_mode::dropped) return begin_dropped_root(span, thread, leave);
    const trace_id trace = draw_trace_id(thread);
    const bool sampled =
        (thread.roots & root_mode::asked) == 0 || runtime.load_acquire()->sample_root(trace, name, kind);
    header.trace_id[0] = now.trace_id[0] = trace.words[0];
    header.trace_id[1] = now.trace_id[1] = trace.words[1];
    header.span_id = now.span_id = draw_span_id(thread);
    header.parent_id = 0;
    now.word = context_word::of(record_flag::random | (sampled ? record_flag::sampled : 0), false,
                                thread.trace_state != nullptr);
    if (!sampled) {
        const span_handle held = hold_unsampled(span, thread, leave);
        keep_trace_state(span, thread); // and the mark, by which the end knows that the thread has one
        return held;
    }
    prepare(span, thread, leave, now.word);
    header.start_ticks = ticks_now(thread);
    return span_handle(&span);
}

// Below a given parent, which is made current for as long as the span is. By value: it may be the thread's
// own context, which changes here, as its trace state may. The baggage is the caller's affair.
[[gnu::noinline]] inline span_handle begin_below(span_state& span, thread_state& thread, leave_to leave,
                                                 const thread_context parent, shared_bytes* trace_state,
                                                 text name, span_kind kind) noexcept {
    if (leave == leave_to::saved) span.before = save(thread, false);
    set_trace_state(thread, trace_state);
    if ((parent.word & context_word::valid) == 0) return begin_root(span, thread, leave, name, kind);
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

[[gnu::noinline]] inline span_handle begin_unusual(span_state& span, text name, span_kind kind) noexcept {
    thread_state* const thread = this_thread();
    if (!thread || refuses_to_begin(*thread)) return {};
    const change_of_thread beginning(*thread);
    const std::uint64_t word = thread->context.word;
    if (word == 0) return begin_root(span, *thread, leave_to::nothing, name, kind);
    // Below a local parent that is not sampled there is nothing to do: its context stands for the whole
    // subtree.
    if ((word & (context_word::sampled | context_word::remote)) == 0) return {};
    const bool plain = (word & context_word::plain) != 0;
    return begin_below(span, *thread, plain ? leave_to::parent : leave_to::saved, thread->context,
                       thread->trace_state, name, kind);
}

// Known from the begin on, where the site has recorded before: should an attribute throw while it is
// evaluated, the span still has its name.
inline span_handle at_site(span_handle began, const call_site& site) noexcept {
    if (began.is_recording()) began->record.header.site = site.id.load_relaxed();
    return began;
}

[[gnu::noinline]] inline span_handle begin_unusual_at_site(span_state& span, const call_site& site) noexcept {
    return at_site(begin_unusual(span, site.name, site.kind), site);
}

// -- the hot path

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

// Below whatever is current on this thread. Out of line, one copy for all call sites, and without a call of
// its own: what is unusual goes elsewhere whole.
[[gnu::noinline]] inline span_handle begin_here(span_state& span, const call_site& site) noexcept {
    thread_state& thread = *current_thread;
    std::uint32_t kind_and_flags; // the half of the word that is the header's
    __builtin_memcpy(&kind_and_flags, reinterpret_cast<const char*>(&thread.context.word) + 4,
                     sizeof kind_and_flags);
    if (!thread.mode.is_relaxed(thread_mode::active) || (kind_and_flags & 1) == 0 || *thread.watched != 0)
        [[unlikely]] {
        if (thread.roots == root_mode::dropped && thread.context.word == 0 &&
            thread.mode.load_relaxed() == thread_mode::active && !is_interrupted(thread))
            return begin_dropped_root(span, thread, leave_to::nothing);
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

// -- ending, where anything is unusual

// Makes current again what was current before the span.
inline void leave_context(const span_state& span, thread_state& thread) noexcept {
    const auto& header = span.record.header;
    saved_context instead{};
    if (span.leave() == leave_to::saved) {
        instead = span.before;
    } else if (span.leave() == leave_to::parent) {
        instead.ids = {{header.trace_id[0], header.trace_id[1]},
                       header.parent_id,
                       context_word::of(header.flags & 0xffu, false)};
    }
    if (thread.context.span_id != header.span_id) {
        leave_out_of_order(thread, header.span_id, instead);
        return;
    }
    restore(thread, instead);
    if (thread.orphan_count != 0) skip_orphans(thread);
}

// In the middle of a change of the thread's.
inline void write_record(thread_state& thread, const record_builder& record,
                         std::uint64_t end_ticks) noexcept {
    const std::uint32_t size = static_cast<std::uint32_t>(sizeof(record_header)) + record.size;
    thread.recorded.add_by_owner(1);
    // The table cannot be null where a thread was attached. What does not fit is counted there.
    if (!thread.ring.fits(size) && !runtime.load_acquire()->make_room(thread, size)) return;
    std::byte* const place = thread.ring.place();
    record_header header = record.header;
    header.size = size;
    header.end_ticks = end_ticks;
    __builtin_memcpy(place, &header, sizeof header);
    __builtin_memcpy(place + sizeof header, record.payload(), record.size);
    thread.ring.publish(size);
}

// Sections that only the end knows.
inline constexpr std::uint8_t final_marks = unusual_marks::dropped | unusual_marks::trace_state;
inline void add_final_sections(span_state& span, bool unwinding) noexcept {
    auto& record = span.record;
    // Before the reserve is used, which the others have for themselves; a record of the greatest size goes
    // without it.
    if (record.marks.other & unusual_marks::trace_state)
        record.add_text_section(section_type::trace_state, 0,
                                {span.trace_state->data(), span.trace_state->size});
    record.use_reserve();
    if (unwinding && span.status() == status_code::unset)
        record.add_text_section(section_type::status, static_cast<unsigned>(status_code::error), {});
    if (record.marks.other & unusual_marks::dropped) {
        const std::uint32_t body = record.open_section(section_type::dropped, 0, sizeof(dropped_body));
        if (body != record_builder::no_room)
            record.put(body, dropped_body{record.dropped_attributes, record.dropped_events,
                                          record.dropped_links, 0});
    }
}

// In a forked child a span of before the fork is the parent's to record. A block that it has is left where it
// is: to give it back could be the first thing that the child does.
[[gnu::noinline, gnu::cold]] inline void leave_span_of_parent(span_state& span) noexcept {
    thread_state& thread = *current_thread;
    drop_trace_state(span);
    if ((thread.mode.load_relaxed() & thread_mode::inherited) == 0 || is_interrupted(thread)) return;
    const change_of_thread leaving(thread);
    leave_context(span, thread);
    stay_inherited(thread);
}

[[gnu::noinline]] inline void finish_unusual(span_state& span) noexcept {
    if (span.record.marks.other & unusual_marks::ended) return drop_trace_state(span);
    if (is_of_parent(*span.owner)) return leave_span_of_parent(span);
    auto& record = span.record;
    const bool recording = (record.marks.other & unusual_marks::unsampled) == 0;
    thread_state* thread = is_this_thread(*span.owner) ? span.owner : nullptr;
    bool unwinding = false;
    if (thread && (thread->mode.load_relaxed() & thread_mode::active) != 0) {
        if (refuses_to_end(*thread)) return; // with its block, if it has one
        const change_of_thread leaving(*thread);
        leave_context(span, *thread);
        if (!recording) return drop_trace_state(span);
        unwinding = *thread->uncaught_exceptions >
                    ((record.marks.other & unusual_marks::unwinding) != 0 ? span.uncaught : 0);
    } else {
        if (span.leave() == leave_to::saved) drop(span.before);
        if (!recording) return drop_trace_state(span);
        // It moved: the context of the thread where it began is that thread's business, also when that thread
        // has ended.
        thread = this_thread();
        if (thread && refuses_to_end(*thread)) return;
    }
    if (thread) {
        const change_of_thread ending(*thread);
        const std::uint64_t now = ticks_now(*thread);
        if (unwinding || (record.marks.other & final_marks)) add_final_sections(span, unwinding);
        write_record(*thread, record, now);
    }
    drop_trace_state(span);
    record.release();
}

// Ends a detached span, on any thread.
[[gnu::noinline]] inline void finish_detached(span_state& span) noexcept {
    if (thread_state* const thread = this_thread()) {
        const change_of_thread ending(*thread);
        const std::uint64_t now = ticks_now(*thread);
        if (span.record.marks.other & final_marks) add_final_sections(span, false);
        write_record(*thread, span.record, now);
    }
    drop_trace_state(span);
    span.record.release();
}

// -- the hot path

template <bool Long>
[[gnu::always_inline]] inline void
write_record_before_limit(thread_state& thread, const record_builder& record, std::uint64_t payload,
                          std::uint64_t end) noexcept {
    const std::uint64_t now = read_cycle_counter();
    std::byte* const place = thread.ring.place_before_limit();
    auto* const header = reinterpret_cast<const std::byte*>(&record.header);
    copy_16(place, header);
    copy_16(place + 16, header + 16);
    copy_16(place + 32, header + 32);
    copy_16(place + 48, header + 48);
    const auto size = static_cast<std::uint32_t>(payload + sizeof(record_header));
    __builtin_memcpy(place, &size, sizeof size);
    __builtin_memcpy(place + offsetof(record_header, end_ticks), &now, sizeof now);
    std::byte* const to = place + sizeof record.header;
    copy_16(to, record.inline_bytes);
    copy_16(to + 16, record.inline_bytes + 16);
    if constexpr (Long) copy_rest(to, record.inline_bytes, payload);
    thread.recorded.add_by_owner(1);
    thread.ring.publish_before_limit(end);
}

// Ends a scoped span. Out of line and without a call of its own, as begin_here. Where the span's id is
// current, this is the thread that it began on, or one that its context was attached to, and nothing is open
// below it.
[[gnu::noinline]] inline void finish_here(span_state& span) noexcept {
    thread_state& thread = *current_thread;
    auto& record = span.record;
    const std::uint64_t payload = record.size_and_marks();
    if (!thread.mode.is_relaxed(thread_mode::active) || thread.context.span_id != record.header.span_id)
        [[unlikely]]
        return finish_unusual(span);
    const unsigned* const at_rest = thread.watched;
    if (*at_rest == 0) [[likely]] {
        // As change_of_thread does: from here on, and not before, the ring is this span's alone.
        thread.watched = &in_the_middle;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        const std::uint64_t end = thread.ring.position + payload + sizeof(record_header);
        if (end <= thread.ring.limit) [[likely]] {
            // Most payloads are short. What is copied beyond the end lies in the ring's margin.
            static_assert(ring_writer::margin >= 32 && NANOTEL_SPAN_INLINE_BYTES >= 32);
            thread.context.span_id = record.header.parent_id;
            if (payload <= 32) [[likely]]
                write_record_before_limit<false>(thread, record, payload, end);
            else
                write_record_before_limit<true>(thread, record, payload, end);
            __atomic_signal_fence(__ATOMIC_SEQ_CST);
            thread.watched = at_rest;
            return;
        }
        thread.watched = at_rest;
    }
    if (!record.marks.are(leave_to_nothing_unsampled)) return finish_unusual(span);
    thread.context.word = 0;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
