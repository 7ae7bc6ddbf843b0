// SPDX-License-Identifier: MIT
// The hot path of a span: begin it below the current context, end it with one record in the ring.
#pragma once

#include <nanotel/core/current_context.hpp>
#include <nanotel/core/record_builder.hpp>
#include <nanotel/trace/status.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class span_phase : std::uint8_t {
    closed,    // never began, was not sampled below a parent, or has ended
    unsampled, // a root that was not sampled: it holds the decision for its children, and records nothing
    recording,
};

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
    thread_state* owner; // the thread whose context it is part of; null for a detached span
    unsigned uncaught;   // exceptions that were already unwinding when it began
    leave_to leave;
    status_code status;
    thread_context before;
};

[[gnu::always_inline]] inline void prepare(span_state& span, thread_state& thread,
                                           std::uint64_t flags) noexcept {
    span.owner = &thread;
    span.uncaught = *thread.uncaught_exceptions;
    span.status = status_code::unset;
    span.record.header.flags = static_cast<std::uint16_t>(flags);
    span.record.clear();
}

// A root: the sampler is asked here and nowhere else.
[[gnu::noinline]] inline span_phase begin_root(span_state& span, thread_state& thread, text name,
                                               span_kind kind) noexcept {
    const std::uint32_t mode = thread.mode.load_relaxed();
    auto& header = span.record.header;
    trace_id trace;
    bool sampled = (mode & thread_mode::roots_dropped) == 0;
    if (sampled) {
        trace = draw_trace_id(thread);
        if (mode & thread_mode::roots_asked) [[unlikely]]
            sampled = runtime.load_acquire()->sample_root(trace, name, kind);
    }
    const std::uint64_t id = draw_span_id(thread);
    header.span_id = id;
    thread.context.trace_id[0] = trace.words[0];
    thread.context.trace_id[1] = trace.words[1];
    thread.context.span_id = id;
    if (!sampled) {
        span.owner = &thread;
        thread.context.word =
            trace.is_valid() ? context_word::valid | context_word::random : context_word::unnamed;
        return span_phase::unsampled;
    }
    thread.context.word = context_word::valid | context_word::sampled | context_word::random;
    header.trace_id[0] = trace.words[0];
    header.trace_id[1] = trace.words[1];
    header.parent_id = 0;
    prepare(span, thread, record_flag::sampled | record_flag::random);
    header.start_ticks = ticks_now(thread);
    return span_phase::recording;
}

// Below a given parent, which is made current for as long as the span is. By value: it may be the thread's
// own context, which changes here.
[[gnu::noinline]] inline span_phase begin_below(span_state& span, thread_state& thread,
                                                const thread_context parent, text name,
                                                span_kind kind) noexcept {
    span.leave = leave_to::saved;
    span.before = thread.context;
    auto& header = span.record.header;
    if ((parent.word & context_word::valid) == 0) return begin_root(span, thread, name, kind);
    const std::uint64_t id = draw_span_id(thread);
    header.span_id = id;
    thread.context = parent;
    thread.context.span_id = id;
    thread.context.word = parent.word & ~context_word::remote;
    if ((parent.word & context_word::sampled) == 0) {
        span.owner = &thread;
        return span_phase::unsampled;
    }
    header.trace_id[0] = parent.trace_id[0];
    header.trace_id[1] = parent.trace_id[1];
    header.parent_id = parent.span_id;
    prepare(span, thread,
            ((parent.word >> context_word::flags_shift) & 0xff) |
                ((parent.word & context_word::remote) ? record_flag::parent_remote : 0u));
    header.start_ticks = ticks_now(thread);
    return span_phase::recording;
}

// Below whatever is current on this thread. Out of line: one copy serves every call site.
[[gnu::noinline]] inline span_phase begin_here(span_state& span, text name, span_kind kind) noexcept {
    thread_state* const thread = this_thread();
    if (!thread) [[unlikely]]
        return span_phase::closed;
    const std::uint64_t word = thread->context.word;
    constexpr std::uint64_t local_sampled = context_word::valid | context_word::sampled;
    if ((word & (local_sampled | context_word::remote)) == local_sampled) [[likely]] {
        auto& header = span.record.header;
        const std::uint64_t id = draw_span_id(*thread);
        header.trace_id[0] = thread->context.trace_id[0];
        header.trace_id[1] = thread->context.trace_id[1];
        header.parent_id = thread->context.span_id;
        header.span_id = id;
        thread->context.span_id = id;
        span.leave = leave_to::parent;
        prepare(span, *thread, (word >> context_word::flags_shift) & 0xff);
        header.start_ticks = ticks_now(*thread);
        return span_phase::recording;
    }
    if (word == 0) {
        span.leave = leave_to::nothing;
        if (thread->mode.load_relaxed() & thread_mode::roots_dropped) {
            // No draw: the id need only differ from others of the thread. The trace is named when somebody
            // asks.
            span.owner = thread;
            span.record.header.span_id = thread->ids.next_in_sequence();
            thread->context.span_id = span.record.header.span_id;
            thread->context.word = context_word::unnamed;
            return span_phase::unsampled;
        }
        return begin_root(span, *thread, name, kind);
    }
    // Below a local parent that is not sampled there is nothing to do: its context stands for the whole
    // subtree.
    if ((word & (context_word::sampled | context_word::remote)) == 0) return span_phase::closed;
    return begin_below(span, *thread, thread->context, name, kind);
}

