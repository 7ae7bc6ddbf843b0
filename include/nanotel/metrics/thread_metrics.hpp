// SPDX-License-Identifier: MIT
// All that one thread measures into: its cells, the way from slots and label sets to them. For the sdk.
#pragma once

#include <nanotel/core/platform.hpp>
#include <nanotel/metrics/metric_stream.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Cells of any kind, one behind the other. They never move; the collection walks them while the thread adds
// more.
class cell_arena {
public:
    cell_arena() = default;
    cell_arena(const cell_arena&) = delete;
    cell_arena& operator=(const cell_arena&) = delete;
    ~cell_arena() {
        for (chunk* c = first_; c;) {
            chunk* const next = c->next.load_relaxed();
            unmap_pages(c, c->mapped);
            c = next;
        }
    }

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
            if (last_)
                last_->next.store_release(fresh); // publishes the chunk, which is empty
            else
                first_ = fresh;
            last_ = fresh;
            bytes_ += size;
        }
        return last_->words() + last_->used.load_relaxed();
    }
    // The cell that was laid out there. Release: whoever sees the count sees the cell.
    void publish(std::size_t words) noexcept {
        last_->used.store_release(last_->used.load_relaxed() + words);
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
        for (const chunk* c = first_; c; c = c->next.load_acquire()) {
            const std::size_t used = c->used.load_acquire();
            for (std::size_t at = 0; at < used;) {
                auto* const cell = reinterpret_cast<metric_cell*>(const_cast<chunk*>(c)->words() + at);
                at += cell->words;
                visit(*cell);
            }
        }
    }
    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct chunk {
        atomic<chunk*> next;
        std::size_t mapped;
        std::size_t capacity; // words
        atomic<std::size_t> used;
        std::uint64_t* words() noexcept { return reinterpret_cast<std::uint64_t*>(this + 1); }
    };
    static constexpr std::size_t header_words = sizeof(metric_cell) / 8;

    chunk* first_ = nullptr; // written once before the arena is shown to a collection
    chunk* last_ = nullptr;  // the owner's
    std::size_t next_bytes_ = 4096;
    std::size_t bytes_ = 0;
};

inline std::size_t words_of(const cell_plan& plan) noexcept {
    switch (plan.kind) {
    case cell_kind::histogram:
        return (sizeof(histogram_cell) + 2 * sizeof(histogram_cell::copy)) / 8 +
               2 * (plan.table->table().bound_count + std::size_t{1});
    case cell_kind::exponential:
        return (sizeof(exponential_cell) + 2 * sizeof(exponential_cell::copy)) / 8 +
               2 * std::size_t{plan.max_size};
    default:
        return sizeof(metric_cell) / 8;
    }
}

// Lays a cell out in zeroed memory.
inline metric_cell* lay_out(std::uint64_t* memory, const cell_plan& plan, std::uint16_t number,
                            measured_series& series) noexcept {
    auto* const cell = reinterpret_cast<metric_cell*>(memory);
    cell->kind = plan.kind;
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

// What the cells of one start lead to. A thread that is held up in the middle of a measurement may come back
// to it much later, so it lives as long as what any thread measured in that start.
struct start_memory {
    std::deque<bucket_table_storage> tables;
    cell_arena gauges; // which all threads share
    exemplar_reservoir* reservoirs = nullptr;
    exemplar_reservoir* spare_reservoirs = nullptr; // of cells that are gone

    start_memory() = default;
    start_memory(const start_memory&) = delete;
    start_memory& operator=(const start_memory&) = delete;
    ~start_memory() {
        while (reservoirs) {
            exemplar_reservoir* const next = reservoirs->next;
            std::free(reservoirs);
            reservoirs = next;
        }
    }
};

// Made by its thread under the lock of the store. The thread alone changes it, but for what the collection
// empties in the cells.
struct thread_metrics {
    std::uint32_t start = 0; // the number of the start it was made in; another one's is of no use any more
    thread_state* owner = nullptr;
    std::shared_ptr<start_memory> memory;
    std::size_t gone_before = 0; // series that the store had let go when this was made
    cell_arena cells;
    // Of an instrument with one plan; with more of them, as many cells in a row.
    std::unordered_map<measured_series*, std::vector<metric_cell*>> by_series;
    std::vector<metric_cell*> by_slot; // what thread_measurements::cells shows
    // By slot: what the short way cannot write to. Points into by_series.
    std::vector<const std::vector<metric_cell*>*> indirect;
    std::vector<label_set_slot> label_sets;
    std::size_t label_set_count = 0;
    std::vector<std::unique_ptr<std::uint64_t[]>> label_set_memory;

    // Beyond it the cache of label sets begins anew: it may hold sets that share the overflow.
    static constexpr std::size_t most_label_sets = 16'384;

    // Throws where memory is short, and remembers nothing then. A signal handler that looks for a set
    // meanwhile finds none, and no table that is freed.
    void remember(const label_set& set, metric_cell* cell, std::uint32_t slot, std::uint64_t hash) {
        owner->measured.label_sets = nullptr;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        add(set, cell, slot, hash);
        owner->measured.label_set_mask = label_sets.size() - 1;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        owner->measured.label_sets = label_sets.data();
    }

private:
    void add(const label_set& set, metric_cell* cell, std::uint32_t slot, std::uint64_t hash) {
        if (label_set_count == most_label_sets) {
            label_sets.clear();
            label_set_memory.clear();
            label_set_count = 0;
            chunk_words_left_ = 0;
        }
        if ((label_set_count + 1) * 2 > label_sets.size()) {
            std::vector<label_set_slot> larger(label_sets.empty() ? 16 : label_sets.size() * 2);
            for (const label_set_slot& old : label_sets)
                if (old.set) place(larger, old);
            label_sets = std::move(larger);
        }
        const std::size_t words = sizeof(cached_label_set) / 8 + set.packed_words;
        if (chunk_words_left_ < words) {
            const std::size_t chunk = words > 512 ? words : 512;
            label_set_memory.push_back(std::make_unique<std::uint64_t[]>(chunk));
            chunk_ = label_set_memory.back().get();
            chunk_words_left_ = chunk;
        }
        auto* const made = new (chunk_) cached_label_set{cell, set.keys, slot, set.packed_words};
        std::memcpy(static_cast<void*>(made + 1), set.packed, set.packed_words * 8);
        chunk_ += words;
        chunk_words_left_ -= words;
        place(label_sets, {hash, made});
        ++label_set_count;
    }

    static void place(std::vector<label_set_slot>& table, const label_set_slot& entry) noexcept {
        std::size_t i = entry.hash;
        while (table[i & (table.size() - 1)].set) ++i;
        table[i & (table.size() - 1)] = entry;
    }
    std::uint64_t* chunk_ = nullptr;
    std::size_t chunk_words_left_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
