// SPDX-License-Identifier: MIT
// Takes what the threads have measured out of their cells and shows each reader its points. For the sdk.
#pragma once

#include <nanotel/metrics/metric_store.hpp>

#include <chrono>
#include <thread>  // yield
#include <utility> // exchange

namespace nanotel::inline NANOTEL_ABI::detail {

// A number that a callback reported.
struct observation {
    known_instrument* instrument;
    std::string sections;
    bool complete;
    std::uint64_t bits;
};

// One at a time collects, for whichever reader. All members are thread-safe.
class metric_collection {
public:
    metric_collection(metric_store& store, bool has_barrier) noexcept
        : store_(store), has_barrier_(has_barrier) {
        turns_are_fenced.store_seq_cst(has_barrier ? 0 : 1);
    }

    // All points of a reader, by its number in stream_settings::readers.
    void collect(std::size_t reader, std::vector<observation>& observed, metric_sink& sink) {
        metric_complaints heard;
        const std::lock_guard lock(mutex_);
        heard_ = &heard;
        drain();
        for (const observation& o : observed) take(reader, o);
        // Observed series may be new.
        store_.look(seen_);
        const std::uint64_t now = store_.now();
        for (metric_stream* const stream : seen_.streams)
            if (const int lane = stream->lane_of[reader]; lane >= 0)
                show(*stream, static_cast<std::size_t>(lane), now, sink);
    }

    // A thread has ended: what it measured stays, its cells go.
    void fold(thread_state& ended) noexcept {
        if (!ended.measured.metrics) return;
        metric_complaints heard;
        const std::lock_guard lock(mutex_);
        heard_ = &heard;
        if (std::unique_ptr<thread_metrics> left = store_.take(ended)) take_all(std::move(left));
    }

private:
    // Of a thread that writes to them no more.
    void take_all(std::unique_ptr<thread_metrics> left) noexcept {
        left->cells.each([&](metric_cell& cell) {
            try {
                if (exemplar_reservoir* const reservoir = cell.reservoir.load_acquire())
                    take_exemplars(cell, *reservoir);
                for (const std::uint32_t epoch : {0u, 1u}) take(cell, true, epoch);
            } catch (...) { // no memory for the buckets of a reader
                store_.rejected.out_of_memory.fetch_add_relaxed(1);
            }
        });
        store_.release(std::move(left));
    }

    void drain() {
        for (auto& finished : store_.take_finished()) take_all(std::move(finished));
        store_.look(seen_);
        take_exemplars();
        std::uint32_t quiet = histogram_epoch.load_relaxed();
        if (seen_.histograms) {
            // Sequentially consistent, for threads that fence their turns themselves: either they see the new
            // epoch, or their odd turn is seen below. The others are fenced from here.
            histogram_epoch.store_seq_cst(quiet + 1);
            if (has_barrier_) process_barrier();
        }
        for (thread_metrics* const thread : seen_.threads) {
            const bool still = !seen_.histograms || is_out_of_turn(*thread->owner);
            thread->cells.each([&](metric_cell& cell) { take(cell, still, quiet); });
        }
        take_gauges();
    }

    // First what they hold, then where it belongs: the one is under the store's lock, the other takes it.
    void take_gauges() {
        find_gauges();
        for (metric_cell* const cell : gauges_) take(*cell, true, 0);
    }
    void find_gauges() {
        gauges_.clear();
        store_.each_gauge([&](metric_cell& cell) {
            if (cell.kind == cell_kind::gauge) gauges_.push_back(&cell);
        });
    }

    // Waits until the thread is out of the turn in which it may write to the old copies. Where it is stopped
    // in the middle of it, not for long: its copies are taken the next time.
    static bool is_out_of_turn(const thread_state& thread) noexcept {
        const std::uint32_t turn = thread.measured.turn.load_seq_cst();
        if ((turn & 1) == 0) return true;
        const auto give_up = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
        while (thread.measured.turn.load_acquire() == turn) {
            if (std::chrono::steady_clock::now() > give_up) return false;
            std::this_thread::yield();
        }
        return true;
    }

    template <class Each>
    void for_each_target(const metric_cell& cell, Each&& each) {
        measured_series& series = *cell.series;
        if (series.gone) store_.revive(series);
        for (std::size_t i = 0; i < series.targets.size(); ++i) {
            metric_stream& stream = *series.instrument->streams[i];
            if (stream.plan == cell.plan && !stream.observable) each(stream, *series.targets[i]);
        }
    }
    template <class Each>
    void for_each_lane(const metric_cell& cell, Each&& each) {
        for_each_target(cell, [&](metric_stream& stream, stream_series& series) {
            for (series_values& values : series.values) each(stream, values);
        });
    }

