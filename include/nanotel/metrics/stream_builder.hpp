// SPDX-License-Identifier: MIT
// Which metrics are made of an instrument: its views, its advice and the readers together. For the sdk.
#pragma once

#include <nanotel/core/value_rewriter.hpp>
#include <nanotel/metrics/metric_stream.hpp>
#include <nanotel/metrics/reader_traits.hpp>
#include <nanotel/trace/sampling_threshold.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct stream_settings {
    std::vector<view> views;
    std::vector<reader_traits> readers;
    std::size_t cardinality_limit = 2000;
    nanotel::exemplar_filter filter = exemplar_filter::trace_based;
    sampling_threshold exported{};     // of the sampled traces, those that some destination takes
    std::uint64_t forget_after_ns = 0; // 0: never
    std::shared_ptr<const text_processor> processor{};
};

// OpenTelemetry Metrics SDK, "Explicit Bucket Histogram Aggregation".
inline const std::vector<double>& default_bounds() {
    static const std::vector<double> bounds{0,   5,   10,   25,   50,   75,   100,  250,
                                            500, 750, 1000, 2500, 5000, 7500, 10000};
    return bounds;
}

// Makes the streams and plans of one instrument.
class stream_builder {
public:
    stream_builder(const stream_settings& settings, known_instrument& instrument,
                   std::deque<bucket_table_storage>& tables, std::vector<std::string>& complaints)
        : settings_(settings), instrument_(instrument), tables_(tables), complaints_(complaints) {}

    std::vector<std::unique_ptr<metric_stream>> build(const known_scope& scope) {
        bool selected = false;
        for (const view& v : settings_.views)
            if (selects(v, instrument_.name, instrument_.kind, instrument_.unit, scope)) {
                selected = true;
                add(v);
            }
        if (!selected) add(view{});
        if (instrument_.kind == instrument_kind::gauge && merge_differently())
            for (cell_plan& plan : instrument_.plans)
                if (plan.kind == cell_kind::gauge) plan.kind = cell_kind::ordered_gauge;
        if (instrument_.plans.empty()) instrument_.plans.emplace_back(); // nobody reads what goes there
        for (const auto& stream : made_) {
            // What is measured is nowhere else, so a reader that is told everything keeps it; what is
            // observed will be told again, and only its difference needs what was told before.
            const auto idle_is_over = stream->observable ? temporality::cumulative : temporality::delta;
            stream->may_forget = settings_.forget_after_ns != 0;
            for (const stream_lane& lane : stream->lanes)
                stream->may_forget = stream->may_forget && lane.points == idle_is_over;
        }
        instrument_.direct = instrument_.plans.size() == 1 && is_native(instrument_.plans.front().kind);
        return std::move(made_);
    }

private:
    using kinds = aggregation::kind;

    // Whether label sets that one metric keeps apart may be one series in another, which then has several
    // cells.
    bool merge_differently() const noexcept {
        for (const auto& stream : made_)
            if (stream->keep_keys != made_.front()->keep_keys ||
                stream->exclude_keys != made_.front()->exclude_keys || stream->limit != made_.front()->limit)
                return true;
        return false;
    }

    bool is_native(cell_kind kind) const noexcept {
        switch (kind) {
        case cell_kind::none:
            return true;
        case cell_kind::integer_sum:
        case cell_kind::double_sum:
            return instrument_.kind != instrument_kind::histogram;
        case cell_kind::gauge:
            return true;
        case cell_kind::ordered_gauge:
            return false;
        default:
            return instrument_.kind == instrument_kind::histogram;
        }
    }

    void add(const view& v) {
        kinds what = v.aggregation.what;
        if (what == kinds::drop) return;
        if (!is_possible(what)) {
            complaints_.push_back(
                "a view selects the " + std::string(to_string(instrument_.kind)) + " '" + instrument_.name +
                "' and gives it an aggregation that makes no sense for its kind; the default "
                "one is used. Select by instrument_kind too");
            what = kinds::by_instrument;
        }
        if (what != kinds::by_instrument || instrument_.kind != instrument_kind::histogram ||
            instrument_.exponential)
            return add_stream(v, what == kinds::by_instrument ? own_aggregation() : what,
                              [](const reader_traits&) { return true; });
        // Readers may differ in what a histogram is to them.
        for (const auto wanted :
             {histogram_aggregation::explicit_buckets, histogram_aggregation::exponential}) {
            const auto wants = [&](const reader_traits& r) { return r.histograms == wanted; };
            if (std::any_of(settings_.readers.begin(), settings_.readers.end(), wants))
                add_stream(v,
                           wanted == histogram_aggregation::exponential ? kinds::exponential
                                                                        : kinds::explicit_buckets,
                           wants);
        }
    }

