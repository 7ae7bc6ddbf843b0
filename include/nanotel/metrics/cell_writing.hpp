// SPDX-License-Identifier: MIT
// Measurements of the long way into cells of every kind, and the labels that their exemplars keep. For the
// sdk.
#pragma once

#include <nanotel/metrics/thread_metrics.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

inline owned_labels copy_of(const measured_labels& labels) noexcept {
    try {
        return exemplar_labels::copy_of(sections_of(labels));
    } catch (...) { // no memory
        return nullptr;
    }
}

// A series of a gauge with several cells shows the one that was set last, by the number of the setting. The
// number is drawn first, then the value is stored, then the number, unless there is a greater one by then.
// What is in the cell is thus at least as late as its number says, and two settings change places only where
// they were under way at the same time.
template <class Offer>
void set_in_order(thread_state& thread, gauge_cell& cell, std::uint64_t bits, const Offer& offer) noexcept {
    const std::uint64_t order = thread.measured.metrics->memory->next_setting();
    cell.value.store_relaxed(bits);
    // Release, after the value: the collection loads the number, and then a value that is as late.
    for (std::uint64_t before = cell.order.load_relaxed(); before < order;)
        if (cell.order.compare_exchange(before, order)) break;
    cell.touched.store_release(1); // as in set_cell
    if (counts_as_exemplar(thread, cell)) offer(0u);
}

inline void put_in_any_cell(thread_state& thread, metric_cell& cell, const instrument_state& instrument,
                            std::uint64_t bits, const measured_labels& labels) noexcept {
    const auto offer = [&](std::uint32_t bucket) noexcept {
        if (chooses_exemplar(thread, cell, bucket))
            nanotel::detail::take_exemplar(thread, cell, bucket, bits, cell.loses_labels ? &labels : nullptr);
    };
    switch (cell.kind) {
    case cell_kind::integer_sum:
        return add_to_cell<true>(thread, cell, bits, offer);
    case cell_kind::double_sum:
        return add_to_cell<false>(thread, cell, bits, offer);
    case cell_kind::gauge:
        return set_cell(thread, cell, bits, offer);
    case cell_kind::ordered_gauge:
        return set_in_order(thread, static_cast<gauge_cell&>(cell), bits, offer);
    case cell_kind::histogram:
    case cell_kind::exponential: {
        const bool integer = instrument.integer && instrument.kind != instrument_kind::histogram;
        const double v =
            integer ? static_cast<double>(static_cast<std::int64_t>(bits)) : __builtin_bit_cast(double, bits);
        bits = __builtin_bit_cast(std::uint64_t, v);
        if (const std::uint32_t offered = record_in_cell<exemplars::told>(thread, cell, v))
            offer(offered - 1);
        return;
    }
    case cell_kind::none:
        return;
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