    // `still`: the copy of a histogram that is to be taken is not written to any more.
    void take(metric_cell& cell, bool still, std::uint32_t quiet) {
        switch (cell.kind) {
        case cell_kind::none:
            return;
        case cell_kind::integer_sum: {
            const std::uint64_t now = cell.value.load_relaxed();
            const std::uint64_t more = now - cell.taken;
            if (more == 0) break;
            cell.taken = now;
            for_each_lane(cell, [&](metric_stream&, series_values& values) {
                values.bits += more;
                values.touched = true;
            });
            break;
        }
        case cell_kind::double_sum: {
            const std::uint64_t now = cell.value.load_relaxed();
            if (now == cell.taken) break;
            const double before = __builtin_bit_cast(double, std::exchange(cell.taken, now));
            for_each_lane(cell, [&](metric_stream&, series_values& values) {
                values.sum.add_difference(__builtin_bit_cast(double, now), before);
                values.touched = true;
            });
            break;
        }
        case cell_kind::gauge: {
            if (cell.touched.exchange(0) == 0) break; // acquire, before the value: see set_cell
            const std::uint64_t now = cell.value.load_relaxed();
            for_each_lane(cell, [&](metric_stream&, series_values& values) {
                values.bits = now;
                values.touched = true;
            });
            break;
        }
        case cell_kind::histogram:
            if (still) take(static_cast<histogram_cell&>(cell), quiet);
            break;
        case cell_kind::exponential:
            if (still) take(static_cast<exponential_cell&>(cell), quiet);
            break;
        }
    }

    void take_totals(histogram_totals& totals, distribution& into) {
        into.sum.add(histogram_totals::as_double(totals.sum));
        into.widen(histogram_totals::as_double(totals.min), histogram_totals::as_double(totals.max));
    }
    void count_not_finite(const metric_cell& cell, const histogram_totals& totals) {
        const std::uint64_t count = totals.not_finite.load_relaxed();
        if (count == 0) return;
        store_.rejected.not_finite.fetch_add_relaxed(count);
        heard_->texts.push_back(
            "the histogram '" + cell.series->instrument->name + "' was given " + std::to_string(count) +
            " values that are NaN or infinite; they are in no bucket, sum, minimum or maximum");
    }

    void take(histogram_cell& cell, std::uint32_t epoch) {
        histogram_cell::copy& copy = cell.of(epoch);
        if (copy.totals.touched.load_relaxed() == 0) return;
        const std::uint32_t buckets = cell.table->bound_count + 1;
        // First, since it may throw: then nothing is taken.
        for_each_lane(cell, [&](metric_stream&, series_values& values) {
            if (!values.distributed) values.distributed = std::make_unique<distribution>(buckets);
        });
        count_not_finite(cell, copy.totals);
        for_each_lane(cell, [&](metric_stream&, series_values& values) {
            bool any = false;
            for (std::uint32_t i = 0; i < buckets; ++i) {
                const std::uint64_t count = copy.counts()[i].load_relaxed();
                values.distributed->counts[i] += count;
                any = any || count != 0;
            }
            if (any) take_totals(copy.totals, *values.distributed);
            values.touched = values.touched || any;
        });
        for (std::uint32_t i = 0; i < buckets; ++i) copy.counts()[i].store_relaxed(0);
        copy.totals.empty();
    }

    void take(exponential_cell& cell, std::uint32_t epoch) {
        exponential_cell::copy& copy = cell.of(epoch);
        if (copy.totals.touched.load_relaxed() == 0) return;
        const std::uint32_t used = copy.used.load_relaxed();
        const auto read = [&](atomic<std::uint64_t>* counts, std::uint32_t sign,
                              const atomic<std::int32_t>& base, std::vector<std::uint64_t>& to) {
            to.clear();
            if ((used & sign) == 0) return exponential_buckets{};
            for (std::uint32_t i = 0; i < cell.size; ++i) to.push_back(counts[i].load_relaxed());
            return exponential_buckets{base.load_relaxed(), to};
        };
        exponential_view view;
        view.scale = copy.scale.load_relaxed();
        view.zero_count = copy.zeros.load_relaxed();
        view.positive = read(copy.positives(), 1, copy.positive_base, positive_);
        view.negative = read(copy.negatives.load_relaxed(), 2, copy.negative_base, negative_);
        const bool any = used != 0 || view.zero_count != 0;
        for_each_lane(cell, [&](metric_stream& stream, series_values& values) {
            if (!values.distributed)
                values.distributed = std::make_unique<distribution>(0, stream.max_size, stream.max_scale);
        });
        count_not_finite(cell, copy.totals);
        // The finest that a reader still has a use for: finer buckets would only be merged.
        std::int32_t scale = min_exponential_scale;
        for_each_lane(cell, [&](metric_stream& stream, series_values& values) {
            if (any) {
                values.distributed->exponential.add(view);
                take_totals(copy.totals, *values.distributed);
                values.touched = true;
            }
            const std::int32_t useful = values.distributed->exponential.scale();
            scale = std::max(scale, has_deltas(stream) ? stream.max_scale : useful);
        });
        for (std::uint32_t i = 0; i < cell.size; ++i) {
            copy.positives()[i].store_relaxed(0);
            if ((used & 2) != 0) copy.negatives.load_relaxed()[i].store_relaxed(0);
        }
        copy.zeros.store_relaxed(0);
        copy.used.store_relaxed(0);
        copy.scale.store_relaxed(scale);
        copy.totals.empty();
    }

