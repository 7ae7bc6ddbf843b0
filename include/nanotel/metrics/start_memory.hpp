// SPDX-License-Identifier: MIT
// What the cells of one start share: the tables of buckets, the gauges, the reservoirs of exemplars. For the
// sdk.
#pragma once

#include <nanotel/metrics/cell_arena.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// A thread that is held up in the middle of a measurement may come back to it much later, so it lives as long
// as what any thread measured in that start. All of it is under the lock of the store.
class start_memory {
public:
    start_memory() = default;
    start_memory(const start_memory&) = delete;
    start_memory& operator=(const start_memory&) = delete;
    ~start_memory() {
        while (reservoirs_) {
            exemplar_reservoir* const next = reservoirs_->next;
            reservoirs_->clear();
            std::free(reservoirs_);
            reservoirs_ = next;
        }
    }

    std::deque<bucket_table_storage> tables;

    // -- gauges, whose cells all threads share

    // The next number of the settings of gauges, in the order in which they happen. Not under the lock.
    std::uint64_t next_setting() noexcept { return settings_.fetch_add_relaxed(1) + 1; }

    // Throws where memory is short.
    metric_cell* make_gauge(const cell_plan& plan, std::uint16_t number, measured_series& series) {
        if (free_gauges_.empty()) {
            // Room for each of them to be given up, which must not fail.
            if (free_gauges_.capacity() == made_gauges_) free_gauges_.reserve(2 * made_gauges_ + 16);
            metric_cell* const made = gauges_.make(plan, number, series);
            ++made_gauges_;
            return made;
        }
        void* const used = free_gauges_.back();
        free_gauges_.pop_back();
        std::memset(used, 0, words_of(plan) * 8);
        return lay_out(static_cast<std::uint64_t*>(used), plan, number, series);
    }
    // Nobody writes to it any more.
    void give_up_gauge(metric_cell& gauge) noexcept {
        give_up_reservoir(gauge);
        gauge.kind = cell_kind::none;
        free_gauges_.push_back(&gauge);
    }
    template <class Each>
    void each_gauge(Each&& each) const {
        gauges_.each(each);
    }

    // -- reservoirs

    bool has_reservoirs() const noexcept { return reservoirs_ != nullptr; }
    // Where memory is short the cell stays without.
    void give_reservoir(metric_cell& cell) noexcept {
        if (cell.reservoir.load_relaxed() || !cell.series) return; // of a gauge, another thread's
        const cell_plan& plan = cell.series->instrument->plans[cell.plan];
        if (plan.exemplars == 0) {
            cell.skip.store_relaxed(0);
            return;
        }
        const bool aligned = plan.kind == cell_kind::histogram;
        const std::uint32_t capacity = aligned ? plan.table->table().bound_count + 1 : plan.exemplars;
        exemplar_reservoir* made = take_spare(capacity, aligned);
        if (!made) {
            made = exemplar_reservoir::make(capacity, aligned);
            if (!made) return;
            made->next = reservoirs_;
            reservoirs_ = made;
        }
        cell.reservoir.store_release(made);
        if (aligned) static_cast<histogram_cell&>(cell).offers.store_release(made->offers());
    }
    // Of a cell that nobody writes to any more: it serves another, or threads that come and go would each
    // leave theirs.
    void give_up_reservoir(metric_cell& cell) noexcept {
        exemplar_reservoir* const left = cell.reservoir.load_relaxed();
        if (!left) return;
        cell.reservoir.store_relaxed(nullptr);
        left->clear();
        left->spare = spare_reservoirs_;
        spare_reservoirs_ = left;
    }

private:
    exemplar_reservoir* take_spare(std::uint32_t capacity, bool aligned) noexcept {
        for (exemplar_reservoir** at = &spare_reservoirs_; *at; at = &(*at)->spare) {
            exemplar_reservoir* const found = *at;
            if (found->capacity != capacity || found->aligned != aligned) continue;
            *at = found->spare;
            return found;
        }
        return nullptr;
    }

    atomic<std::uint64_t> settings_; // relaxed: what follows another setting finds a greater number
    cell_arena gauges_;
    std::vector<metric_cell*> free_gauges_;
    std::size_t made_gauges_ = 0;
    exemplar_reservoir* reservoirs_ = nullptr;
    exemplar_reservoir* spare_reservoirs_ = nullptr; // of cells that are gone
};

} // namespace nanotel::inline NANOTEL_ABI::detail
