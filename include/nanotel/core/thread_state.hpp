// SPDX-License-Identifier: MIT
// What a thread owns: its current context, its ring, its id generator, its pool. One pointer leads to it.
#pragma once

#include <nanotel/core/ids.hpp>
#include <nanotel/core/ring.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// The current context, in the layout that OTEP 4947 gives to profilers that read it from outside: the ids,
// then `valid`, flags and the size of attribute data, in `word`.
struct thread_context {
    std::uint64_t trace_id[2];
    std::uint64_t span_id;
    std::uint64_t word;
};
static_assert(sizeof(thread_context) == 32);

namespace context_word {
inline constexpr std::uint64_t valid = 0x1;
// A context that is current but whose trace id nobody has asked for: a root that was not sampled. Readers
// from outside take only 1 for valid.
inline constexpr std::uint64_t unnamed = 0x2;
inline constexpr std::uint64_t present = valid | unnamed;
inline constexpr unsigned flags_shift = 8;
inline constexpr std::uint64_t sampled = 0x01ull << flags_shift;
inline constexpr std::uint64_t random = 0x02ull << flags_shift;
inline constexpr std::uint64_t remote = 1ull << 32; // behind the 4 bytes that the layout defines
// An invalid context that was attached: nothing is current, but something below may be open, which 0 rules
// out.
inline constexpr std::uint64_t attached_none = remote;
} // namespace context_word

namespace thread_mode {
inline constexpr std::uint32_t active = 0x1;
// The clock or the ids do not come from the processor and the generator: ask the runtime.
inline constexpr std::uint32_t indirect = 0x2;
inline constexpr std::uint32_t roots_dropped = 0x4; // the sampler is always_off
inline constexpr std::uint32_t roots_asked = 0x8;   // the sampler decides by the trace id
} // namespace thread_mode

// A context that a span left behind when it ended while spans that began after it were still open: whoever
// would return to `left` returns to `instead`.
struct orphaned_context {
    std::uint64_t span_id;
    thread_context instead;
};

struct pool_block {
    pool_block* next;
};

struct thread_state {
    static constexpr std::uint32_t few_orphans_count = 8;
    static constexpr unsigned pool_classes = 4; // 1, 4, 16 and 64 KiB

    // -- the thread itself
    thread_context context;
    // Zero in memory that was never attached and, since its pages are wiped on fork, in a child: one test
    // finds out both. The owner and the collector thread write it; relaxed, since it guards no other data.
    atomic<std::uint32_t> mode;
    std::uint32_t orphan_count;
    const unsigned* uncaught_exceptions; // __cxa_eh_globals::uncaughtExceptions of the thread
    ring_writer ring;
    id_generator ids;
    // One writer, read by stats(): relaxed.
    atomic<std::uint64_t> recorded;
    atomic<std::uint64_t> dropped_full;  // records that found no room
    atomic<std::uint64_t> dropped_large; // records above the greatest size
    pool_block* pool[pool_classes];
    std::uint32_t pool_count[pool_classes];
    pool_block* many_orphans; // where the few do not do: see core/orphans.hpp
    std::uint32_t orphan_class;
    // 1 as soon as the state is made, and zero again in a forked child: relaxed, nothing else is read by it.
    atomic<std::uint32_t> made;
    orphaned_context few_orphans[few_orphans_count];
    const void* recorded_exception; // see trace/exception.hpp
    std::uint64_t recorded_exception_ticks;
    std::uint64_t recorded_exception_text;

    // -- shared with the collector thread
    alignas(64) ring_reader reader; // the collector thread alone
    thread_state* next_thread;      // immutable once in the list
    thread_state* next_free;        // the next free state, under the registry's lock
    atomic<std::uint64_t> parsed;   // records taken from the ring; written by the collector thread
    // Release by the ending thread, acquire by the collector thread: all that the thread wrote is written.
    atomic<std::uint32_t> ended;
    // A producer that waits for room sets it; whoever sees it after making room wakes `space`.
    atomic<std::uint32_t> waiting;
    atomic<std::uint32_t> space; // counts drains; a futex word
};

// The state of every thread before its first record: all zero, never written.
inline constinit thread_state idle_thread{};

inline constinit thread_local thread_state* current_thread NANOTEL_TLS_MODEL = &idle_thread;

} // namespace nanotel::inline NANOTEL_ABI::detail