    static bool has_deltas(const metric_stream& stream) noexcept {
        for (const stream_lane& lane : stream.lanes)
            if (lane.points == temporality::delta) return true;
        return false;
    }

    // Before the measurements: one becomes an exemplar after it was counted, so each of those that are there
    // now is counted in what is taken next, and lies within its extremes.
    void take_exemplars() {
        if (!seen_.exemplars) return;
        const auto take_of = [&](metric_cell& cell) {
            if (exemplar_reservoir* const reservoir = cell.reservoir.load_acquire())
                take_exemplars(cell, *reservoir);
        };
        for (thread_metrics* const thread : seen_.threads) thread->cells.each(take_of);
        find_gauges();
        for (metric_cell* const cell : gauges_) take_of(*cell);
    }

    void take_exemplars(metric_cell& cell, exemplar_reservoir& reservoir) {
        slots_.clear();
        reservoir.drain(slots_);
        cell.skip.store_relaxed(1);
        if (slots_.empty()) return;
        const bool integer = cell.series->instrument->integer &&
                             cell.series->instrument->kind != instrument_kind::histogram &&
                             cell.kind != cell_kind::histogram && cell.kind != cell_kind::exponential;
        const bucket_table* const table =
            reservoir.aligned ? static_cast<histogram_cell&>(cell).table : nullptr;
        for_each_lane(cell, [&](metric_stream&, series_values& values) {
            if (!values.exemplars) values.exemplars = std::make_unique<std::vector<metric_exemplar>>();
            if (std::exchange(values.exemplars_told, false)) values.exemplars->clear();
            for (const exemplar_slot& slot : slots_) {
                metric_exemplar made;
                if (integer)
                    made.int_value = static_cast<std::int64_t>(slot.bits);
                else
                    made.value = __builtin_bit_cast(double, slot.bits);
                made.time_unix_ns = slot.time_unix_ns;
                made.trace_id = {{slot.trace_id[0], slot.trace_id[1]}};
                made.span_id = {slot.span_id};
                put(*values.exemplars, std::move(made), reservoir.capacity, table);
            }
        });
    }

    // Those of several threads share the room: one a bucket, or the newest.
    static void put(std::vector<metric_exemplar>& all, metric_exemplar&& fresh, std::size_t capacity,
                    const bucket_table* table) {
        if (table)
            for (metric_exemplar& old : all)
                if (find_bucket(*table, old.value) == find_bucket(*table, fresh.value)) {
                    old = std::move(fresh);
                    return;
                }
        if (all.size() >= capacity) all.erase(all.begin());
        all.push_back(std::move(fresh));
    }

    // What a callback reported, for this reader and those that share its values.
    void take(std::size_t reader, const observation& o) {
        store_.observed(
            *o.instrument, o.sections, o.complete, [&](metric_stream& stream, stream_series& series) {
                const int lane = stream.lane_of[reader];
                if (lane < 0) return;
                series_values& values = series.values[static_cast<std::size_t>(lane)];
                // Sets of labels that a view or the limit made one: sums add up.
                const bool is_shared = !stream.keeps_all() || series.labels.sections == overflow_sections();
                const bool adds = values.touched && stream.described.kind == metric_kind::sum && is_shared;
                if (!adds)
                    values.bits = o.bits;
                else if (stream.described.integer)
                    values.bits += o.bits;
                else
                    values.bits = __builtin_bit_cast(std::uint64_t, __builtin_bit_cast(double, values.bits) +
                                                                        __builtin_bit_cast(double, o.bits));
                values.touched = true;
            });
    }