// Makes current again what was current before the span.
[[gnu::always_inline]] inline void leave_context(const span_state& span, thread_state& thread) noexcept {
    if (thread.context.span_id != span.record.header.span_id) [[unlikely]] {
        thread_context instead = span.before;
        if (span.leave == leave_to::parent) {
            instead = thread.context;
            instead.trace_id[0] = span.record.header.trace_id[0];
            instead.trace_id[1] = span.record.header.trace_id[1];
            instead.span_id = span.record.header.parent_id;
            instead.word = context_word::valid |
                           (std::uint64_t{span.record.header.flags & 0xffu} << context_word::flags_shift);
        } else if (span.leave == leave_to::nothing) {
            instead = {};
        }
        leave_out_of_order(thread, span.record.header.span_id, instead);
        return;
    }
    if (span.leave == leave_to::parent) [[likely]] {
        thread.context.span_id = span.record.header.parent_id;
    } else if (span.leave == leave_to::nothing) {
        thread.context.word = 0;
    } else {
        thread.context = span.before;
    }
    if (thread.orphan_count != 0) [[unlikely]]
        skip_orphans(thread);
}

[[gnu::always_inline]] inline void copy_payload(std::byte* to, const std::byte* from,
                                                std::uint32_t size) noexcept {
    if (size > 128) [[unlikely]] {
        __builtin_memcpy(to, from, size);
        return;
    }
    // Word by word: the words were stored so a moment ago, and a wider load would wait for those stores.
    for (std::uint32_t i = 0; i < size; i += 8) {
        std::uint64_t word;
        __builtin_memcpy(&word, from + i, 8);
        __builtin_memcpy(to + i, &word, 8);
        asm volatile("" ::: "memory"); // or the compiler makes a call to memcpy of it
    }
}

[[gnu::always_inline]] inline void write_record(thread_state& thread, const record_builder& record,
                                                std::uint64_t end_ticks) noexcept {
    const std::uint32_t size = static_cast<std::uint32_t>(sizeof(record_header)) + record.size;
    thread.recorded.add_by_owner(1);
    if (!thread.ring.fits(size)) [[unlikely]] {
        // The table cannot be null where a thread was attached. What does not fit is counted there.
        if (!runtime.load_acquire()->make_room(thread, size)) return;
    }
    std::byte* const place = thread.ring.place();
    record_header header = record.header;
    header.size = size;
    header.kind = record_kind::span;
    header.end_ticks = end_ticks;
    __builtin_memcpy(place, &header, sizeof header);
    copy_payload(place + sizeof header, record.payload, record.size);
    thread.ring.publish(size);
}

// Sections that only the end knows. Kept out of the way: most spans have none.
[[gnu::noinline, gnu::cold]] inline void add_final_sections(span_state& span, bool unwinding) noexcept {
    auto& record = span.record;
    record.use_reserve();
    if (unwinding && span.status == status_code::unset)
        record.add_text_section(section_type::status, static_cast<unsigned>(status_code::error), {});
    if (record.dropped_attributes || record.dropped_events || record.dropped_links) {
        const std::uint32_t body = record.open_section(section_type::dropped, 0, sizeof(dropped_body));
        if (body != record_builder::no_room)
            record.put(body, dropped_body{record.dropped_attributes, record.dropped_events,
                                          record.dropped_links, 0});
    }
}

[[gnu::always_inline]] inline bool has_final_sections(const span_state& span, bool unwinding) noexcept {
    return unwinding ||
           (span.record.dropped_attributes | span.record.dropped_events | span.record.dropped_links) != 0;
}

// Ends a scoped span.
[[gnu::noinline]] inline void finish_here(span_state& span, span_phase phase) noexcept {
    thread_state* thread = current_thread;
    bool unwinding = false;
    // A thread's state that reads zero is that of a forked child, which never records what began before the
    // fork.
    if (thread == span.owner && thread->mode.load_relaxed() != 0) [[likely]] {
        leave_context(span, *thread);
        if (phase != span_phase::recording) return;
        unwinding = *thread->uncaught_exceptions > span.uncaught;
    } else {
        if (phase != span_phase::recording) return;
        // It moved: the context of the thread where it began is that thread's business, also when that thread
        // has ended.
        thread = span.owner->made.load_relaxed() != 0 ? this_thread() : nullptr;
    }
    if (thread) {
        const std::uint64_t now = ticks_now(*thread);
        if (has_final_sections(span, unwinding)) [[unlikely]]
            add_final_sections(span, unwinding);
        write_record(*thread, span.record, now);
    }
    span.record.release();
}

// Ends a detached span, on any thread.
[[gnu::noinline]] inline void finish_detached(span_state& span) noexcept {
    if (thread_state* const thread = this_thread()) {
        const std::uint64_t now = ticks_now(*thread);
        if (has_final_sections(span, false)) add_final_sections(span, false);
        write_record(*thread, span.record, now);
    }
    span.record.release();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
