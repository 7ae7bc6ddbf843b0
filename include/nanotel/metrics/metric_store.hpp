// SPDX-License-Identifier: MIT
// The instruments, metrics and series that there are since start, and the long way of a measurement to its
// cell. For the sdk.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/metrics/observable.hpp>
#include <nanotel/metrics/stream_builder.hpp>
#include <nanotel/metrics/thread_metrics.hpp>

#include <mutex>

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
        for (std::string& text : texts) diagnose(diagnostic_level::warning, "metrics", std::move(text));
    }
};

// Lives as long as the process. All members are thread-safe unless they say otherwise.
class metric_store {
public:
    explicit metric_store(site_registry& sites) noexcept : sites_(sites) {}

    // -- the life of the telemetry

    // What was measured before is forgotten; slots of before are not valid any more. Nothing collects now.
    void begin(std::uint32_t start, stream_settings settings, std::uint64_t (*clock)() noexcept) {
        const std::lock_guard lock(mutex_);
        forget_all();
        settings_ = std::move(settings);
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
    // In a forked child: the lock may be held for ever by a thread that is not there.
    void abandon() noexcept { abandoned_.store_relaxed(1); }

    std::uint64_t now() const noexcept { return clock_ ? clock_() : clock_nanoseconds(CLOCK_REALTIME); }
    rejected_measurements rejected;
    // Fixed from begin to the next.
    std::uint64_t forget_after_ns() const noexcept { return settings_.forget_after_ns; }

    // -- the long way

    void measure(instrument_state& instrument, std::uint32_t index, std::uint64_t bits) noexcept {
        long_way(instrument, bits, instrument.slot.load_relaxed() + index, [&](thread_metrics& mine) {
            const std::uint32_t slot = slot_of(instrument) + index;
            return find(mine, slot, series_at(slot));
        });
    }

    void measure_labelled(instrument_state& instrument, const label_set& set, std::uint64_t bits) noexcept {
        long_way(instrument, bits, no_slot, [&](thread_metrics& mine) {
            const std::uint32_t slot = slot_of(instrument);
            const auto& cells = cells_of(mine, series_of(*slots_[slot - first_slot_].instrument, set));
            show(mine, slot, nullptr);
            // Not where the instrument had another slot when the labels were hashed: the next time.
            if (set.cacheable && set.slot == slot && slots_[slot - first_slot_].instrument->direct) {
                mine.remember(set, cells.front(), slot, set.hash);
                mine.owner->measured.label_set_mask = mine.label_sets.size() - 1;
                mine.owner->measured.label_sets = mine.label_sets.data();
            }
            return &cells;
        });
    }

    void measure_bound(const bound_state& bound, std::uint64_t bits) noexcept {
        instrument_state& instrument = *bound.instrument;
        long_way(instrument, bits, bound.slot.load_relaxed(), [&](thread_metrics& mine) {
            std::uint32_t slot = bound.slot.load_relaxed();
            if (!is_valid(slot)) {
                slot = slot_of(instrument);
                slot = bound.labelled
                           ? slot_of(series_of(*slots_[slot - first_slot_].instrument, bound.labels.set()))
                           : slot + bound.index;
                bound.slot.store_relaxed(slot);
            }
            return find(mine, slot, series_at(slot));
        });
    }

    void reject(const instrument_state& instrument, double value) noexcept {
        rejected.invalid.fetch_add_relaxed(1);
        try {
            const bool negative = value < 0 && value - value == 0;
            diagnose(diagnostic_level::warning, "metrics",
                     "the " + std::string(to_string(instrument.kind)) + " '" + to_string(instrument.name) +
                         "' was given " + std::to_string(value) +
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
        if (!cell.reservoir.load_acquire()) make_reservoir(cell);
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
        if (thread.measured.busy != 0) return false;
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
        return *slots_[slot_of(instrument, heard.texts) - first_slot_].instrument;
    }
    // The series of an observed number, for the collection, in each metric of its instrument.
    template <class Each>
    void observed(const known_instrument& instrument, std::string_view sections, bool complete, Each&& each) {
        const std::lock_guard lock(mutex_);
        const std::vector<label_section> labels = sort_sections(sections);
        for (metric_stream* const stream : instrument.streams)
            // What is observed is a sum since the process began, or since we can tell.
            each(*stream, stream->series_of(labels, complete, began_unix_ns_));
    }

    // -- the collection, see metrics/metric_collection.hpp

    struct snapshot {
        std::vector<thread_metrics*> threads;
        std::vector<metric_stream*> streams; // those of a scope in a row
        bool histograms;
        bool exemplars;
    };
    // What there is now; new series become the collection's. Only while the collection holds its own lock.
    void look(snapshot& into) {
        const std::lock_guard lock(mutex_);
        into.threads.clear();
        for (const auto& thread : threads_) into.threads.push_back(thread.get());
        into.histograms = histograms_;
        into.exemplars = reservoirs_ != nullptr;
        into.streams.clear();
        for (const auto& stream : streams_) {
            into.streams.push_back(stream.get());
            for (auto& series : stream->fresh) stream->series.push_back(std::move(series));
            stream->fresh.clear();
        }
        std::stable_sort(into.streams.begin(), into.streams.end(),
                         [](const metric_stream* a, const metric_stream* b) {
                             return a->described.scope < b->described.scope;
                         });
    }
    // The cells that all threads share. Under the lock, since one that is free is laid out anew.
    template <class Each>
    void each_gauge(Each&& each) {
        const std::lock_guard lock(mutex_);
        gauges_->each(each);
    }

    // A series for what still comes of one that was let go.
    void revive(measured_series& measured) {
        const std::lock_guard lock(mutex_);
        const std::vector<label_section> labels = split_sections(measured.labels);
        const bool overflow = measured.labels == overflow_sections();
        for (std::size_t i = 0; i < measured.targets.size(); ++i)
            measured.targets[i] = &measured.instrument->streams[i]->series_of(labels, !overflow, now());
        stream_series& target = *measured.targets.front();
        if (target.measured)
            target.revived.push_back(&measured);
        else
            target.measured = &measured;
        measured.gone = false;
    }

    // A series that no reader has had anything of for long: its place is free. The cells stay with their
    // threads until enough of them are idle.
    std::unique_ptr<stream_series> let_go(metric_stream& stream, std::size_t at) noexcept {
        const std::lock_guard lock(mutex_);
        std::unique_ptr<stream_series> idle = std::move(stream.series[at]);
        stream.series[at] = std::move(stream.series.back());
        stream.series.pop_back();
        stream.by_labels.erase(idle->labels.sections);
        const auto leave = [&](measured_series& measured) {
            measured.targets.front() = nullptr;
            measured.labels = idle->labels.sections;
            measured.gone = true;
            ++gone_;
        };
        if (idle->measured) leave(*idle->measured);
        for (measured_series* const measured : idle->revived) leave(*measured);
        return idle;
    }

    // What threads have left behind to begin anew, without what was idle.
    std::vector<std::unique_ptr<thread_metrics>> take_finished() noexcept {
        const std::lock_guard lock(mutex_);
        return std::exchange(finished_, {});
    }
    // After its cells were taken: nobody writes to them any more.
    void release(std::unique_ptr<thread_metrics> done) noexcept {
        const std::lock_guard lock(mutex_);
        for (const auto& [measured, cells] : done->by_series) {
            if (--measured->threads != 0 || !measured->gone || measured->has_slot) continue;
            for (metric_cell* const gauge : measured->gauges)
                if (gauge) {
                    gauge->kind = cell_kind::none;
                    free_gauges_.push_back(gauge);
                }
            measured_.erase(measured);
        }
    }

    // Takes what a thread that has ended leaves behind, or null.
    std::unique_ptr<thread_metrics> take(thread_state& thread) noexcept {
        const std::lock_guard lock(mutex_);
        thread_metrics* const left = thread.measured.metrics;
        const std::uint64_t interrupting = thread.measured.interrupting.load_relaxed();
        thread.measured = {};
        thread.measured.interrupting.store_relaxed(interrupting);
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

    // For tests and for what is said of memory.
    std::size_t series_count() {
        const std::lock_guard lock(mutex_);
        std::size_t count = 0;
        for (const auto& stream : streams_) count += stream->by_labels.size();
        return count;
    }

private:
    struct slot_entry {
        known_instrument* instrument = nullptr;
        const label_domain* domains = nullptr;
        std::uint32_t domain_count = 0;
        std::uint32_t index = 0;
        measured_series* series = nullptr;
    };

    template <class Find>
    void long_way(const instrument_state& instrument, std::uint64_t bits, std::uint32_t known_slot,
                  Find&& find_cells) noexcept {
        thread_state* const thread = this_thread();
        if (!thread || abandoned_.load_relaxed() != 0) return;
        thread_measurements& measured = thread->measured;
        if (measured.busy != 0) return measured.interrupting.add_by_owner(1);
        measured.busy = 1;
        try {
            const thread_metrics* const known = measured.metrics;
            const std::vector<metric_cell*>* cells = nullptr;
            if (known && measured.cell_count.load_relaxed() != 0 && known_slot < known->indirect.size())
                cells = known->indirect[known_slot];
            if (!cells) {
                metric_complaints heard; // said after the lock is released
                const std::lock_guard lock(mutex_);
                if (running_) {
                    heard_ = &heard.texts;
                    cells = find_cells(metrics_of(*thread));
                    heard_ = nullptr;
                }
            }
            measured.busy = 0; // the rest is as the short way: it may ask for buckets or a reservoir itself
            if (cells)
                for (metric_cell* const cell : *cells) put(*thread, *cell, instrument, bits);
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

    bool is_valid(std::uint32_t slot) const noexcept { return slot != no_slot && slot >= first_slot_; }

    thread_metrics& metrics_of(thread_state& thread) {
        thread_measurements& measured = thread.measured;
        if (measured.metrics && measured.metrics->start == start_) {
            thread_metrics& mine = *measured.metrics;
            if (gone_ - mine.gone_before < 256 + mine.by_series.size() / 2) return mine;
            // Most of what it has may be idle series: the collection takes all of it, as of a thread that
            // ends.
            for (auto& entry : threads_)
                if (entry.get() == &mine) {
                    finished_.push_back(std::move(entry));
                    entry = std::move(threads_.back());
                    threads_.pop_back();
                    break;
                }
        }
        auto made = std::make_unique<thread_metrics>();
        made->start = start_;
        made->owner = &thread;
        made->gone_before = gone_;
        thread_metrics& result = *made;
        threads_.push_back(std::move(made));
        thread_metrics* const old = measured.metrics;
        measured.cell_count.store_relaxed(0);
        measured.cells = nullptr;
        measured.label_sets = nullptr;
        measured.exemplar_word = settings_.filter == exemplar_filter::always_on    ? &every_measurement
                                 : settings_.filter == exemplar_filter::always_off ? &no_measurement
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

    std::uint32_t slot_of(instrument_state& instrument) { return slot_of(instrument, *heard_); }
    std::uint32_t slot_of(instrument_state& instrument, std::vector<std::string>& heard) {
        const std::uint32_t slot = instrument.slot.load_relaxed();
        return is_valid(slot) ? slot : add(instrument, heard);
    }

    std::uint32_t add(instrument_state& declared, std::vector<std::string>& heard) {
        known_instrument& known = known_as(declared, heard);
        if (known.streams.empty()) declared.dropped_in.store_relaxed(start_);
        auto& first = known.first_slots[{declared.domains, declared.combinations}];
        if (!is_valid(first) || first == 0) {
            first = next_slot_;
            for (std::uint32_t i = 0; i < declared.combinations; ++i)
                slots_.push_back({&known, declared.domains, declared.domain_count, i, nullptr});
            next_slot_ += declared.combinations;
        }
        declared.slot.store_relaxed(first);
        return first;
    }

    known_instrument& known_as(const instrument_state& declared, std::vector<std::string>& heard) {
        const std::uint32_t scope = sites_.add_scope(*declared.scope);
        std::string name = to_string(declared.name);
        std::string folded = std::to_string(scope) + '/';
        for (const char c : name) folded += to_lower(c);
        auto& same_name = by_name_[folded];
        std::string unit = to_string(declared.unit);
        const bool bad_unit = !declared.checked && !is_instrument_unit(declared.unit);
        if (bad_unit) unit.clear(); // before it is compared: who declares the same is the same
        for (known_instrument* const known : same_name)
            if (known->kind == declared.kind && known->unit == unit && known->integer == declared.integer) {
                if (known->description != to_string(declared.description))
                    heard.push_back("the " + words(*known) +
                                    " is declared with different descriptions; the first is used: '" +
                                    known->description + "'");
                return *known;
            }
        auto& known = *instruments_.emplace_back(std::make_unique<known_instrument>());
        known.name = std::move(name);
        known.unit = unit;
        known.description = to_string(declared.description);
        known.scope = scope;
        known.kind = declared.kind;
        known.integer = declared.integer;
        known.exponential = declared.exponential;
        known.has_bounds = declared.has_bounds;
        known.bounds.assign(declared.bounds, declared.bounds + declared.bound_count);
        if (!same_name.empty())
            heard.push_back("the " + words(known) + " is also declared as the " + words(*same_name.front()) +
                            "; both are exported. Give one of them another name, or make them agree");
        same_name.push_back(&known);
        if (!declared.checked && !is_instrument_name(declared.name)) {
            heard.push_back(
                "'" + known.name +
                "' is no name of an instrument, and nothing of it is exported; a name has 1 to 255 "
                "letters, digits and _ . - /, and begins with a letter");
            known.plans.emplace_back();
            return known;
        }
        if (bad_unit)
            heard.push_back("the unit of the instrument '" + known.name +
                            "' is not exported; a unit has at most 63 ASCII characters");
        auto made = stream_builder(settings_, known, tables_, heard).build(sites_.scope(scope));
        for (const cell_plan& plan : known.plans)
            histograms_ =
                histograms_ || plan.kind == cell_kind::histogram || plan.kind == cell_kind::exponential;
        for (auto& stream : made) {
            for (const auto& other : streams_)
                if (other->described.scope == scope && other->instrument != &known &&
                    other->described.name == stream->described.name && other->instrument->name != known.name)
                    heard.push_back("a view makes the metric '" + stream->described.name + "' of the " +
                                    words(known) + ", and there is one already, of the " +
                                    words(*other->instrument) + "; both are exported");
            streams_.push_back(std::move(stream));
        }
        return known;
    }

    static std::string words(const known_instrument& i) {
        return std::string(i.integer ? "integer " : "double ") + to_string(i.kind) + " '" + i.name + "'" +
               (i.unit.empty() ? " without a unit" : " in '" + i.unit + "'");
    }

    measured_series& series_at(std::uint32_t slot) {
        slot_entry& entry = slots_[slot - first_slot_];
        if (!entry.series) {
            const std::string sections =
                sections_of_combination(entry.domains, entry.domain_count, entry.index);
            entry.series = &series_of(*entry.instrument, sort_sections(sections), true);
            entry.series->has_slot = true;
        }
        return *entry.series;
    }
    measured_series& series_of(known_instrument& instrument, const label_set& set) {
        return series_of(instrument, sort_sections({reinterpret_cast<const char*>(set.sections), set.size}),
                         set.complete);
    }
    measured_series& series_of(known_instrument& instrument, const std::vector<label_section>& labels,
                               bool complete) {
        std::vector<stream_series*> targets;
        for (metric_stream* const stream : instrument.streams)
            targets.push_back(&stream->series_of(labels, complete, now()));
        measured_series*& known = targets.empty()       ? instrument.unread
                                  : targets.size() == 1 ? targets.front()->measured
                                                        : instrument.measured[targets];
        if (!known) {
            auto made = std::make_unique<measured_series>();
            made->instrument = &instrument;
            made->targets = std::move(targets);
            made->gauges.resize(instrument.plans.size());
            measured_series* const address = made.get();
            measured_.emplace(address, std::move(made));
            known = address;
        }
        return *known;
    }
    // A slot of its own, for handles.
    std::uint32_t slot_of(measured_series& series) {
        if (!is_valid(series.slot)) {
            slots_.push_back({series.instrument, nullptr, 0, 0, &series});
            series.slot = next_slot_++;
            series.has_slot = true;
        }
        return series.slot;
    }

    const std::vector<metric_cell*>& cells_of(thread_metrics& mine, measured_series& series) {
        const auto [entry, is_new] = mine.by_series.try_emplace(&series);
        std::vector<metric_cell*>& cells = entry->second;
        if (is_new) ++series.threads;
        while (cells.size() < series.instrument->plans.size()) {
            const auto number = static_cast<std::uint16_t>(cells.size());
            const cell_plan& plan = series.instrument->plans[number];
            const bool shared = plan.kind == cell_kind::gauge;
            if (shared && series.gauges[number]) {
                cells.push_back(series.gauges[number]);
                continue;
            }
            cells.reserve(series.instrument->plans.size());
            cell_arena& arena = shared ? *gauges_ : mine.cells;
            if (shared && !free_gauges_.empty()) {
                cells.push_back(
                    series.gauges[number] =
                        lay_out(reinterpret_cast<std::uint64_t*>(free_gauges_.back()), plan, number, series));
                free_gauges_.pop_back();
                continue;
            }
            std::uint64_t* const memory = arena.reserve(words_of(plan));
            if (!memory) throw std::bad_alloc();
            cells.push_back(lay_out(memory, plan, number, series));
            arena.publish(words_of(plan));
            if (shared) series.gauges[number] = cells.back();
        }
        return cells;
    }

    const std::vector<metric_cell*>* find(thread_metrics& mine, std::uint32_t slot, measured_series& series) {
        const auto& cells = cells_of(mine, series);
        if (series.instrument->direct) {
            show(mine, slot, cells.front());
        } else {
            show(mine, slot, nullptr);
            if (mine.indirect.size() <= slot) mine.indirect.resize(slot + std::size_t{1});
            mine.indirect[slot] = &cells;
        }
        return &cells;
    }

    // A signal handler may measure at any moment in here: it finds the array of before or the new one.
    static void show(thread_metrics& mine, std::uint32_t slot, metric_cell* cell) {
        thread_measurements& measured = mine.owner->measured;
        if (mine.by_slot.size() <= slot) {
            std::vector<metric_cell*> larger(slot + slot / 2 + std::size_t{32});
            std::copy(mine.by_slot.begin(), mine.by_slot.end(), larger.begin());
            measured.cells = larger.data();
            __atomic_signal_fence(__ATOMIC_SEQ_CST);
            mine.by_slot.swap(larger);
        }
        if (cell) mine.by_slot[slot] = cell;
        measured.cell_count.store_relaxed(static_cast<std::uint32_t>(mine.by_slot.size()));
    }

    void make_reservoir(metric_cell& cell) noexcept {
        const std::lock_guard lock(mutex_);
        if (cell.reservoir.load_relaxed() || !cell.series) return; // of a gauge, another thread's
        const cell_plan& plan = cell.series->instrument->plans[cell.plan];
        if (plan.exemplars == 0) {
            cell.skip.store_relaxed(0);
            return;
        }
        const bool aligned = plan.kind == cell_kind::histogram;
        exemplar_reservoir* const made =
            exemplar_reservoir::make(aligned ? plan.table->table().bound_count + 1 : plan.exemplars, aligned);
        if (!made) return;
        made->next = reservoirs_;
        reservoirs_ = made;
        cell.reservoir.store_release(made);
        if (aligned) static_cast<histogram_cell&>(cell).offers.store_release(made->offers());
    }

    void forget_all() noexcept {
        for (auto& thread : threads_) outdated_.push_back(std::move(thread));
        threads_.clear();
        finished_.clear();
        free_gauges_.clear();
        retired_gauges_ = std::move(gauges_); // a thread may still be setting one; of before, none is
        gauges_ = std::make_unique<cell_arena>();
        while (old_reservoirs_) {
            exemplar_reservoir* const next = old_reservoirs_->next;
            std::free(old_reservoirs_);
            old_reservoirs_ = next;
        }
        old_reservoirs_ = reservoirs_;
        reservoirs_ = nullptr;
        streams_.clear();
        measured_.clear();
        instruments_.clear();
        by_name_.clear();
        old_tables_.clear();
        old_tables_.swap(tables_);
        slots_.clear();
        first_slot_ = next_slot_;
        histograms_ = false;
    }

    site_registry& sites_;
    std::mutex mutex_;
    atomic<std::uint32_t> abandoned_;
    bool running_ = false;
    std::uint32_t start_ = 0;
    std::uint64_t (*clock_)() noexcept = nullptr;
    std::uint64_t began_unix_ns_ = 0;
    stream_settings settings_;
    std::vector<std::string>* heard_ = nullptr; // the complaints of whoever holds the lock
    std::vector<std::unique_ptr<known_instrument>> instruments_;
    std::unordered_map<std::string, std::vector<known_instrument*>> by_name_; // scope and name in lower case
    std::vector<std::unique_ptr<metric_stream>> streams_;
    std::unordered_map<measured_series*, std::unique_ptr<measured_series>> measured_;
    std::size_t gone_ = 0; // series that were let go, ever
    std::deque<bucket_table_storage> tables_;
    std::deque<bucket_table_storage> old_tables_;
    std::deque<slot_entry> slots_; // from first_slot_
    std::uint32_t first_slot_ = 1;
    std::uint32_t next_slot_ = 1;
    bool histograms_ = false;
    std::vector<std::unique_ptr<thread_metrics>> threads_;
    std::vector<std::unique_ptr<thread_metrics>> finished_; // given up by their threads, not yet taken
    std::vector<metric_cell*> free_gauges_;
    std::vector<std::unique_ptr<thread_metrics>> outdated_; // of before this start; their threads free them
    std::unique_ptr<cell_arena> gauges_ = std::make_unique<cell_arena>();
    std::unique_ptr<cell_arena> retired_gauges_;
    exemplar_reservoir* reservoirs_ = nullptr;
    exemplar_reservoir* old_reservoirs_ = nullptr;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
