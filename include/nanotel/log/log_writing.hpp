// SPDX-License-Identifier: MIT
// The hot path of a log statement: its values from the call into the ring, without a detour.
#pragma once

#include <nanotel/core/current_context.hpp>
#include <nanotel/core/record_builder.hpp>
#include <nanotel/log/severity.hpp>
#include <nanotel/trace/span_state.hpp> // copy_16

namespace nanotel::inline NANOTEL_ABI::detail {

// -- whether a record is kept

// A record of a handler that came in the middle of a change of its thread's. It counts as recorded and
// dropped.
inline bool refuses_to_log(thread_state& thread) noexcept {
    if (!is_interrupted(thread)) [[likely]]
        return false;
    thread.logs.interrupting.fetch_add_relaxed(1);
    return true;
}

// The gate has not heard of the settings that hold now, or nothing is kept at all.
[[gnu::noinline, gnu::cold]] inline bool ask_log_gate(log_gate& gate, text scope, unsigned level) noexcept {
    if (log_settings.load_relaxed() == log_settings_none) {
        gate.word.store_relaxed(~std::uint32_t{0}); // which is told from all settings without asking
        return false;
    }
    thread_state* const thread = this_thread();
    if (!thread || refuses_to_log(*thread)) return false;
    const change_of_thread asking(*thread); // a handler that did the same would wait for ever
    const std::uint32_t word = runtime.load_acquire()->log_gate_of(scope);
    gate.word.store_relaxed(word);
    return (word & 0xff) <= level;
}

// Two loads and a comparison: where the gate has heard of the settings their numbers cancel out, and what is
// left is the lowest severity that is kept.
[[gnu::always_inline]] inline bool passes(log_gate& gate, const instrumentation_scope& scope,
                                          unsigned level) noexcept {
    const std::uint32_t lowest = gate.word.load_relaxed() ^ log_settings.load_relaxed();
    if (lowest <= level) [[likely]]
        return true;
    return lowest > 0xff && ask_log_gate(gate, scope.name, level);
}
constexpr unsigned level_of(severity of) noexcept {
    return of == severity::unspecified ? 0xfe : static_cast<unsigned>(of);
}

// -- the record

// In the middle of a change of the thread's.
inline void name_context_for_log(thread_state& thread) noexcept {
    if (thread.context.word & context_word::unnamed) name_context(thread);
}

// Where anything is unusual: the thread, marked as in the middle of a change, with room for a record of that
// size and its context named; or null, and the record has been counted.
[[gnu::noinline, gnu::cold]] inline thread_state* prepare_unusual_log(std::uint64_t size) noexcept {
    thread_state* const thread = this_thread();
    if (!thread || refuses_to_log(*thread)) return nullptr;
    thread->watched = &in_the_middle;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    name_context_for_log(*thread);
    if (thread->ring.fits(size) || runtime.load_acquire()->make_room_for_log(*thread, size)) return thread;
    thread->logs.recorded.add_by_owner(1);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->watched = thread->uncaught_exceptions;
    return nullptr;
}

[[gnu::always_inline]] inline void write_log_header(std::byte* place, std::uint64_t size, std::uint32_t site,
                                                    std::uint32_t sections, const thread_context& context,
                                                    std::uint64_t ticks) noexcept {
    const std::uint64_t word = context.word;
    const bool valid = (word & context_word::valid) != 0;
    // The debug of B3 stays within the process.
    const std::uint64_t flags = valid ? word >> context_word::flags_shift & (0xff & ~debug_flag) : 0;
    const std::uint64_t size_kind_and_flags =
        size | std::uint64_t{static_cast<std::uint16_t>(record_kind::log)} << 32 | flags << 48;
    const std::uint64_t site_and_sections = site | std::uint64_t{sections} << 32;
    __builtin_memcpy(place, &size_kind_and_flags, 8);
    __builtin_memcpy(place + 8, &site_and_sections, 8);
    if (valid) {
        copy_16(place + offsetof(log_header, trace_id), context.trace_id);
        copy_16(place + offsetof(log_header, span_id), &context.span_id);
    } else {
        __builtin_memset(place + offsetof(log_header, trace_id), 0, 24);
    }
    __builtin_memcpy(place + offsetof(log_header, ticks), &ticks, 8);
}

constexpr std::uint64_t bytes_beside_slot(std::uint64_t) noexcept { return 0; }
constexpr std::uint64_t bytes_beside_slot(text value) noexcept {
    return (value.size + 7) & ~std::uint64_t{7};
}

struct log_cursor {
    std::byte* slot;
    std::byte* beside;       // where the next text goes
    const std::byte* origin; // what offsets count from
};
[[gnu::always_inline]] inline void write_log_slot(log_cursor& at, std::uint64_t word) noexcept {
    __builtin_memcpy(at.slot, &word, sizeof word);
    at.slot += 8;
}
[[gnu::always_inline]] inline void write_log_slot(log_cursor& at, text value) noexcept {
    const variable_slot entry{static_cast<std::uint32_t>(at.beside - at.origin),
                              static_cast<std::uint32_t>(value.size)};
    __builtin_memcpy(at.slot, &entry, sizeof entry);
    at.slot += 8;
    copy_short(at.beside, value.data, value.size);
    at.beside += bytes_beside_slot(value);
}

// V are words and texts alone: one copy of this serves all statements with that order of them. The ring is
// written to as the end of a span does it, see finish_here.
template <class... V>
[[gnu::noinline]] inline void write_log(std::uint32_t site, V... values) noexcept {
    const std::uint64_t size = sizeof(log_header) + 8 * sizeof...(V) + (bytes_beside_slot(values) + ... + 0);
    thread_state* thread = current_thread;
    const unsigned* at_rest = nullptr;
    std::uint64_t now = 0;
    std::uint64_t next = 0;
    std::byte* place = nullptr;
    bool usual = thread->mode.is_relaxed(thread_mode::active);
    if (usual) [[likely]] {
        at_rest = thread->watched;
        usual = *at_rest == 0 && (thread->context.word & context_word::unnamed) == 0;
    }
    if (usual) [[likely]] {
        thread->watched = &in_the_middle;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        next = thread->ring.position + size;
        usual = next <= thread->ring.limit;
        if (!usual) thread->watched = at_rest;
    }
    if (usual) [[likely]] {
        now = read_cycle_counter();
        place = thread->ring.place_before_limit();
    } else {
        thread = prepare_unusual_log(size);
        if (!thread) return;
        at_rest = thread->uncaught_exceptions;
        now = ticks_now(*thread);
        place = thread->ring.place();
        next = advance(thread->ring.position, size, thread->ring.capacity);
    }
    write_log_header(place, size, site, 0, thread->context, now);
    std::byte* const origin = place + sizeof(log_header);
    [[maybe_unused]] log_cursor at{origin, origin + 8 * sizeof...(V), origin};
    (write_log_slot(at, values), ...);
    thread->logs.recorded.add_by_owner(1);
    thread->ring.publish_before_limit(next);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->watched = at_rest;
}

// -- what has to be built first

// Before a record is built, for which the thread's pool may be needed.
inline bool may_build_log() noexcept {
    thread_state* const thread = this_thread();
    return thread && !refuses_to_log(*thread);
}

// A record that was built elsewhere. Its header is that of a span, of which the sections alone are heeded.
[[gnu::noinline]] inline void write_built_log(const record_builder& record, const context* within) noexcept {
    thread_state* const thread = this_thread();
    if (!thread || refuses_to_log(*thread)) return;
    const change_of_thread writing(*thread);
    thread->logs.recorded.add_by_owner(1);
    const std::uint64_t size = sizeof(log_header) + record.size;
    if (!thread->ring.fits(size) && !runtime.load_acquire()->make_room_for_log(*thread, size)) return;
    name_context_for_log(*thread);
    std::uint32_t sections = record.header.sections;
    if (sections != 0) sections -= sizeof(record_header) - sizeof(log_header);
    std::byte* const place = thread->ring.place();
    write_log_header(place, size, record.header.site, sections,
                     within ? to_thread_context(*within) : thread->context, ticks_now(*thread));
    __builtin_memcpy(place + sizeof(log_header), record.payload(), record.size);
    thread->ring.publish(size);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
