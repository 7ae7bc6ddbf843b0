// SPDX-License-Identifier: MIT
// What the instrumentation asks of the sdk: a table of functions that `start` publishes. Without it nothing
// records.
#pragma once

#include <nanotel/core/call_site.hpp>
#include <nanotel/core/thread_state.hpp>
#include <nanotel/core/ticks.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct metric_functions; // metrics/metric_functions.hpp

// All are noexcept and may be called from any thread. None is on the hot path.
struct runtime_table {
    // Registers the calling thread; null when nothing records.
    thread_state* (*attach)() noexcept;
    // The number of a site, for its records. Never 0.
    std::uint32_t (*register_site)(call_site&, const site_key*, std::uint32_t count) noexcept;
    std::uint32_t (*register_scope)(const instrumentation_scope&) noexcept;
    // Makes room for a record: looks at the consumer, wakes it, grows the ring or waits, as the options say.
    bool (*make_room)(thread_state&, std::uint64_t size) noexcept;
    // A block of the class's size, for a span that outgrew its inline bytes; null when memory is short.
    pool_block* (*refill_pool)(thread_state&, unsigned size_class) noexcept;
    // Takes back a chain of blocks: those of a thread that has more than it needs, or has no state.
    void (*release_blocks)(pool_block*, unsigned size_class) noexcept;
    bool (*sample_root)(const trace_id&, text name, span_kind) noexcept;
    // The injected clock and ids, or clock_gettime where the processor's counter is not to be trusted.
    std::uint64_t (*ticks)() noexcept;
    trace_id (*new_trace_id)(thread_state&) noexcept;
    std::uint64_t (*new_span_id)(thread_state&) noexcept;
    void (*prepare_thread)(thread_state&, const char* name) noexcept;
    atomic<std::uint64_t> largest_record; // bytes; relaxed, a limit and nothing more
    const metric_functions* metrics;
};

// Release by the first start publishes the table; acquire by whoever needs it. It stays: a span that began
// before a shutdown may end after it.
inline constinit atomic<const runtime_table*> runtime{nullptr};

// From start to shutdown the number of the start, counted from 1, else 0: where nothing records, this load is
// the whole cost of a call. Relaxed: only a hint whether it is worth asking, the registry of threads decides
// under its lock.
inline constinit atomic<std::uint32_t> recording_enabled{};

// Cold, and kept out of the callers: the state of a thread that has none yet, or null.
[[gnu::noinline, gnu::cold]] inline thread_state* attach_thread() noexcept {
    const runtime_table* const table = runtime.load_acquire();
    if (!table) return nullptr;
    thread_state* const state = table->attach();
    if (state) current_thread = state;
    return state;
}

// The state of the calling thread, attached if something records; else null.
[[gnu::always_inline]] inline thread_state* this_thread() noexcept {
    thread_state* const state = current_thread;
    if ((state->mode.load_relaxed() & thread_mode::active) == 0) [[unlikely]] {
        if (recording_enabled.load_relaxed() == 0) return nullptr;
        return attach_thread();
    }
    return state;
}

[[gnu::always_inline]] inline std::uint64_t ticks_now(const thread_state& thread) noexcept {
    if (thread.mode.load_relaxed() & thread_mode::indirect) [[unlikely]]
        return runtime.load_acquire()->ticks();
    return read_cycle_counter();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
