// SPDX-License-Identifier: MIT
// All that one thread measures into: its cells, the way from slots and label sets to them. For the sdk.
#pragma once

#include <nanotel/metrics/start_memory.hpp>

#include <span>

namespace nanotel::inline NANOTEL_ABI::detail {

// Made by its thread under the lock of the store. The thread alone changes it, but for what the collection
// empties in the cells.
struct thread_metrics {
    std::uint32_t start = 0; // the number of the start it was made in; another one's is of no use any more
    thread_state* owner = nullptr;
    std::shared_ptr<start_memory> memory;
    std::size_t gone_before = 0; // series that the store had let go when this was made
    std::uint32_t unloaded = 0;  // modules, when its label sets were last looked at: see metric_store
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

    // -- the cells of a series; these throw where memory is short

    // As many as the instrument has plans. Makes them, if need be.
    const std::vector<metric_cell*>& cells_of(measured_series& series) {
        const auto [entry, is_new] = by_series.try_emplace(&series);
        std::vector<metric_cell*>& all = entry->second;
        if (is_new) ++series.threads;
        const std::vector<cell_plan>& plans = series.instrument->plans;
        all.reserve(plans.size());
        while (all.size() < plans.size()) {
            const auto number = static_cast<std::uint16_t>(all.size());
            const cell_plan& plan = plans[number];
            if (is_gauge(plan.kind)) {
                metric_cell*& shared = series.gauges[number];
                if (!shared) shared = memory->make_gauge(plan, number, series);
                all.push_back(shared);
            } else {
                all.push_back(cells.make(plan, number, series));
            }
        }
        return all;
    }

    // The same for the series of a slot, by which they are found from now on.
    const std::vector<metric_cell*>& find(std::uint32_t slot, measured_series& series) {
        const auto& all = cells_of(series);
        if (series.instrument->direct) {
            show(slot, all.front());
        } else {
            show(slot, nullptr);
            if (indirect.size() <= slot) indirect.resize(slot + std::size_t{1});
            indirect[slot] = &all;
        }
        return all;
    }
    // What the short way cannot write to; none where find() has not found it.
    std::span<metric_cell* const> find_indirect(std::uint32_t slot) const noexcept {
        if (slot >= indirect.size() || !indirect[slot]) return {};
        return *indirect[slot];
    }

    // A signal handler may measure at any moment in here: it finds the array of before or the new one.
    void show(std::uint32_t slot, metric_cell* cell) {
        thread_measurements& measured = owner->measured;
        if (by_slot.size() <= slot) {
            std::vector<metric_cell*> larger(slot + slot / 2 + std::size_t{32});
            std::copy(by_slot.begin(), by_slot.end(), larger.begin());
            measured.cells = larger.data();
            __atomic_signal_fence(__ATOMIC_SEQ_CST);
            by_slot.swap(larger);
        }
        if (cell) by_slot[slot] = cell;
        measured.cell_count.store_relaxed(static_cast<std::uint32_t>(by_slot.size()));
    }

    // -- label sets

    // Throws where memory is short, and remembers nothing then. A signal handler that looks for a set
    // meanwhile finds none, and no table that is freed.
    void remember(const label_set& set, std::span<metric_cell* const> its_cells, bool direct,
                  std::uint32_t slot) {
        owner->measured.label_sets = nullptr;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        add(set, its_cells, direct, slot);
        owner->measured.label_set_mask = label_sets.size() - 1;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        owner->measured.label_sets = label_sets.data();
    }
    // All cells of a set that was remembered, for the long way; none where it was not.
    std::span<metric_cell* const> find_remembered(const label_set& set) const noexcept {
        if (!set.cacheable || label_sets.empty()) return {};
        for (std::uint64_t i = set.hash;; ++i) {
            const auto& [hash, found] = label_sets[i & (label_sets.size() - 1)];
            if (!found) return {};
            if (hash == set.hash && found->keys == set.keys && found->slot == set.slot &&
                found->packed_words == set.packed_words &&
                std::memcmp(found->packed(), set.packed, set.packed_words * 8) == 0)
                return {found->cells, found->cell_count};
        }
    }
    // The addresses of their keys mean nothing any more.
    void forget_label_sets() noexcept {
        owner->measured.label_sets = nullptr;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        clear();
    }

private:
    void clear() noexcept {
        label_sets.clear();
        label_set_memory.clear();
        label_set_count = 0;
        chunk_words_left_ = 0;
    }

    void add(const label_set& set, std::span<metric_cell* const> its_cells, bool direct, std::uint32_t slot) {
        if (label_set_count == most_label_sets) clear();
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
        auto* const made = new (chunk_) cached_label_set{direct ? its_cells.front() : nullptr,
                                                         set.keys,
                                                         slot,
                                                         set.packed_words,
                                                         its_cells.data(),
                                                         its_cells.size()};
        std::memcpy(static_cast<void*>(made + 1), set.packed, set.packed_words * 8);
        chunk_ += words;
        chunk_words_left_ -= words;
        place(label_sets, {set.hash, made});
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
