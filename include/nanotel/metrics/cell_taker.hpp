// SPDX-License-Identifier: MIT
// Takes what a cell holds over into the values of the readers. For the sdk.
#pragma once

#include <nanotel/metrics/metric_store.hpp>

#include <utility> // exchange

namespace nanotel::inline NANOTEL_ABI::detail {

// The collection's hand: used by it alone, under its lock.
class cell_taker {
public:
    explicit cell_taker(metric_store& store) noexcept : store_(store) {}

    // Where complaints go from now on.
    void tell(metric_complaints& heard) noexcept { heard_ = &heard; }

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
        case cell_kind::ordered_gauge: {
            if (cell.touched.exchange(0) == 0) break;
            // Acquire, and first: the value is the one of that number or a later one, never one before.
            const std::uint64_t order = static_cast<gauge_cell&>(cell).order.load_acquire();
            const std::uint64_t now = cell.value.load_relaxed();
            for_each_lane(cell, [&](metric_stream&, series_values& values) {
                values.touched = true;
                if (order < values.reported) return; // another cell was set later
                values.bits = now;
                values.reported = order;
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

    // What the cell's reservoir holds, if it has one.
    void take_exemplars(metric_cell& cell) {
        exemplar_reservoir* const there = cell.reservoir.load_acquire();
        if (!there) return;
        exemplar_reservoir& reservoir = *there;
        slots_.clear();
        reservoir.drain(slots_);
        cell.skip.store_relaxed(1);
        if (slots_.empty()) return;
        const bool integer = cell.series->instrument->integer &&
                             cell.series->instrument->kind != instrument_kind::histogram &&
                             cell.kind != cell_kind::histogram && cell.kind != cell_kind::exponential;
        const bucket_table* const table =
            reservoir.aligned ? static_cast<histogram_cell&>(cell).table : nullptr;
        for_each_target(cell, [&](metric_stream& stream, stream_series& series) {
            for (const taken_exemplar& taken : slots_) {
                metric_exemplar made;
                if (integer)
                    made.int_value = static_cast<std::int64_t>(taken.bits);
                else
                    made.value = __builtin_bit_cast(double, taken.bits);
                made.time_unix_ns = taken.time_unix_ns;
                made.trace_id = {{taken.trace_id[0], taken.trace_id[1]}};
                made.span_id = {taken.span_id};
                if (store_.leads_nowhere(made.trace_id)) {
                    if (store_.wants_traces()) continue;
                    made.trace_id = {};
                    made.span_id = {};
                }
                try {
                    made.filtered = store_.as_sent(labels_without(stream, series, taken.sections()));
                } catch (...) { // rather no exemplar than one with what should not be sent
                    continue;
                }
                for (series_values& values : series.values)
                    put(exemplars_of(values), made, reservoir.capacity, table);
            }
        });
    }

private:
    template <class Each>
    void for_each_target(const metric_cell& cell, Each&& each) {
        measured_series& series = *cell.series;
        if (series.gone.load_acquire()) store_.revive(series);
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

    void take_totals(histogram_totals& totals, distribution& into) {
        into.sum.add(histogram_totals::as_double(totals.sum));
        into.widen(histogram_totals::as_double(totals.min), histogram_totals::as_double(totals.max));
    }
    void count_not_finite(const metric_cell& cell, const histogram_totals& totals) {
        const std::uint64_t count = totals.not_finite.load_relaxed();
        if (count == 0 || cell.plan != 0) return; // once, however many aggregations it was given to
        store_.rejected.not_finite.fetch_add_relaxed(count);
        heard_->texts.push_back(
            "the histogram '" + cell.series->instrument->name +
            "' was given values that are NaN or infinite; they are in no bucket, sum, minimum "
            "or maximum, and stats().measurements.not_finite counts them");
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

    // Those of several threads share the room: one a bucket, or the newest.
    static void put(std::vector<metric_exemplar>& all, const metric_exemplar& fresh, std::size_t capacity,
                    const bucket_table* table) {
        if (table)
            for (metric_exemplar& old : all)
                if (find_bucket(*table, old.value) == find_bucket(*table, fresh.value)) {
                    old = fresh;
                    return;
                }
        if (all.size() >= capacity) all.erase(all.begin());
        all.push_back(fresh);
    }
    // Those of a reader, without what it has been told.
    static std::vector<metric_exemplar>& exemplars_of(series_values& values) {
        if (!values.exemplars) values.exemplars = std::make_unique<std::vector<metric_exemplar>>();
        if (std::exchange(values.exemplars_told, false)) values.exemplars->clear();
        return *values.exemplars;
    }
    // What was measured with and is no label of the series (OpenTelemetry Metrics Data Model, "Exemplars").
    static std::string labels_without(const metric_stream& stream, const stream_series& series,
                                      std::string_view measured) {
        std::string left;
        if (measured.empty()) return left;
        const bool all = series.labels.sections == overflow_sections();
        for (const label_section& label : sort_sections(measured))
            if (all || !stream.keeps(label.key)) left += label.bytes;
        return left;
    }

    metric_store& store_;
    metric_complaints* heard_ = nullptr;
    std::vector<taken_exemplar> slots_;
    std::vector<std::uint64_t> positive_;
    std::vector<std::uint64_t> negative_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
