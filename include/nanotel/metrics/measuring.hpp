// SPDX-License-Identifier: MIT
// How a number gets from an instrument to its cell: the short way, and where the long way begins.
#pragma once

#include <nanotel/metrics/histogram_cell.hpp>
#include <nanotel/metrics/instrument.hpp>
#include <nanotel/metrics/label_cache.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What an instrument does with a number.
enum class measurement { add_integer, add_double, set, record };

// `offer(bucket)`: see add_to_cell.
template <measurement What, class Offer>
[[gnu::always_inline]] inline void put_in_cell(thread_state& thread, metric_cell& cell, std::uint64_t bits,
                                               const Offer& offer) noexcept {
    if constexpr (What == measurement::add_integer) {
        add_to_cell<true>(thread, cell, bits, offer);
    } else if constexpr (What == measurement::add_double) {
        add_to_cell<false>(thread, cell, bits, offer);
    } else if constexpr (What == measurement::set) {
        set_cell(thread, cell, bits, offer);
    } else {
        const std::uint32_t offered =
            record_in_cell<exemplars::told>(thread, cell, __builtin_bit_cast(double, bits));
        if (offered != 0) [[unlikely]]
            offer(offered - 1);
    }
}

[[gnu::noinline, gnu::cold]] inline void measure_slowly(instrument_state& instrument, std::uint32_t index,
                                                        std::uint64_t bits) noexcept {
    if (const metric_functions* const sdk = metric_sdk()) sdk->measure(instrument, index, bits);
}

[[gnu::noinline, gnu::cold]] inline void reject_measurement(const instrument_state& instrument,
                                                            double value) noexcept {
    if (const metric_functions* const sdk = metric_sdk()) sdk->reject(instrument, value);
}

// -- exemplars, with the labels that the series does not have

[[gnu::noinline, gnu::cold]] inline void offer_exemplar_of_index(thread_state& thread, metric_cell& cell,
                                                                 std::uint32_t bucket, std::uint64_t bits,
                                                                 const instrument_state& instrument,
                                                                 std::uint32_t index) noexcept {
    if (!chooses_exemplar(thread, cell, bucket)) return;
    const measured_labels labels{nullptr, 0, instrument.domain_count, instrument.domains, index};
    take_exemplar(thread, cell, bucket, bits, cell.loses_labels ? &labels : nullptr);
}
// One function for each list of value types, whatever the keys.
template <class... V>
[[gnu::noinline, gnu::cold]] void
offer_exemplar_of_labels(thread_state& thread, metric_cell& cell, std::uint32_t bucket, std::uint64_t bits,
                         const site_key* keys, const V&... values) noexcept {
    if (!chooses_exemplar(thread, cell, bucket)) return;
    if (!cell.loses_labels) return take_exemplar(thread, cell, bucket, bits, nullptr);
    with_label_set(
        no_slot, keys,
        [&](const label_set& set) {
            const measured_labels labels{set.sections, set.size};
            take_exemplar(thread, cell, bucket, bits, &labels);
        },
        values...);
}

// Of the series with this index among the combinations of the instrument's labels.
template <measurement What, bool HasLabels>
[[gnu::always_inline]] inline void measure(instrument_state& instrument, std::uint32_t index,
                                           std::uint64_t bits) noexcept {
    thread_state& thread = *current_thread;
    metric_cell* const cell = find_cell(thread, instrument.slot.load_relaxed() + index);
    if (!cell) [[unlikely]]
        return measure_slowly(instrument, index, bits);
    if constexpr (HasLabels)
        put_in_cell<What>(thread, *cell, bits, [&](std::uint32_t bucket) noexcept {
            offer_exemplar_of_index(thread, *cell, bucket, bits, instrument, index);
        });
    else if constexpr (What == measurement::record)
        record_in_cell<exemplars::offered>(thread, *cell, __builtin_bit_cast(double, bits));
    else
        put_in_cell<What>(thread, *cell, bits, [&](std::uint32_t bucket) noexcept {
            take_exemplar(thread, *cell, bucket, bits, nullptr);
        });
}

template <measurement What, class... Key, class... Value>
[[gnu::always_inline]] inline void measure_labelled(instrument_state& instrument, std::uint64_t bits,
                                                    const attribute<Key, Value>&... labels) noexcept {
    thread_state& thread = *current_thread;
    const site_key* const keys = site_keys<attribute<Key, Value>...>;
    if constexpr ((cacheable_label<Value> && ...)) {
        metric_cell* const cell =
            find_labelled_cell(thread, instrument.slot.load_relaxed(), keys, labels.value...);
        if (cell) [[likely]]
            return put_in_cell<What>(thread, *cell, bits, [&](std::uint32_t bucket) noexcept {
                offer_exemplar_of_labels(thread, *cell, bucket, bits, keys, labels.value...);
            });
    }
    if (recording_enabled.load_relaxed() == 0) return;
    with_label_set(
        instrument.slot.load_relaxed(), keys,
        [&](const label_set& set) {
            if (const metric_functions* const sdk = metric_sdk())
                sdk->measure_labelled(instrument, set, bits);
        },
        labels.value...);
}

