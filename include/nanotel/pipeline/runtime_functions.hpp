// SPDX-License-Identifier: MIT
// The functions behind the runtime table: what the instrumentation asks of the process, see core/runtime.hpp.
#pragma once

#include <nanotel/pipeline/sampling.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline trace_id new_trace_id(thread_state& thread) noexcept {
    if (const auto source = process().injected_ids.load_relaxed()) return {{source(), source()}};
    return {{thread.ids.draw(), thread.ids.draw()}};
}
inline std::uint64_t new_span_id(thread_state& thread) noexcept {
    if (const auto source = process().injected_ids.load_relaxed()) return source();
    return thread.ids.draw();
}

// The clock of processors without a counter that can be trusted.
inline std::uint64_t system_ticks() noexcept { return clock_nanoseconds(CLOCK_MONOTONIC); }

// As a function that has an address: the counter itself is read inline.
inline std::uint64_t counter_ticks() noexcept { return read_cycle_counter(); }

inline std::uint64_t indirect_ticks() noexcept {
    if (const auto injected = process().injected_clock.load_relaxed()) return injected();
    return process().trusts_counter.load_relaxed() != 0 ? read_cycle_counter() : system_ticks();
}

// Ticks of timers: nanoseconds where the clock is injected or no counter can be trusted.
inline double seconds_since_ticks(std::uint64_t begin) noexcept {
    process_state& state = process();
    if (const auto injected = state.injected_clock.load_relaxed()) {
        const std::uint64_t now = injected();
        return now > begin ? 1e-9 * static_cast<double>(now - begin) : 0;
    }
    const std::uint64_t now = indirect_ticks();
    if (state.trusts_counter.load_relaxed() == 0)
        return now > begin ? 1e-9 * static_cast<double>(now - begin) : 0;
    return state.rate.seconds_between(begin, now);
}

inline void fill_metric_functions(metric_functions& functions) noexcept {
    functions.measure = [](instrument_state& instrument, std::uint32_t index, std::uint64_t bits) noexcept {
        const errno_kept kept;
        process().metrics.measure(instrument, index, bits);
    };
    functions.measure_labelled = [](instrument_state& instrument, const label_set& set,
                                    std::uint64_t bits) noexcept {
        const errno_kept kept;
        process().metrics.measure_labelled(instrument, set, bits);
    };
    functions.measure_bound = [](const bound_state& bound, std::uint64_t bits) noexcept {
        const errno_kept kept;
        process().metrics.measure_bound(bound, bits);
    };
    functions.take_exemplar = [](thread_state& thread, metric_cell& cell, std::uint32_t bucket,
                                 std::uint64_t bits, const measured_labels* labels) noexcept {
        const errno_kept kept;
        process().metrics.take_exemplar(thread, cell, bucket, bits, labels);
    };
    functions.add_negative_buckets = [](thread_state& thread, metric_cell& cell) noexcept {
        return process().metrics.add_negative_buckets(thread, cell);
    };
    functions.reject = [](const instrument_state& instrument, double value) noexcept {
        const errno_kept kept; // the handler of diagnostics may change it
        process().metrics.rejected.refuse(instrument, value);
    };
    functions.seconds_since = &seconds_since_ticks;
}

// In a forked child the first record brings the telemetry to life. False where there can be none.
inline bool go_on_in_child() noexcept {
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return false;
    return state.forking.pending.load_acquire() == 0 || state.forking.restart();
}

// Once, before the table is published: late records read it at any time.
inline void fill_table(runtime_table& table) noexcept {
    table.attach = [](module_links& module, thread_state*& pointer) noexcept -> thread_state* {
        const errno_kept kept;
        if (!go_on_in_child()) return nullptr;
        process_state& state = process();
        thread_state* const thread = state.threads.attach([] { process().signal.wake(); });
        return thread && state.modules.attach(*thread, module, pointer) ? thread : nullptr;
    };
    table.register_site = [](call_site& site, const site_key* keys, std::uint32_t count) noexcept {
        const errno_kept kept;
        return process().sites.add(site, keys, count);
    };
    table.register_log_site = [](log_site& site, const site_key* keys, std::uint32_t count) noexcept {
        const errno_kept kept;
        return process().sites.add(site, keys, count);
    };
    table.log_gate_of = [](text scope) noexcept {
        const errno_kept kept;
        process().signal.expect_logs();
        return process().levels.gate_of(scope);
    };
    table.coarse_nanoseconds = []() noexcept {
        if (const auto injected = process().injected_clock.load_relaxed()) return injected();
        return coarse_nanoseconds();
    };
    table.make_room_for_log = [](thread_state& thread, std::uint64_t size) noexcept {
        const errno_kept kept;
        return process().threads.make_room(
            thread, size, [] { return process().signal.wake(); }, thread.logs.dropped_full,
            thread.logs.dropped_large);
    };
    table.register_scope = [](const instrumentation_scope& scope) noexcept {
        return process().sites.add_scope(scope);
    };
    table.make_room = [](thread_state& thread, std::uint64_t size) noexcept {
        const errno_kept kept;
        return process().threads.make_room(thread, size, [] { return process().signal.wake(); });
    };
    table.refill_pool = [](thread_state& thread, unsigned size_class) noexcept {
        const errno_kept kept;
        return process().threads.refill_pool(thread, size_class);
    };
    table.release_blocks = [](pool_block* first, unsigned size_class) noexcept {
        process().threads.release_blocks(first, size_class);
    };
    table.prepare_thread = [](thread_state& thread, const char* name) noexcept {
        const errno_kept kept;
        if (name) name_this_thread(name);
        thread.ring.bring_into_memory();
    };
    table.begin_asked = &begin_asked;
    fill_metric_functions(process().measuring);
    table.metrics = &process().measuring;
    table.ticks = &indirect_ticks;
    table.new_trace_id = &new_trace_id;
    table.new_span_id = &new_span_id;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
