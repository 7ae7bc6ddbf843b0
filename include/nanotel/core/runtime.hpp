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
    // Registers the calling thread, to which the module's pointer leads from then on; null when nothing
    // records.
    thread_state* (*attach)(module_links&, thread_state*& pointer) noexcept;
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
    // The same of log records.
    std::uint32_t (*register_log_site)(log_site&, const site_key*, std::uint32_t count) noexcept;
    bool (*make_room_for_log)(thread_state&, std::uint64_t size) noexcept;
    // What a gate of a logger of that name is to hold.
    std::uint32_t (*log_gate_of)(text scope) noexcept;
    std::uint64_t (*coarse_nanoseconds)() noexcept;
    atomic<std::uint64_t> largest_record; // bytes; relaxed, a limit and nothing more
    const metric_functions* metrics;
};

// Release by the first start publishes the table; acquire by whoever needs it. It stays: a span that began
// before a shutdown may end after it.
NANOTEL_DETAIL_OF_MODULE inline constinit atomic<const runtime_table*> runtime{nullptr};

// From start to shutdown the number of the start, counted from 1, else 0: where nothing records, this load is
// the whole cost of a call. Relaxed: only a hint whether it is worth asking, the registry of threads decides
// under its lock.
NANOTEL_DETAIL_OF_MODULE inline constinit atomic<std::uint32_t> recording_enabled{};

// The number of the settings that say which log records are kept, in the upper 24 bits; `log_settings_none`
// where none is. Relaxed: a gate that holds another number asks.
inline constexpr std::uint32_t log_settings_none = 0xffff'ff00;
NANOTEL_DETAIL_OF_MODULE inline constinit atomic<std::uint32_t> log_settings{log_settings_none};

#define NANOTEL_DETAIL_TEXT2(a) #a
#define NANOTEL_DETAIL_TEXT(a) NANOTEL_DETAIL_TEXT2(a)

template <class... Number>
constexpr std::uint64_t mix_numbers(Number... numbers) noexcept {
    std::uint64_t mixed = 0;
    ((mixed = mixed * 1'000'003 + static_cast<std::uint64_t>(numbers)), ...);
    return mixed;
}
constexpr std::uint64_t mix_characters(text t) noexcept {
    std::uint64_t mixed = 0;
    for (std::size_t i = 0; i < t.size; ++i) mixed = mix_numbers(mixed, t[i]);
    return mixed;
}
// Of what modules share; another number where any of it was compiled in another way.
inline constexpr std::uint64_t module_layout = mix_numbers(
    mix_characters(NANOTEL_DETAIL_TEXT(NANOTEL_ABI)), NANOTEL_VERSION_MAJOR, NANOTEL_VERSION_MINOR,
    sizeof(thread_state), offsetof(thread_state, measured), offsetof(thread_state, reader),
    sizeof(runtime_table), sizeof(call_site), sizeof(log_site), sizeof(module_links), sizeof(module_home));

#if NANOTEL_DETAIL_MODULE_NOTES
#define NANOTEL_DETAIL_NOTE "nanotel_note_" NANOTEL_DETAIL_TEXT(NANOTEL_ABI)
#define NANOTEL_DETAIL_LINKS "nanotel_module_" NANOTEL_DETAIL_TEXT(NANOTEL_ABI)
// One a module, in a segment that the loader shows to all: what it is called, and where the links are,
// counted from there, so that nothing has to be relocated. Where files are optimised together, the text of
// all is one file, which may define the symbol once.
// clang-format off
asm(".ifndef " NANOTEL_DETAIL_NOTE "\n"
    ".pushsection .note.nanotel,\"aG\",%note," NANOTEL_DETAIL_NOTE ",comdat\n"
    ".balign 4\n"
    ".weak " NANOTEL_DETAIL_NOTE "\n"
    ".hidden " NANOTEL_DETAIL_NOTE "\n"
    NANOTEL_DETAIL_NOTE ":\n"
    ".long 8, 8, 1\n" // of the name, of the description, module_note_type
    ".asciz \"nanotel\"\n"
    ".quad " NANOTEL_DETAIL_LINKS " - .\n"
    ".popsection\n"
    ".endif\n");
// clang-format on
[[gnu::visibility("hidden")]] extern const char module_note asm(NANOTEL_DETAIL_NOTE);
[[gnu::visibility("hidden"),
  gnu::used]] inline constinit module_links this_module asm(NANOTEL_DETAIL_LINKS) = {
    module_layout, &module_note, &runtime, &recording_enabled, &log_settings, &idle_thread};
#undef NANOTEL_DETAIL_LINKS
#undef NANOTEL_DETAIL_NOTE

// From when the module is loaded until it is unloaded. It is told of its module: where the program exports
// its symbols, these functions are the program's, and what they would call this_module is that of the
// program.
struct module_presence {
    module_links& module;
    explicit module_presence(module_links& of) noexcept : module(of) {
        if (module_home* const home = find_home(of)) home->join_all(*home);
    }
    ~module_presence() { leave_home(module); }
    module_presence(const module_presence&) = delete;
    module_presence& operator=(const module_presence&) = delete;
};
NANOTEL_DETAIL_OF_MODULE inline const module_presence presence{this_module};
#else
inline constinit module_links this_module{module_layout,      nullptr,       &runtime,
                                          &recording_enabled, &log_settings, &idle_thread};
#endif

#undef NANOTEL_DETAIL_TEXT
#undef NANOTEL_DETAIL_TEXT2

// Those of all modules, once there is a state of the process.
inline callback_list& callbacks_of_process() noexcept {
    module_home* const home = this_module.home.load_acquire();
    return home ? home->callbacks : this_module.callbacks;
}

// Cold, and kept out of the callers: the state of a thread that this module has none of yet, or null. The
// module is that of the caller, which need not be the one that this function is of.
[[gnu::noinline, gnu::cold]] inline thread_state* attach_thread(module_links& module,
                                                                thread_state*& pointer) noexcept {
    const runtime_table* const table = module.runtime->load_acquire();
    return table ? table->attach(module, pointer) : nullptr;
}

// The state of the calling thread, attached if something records; else null.
[[gnu::always_inline]] inline thread_state* this_thread() noexcept {
    thread_state* const state = current_thread;
    if ((state->mode.load_relaxed() & thread_mode::active) == 0) [[unlikely]] {
        if (recording_enabled.load_relaxed() == 0) return nullptr;
        return attach_thread(this_module, current_thread);
    }
    return state;
}

// Whether the state is that of the calling thread, of which this module may not have heard yet.
[[gnu::always_inline]] inline bool is_this_thread(const thread_state& state) noexcept {
    return current_thread == &state || (current_thread == &idle_thread && this_thread() == &state);
}

[[gnu::always_inline]] inline std::uint64_t ticks_now(const thread_state& thread) noexcept {
    if (thread.mode.load_relaxed() & thread_mode::indirect) [[unlikely]]
        return runtime.load_acquire()->ticks();
    return read_cycle_counter();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
