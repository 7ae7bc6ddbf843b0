// SPDX-License-Identifier: MIT
// What a thread owns: its current context, its ring, its id generator, its pool. One pointer leads to it.
#pragma once

#include <nanotel/core/ids.hpp>
#include <nanotel/core/module.hpp>
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
// The 4 bytes behind those that the layout defines are ours: what the header of a record below this context
// holds, its kind and its flags, so that to begin a span is to copy them. The kind is there only where
// nothing but that is to be done: the context is of this process and sampled.
inline constexpr unsigned record_shift = 32;
inline constexpr std::uint64_t plain = 1ull << record_shift; // record_kind::span
inline constexpr unsigned record_flags_shift = 48;
inline constexpr std::uint64_t remote = 1ull << (record_flags_shift + 8); // record_flag::parent_remote
// An invalid context that was attached: nothing is current, but something below may be open, which 0 rules
// out.
inline constexpr std::uint64_t attached_none = remote;

// The word of a valid context with these W3C trace flags.
constexpr std::uint64_t of(std::uint64_t trace_flags, bool is_remote) noexcept {
    return valid | trace_flags << flags_shift | trace_flags << record_flags_shift |
           (is_remote                ? remote
            : (trace_flags & 1) != 0 ? plain
                                     : 0);
}
} // namespace context_word

namespace thread_mode {
inline constexpr std::uint32_t active = 0x1;
// The clock or the ids do not come from the processor and the generator: ask the runtime.
inline constexpr std::uint32_t indirect = 0x2;
inline constexpr std::uint32_t orphans = 0x4;   // contexts were left out of order, see orphaned_context
inline constexpr std::uint32_t inherited = 0x8; // below a span of the parent's: core/inherited_context.hpp
} // namespace thread_mode

namespace root_mode {
inline constexpr std::uint32_t dropped = 0x1; // the sampler is always_off
inline constexpr std::uint32_t asked = 0x2;   // the sampler decides by the trace id
} // namespace root_mode

// A context that a span left behind when it ended while spans that began after it were still open: whoever
// would return to `left` returns to `instead`.
struct orphaned_context {
    std::uint64_t span_id;
    thread_context instead;
};

struct pool_block {
    pool_block* next;
};

struct module_links; // core/module.hpp
struct thread_state;

// A thread-local pointer of a module that leads to the thread's state: see core/module_registry.hpp.
struct pointer_of_module {
    pointer_of_module* next;
    thread_state** pointer; // null where the entry is free
    module_links* module;
};

struct metric_cell;    // metrics/cell.hpp
struct label_set_slot; // metrics/label_cache.hpp
struct thread_metrics; // metrics/thread_metrics.hpp

// What the thread measures. The owner alone follows the pointers; what the collection reads of it hangs on
// `metrics`.
struct thread_measurements {
    // 0 where nothing is measured, or where what was measured has ended: ask. Raised and cleared under the
    // lock of the metric store; relaxed, since the owner reads no other thread's data by it.
    atomic<std::uint32_t> cell_count;
    // Odd while a measurement is written to a histogram. The owner writes it; the collection waits until it
    // has seen it even, or another number: see metrics/histogram_cell.hpp.
    atomic<std::uint32_t> turn;
    // Which copy of a histogram's cell is written to, and whether the turns are to be fenced by the thread.
    // The collection writes both: see there.
    atomic<std::uint32_t> epoch;
    atomic<std::uint32_t> fences_turns;
    metric_cell** cells; // by slot; null where the thread has not touched the slot
    // A measurement taken while the bit context_word::sampled is set in it may become an exemplar.
    const std::uint64_t* exemplar_word;
    label_set_slot* label_sets;
    std::uint64_t label_set_mask;
    thread_metrics* metrics;
    // Measurements of a signal handler that had interrupted one of the same thread, and were left out.
    atomic<std::uint64_t> interrupting;
    std::uint32_t busy; // not 0 within the long way of a measurement
};

// What became of the thread's log records: as the words of the same names in thread_state are of spans.
struct log_counts {
    atomic<std::uint64_t> recorded;
    atomic<std::uint64_t> dropped_full;
    atomic<std::uint64_t> dropped_large;
    atomic<std::uint64_t> interrupting;
    atomic<std::uint64_t> held_back; // by the limit of their call site, and not recorded
};

struct thread_state {
    static constexpr std::uint32_t few_orphans_count = 8;
    static constexpr std::uint32_t few_pointers_count = 4;
    static constexpr unsigned pool_classes = 4; // 1, 4, 16 and 64 KiB

    // -- the thread itself
    thread_context context;
    // Zero in memory that was never attached and, since its pages are wiped on fork, in a child: one test
    // finds out both. The owner and the collector thread write it; relaxed, since it guards no other data.
    // The hot path compares it with `active`: anything else is for the slow path.
    atomic<std::uint32_t> mode;
    std::uint32_t roots; // root_mode
    // What the hot path expects to lead to zero: to the uncaught exceptions, or to what is not zero while the
    // thread is in the middle of a change: see core/interruption.hpp.
    const unsigned* watched;
    const unsigned* uncaught_exceptions; // __cxa_eh_globals::uncaughtExceptions of the thread
    ring_writer ring;
    id_generator ids;
    thread_measurements measured;
    // One writer, read by stats(): relaxed.
    atomic<std::uint64_t> recorded;
    atomic<std::uint64_t> dropped_full;  // records that found no room
    atomic<std::uint64_t> dropped_large; // records above the greatest size
    atomic<std::uint64_t> interrupting;  // spans of a signal handler that came in the middle of a change
    log_counts logs;
    pool_block* pool[pool_classes];
    std::uint32_t pool_count[pool_classes];
    std::uint32_t orphan_count; // not zero: thread_mode::orphans is set
    pool_block* many_orphans;   // where the few do not do: see core/orphans.hpp
    std::uint32_t orphan_class;
    // 1 as soon as the state is made, and zero again in a forked child: relaxed, nothing else is read by it.
    atomic<std::uint32_t> made;
    orphaned_context few_orphans[few_orphans_count];
    const void* recorded_exception; // see trace/exception.hpp
    std::uint64_t recorded_exception_ticks;
    std::uint64_t recorded_exception_text;

    pointer_of_module* pointers; // that lead here from the thread's modules; under the lock of all modules
    // The first of them: a signal handler may be what a thread records first, and must not ask for memory.
    pointer_of_module few_pointers[few_pointers_count];

    // -- shared with the collector thread
    alignas(64) ring_reader reader;    // the collector thread alone
    thread_state* next_thread;         // immutable once in the list
    thread_state* next_free;           // the next free state, under the registry's lock
    atomic<std::uint64_t> parsed;      // spans taken from the ring; written by the collector thread
    atomic<std::uint64_t> parsed_logs; // log records; the same
    // Release by the ending thread, acquire by the collector thread: all that the thread wrote is written.
    atomic<std::uint32_t> ended;
    // A producer that waits for room sets it; whoever sees it after making room wakes `space`.
    atomic<std::uint32_t> waiting;
    atomic<std::uint32_t> space; // counts drains; a futex word
};

// The state of every thread before its first record: all zero, never written.
NANOTEL_DETAIL_OF_MODULE inline constinit thread_state idle_thread{};

// Each module of a process has its own, and all of a thread lead to the same state, see
// core/module_registry.hpp.
NANOTEL_DETAIL_OF_MODULE inline constinit thread_local thread_state* current_thread NANOTEL_TLS_MODEL =
    &idle_thread;

} // namespace nanotel::inline NANOTEL_ABI::detail