    void show(metric_stream& stream, std::size_t lane_number, std::uint64_t now, metric_sink& sink) {
        stream_lane& lane = stream.lanes[lane_number];
        const bool delta = lane.points == temporality::delta;
        bool open = false;
        for (const auto& series : stream.series) {
            series_values& values = series->values[lane_number];
            if (!values.touched && (delta || stream.observable || !was_touched(stream, values))) continue;
            series->shown_unix_ns = now;
            metric_point point;
            point.labels = &series->labels;
            // A clock that is set back makes no point that ends before it begins.
            const std::uint64_t begin =
                delta ? std::max(series->created_unix_ns, lane.collected_unix_ns) : series->created_unix_ns;
            point.time_unix_ns = std::max(now, begin);
            if (stream.described.kind != metric_kind::gauge) point.start_unix_ns = begin;
            fill(stream, values, delta, point);
            if (values.exemplars) {
                point.exemplars = *values.exemplars;
                values.exemplars_told = true;
            }
            if (!open) sink.begin_metric(stream.described, lane.points);
            open = true;
            sink.add(point);
            if (delta) reset(stream, values);
            if (stream.observable) values.touched = false;
        }
        if (open) sink.end_metric();
        if (stream.may_forget) forget_idle(stream, now);
        if (delta) lane.collected_unix_ns = std::max(now, lane.collected_unix_ns);
    }

    void forget_idle(metric_stream& stream, std::uint64_t now) {
        for (std::size_t i = stream.series.size(); i-- > 0;) {
            const stream_series& series = *stream.series[i];
            const std::uint64_t last = std::max(series.shown_unix_ns, series.created_unix_ns);
            bool touched = false;
            for (const series_values& values : series.values) touched = touched || values.touched;
            if (!touched && now > last && now - last > store_.forget_after_ns()) store_.let_go(stream, i);
        }
    }

    // A cumulative series is there from its first measurement on, also where that added nothing; a gauge from
    // its first value.
    static bool was_touched(const metric_stream& stream, const series_values& values) noexcept {
        switch (stream.described.kind) {
        case metric_kind::sum:
            return true;
        case metric_kind::gauge:
            return values.touched;
        default:
            return values.distributed != nullptr;
        }
    }

    static void fill(metric_stream& stream, series_values& values, bool delta, metric_point& point) {
        const metric_description& d = stream.described;
        if (d.kind == metric_kind::gauge || stream.observable) {
            if (d.integer) {
                point.int_value = static_cast<std::int64_t>(values.bits);
                if (delta) point.int_value -= static_cast<std::int64_t>(values.reported);
            } else {
                point.value = __builtin_bit_cast(double, values.bits);
                if (delta) point.value -= __builtin_bit_cast(double, values.reported);
            }
            return;
        }
        if (d.kind == metric_kind::sum) {
            if (values.distributed) // of a histogram, whose sum alone is wanted
                point.value = values.distributed->sum.value();
            else if (d.integer)
                point.int_value = static_cast<std::int64_t>(values.bits);
            else
                point.value = values.sum.value();
            return;
        }
        if (!values.distributed) values.distributed = std::make_unique<distribution>(d.bounds.size() + 1);
        distribution& all = *values.distributed;
        if (d.kind == metric_kind::histogram) {
            point.bucket_counts = all.counts;
            for (const std::uint64_t count : all.counts) point.count += count;
        } else {
            point.scale = all.exponential.scale();
            point.zero_count = all.exponential.zero_count();
            point.positive = all.exponential.positive();
            point.negative = all.exponential.negative();
            point.count = all.exponential.count();
        }
        point.sum = all.sum.value();
        point.has_sum = stream.has_sum;
        point.has_min_max = stream.record_min_max && point.count != 0;
        point.min = all.min;
        point.max = all.max;
    }

    static void reset(const metric_stream& stream, series_values& values) noexcept {
        values.touched = false;
        if (stream.observable) {
            values.reported = values.bits;
            return;
        }
        if (stream.described.kind != metric_kind::gauge) values.bits = 0;
        values.sum = {};
        if (values.distributed) values.distributed->clear();
    }

    metric_store& store_;
    const bool has_barrier_;
    std::mutex mutex_;
    metric_store::snapshot seen_;
    metric_complaints* heard_ = nullptr; // of whoever holds the lock
    std::vector<metric_cell*> gauges_;
    std::vector<exemplar_slot> slots_;
    std::vector<std::uint64_t> positive_;
    std::vector<std::uint64_t> negative_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
