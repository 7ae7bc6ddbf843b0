// SPDX-License-Identifier: MIT
// The hot path of a span's end: its context is left, and one record goes into the ring.
#pragma once

#include <nanotel/core/interruption.hpp>
#include <nanotel/trace/span_state.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

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
    if (span.record.marks.other & unusual_marks::passing)
        return leave_passing(span.record.block, span.before);
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