// -- time, for timers: 0 where nothing is measured

[[gnu::always_inline]] inline std::uint64_t timer_ticks() noexcept {
    const thread_state* const thread = this_thread();
    return thread ? ticks_now(*thread) : 0;
}
[[gnu::noinline]] inline double seconds_since(std::uint64_t ticks) noexcept {
    const metric_functions* const sdk = metric_sdk();
    return sdk ? sdk->seconds_since(ticks) : -1;
}

// The labels of a handle that was bound to label values known at run time, in memory of its own. Where that
// cannot be had the handle measures nothing, which is counted: see any().
class label_copy {
public:
    constexpr label_copy() noexcept = default;
    explicit label_copy(const label_set& set) noexcept {
        if (auto* const memory = static_cast<block*>(__builtin_malloc(sizeof(block) + set.size))) {
            memory->size = set.size;
            memory->complete = set.complete;
            __builtin_memcpy(reinterpret_cast<std::byte*>(memory + 1), set.sections, set.size);
            bytes_ = memory;
        }
    }
    label_copy(const label_copy& other) noexcept {
        if (other.bytes_) *this = label_copy(other.set());
    }
    label_copy(label_copy&& other) noexcept : bytes_(other.bytes_) { other.bytes_ = nullptr; }
    label_copy& operator=(label_copy other) noexcept {
        block* const mine = bytes_;
        bytes_ = other.bytes_;
        other.bytes_ = mine;
        return *this;
    }
    ~label_copy() { __builtin_free(bytes_); }

    bool any() const noexcept { return bytes_ != nullptr; }
    label_set set() const noexcept {
        return {reinterpret_cast<const std::byte*>(bytes_ + 1),
                bytes_->size,
                bytes_->complete,
                false,
                nullptr,
                0,
                no_slot,
                0,
                nullptr};
    }

private:
    struct block {
        std::uint32_t size;
        bool complete;
    };
    block* bytes_ = nullptr;
};

// A series of an instrument, found once. The slot is filled in by the first measurement after each start.
struct bound_state {
    instrument_state* instrument = nullptr;
    mutable atomic<std::uint32_t> slot{no_slot}; // relaxed: the number alone is used
    std::uint32_t index = 0;
    bool labelled = false; // else `index` says which series it is
    label_copy labels{};

    constexpr bound_state() noexcept = default;
    constexpr bound_state(instrument_state& of, std::uint32_t at) noexcept : instrument(&of), index(at) {}
    bound_state(instrument_state& of, const label_set& set) noexcept
        : instrument(&of), labelled(true), labels(set) {}

    measured_labels measured() const noexcept {
        if (!labelled) return {nullptr, 0, instrument->domain_count, instrument->domains, index};
        if (!labels.any()) return {};
        const label_set set = labels.set();
        return {set.sections, set.size};
    }
};

[[gnu::noinline, gnu::cold]] inline void measure_bound_slowly(const bound_state& bound,
                                                              std::uint64_t bits) noexcept {
    if (!bound.instrument) return;
    if (const metric_functions* const sdk = metric_sdk()) sdk->measure_bound(bound, bits);
}

[[gnu::noinline, gnu::cold]] inline void offer_exemplar_of_bound(thread_state& thread, metric_cell& cell,
                                                                 std::uint32_t bucket, std::uint64_t bits,
                                                                 const bound_state& bound) noexcept {
    if (!chooses_exemplar(thread, cell, bucket)) return;
    const measured_labels labels = bound.measured();
    take_exemplar(thread, cell, bucket, bits, cell.loses_labels ? &labels : nullptr);
}

template <measurement What>
[[gnu::always_inline]] inline void measure_bound(const bound_state& bound, std::uint64_t bits) noexcept {
    thread_state& thread = *current_thread;
    metric_cell* const cell = find_cell(thread, bound.slot.load_relaxed());
    if (!cell) [[unlikely]]
        return measure_bound_slowly(bound, bits);
    put_in_cell<What>(thread, *cell, bits, [&](std::uint32_t bucket) noexcept {
        offer_exemplar_of_bound(thread, *cell, bucket, bits, bound);
    });
}

template <class... Key, class... Value>
bound_state bind_labels(instrument_state& instrument, const attribute<Key, Value>&... labels) noexcept {
    bound_state bound;
    with_label_set(
        no_slot, site_keys<attribute<Key, Value>...>,
        [&](const label_set& set) { bound = bound_state(instrument, set); }, labels.value...);
    return bound;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
