// SPDX-License-Identifier: MIT
// The long way of a measurement to its cell, and what the threads measure into. For the sdk.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/metrics/instrument_registry.hpp>
#include <nanotel/metrics/observable.hpp>
#include <nanotel/metrics/thread_metrics.hpp>

#include <mutex>
#include <utility> // exchange

namespace nanotel::inline NANOTEL_ABI::detail {

// What was measured and is in no series, since the first start.
struct rejected_measurements {
    atomic<std::uint64_t> invalid;       // negative adds to counters, amounts that are not finite
    atomic<std::uint64_t> not_finite;    // of histograms
    atomic<std::uint64_t> out_of_memory; // no cell could be had
};

// Said when it goes, after the lock is released: the handler of diagnostics is the application's.
struct metric_complaints {
    std::vector<std::string> texts;
    ~metric_complaints() {
        // Each is a subject of its own, so that one does not hold back another.
        for (const std::string& text : texts) diagnose(diagnostic_level::warning, text, text);
    }
};

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
        forget_all();
        memory_ = std::move(memory);
        registry_.begin(start, std::move(settings), memory_->tables);
        clock_ = clock;
        began_unix_ns_ = now();
        start_ = start;
        running_ = true;
    }
    // Every thread asks again at its next measurement, and is told that nothing measures.
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        running_ = false;
        for (const auto& thread : threads_) thread->owner->measured.cell_count.store_relaxed(0);
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
        rejected.invalid.store_relaxed(0);
        rejected.not_finite.store_relaxed(0);
        rejected.out_of_memory.store_relaxed(0);
    }

    std::uint64_t now() const noexcept { return clock_ ? clock_() : clock_nanoseconds(CLOCK_REALTIME); }
    rejected_measurements rejected;
    // Fixed from begin to the next.
    std::uint64_t forget_after_ns() const noexcept { return registry_.settings().forget_after_ns; }

    // -- the long way

    void measure(instrument_state& instrument, std::uint32_t index, std::uint64_t bits) noexcept {
        const std::uint32_t known = instrument.slot.load_relaxed() + index;
        long_way(
            instrument, bits, [&](const thread_metrics& mine) { return mine.find_indirect(known); },
            [&](thread_metrics& mine) {
                const std::uint32_t slot = slot_of(instrument) + index;
                return &mine.find(slot, registry_.series_at(slot, now()));
            });
    }

    void measure_labelled(instrument_state& instrument, const label_set& set, std::uint64_t bits) noexcept {
        long_way(
            instrument, bits, [&](const thread_metrics& mine) { return mine.find_remembered(set); },
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
            instrument, bits, [&](const thread_metrics& mine) { return mine.find_indirect(known); }, find);
    }

    void reject(const instrument_state& instrument, double value) noexcept {
        rejected.invalid.fetch_add_relaxed(1);
        try {
            const bool negative = value < 0 && value - value == 0;
            const std::string which =
                "the " + std::string(to_string(instrument.kind)) + " '" + to_string(instrument.name) + "'";
            diagnose(diagnostic_level::warning, which,
                     which + " was given " + std::to_string(value) +
                         (negative ? ", and a counter only grows; use an up_down_counter. It is left out"
                                   : ", which no sum recovers from; it is left out"));
        } catch (...) { // no memory to say it; it is counted
        }
    }

    void take_exemplar(thread_state& thread, metric_cell& cell, std::uint32_t bucket,
                       std::uint64_t bits) noexcept {
        if (thread.measured.busy != 0) return;
        thread.measured.busy = 1;
        cell.skip.store_relaxed(1);
        if (!cell.reservoir.load_acquire()) make_reservoir(*thread.measured.metrics, cell);
        if (exemplar_reservoir* const reservoir = cell.reservoir.load_acquire();
            reservoir && reservoir->try_lock()) {
            reservoir->put(thread.context, bits, now(), bucket, thread.ids);
            const std::uint32_t skip = reservoir->draw_skip(thread.ids);
            reservoir->unlock();
            cell.skip.store_relaxed(skip);
        }
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
        if (!seen.histograms) return 0;
        const std::uint32_t before = epoch_++;
        // Sequentially consistent, for threads that fence their turns themselves: either they see the new
        // epoch, or the collection, which looks at their turns after it, sees an odd one. The others are
        // fenced from there.
        for (const auto& thread : threads_) thread->owner->measured.epoch.store_seq_cst(epoch_);
        return before;
    }
    void fence_turns(bool by_threads) noexcept {
        const std::lock_guard lock(mutex_);
        fences_turns_ = by_threads ? 1 : 0;
        for (const auto& thread : threads_) thread->owner->measured.fences_turns.store_seq_cst(fences_turns_);
    }

    // Addresses of label keys may be those of others from now on, if modules were unloaded since the last
    // call: no thread finds a set by them before it has been here.
    void forget_addresses(std::uint32_t unloaded) noexcept {
        const std::lock_guard lock(mutex_);
        if (std::exchange(unloaded_, unloaded) == unloaded) return;
        for (const auto& thread : threads_) thread->owner->measured.cell_count.store_relaxed(0);
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
        if (idle->measured) forget_unused(*idle->measured);
        for (measured_series* const measured : idle->revived) forget_unused(*measured);
    }

    // What threads have left behind to begin anew, without what was idle.
    std::vector<std::unique_ptr<thread_metrics>> take_finished() noexcept {
        const std::lock_guard lock(mutex_);
        return std::exchange(finished_, {});
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

    // Takes what a thread that has ended leaves behind, or null.
    std::unique_ptr<thread_metrics> take(thread_state& thread) noexcept {
        const std::lock_guard lock(mutex_);
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
    // `find_known` finds what the thread has used before, and `find_cells` all, under the lock.
    template <class Known, class Find>
    void long_way(const instrument_state& instrument, std::uint64_t bits, Known&& find_known,
                  Find&& find_cells) noexcept {
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
                    cells = *find_cells(metrics_of(*thread));
                    heard_ = nullptr;
                }
            }
            measured.busy = 0; // the rest is as the short way: it may ask for buckets or a reservoir itself
            for (metric_cell* const cell : cells) put(*thread, *cell, instrument, bits);
        } catch (...) {
            rejected.out_of_memory.fetch_add_relaxed(1);
        }
        measured.busy = 0;
    }

    static void put(thread_state& thread, metric_cell& cell, const instrument_state& instrument,
                    std::uint64_t bits) noexcept {
        const bool integer = instrument.integer && instrument.kind != instrument_kind::histogram;
        switch (cell.kind) {
        case cell_kind::integer_sum:
            return add_to_cell<true>(thread, cell, bits);
        case cell_kind::double_sum:
            return add_to_cell<false>(thread, cell, bits);
        case cell_kind::gauge:
            return set_cell(thread, cell, bits);
        case cell_kind::histogram:
        case cell_kind::exponential:
            return record_in_cell(thread, cell,
                                  integer ? static_cast<double>(static_cast<std::int64_t>(bits))
                                          : __builtin_bit_cast(double, bits));
        case cell_kind::none:
            return;
        }
    }

    // -- under the lock

    void list_threads(snapshot& into) const {
        into.threads.clear();
        for (const auto* const list : {&threads_, &finished_})
            for (const auto& thread : *list) into.threads.push_back(thread.get());
        into.histograms = registry_.has_histograms();
    }

    thread_metrics& metrics_of(thread_state& thread) {
        thread_measurements& measured = thread.measured;
        thread_metrics* const old = measured.metrics;
        const bool is_present = old && old->start == start_;
        if (is_present && registry_.gone() - old->gone_before < 256 + old->by_series.size() / 2) {
            if (std::exchange(old->unloaded, unloaded_) != unloaded_) old->forget_label_sets();
            return *old;
        }
        // First what may throw: the thread goes on with what it has.
        auto made = std::make_unique<thread_metrics>();
        threads_.reserve(threads_.size() + 1);
        finished_.reserve(finished_.size() + 1);
        made->start = start_;
        made->owner = &thread;
        made->memory = memory_;
        made->gone_before = registry_.gone();
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
        measured.exemplar_word =
            registry_.settings().filter == exemplar_filter::always_on    ? &every_measurement
            : registry_.settings().filter == exemplar_filter::always_off ? &no_measurement
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
        if (mine.start == start_) // else what the cell leads to is gone
            memory_->give_reservoir(cell);
    }

    // What is in the middle of a change cannot be destroyed, and what is not read is not copied by the
    // system.
    struct remains {
        instrument_registry::remains instruments;
        std::vector<std::unique_ptr<thread_metrics>> threads;
        std::vector<std::unique_ptr<thread_metrics>> finished;
        std::vector<std::unique_ptr<thread_metrics>> outdated;
        std::shared_ptr<start_memory> memory;
        remains* older; // of the parent's parent
    };

    void forget_all() {
        if (of_parent_) {
            left_behind_ = new remains{registry_.leave_behind(), std::move(threads_), std::move(finished_),
                                       std::move(outdated_),     std::move(memory_),  left_behind_};
            of_parent_ = false;
        }
        for (auto& thread : threads_) outdated_.push_back(std::move(thread));
        threads_.clear();
        finished_.clear();
    }

    instrument_registry registry_;
    std::mutex mutex_;
    bool running_ = false;
    std::uint32_t start_ = 0;
    std::uint32_t epoch_ = 0; // see metrics/histogram_cell.hpp
    std::uint32_t fences_turns_ = 0;
    std::uint32_t unloaded_ = 0; // see forget_addresses
    std::uint64_t (*clock_)() noexcept = nullptr;
    std::uint64_t began_unix_ns_ = 0;
    std::vector<std::string>* heard_ = nullptr; // the complaints of whoever holds the lock
    std::vector<std::unique_ptr<thread_metrics>> threads_;
    std::vector<std::unique_ptr<thread_metrics>> finished_; // given up by their threads, not yet taken
    std::vector<std::unique_ptr<thread_metrics>> outdated_; // of before this start; their threads free them
    std::shared_ptr<start_memory> memory_;                  // null before the first start
    bool of_parent_ = false;                                // all this, in a child that has not begun yet
    remains* left_behind_ = nullptr;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
