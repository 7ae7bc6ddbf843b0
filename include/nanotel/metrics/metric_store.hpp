// SPDX-License-Identifier: MIT
// The long way of a measurement to its cell, and what the collection finds there. For the sdk.
#pragma once

#include <nanotel/metrics/cell_writing.hpp>
#include <nanotel/metrics/measuring_threads.hpp>
#include <nanotel/metrics/observable.hpp>
#include <nanotel/metrics/rejected_measurements.hpp>

#include <mutex>

namespace nanotel::inline NANOTEL_ABI::detail {

// Lives as long as the process. All members are thread-safe unless they say otherwise.
class metric_store {
public:
    explicit metric_store(site_registry& sites) noexcept : registry_(sites) {}

    // -- the life of the telemetry

    // What was measured before is forgotten; slots of before are not valid any more. Nothing collects now.
    void begin(std::uint32_t start, stream_settings settings, std::uint64_t (*clock)() noexcept) {
        auto memory = std::make_shared<start_memory>();
        static_cast<void>(overflow_sections()); // made by now: a fork in the middle of it would be its end
        const std::lock_guard lock(mutex_);
        leave_behind();
        memory_ = std::move(memory);
        registry_.begin(start, std::move(settings), memory_->tables);
        clock_ = clock;
        began_unix_ns_ = now();
        threads_.begin(start);
        running_ = true;
    }
    // Every thread asks again at its next measurement, and is told that nothing measures.
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        running_ = false;
        threads_.ask_again();
    }

    // -- fork: see pipeline/fork.hpp

    bool try_lock() noexcept { return mutex_.try_lock(); }
    void unlock() noexcept { mutex_.unlock(); }
    // In the child, which has the lock. What the parent measured is the parent's; the next begin puts it
    // aside.
    void enter_child() noexcept {
        running_ = false;
        heard_ = nullptr;
        of_parent_ = true;
        rejected.clear();
    }

    std::uint64_t now() const noexcept { return clock_ ? clock_() : clock_nanoseconds(CLOCK_REALTIME); }
    rejected_measurements rejected;
    // Fixed from begin to the next.
    std::uint64_t forget_after_ns() const noexcept { return registry_.settings().forget_after_ns; }
    // A trace of which every destination's ratio leaves nothing.
    bool leads_nowhere(const trace_id& trace) const noexcept {
        return trace.is_valid() && !registry_.settings().exported.keeps(randomness_of(trace));
    }
    bool wants_traces() const noexcept { return registry_.settings().filter == exemplar_filter::trace_based; }

    // Labels as the processor wants them. Throws what it throws.
    std::string as_sent(const std::string& sections) const {
        std::string processed;
        return std::string(registry_.as_sent(sections, processed));
    }

    // -- the long way

    void measure(instrument_state& instrument, std::uint32_t index, std::uint64_t bits) noexcept {
        const std::uint32_t known = instrument.slot.load_relaxed() + index;
        long_way(
            instrument, bits, {nullptr, 0, instrument.domain_count, instrument.domains, index},
            [&](const thread_metrics& mine) { return mine.find_indirect(known); },
            [&](thread_metrics& mine) {
                const std::uint32_t slot = slot_of(instrument) + index;
                return &mine.find(slot, registry_.series_at(slot, now()));
            });
    }

    void measure_labelled(instrument_state& instrument, const label_set& set, std::uint64_t bits) noexcept {
        long_way(
            instrument, bits, {set.sections, set.size},
            [&](const thread_metrics& mine) { return mine.find_remembered(set); },
            [&](thread_metrics& mine) {
                const std::uint32_t slot = slot_of(instrument);
                known_instrument& known = registry_.instrument_at(slot);
                const auto& cells = mine.cells_of(registry_.series_of(known, set, now()));
                mine.show(slot, nullptr);
                // Not where the instrument had another slot when the labels were hashed: the next time.
                if (set.cacheable && set.slot == slot) mine.remember(set, cells, known.direct, slot);
                return &cells;
            });
    }

    void measure_bound(const bound_state& bound, std::uint64_t bits) noexcept {
        instrument_state& instrument = *bound.instrument;
        // Which series it is for could not be kept: none is better than a wrong one.
        if (bound.labelled && !bound.labels.any()) {
            rejected.out_of_memory.fetch_add_relaxed(1);
            return;
        }
        const std::uint32_t known = bound.slot.load_relaxed();
        const auto find = [&](thread_metrics& mine) {
            std::uint32_t slot = bound.slot.load_relaxed();
            if (!registry_.is_valid(slot)) {
                slot = slot_of(instrument);
                slot = bound.labelled ? registry_.slot_of(registry_.series_of(registry_.instrument_at(slot),
                                                                              bound.labels.set(), now()))
                                      : slot + bound.index;
                bound.slot.store_relaxed(slot);
            }
            return &mine.find(slot, registry_.series_at(slot, now()));
        };
        long_way(
            instrument, bits, bound.measured(),
            [&](const thread_metrics& mine) { return mine.find_indirect(known); }, find);
    }

