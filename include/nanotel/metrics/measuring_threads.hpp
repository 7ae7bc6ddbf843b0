// SPDX-License-Identifier: MIT
// The threads that measure: what each measures into, and what those leave behind that end. For the sdk.
#pragma once

#include <nanotel/metrics/instrument_registry.hpp>
#include <nanotel/metrics/thread_metrics.hpp>

#include <utility> // exchange

namespace nanotel::inline NANOTEL_ABI::detail {

// Belongs to the metric_store, under whose lock all of it is.
class measuring_threads {
public:
    // What was measured before is nothing to those who ask from now on; their threads free it.
    void begin(std::uint32_t start) {
        for (auto& thread : threads_) outdated_.push_back(std::move(thread));
        threads_.clear();
        finished_.clear();
        start_ = start;
    }
    // The number of the start.
    std::uint32_t start() const noexcept { return start_; }

    // In a forked child: what the parent's threads may have been in the middle of changing.
    struct remains {
        std::vector<std::unique_ptr<thread_metrics>> threads;
        std::vector<std::unique_ptr<thread_metrics>> finished;
        std::vector<std::unique_ptr<thread_metrics>> outdated;
    };
    remains leave_behind() noexcept {
        return {std::move(threads_), std::move(finished_), std::move(outdated_)};
    }

    // With those that their threads have given up.
    void list(std::vector<thread_metrics*>& into) const {
        into.clear();
        for (const auto* const list : {&threads_, &finished_})
            for (const auto& thread : *list) into.push_back(thread.get());
    }

    // Every thread finds nothing at its next measurement, and asks again.
    void ask_again() noexcept {
        for (const auto& thread : threads_) thread->owner->measured.cell_count.store_relaxed(0);
    }
    // Addresses of label keys may be those of others from now on, if modules were unloaded since the last
    // call: no thread finds a set by them before it has been here.
    void forget_addresses(std::uint32_t unloaded) noexcept {
        if (std::exchange(unloaded_, unloaded) != unloaded) ask_again();
    }

    // Of all; returns the one of before.
    std::uint32_t change_epochs() noexcept {
        const std::uint32_t before = epoch_++;
        // Sequentially consistent, for threads that fence their turns themselves: either they see the new
        // epoch, or the collection, which looks at their turns after it, sees an odd one. The others are
        // fenced from there.
        for (const auto& thread : threads_) thread->owner->measured.epoch.store_seq_cst(epoch_);
        return before;
    }
    void fence_turns(bool by_threads) noexcept {
        fences_turns_ = by_threads ? 1 : 0;
        for (const auto& thread : threads_) thread->owner->measured.fences_turns.store_seq_cst(fences_turns_);
    }

    // What the calling thread measures into. Throws where memory is short.
    thread_metrics& of(thread_state& thread, const instrument_registry& registry,
                       const std::shared_ptr<start_memory>& memory) {
        thread_measurements& measured = thread.measured;
        thread_metrics* const old = measured.metrics;
        const bool is_present = old && old->start == start_;
        if (is_present && registry.gone() - old->gone_before < 256 + old->by_series.size() / 2) {
            if (std::exchange(old->unloaded, unloaded_) != unloaded_) old->forget_label_sets();
            return *old;
        }
        // First what may throw: the thread goes on with what it has.
        auto made = std::make_unique<thread_metrics>();
        threads_.reserve(threads_.size() + 1);
        finished_.reserve(finished_.size() + 1);
        made->start = start_;
        made->owner = &thread;
        made->memory = memory;
        made->gone_before = registry.gone();
        made->unloaded = unloaded_;
        // Most of what it has may be idle series: the collection takes all of it, as of a thread that ends.
        if (is_present)
            for (auto& entry : threads_)
                if (entry.get() == old) {
                    finished_.push_back(std::move(entry));
                    entry = std::move(threads_.back());
                    threads_.pop_back();
                    break;
                }
        thread_metrics& result = *made;
        threads_.push_back(std::move(made));
        measured.cell_count.store_relaxed(0);
        measured.cells = nullptr;
        measured.label_sets = nullptr;
        measured.epoch.store_relaxed(epoch_);
        measured.fences_turns.store_relaxed(fences_turns_);
        measured.exemplar_word = registry.settings().filter == exemplar_filter::always_on ? &every_measurement
                                 : registry.settings().filter == exemplar_filter::always_off
                                     ? &no_measurement
                                     : &thread.context.word;
        measured.metrics = &result;
        for (auto& entry : outdated_)
            if (entry.get() == old) {
                entry = std::move(outdated_.back());
                outdated_.pop_back();
                break;
            }
        return result;
    }

    // What threads have left behind to begin anew, without what was idle.
    std::vector<std::unique_ptr<thread_metrics>> take_finished() noexcept {
        return std::exchange(finished_, {});
    }

    // Takes what a thread that has ended leaves behind, or null.
    std::unique_ptr<thread_metrics> take(thread_state& thread) noexcept {
        thread_measurements& measured = thread.measured;
        thread_metrics* const left = measured.metrics;
        // Not `interrupting`, which goes on, and which stats() may be reading.
        measured.cell_count.store_relaxed(0);
        measured.turn.store_relaxed(0);
        measured.cells = nullptr;
        measured.exemplar_word = nullptr;
        measured.label_sets = nullptr;
        measured.metrics = nullptr;
        measured.busy = 0;
        for (auto* const list : {&threads_, &outdated_})
            for (auto& entry : *list)
                if (entry.get() == left) {
                    std::unique_ptr<thread_metrics> taken = std::move(entry);
                    entry = std::move(list->back());
                    list->pop_back();
                    if (list == &outdated_) return nullptr; // of before this start
                    return taken;
                }
        return nullptr;
    }

private:
    std::uint32_t start_ = 0;
    std::uint32_t epoch_ = 0; // see metrics/histogram_cell.hpp
    std::uint32_t fences_turns_ = 0;
    std::uint32_t unloaded_ = 0; // see forget_addresses
    std::vector<std::unique_ptr<thread_metrics>> threads_;
    std::vector<std::unique_ptr<thread_metrics>> finished_; // given up by their threads, not yet taken
    std::vector<std::unique_ptr<thread_metrics>> outdated_; // of before this start; their threads free them
};

} // namespace nanotel::inline NANOTEL_ABI::detail
