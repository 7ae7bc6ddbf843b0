// SPDX-License-Identifier: MIT
// A metric as a view makes it of an instrument, and its series. For the sdk.
#pragma once

#include <nanotel/metrics/bucket_table.hpp>
#include <nanotel/metrics/label_sections.hpp>
#include <nanotel/metrics/series_values.hpp>
#include <nanotel/metrics/view.hpp>

#include <deque>
#include <map>
#include <unordered_map>

namespace nanotel::inline NANOTEL_ABI::detail {

struct metric_stream;
struct known_instrument;

// A series of a metric. What collects owns the values; the rest does not change once it is made.
struct stream_series {
    series_labels labels;
    std::uint64_t created_unix_ns = 0;
    std::uint64_t shown_unix_ns = 0;   // when it last had something for a reader
    std::vector<series_values> values; // by lane
    // Whose cells feed it. Several where another metric of the instrument keeps their label sets apart.
    measured_series* measured = nullptr;
    std::vector<measured_series*> others;

    template <class Each>
    void each_measured(Each&& each) {
        if (measured) each(*measured);
        for (measured_series* const other : others) each(*other);
    }
    void forget(const measured_series& one) noexcept {
        if (measured == &one) {
            measured = others.empty() ? nullptr : others.back();
            if (!others.empty()) others.pop_back();
            return;
        }
        std::erase(others, &one);
    }
};

// What a cell belongs to: a series in each metric that views make of its instrument. Label sets that come to
// the same series everywhere share it, so there are never more than the limits of cardinality allow.
struct measured_series {
    known_instrument* instrument = nullptr;
    std::vector<stream_series*> targets; // by stream; null: that was idle and let go
    std::uint32_t slot = no_slot;        // for handles
    bool has_slot = false;               // of a handle, or of a combination of finite domains: it stays
    std::uint32_t threads = 0;           // that have cells of it
    // Some series of it was let go. Should a cell bring more, it is made anew, of the labels of its stream.
    // Only the collection lets go; a thread that measures brings back, and release then shows the collection,
    // which reads the targets without the store's lock, all of them: nobody changes them while it is false.
    atomic<bool> gone{};
    std::vector<std::string> labels;         // by stream; empty before one was let go
    const std::string* all_labels = nullptr; // its key in known_instrument::gone
    std::vector<metric_cell*> gauges;        // by plan: those that all threads share, else null
};

// Readers that have the same values: all that are cumulative share one, each of delta has its own.
struct stream_lane {
    temporality points = temporality::cumulative;
    std::uint64_t collected_unix_ns = 0; // of delta: the last collection
};

struct metric_stream {
    metric_description described;
    known_instrument* instrument = nullptr;
    std::uint32_t plan = 0; // the cells that feed it
    bool observable = false;
    bool record_min_max = true;
    bool has_sum = true;
    bool may_forget = false; // series that are idle: see stream_builder
    std::uint32_t max_size = 160;
    std::int32_t max_scale = 20;
    std::optional<std::vector<std::string>> keep_keys;
    std::vector<std::string> exclude_keys;
    std::size_t limit = 2000;
    std::vector<stream_lane> lanes;
    std::vector<int> lane_of; // by reader, -1: it does not read this

    // Under the lock of the store.
    std::unordered_map<std::string_view, stream_series*> by_labels;
    std::vector<std::unique_ptr<stream_series>> fresh; // not yet seen by a collection
    // The collection's.
    std::vector<std::unique_ptr<stream_series>> series;

    bool keeps(std::string_view key) const noexcept {
        for (const std::string& excluded : exclude_keys)
            if (excluded == key) return false;
        if (!keep_keys) return true;
        for (const std::string& kept : *keep_keys)
            if (kept == key) return true;
        return false;
    }
    bool keeps_all() const noexcept { return !keep_keys && exclude_keys.empty(); }

    // The series of these labels, or the one that takes what is beyond the limit (OpenTelemetry Metrics SDK,
    // "Cardinality limits"). Under the lock of the store.
    stream_series& series_of(const std::vector<label_section>& labels, bool complete, std::uint64_t now) {
        std::string sections;
        if (!complete)
            sections = overflow_sections();
        else
            for (const label_section& label : labels)
                if (keeps(label.key)) sections += label.bytes;
        if (const auto known = by_labels.find(sections); known != by_labels.end()) return *known->second;
        // The last place is that of the overflow.
        const bool has_overflow = by_labels.contains(overflow_sections());
        if (by_labels.size() + (has_overflow ? 0 : 1) >= limit) sections = overflow_sections();
        if (const auto known = by_labels.find(sections); known != by_labels.end()) return *known->second;
        auto made = std::make_unique<stream_series>();
        made->labels.sections = std::move(sections);
        made->created_unix_ns = now;
        made->values.resize(lanes.size());
        stream_series& result = *made;
        fresh.push_back(std::move(made));
        try {
            by_labels.emplace(result.labels.sections, &result);
        } catch (...) {
            fresh.pop_back();
            throw;
        }
        return result;
    }
};

// One of the aggregations that a thread makes of an instrument's measurements, for the metrics that need it.
struct cell_plan {
    cell_kind kind = cell_kind::none;
    const bucket_table_storage* table = nullptr; // of explicit buckets
    std::vector<double> bounds;
    std::uint32_t max_size = 0; // of exponential ones
    std::int32_t max_scale = 0;
    std::uint32_t exemplars = 0; // of the reservoir; explicit buckets have one each, unless it is 0
};

struct known_instrument {
    std::string name;
    std::string unit;
    std::string description;
    std::uint32_t scope = 0;
    nanotel::instrument_kind kind = instrument_kind::counter;
    bool integer = true;
    bool exponential = false;
    std::vector<double> bounds;
    bool has_bounds = false;

    std::vector<metric_stream*> streams;
    std::vector<cell_plan> plans; // at least one
    // One plan, and of the kind that the instrument writes without asking.
    bool direct = true;
    std::map<std::vector<stream_series*>, measured_series*> measured; // where there are several streams
    measured_series* unread = nullptr;                                // where there is none
    // Those of which a series was let go, by all their labels: the same labels come to the same cells.
    std::unordered_map<std::string, measured_series*> gone;
    std::map<std::pair<const label_domain*, std::uint32_t>, std::uint32_t> first_slots; // of its declarations
};

// Whether what is measured into a cell of that plan may have labels that its series in some metric has not:
// a view takes them away, or it is the series of what is beyond a limit.
inline bool loses_labels(const measured_series& measured, std::uint32_t plan) {
    for (std::size_t i = 0; i < measured.targets.size(); ++i) {
        const metric_stream& stream = *measured.instrument->streams[i];
        if (stream.plan != plan || stream.observable) continue;
        const stream_series* const series = measured.targets[i];
        if (!stream.keeps_all() || (series && series->labels.sections == overflow_sections())) return true;
    }
    return false;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
