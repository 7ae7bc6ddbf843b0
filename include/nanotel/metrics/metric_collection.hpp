// SPDX-License-Identifier: MIT
// Takes what the threads have measured out of their cells and shows each reader its points. For the sdk.
#pragma once

#include <nanotel/metrics/cell_taker.hpp>
#include <nanotel/metrics/observations.hpp>

#include <chrono>
#include <thread> // yield

namespace nanotel::inline NANOTEL_ABI::detail {

// One at a time collects, for whichever reader. All members are thread-safe.
class metric_collection {
public:
    metric_collection(metric_store& store, bool has_barrier) noexcept
        : store_(store), taker_(store), has_barrier_(has_barrier) {
        store.fence_turns(!has_barrier);
    }

    // All points of a reader, by its number in stream_settings::readers.
    void collect(std::size_t reader, std::vector<observation>& observed, metric_sink& sink) {
        metric_complaints heard;
        keep_last_of_each(observed);
        const std::lock_guard lock(mutex_);
        taker_.tell(heard);
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
        taker_.tell(heard);
        if (std::unique_ptr<thread_metrics> left = store_.take(ended)) take_all(std::move(left));
    }

private:
    // Of a thread that writes to them no more.
    void take_all(std::unique_ptr<thread_metrics> left) noexcept {
        left->cells.each([&](metric_cell& cell) {
            try {
                taker_.take_exemplars(cell);
                for (const std::uint32_t epoch : {0u, 1u}) taker_.take(cell, true, epoch);
            } catch (...) { // no memory for the buckets of a reader
                store_.rejected.out_of_memory.fetch_add_relaxed(1);
            }
        });
        // Those that it shared with others may go with it, where their series were let go.
        for (const auto& [measured, cells] : left->by_series)
            for (metric_cell* const cell : cells) {
                if (!measured->gone.load_acquire() || !is_gauge(cell->kind)) continue;
                try {
                    taker_.take_exemplars(*cell);
                    taker_.take(*cell, true, 0);
                } catch (...) {
                    store_.rejected.out_of_memory.fetch_add_relaxed(1);
                }
            }
        store_.release(std::move(left));
    }

    void drain() {
        for (auto& finished : store_.take_finished()) take_all(std::move(finished));
        store_.look(seen_);
        take_exemplars();
        // Where the last collection had to leave copies that were being written to, they are now those that
        // the threads write: taken with another turn, or the last collection of all would miss them.
        if (std::exchange(left_copies_, false)) take_of_threads();
        take_of_threads();
        take_gauges();
    }
    void take_of_threads() {
        const std::uint32_t quiet = store_.change_epochs(seen_);
        if (seen_.histograms && has_barrier_) process_barrier();
        for (thread_metrics* const thread : seen_.threads) {
            // Where there were none when the epochs would have changed, a histogram that is there now is
            // written to in either copy.
            const bool still = seen_.histograms && is_out_of_turn(*thread->owner);
            left_copies_ = left_copies_ || (seen_.histograms && !still);
            thread->cells.each([&](metric_cell& cell) { taker_.take(cell, still, quiet); });
        }
    }

    // First what they hold, then where it belongs: the one is under the store's lock, the other takes it.
    void take_gauges() {
        find_gauges();
        for (metric_cell* const cell : gauges_) taker_.take(*cell, true, 0);
    }
    void find_gauges() {
        gauges_.clear();
        store_.each_gauge([&](metric_cell& cell) {
            if (is_gauge(cell.kind)) gauges_.push_back(&cell);
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

    // Before the measurements: one becomes an exemplar after it was counted, so each of those that are there
    // now is counted in what is taken next, and lies within its extremes.
    void take_exemplars() {
        if (!seen_.exemplars) return;
        const auto take_of = [&](metric_cell& cell) { taker_.take_exemplars(cell); };
        for (thread_metrics* const thread : seen_.threads) thread->cells.each(take_of);
        find_gauges();
        for (metric_cell* const cell : gauges_) take_of(*cell);
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
            const bool subtracts = delta && stream.observable;
            if (d.integer) {
                point.int_value = static_cast<std::int64_t>(values.bits);
                if (subtracts) point.int_value -= static_cast<std::int64_t>(values.reported);
            } else {
                point.value = __builtin_bit_cast(double, values.bits);
                if (subtracts) point.value -= __builtin_bit_cast(double, values.reported);
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
        if (values.exemplars) values.exemplars->clear(); // they are of the interval that ends
        if (stream.observable) {
            values.reported = values.bits;
            return;
        }
        if (stream.described.kind != metric_kind::gauge) values.bits = 0;
        values.sum = {};
        if (values.distributed) values.distributed->clear();
    }

    metric_store& store_;
    cell_taker taker_;
    const bool has_barrier_;
    std::mutex mutex_;
    metric_store::snapshot seen_;
    std::vector<metric_cell*> gauges_;
    bool left_copies_ = false; // of a thread that was in its turn
};

} // namespace nanotel::inline NANOTEL_ABI::detail