    void take_exemplar(thread_state& thread, metric_cell& cell, std::uint32_t bucket, std::uint64_t bits,
                       const measured_labels* labels) noexcept {
        if (thread.measured.busy != 0) return;
        thread.measured.busy = 1;
        cell.skip.store_relaxed(1);
        owned_labels kept = labels ? copy_of(*labels) : nullptr;
        if (!cell.reservoir.load_acquire()) make_reservoir(*thread.measured.metrics, cell);
        if (exemplar_reservoir* const reservoir = cell.reservoir.load_acquire();
            reservoir && reservoir->try_lock()) {
            kept = reservoir->put(thread.context, bits, now(), bucket, thread.ids, std::move(kept));
            const std::uint32_t skip = reservoir->draw_skip(thread.ids);
            reservoir->unlock();
            cell.skip.store_relaxed(skip);
        }
        kept.reset();
        thread.measured.busy = 0;
    }

    bool add_negative_buckets(thread_state& thread, metric_cell& cell) noexcept {
        auto& exponential = static_cast<exponential_cell&>(cell);
        // A signal handler that comes now must not use the arena too.
        if (thread.measured.busy != 0) {
            thread.measured.interrupting.add_by_owner(1);
            return false;
        }
        thread.measured.busy = 1;
        std::uint64_t* const memory = thread.measured.metrics->cells.raw(2 * std::size_t{exponential.size});
        thread.measured.busy = 0;
        if (!memory) {
            rejected.out_of_memory.fetch_add_relaxed(1);
            return false;
        }
        auto* const counts = reinterpret_cast<atomic<std::uint64_t>*>(memory);
        exponential.of(0).negatives.store_release(counts);
        exponential.of(1).negatives.store_release(counts + exponential.size);
        return true;
    }

    // The instrument of a callback that runs; valid until the next begin. Throws where memory is short.
    known_instrument& known(instrument_state& instrument) {
        metric_complaints heard;
        const std::lock_guard lock(mutex_);
        return registry_.instrument_at(registry_.slot_of(instrument, heard.texts));
    }
    // The series of an observed number, for the collection, in each metric of its instrument.
    template <class Each>
    void observed(const known_instrument& instrument, std::string_view sections, bool complete, Each&& each) {
        const std::lock_guard lock(mutex_);
        std::string processed;
        const std::vector<label_section> labels = sort_sections(registry_.as_sent(sections, processed));
        for (metric_stream* const stream : instrument.streams)
            // What is observed is a sum since the process began, or since we can tell.
            each(*stream, stream->series_of(labels, complete, began_unix_ns_));
    }

    // -- the collection, see metrics/metric_collection.hpp

    struct snapshot {
        std::vector<thread_metrics*> threads; // with those that their threads have given up
        std::vector<metric_stream*> streams;  // those of a scope in a row
        bool histograms;
        bool exemplars;
    };

    // Of all threads that measure, where there are histograms; returns the one of before. The threads of the
    // snapshot are those whose epochs were changed, no more and no less: one that is new since the last look
    // would be left in its old copy, which nobody empties before the next change but one, and a histogram
    // that is new since then would be emptied of the copy that is being written to.
    std::uint32_t change_epochs(snapshot& seen) {
        const std::lock_guard lock(mutex_);
        list_threads(seen);
        return seen.histograms ? threads_.change_epochs() : 0;
    }
    void fence_turns(bool by_threads) noexcept {
        const std::lock_guard lock(mutex_);
        threads_.fence_turns(by_threads);
    }

    // See measuring_threads.
    void forget_addresses(std::uint32_t unloaded) noexcept {
        const std::lock_guard lock(mutex_);
        threads_.forget_addresses(unloaded);
    }

    // What there is now; new series become the collection's. Only while the collection holds its own lock.
    void look(snapshot& into) {
        const std::lock_guard lock(mutex_);
        list_threads(into);
        into.exemplars = memory_->has_reservoirs();
        into.streams.clear();
        for (const auto& stream : registry_.streams()) {
            // Not std::stable_sort, which allocates, and with libstdc++ by what is deprecated.
            into.streams.insert(std::upper_bound(into.streams.begin(), into.streams.end(), stream.get(),
                                                 [](const metric_stream* a, const metric_stream* b) {
                                                     return a->described.scope < b->described.scope;
                                                 }),
                                stream.get());
            for (auto& series : stream->fresh) stream->series.push_back(std::move(series));
            stream->fresh.clear();
        }
    }
    // The cells that all threads share. Under the lock, since one that is free is laid out anew.
    template <class Each>
    void each_gauge(Each&& each) {
        const std::lock_guard lock(mutex_);
        memory_->each_gauge(each);
    }

