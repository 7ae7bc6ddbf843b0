// SPDX-License-Identifier: MIT
// The cell of a series that one thread writes to: an add is a load and a store.
#pragma once

#include <nanotel/core/runtime.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class cell_kind : std::uint8_t {
    none, // of an instrument that no reader wants
    integer_sum,
    double_sum,
    gauge,         // one cell for all threads
    ordered_gauge, // of which a series may have several: the long way says in which order they were set
    histogram,
    exponential,
};

struct exemplar_reservoir; // metrics/exemplars.hpp
struct measured_series;    // metrics/metric_stream.hpp

// A counter's cell has one writer, its thread; the collection reads it while the thread goes on. Relaxed
// throughout: the word is the whole message. A gauge's cell is written by all, and the last one counts.
struct metric_cell {
    atomic<std::uint64_t> value; // int64 or double bits
    // A measurement that may become an exemplar counts it down, and at 0 is offered to the reservoir. A lost
    // store of the collection, which sets it anew, costs an exemplar and no more.
    atomic<std::uint32_t> skip;
    atomic<std::uint32_t> touched; // of a gauge: set since the collection last looked
    cell_kind kind;
    bool loses_labels;   // not all that are measured are those of its series: an exemplar keeps the others
    std::uint16_t plan;  // which of the aggregations of its instrument
    std::uint32_t words; // its size in 8 bytes
    measured_series* series;
    atomic<exemplar_reservoir*> reservoir; // null before the first exemplar; release, acquire
    std::uint64_t taken;                   // the collection's: of `value`, what it has taken over
};

struct gauge_cell : metric_cell {
    atomic<std::uint64_t> order; // of an ordered one: the number of the setting; see set_in_order
};

constexpr bool is_gauge(cell_kind kind) noexcept {
    return kind == cell_kind::gauge || kind == cell_kind::ordered_gauge;
}

// What the instrumentation asks of the sdk. All are noexcept and may be called from any thread.
struct instrument_state;
struct bound_state;
struct label_set;
struct label_domain;

// What a measurement was labelled with, for those of which an exemplar is made: attribute sections in the
// order given, or else a combination of finite domains.
struct measured_labels {
    const std::byte* sections = nullptr;
    std::uint32_t size = 0;
    std::uint32_t domain_count = 0;
    const label_domain* domains = nullptr;
    std::uint32_t index = 0;
};

struct metric_functions {
    // The long way of a measurement: registers the instrument and the thread, makes the cell, records.
    void (*measure)(instrument_state&, std::uint32_t index, std::uint64_t bits) noexcept;
    void (*measure_labelled)(instrument_state&, const label_set&, std::uint64_t bits) noexcept;
    void (*measure_bound)(const bound_state&, std::uint64_t bits) noexcept;
    // The labels are null where the cell loses none.
    void (*take_exemplar)(thread_state&, metric_cell&, std::uint32_t bucket, std::uint64_t bits,
                          const measured_labels*) noexcept;
    // Room for the negative buckets of an exponential histogram; false where memory is short.
    bool (*add_negative_buckets)(thread_state&, metric_cell&) noexcept;
    // A measurement that is none: a negative add to a counter, a number that is not finite.
    void (*reject)(const instrument_state&, double value) noexcept;
    double (*seconds_since)(std::uint64_t ticks) noexcept;
};

[[gnu::noinline, gnu::cold]] inline const metric_functions* metric_sdk() noexcept {
    if (recording_enabled.load_relaxed() == 0) return nullptr;
    const runtime_table* const table = runtime.load_acquire();
    return table ? table->metrics : nullptr;
}

[[gnu::noinline, gnu::cold]] inline void take_exemplar(thread_state& thread, metric_cell& cell,
                                                       std::uint32_t bucket, std::uint64_t bits,
                                                       const measured_labels* labels) noexcept {
    // Where the sdk takes none now, as within the long way, the next measurement is offered: at 0 the
    // countdown would begin anew at its greatest number.
    cell.skip.store_relaxed(1);
    runtime.load_acquire()->metrics->take_exemplar(thread, cell, bucket, bits, labels);
}

// Whether the measurement is to be offered to the cell's reservoir.
[[gnu::always_inline]] inline bool counts_as_exemplar(thread_state& thread, metric_cell& cell) noexcept {
    if ((*thread.measured.exemplar_word & context_word::sampled) == 0) [[likely]]
        return false;
    const std::uint32_t left = cell.skip.load_relaxed() - 1;
    cell.skip.store_relaxed(left);
    return left == 0;
}

// The calling thread's cell of a slot; null where the long way has to find it.
[[gnu::always_inline]] inline metric_cell* find_cell(thread_state& thread, std::uint32_t slot) noexcept {
    if (slot >= thread.measured.cell_count.load_relaxed()) [[unlikely]]
        return nullptr;
    return thread.measured.cells[slot];
}

// A double in such a word, relaxed. A load or a store of an aligned double is one instruction here and whole;
// by way of an integer, as the builtins for atomics do it, the sum would wait for two moves between registers
// of different kinds, which cost more than the addition.
[[gnu::always_inline]] inline double load_double(const atomic<std::uint64_t>& word) noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(NANOTEL_PORTABLE)
    using number [[gnu::may_alias]] = double;
    return *reinterpret_cast<const volatile number*>(&word.value);
#else
    return __builtin_bit_cast(double, word.load_relaxed());
#endif
}
[[gnu::always_inline]] inline void store_double(atomic<std::uint64_t>& word, double v) noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(NANOTEL_PORTABLE)
    using number [[gnu::may_alias]] = double;
    *reinterpret_cast<volatile number*>(&word.value) = v;
#else
    word.store_relaxed(__builtin_bit_cast(std::uint64_t, v));
#endif
}

// `offer(bucket)` takes the measurement for an exemplar; it is where its labels are known.
template <bool Integer, class Offer>
[[gnu::always_inline]] inline void add_to_cell(thread_state& thread, metric_cell& cell, std::uint64_t bits,
                                               const Offer& offer) noexcept {
    if constexpr (Integer) {
        cell.value.add_by_owner(bits);
    } else {
        store_double(cell.value, load_double(cell.value) + __builtin_bit_cast(double, bits));
    }
    if (counts_as_exemplar(thread, cell)) [[unlikely]]
        offer(0u);
}

template <class Offer>
[[gnu::always_inline]] inline void set_cell(thread_state& thread, metric_cell& cell, std::uint64_t bits,
                                            const Offer& offer) noexcept {
    cell.value.store_relaxed(bits);
    // Release, after the value: the collection clears the mark and then reads the value, so a value that it
    // has not seen is still marked.
    cell.touched.store_release(1);
    if (counts_as_exemplar(thread, cell)) [[unlikely]]
        offer(0u);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
