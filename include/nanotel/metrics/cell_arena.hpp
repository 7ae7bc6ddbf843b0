// SPDX-License-Identifier: MIT
// The memory of cells: how a cell is laid out, and where it stays. For the sdk.
#pragma once

#include <nanotel/core/platform.hpp>
#include <nanotel/metrics/metric_stream.hpp>

#include <new> // bad_alloc

namespace nanotel::inline NANOTEL_ABI::detail {

inline std::size_t words_of(const cell_plan& plan) noexcept {
    switch (plan.kind) {
    case cell_kind::histogram:
        return (sizeof(histogram_cell) + 2 * sizeof(histogram_cell::copy)) / 8 +
               2 * (plan.table->table().bound_count + std::size_t{1});
    case cell_kind::exponential:
        return (sizeof(exponential_cell) + 2 * sizeof(exponential_cell::copy)) / 8 +
               2 * std::size_t{plan.max_size};
    case cell_kind::gauge:
    case cell_kind::ordered_gauge: // of one size, since one that is given up becomes another
        return sizeof(gauge_cell) / 8;
    default:
        return sizeof(metric_cell) / 8;
    }
}

// Lays a cell out in zeroed memory.
inline metric_cell* lay_out(std::uint64_t* memory, const cell_plan& plan, std::uint16_t number,
                            measured_series& series) noexcept {
    auto* const cell = reinterpret_cast<metric_cell*>(memory);
    cell->kind = plan.kind;
    cell->loses_labels = plan.exemplars != 0 && loses_labels(series, number);
    cell->plan = number;
    cell->words = static_cast<std::uint32_t>(words_of(plan));
    cell->series = &series;
    cell->skip.store_relaxed(1);
    if (plan.kind == cell_kind::histogram) {
        auto& h = static_cast<histogram_cell&>(*cell);
        h.table = &plan.table->table();
        h.copy_words = sizeof(histogram_cell::copy) / 8 + h.table->bound_count + 1;
        for (std::uint32_t epoch : {0u, 1u}) h.of(epoch).totals.empty();
    } else if (plan.kind == cell_kind::exponential) {
        auto& e = static_cast<exponential_cell&>(*cell);
        e.size = plan.max_size;
        e.copy_words = static_cast<std::uint32_t>(sizeof(exponential_cell::copy) / 8 + plan.max_size);
        for (std::uint32_t epoch : {0u, 1u}) {
            e.of(epoch).totals.empty();
            e.of(epoch).scale.store_relaxed(plan.max_scale);
        }
    }
    return cell;
}

// Cells of any kind, one behind the other. They never move; the collection walks them while the thread adds
// more.
class cell_arena {
public:
    cell_arena() = default;
    cell_arena(const cell_arena&) = delete;
    cell_arena& operator=(const cell_arena&) = delete;
    ~cell_arena() {
        for (chunk* c = first_.load_relaxed(); c;) {
            chunk* const next = c->next.load_relaxed();
            unmap_pages(c, c->mapped);
            c = next;
        }
    }

    // A cell of the plan. Throws where memory is short.
    metric_cell* make(const cell_plan& plan, std::uint16_t number, measured_series& series) {
        std::uint64_t* const memory = reserve(words_of(plan));
        if (!memory) throw std::bad_alloc();
        metric_cell* const made = lay_out(memory, plan, number, series);
        publish(words_of(plan));
        return made;
    }

    // Memory that is no cell, for as long as the arena.
    std::uint64_t* raw(std::size_t words) noexcept {
        std::uint64_t* const at = reserve(words + header_words);
        if (!at) return nullptr;
        auto* const cell = reinterpret_cast<metric_cell*>(at);
        cell->words = static_cast<std::uint32_t>(words + header_words);
        cell->kind = cell_kind::none;
        publish(words + header_words);
        return at + header_words;
    }

    template <class Each>
    void each(Each&& visit) const {
        for (const chunk* c = first_.load_acquire(); c; c = c->next.load_acquire()) {
            const std::size_t used = c->used.load_acquire();
            for (std::size_t at = 0; at < used;) {
                auto* const cell = reinterpret_cast<metric_cell*>(const_cast<chunk*>(c)->words() + at);
                at += cell->words;
                visit(*cell);
            }
        }
    }

private:
    struct chunk {
        atomic<chunk*> next;
        std::size_t mapped;
        std::size_t capacity; // words
        atomic<std::size_t> used;
        std::uint64_t* words() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
    };
    static constexpr std::size_t header_words = sizeof(metric_cell) / 8;

    // Zeroed memory of so many words, or null. It becomes visible to each() when it is published.
    std::uint64_t* reserve(std::size_t words) noexcept {
        if (!last_ || last_->capacity - last_->used.load_relaxed() < words) {
            const std::size_t wanted = sizeof(chunk) + words * 8;
            const std::size_t size =
                wanted > next_bytes_ ? (wanted + 4095) & ~std::size_t{4095} : next_bytes_;
            auto* const fresh = static_cast<chunk*>(map_pages(size, on_fork::wipe));
            if (!fresh) return nullptr;
            if (next_bytes_ < (256 << 10)) next_bytes_ *= 2;
            fresh->mapped = size;
            fresh->capacity = (size - sizeof(chunk)) / 8;
            // Release, for the acquires of each(): they publish the chunk, which is empty.
            if (last_)
                last_->next.store_release(fresh);
            else
                first_.store_release(fresh);
            last_ = fresh;
        }
        return last_->words() + last_->used.load_relaxed();
    }
    // The cell that was laid out there. Release: whoever sees the count sees the cell.
    void publish(std::size_t words) noexcept {
        last_->used.store_release(last_->used.load_relaxed() + words);
    }

    atomic<chunk*> first_;  // a thread that has set gauges alone is collected from and has none
    chunk* last_ = nullptr; // the owner's
    std::size_t next_bytes_ = 4096;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