    bool is_possible(kinds what) const noexcept {
        const bool gauge = instrument_.kind == instrument_kind::gauge ||
                           instrument_.kind == instrument_kind::observable_gauge;
        switch (what) {
        case kinds::sum:
            return !gauge;
        case kinds::last_value:
            return gauge;
        case kinds::explicit_buckets:
        case kinds::exponential:
            return !is_observable(instrument_.kind);
        default:
            return true;
        }
    }

    kinds own_aggregation() const noexcept {
        switch (instrument_.kind) {
        case instrument_kind::gauge:
        case instrument_kind::observable_gauge:
            return kinds::last_value;
        case instrument_kind::histogram:
            return kinds::exponential;
        default:
            return kinds::sum;
        }
    }

    template <class Wants>
    void add_stream(const view& v, kinds what, Wants wants) {
        auto stream = std::make_unique<metric_stream>();
        metric_description& d = stream->described;
        d.name = v.name.value_or(instrument_.name);
        d.description = v.description.value_or(instrument_.description);
        d.unit = instrument_.unit;
        d.scope = instrument_.scope;
        d.integer = instrument_.integer && instrument_.kind != instrument_kind::histogram;
        stream->instrument = &instrument_;
        stream->observable = is_observable(instrument_.kind);
        stream->record_min_max = v.aggregation.record_min_max;
        stream->keep_keys = v.keep_keys;
        stream->exclude_keys = v.exclude_keys;
        stream->limit = v.cardinality_limit.value_or(settings_.cardinality_limit);
        stream->max_size = v.aggregation.max_size;
        stream->max_scale = v.aggregation.max_scale;
        // A sum of what may be negative says nothing of a histogram.
        stream->has_sum =
            instrument_.kind == instrument_kind::histogram || instrument_.kind == instrument_kind::counter;

        cell_plan plan;
        switch (what) {
        case kinds::sum:
            d.kind = metric_kind::sum;
            d.monotonic = instrument_.kind != instrument_kind::up_down_counter &&
                          instrument_.kind != instrument_kind::observable_up_down_counter;
            plan.kind = instrument_.kind == instrument_kind::histogram ? cell_kind::histogram
                        : instrument_.integer                          ? cell_kind::integer_sum
                                                                       : cell_kind::double_sum;
            plan.exemplars = v.exemplars.value_or(1);
            break;
        case kinds::last_value:
            d.kind = metric_kind::gauge;
            plan.kind = cell_kind::gauge;
            plan.exemplars = v.exemplars.value_or(1);
            break;
        case kinds::exponential:
            d.kind = metric_kind::exponential_histogram;
            d.integer = false;
            plan.kind = cell_kind::exponential;
            plan.max_size = stream->max_size;
            plan.max_scale = stream->max_scale;
            plan.exemplars = v.exemplars.value_or(stream->max_size < 20 ? stream->max_size : 20);
            break;
        default:
            d.kind = metric_kind::histogram;
            d.integer = false;
            plan.kind = cell_kind::histogram;
            plan.bounds = v.aggregation.what == kinds::explicit_buckets ? v.aggregation.bounds
                          : instrument_.has_bounds                      ? instrument_.bounds
                                                                        : default_bounds();
            d.bounds = plan.bounds;
            plan.exemplars = v.exemplars.value_or(1);
            break;
        }
        if (!stream->observable) stream->plan = number_of(std::move(plan));
        add_lanes(*stream, wants);
        instrument_.streams.push_back(stream.get());
        made_.push_back(std::move(stream));
    }

    template <class Wants>
    void add_lanes(metric_stream& stream, Wants wants) {
        int shared = -1;
        for (const reader_traits& reader : settings_.readers) {
            int lane = -1;
            if (wants(reader)) {
                const temporality points = temporality_for(instrument_.kind, reader.preference);
                lane = points == temporality::cumulative ? shared : -1;
                if (lane < 0) {
                    lane = static_cast<int>(stream.lanes.size());
                    stream.lanes.push_back({points, 0});
                    if (points == temporality::cumulative) shared = lane;
                }
            }
            stream.lane_of.push_back(lane);
        }
    }

    // Metrics that need the same of a cell share it.
    std::uint32_t number_of(cell_plan plan) {
        for (std::size_t i = 0; i < instrument_.plans.size(); ++i) {
            const cell_plan& known = instrument_.plans[i];
            if (known.kind == plan.kind && known.bounds == plan.bounds && known.max_size == plan.max_size &&
                known.max_scale == plan.max_scale && known.exemplars == plan.exemplars)
                return static_cast<std::uint32_t>(i);
        }
        if (plan.kind == cell_kind::histogram) plan.table = &tables_.emplace_back(plan.bounds);
        instrument_.plans.push_back(std::move(plan));
        return static_cast<std::uint32_t>(instrument_.plans.size() - 1);
    }

    const stream_settings& settings_;
    known_instrument& instrument_;
    std::deque<bucket_table_storage>& tables_;
    std::vector<std::string>& complaints_;
    std::vector<std::unique_ptr<metric_stream>> made_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