    // A series for what still comes of one that was let go.
    void revive(measured_series& measured) {
        const std::lock_guard lock(mutex_);
        registry_.revive(measured);
    }
    // The series is idle: see instrument_registry.
    void let_go(metric_stream& stream, std::size_t at) {
        const std::lock_guard lock(mutex_);
        const std::unique_ptr<stream_series> idle = registry_.let_go(stream, at);
        idle->each_measured([&](measured_series& measured) { forget_unused(measured); });
    }

    // What threads have left behind to begin anew, without what was idle.
    std::vector<std::unique_ptr<thread_metrics>> take_finished() noexcept {
        const std::lock_guard lock(mutex_);
        return threads_.take_finished();
    }
    // Takes what a thread that has ended leaves behind, or null.
    std::unique_ptr<thread_metrics> take(thread_state& thread) noexcept {
        const std::lock_guard lock(mutex_);
        return threads_.take(thread);
    }

    // After its cells were taken: nobody writes to them any more.
    void release(std::unique_ptr<thread_metrics> done) noexcept {
        const std::lock_guard lock(mutex_);
        done->cells.each([&](metric_cell& cell) { memory_->give_up_reservoir(cell); });
        for (const auto& [measured, cells] : done->by_series) {
            --measured->threads;
            forget_unused(*measured);
        }
    }

private:
    // `find_known` finds what the thread has used before, and `find_cells` all, under the lock.
    template <class Known, class Find>
    void long_way(const instrument_state& instrument, std::uint64_t bits, const measured_labels& labels,
                  Known&& find_known, Find&& find_cells) noexcept {
        thread_state* const thread = this_thread();
        if (!thread) return;
        thread_measurements& measured = thread->measured;
        if (measured.busy != 0 || is_interrupted(*thread)) return measured.interrupting.add_by_owner(1);
        metric_complaints heard; // said last, to an application that may record
        const change_of_thread measuring(*thread);
        measured.busy = 1;
        try {
            const thread_metrics* const known = measured.metrics;
            std::span<metric_cell* const> cells;
            if (known && measured.cell_count.load_relaxed() != 0) cells = find_known(*known);
            if (cells.empty()) {
                const std::lock_guard lock(mutex_);
                if (running_) {
                    heard_ = &heard.texts;
                    cells = *find_cells(threads_.of(*thread, registry_, memory_));
                    heard_ = nullptr;
                }
            }
            measured.busy = 0; // the rest is as the short way: it may ask for buckets or a reservoir itself
            for (metric_cell* const cell : cells) put_in_any_cell(*thread, *cell, instrument, bits, labels);
        } catch (...) {
            rejected.out_of_memory.fetch_add_relaxed(1);
        }
        measured.busy = 0;
    }

    // -- under the lock

    void list_threads(snapshot& into) const {
        threads_.list(into.threads);
        into.histograms = registry_.has_histograms();
    }

    std::uint32_t slot_of(instrument_state& instrument) { return registry_.slot_of(instrument, *heard_); }

    // Of a series that was let go: when no thread has cells of it either, nothing leads to it any more.
    void forget_unused(measured_series& measured) noexcept {
        if (measured.threads != 0 || !registry_.is_forgotten(measured)) return;
        for (metric_cell* const gauge : measured.gauges)
            if (gauge) memory_->give_up_gauge(*gauge);
        registry_.forget(measured);
    }

    void make_reservoir(const thread_metrics& mine, metric_cell& cell) noexcept {
        // Not waited for: the next measurement asks again.
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock) return;
        if (mine.start == threads_.start()) // else what the cell leads to is gone
            memory_->give_reservoir(cell);
    }

    // What is in the middle of a change cannot be destroyed, and what is not read is not copied by the
    // system.
    struct remains {
        instrument_registry::remains instruments;
        measuring_threads::remains threads;
        std::shared_ptr<start_memory> memory;
        remains* older; // of the parent's parent
    };

    void leave_behind() {
        if (!of_parent_) return;
        left_behind_ =
            new remains{registry_.leave_behind(), threads_.leave_behind(), std::move(memory_), left_behind_};
        of_parent_ = false;
    }

    instrument_registry registry_;
    measuring_threads threads_;
    std::mutex mutex_;
    bool running_ = false;
    std::uint64_t (*clock_)() noexcept = nullptr;
    std::uint64_t began_unix_ns_ = 0;
    std::vector<std::string>* heard_ = nullptr; // the complaints of whoever holds the lock
    std::shared_ptr<start_memory> memory_;      // null before the first start
    bool of_parent_ = false;                    // all this, in a child that has not begun yet
    remains* left_behind_ = nullptr;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
