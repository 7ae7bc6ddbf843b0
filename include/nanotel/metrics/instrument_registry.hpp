// SPDX-License-Identifier: MIT
// The instruments, their metrics and series since start, and the slots by which threads find them. For the
// sdk.
#pragma once

#include <nanotel/metrics/domain_registry.hpp>
#include <nanotel/metrics/stream_builder.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Belongs to the metric_store, under whose lock all of it is. Its functions throw where memory is short.
class instrument_registry {
public:
    explicit instrument_registry(site_registry& sites) noexcept : sites_(sites) {}

    // What was known is forgotten, and slots given before are not valid any more.
    void begin(std::uint32_t start, stream_settings settings, std::deque<bucket_table_storage>& tables) {
        streams_.clear();
        measured_.clear();
        instruments_.clear();
        by_name_.clear();
        tables_ = &tables;
        slots_.clear();
        first_slot_ = next_slot_;
        histograms_ = false;
        settings_ = std::move(settings);
        start_ = start;
    }

    // In a forked child: what the parent's threads may have been in the middle of changing. Kept for ever,
    // and never looked at again.
    struct remains {
        std::vector<std::unique_ptr<known_instrument>> instruments;
        std::vector<std::unique_ptr<metric_stream>> streams;
        std::unordered_map<measured_series*, std::unique_ptr<measured_series>> measured;
    };
    remains leave_behind() noexcept {
        return {std::move(instruments_), std::move(streams_), std::move(measured_)};
    }

    const stream_settings& settings() const noexcept { return settings_; }
    const std::vector<std::unique_ptr<metric_stream>>& streams() const noexcept { return streams_; }
    bool has_histograms() const noexcept { return histograms_; }
    std::size_t gone() const noexcept { return gone_; } // series that were let go, ever

    // -- instruments

    bool is_valid(std::uint32_t slot) const noexcept { return slot != no_slot && slot >= first_slot_; }

    // The first slot of an instrument, registered if need be; what is wrong with it is added to `heard`.
    std::uint32_t slot_of(instrument_state& instrument, std::vector<std::string>& heard) {
        const std::uint32_t slot = instrument.slot.load_relaxed();
        return is_valid(slot) ? slot : add(instrument, heard);
    }

    known_instrument& instrument_at(std::uint32_t slot) { return *slots_[slot - first_slot_].instrument; }

    // -- series

    // The series of a slot.
    measured_series& series_at(std::uint32_t slot, std::uint64_t now) {
        slot_entry& entry = slots_[slot - first_slot_];
        if (!entry.series) {
            const std::string sections =
                sections_of_combination(entry.domains, entry.domain_count, entry.index);
            std::string processed;
            entry.series =
                &series_of(*entry.instrument, sort_sections(as_sent(sections, processed)), true, now);
            entry.series->has_slot = true;
        }
        return *entry.series;
    }
    measured_series& series_of(known_instrument& instrument, const label_set& set, std::uint64_t now) {
        std::string processed;
        return series_of(
            instrument,
            sort_sections(as_sent({reinterpret_cast<const char*>(set.sections), set.size}, processed)),
            set.complete, now);
    }
    // The labels as the processor wants them, where there is one; then they lie in `processed`.
    std::string_view as_sent(std::string_view sections, std::string& processed) const {
        if (!settings_.processor) [[likely]]
            return sections;
        processed = process_labels(*settings_.processor, sections);
        return processed;
    }
    measured_series& series_of(known_instrument& instrument, const std::vector<label_section>& labels,
                               bool complete, std::uint64_t now) {
        std::vector<stream_series*> targets;
        for (metric_stream* const stream : instrument.streams)
            targets.push_back(&stream->series_of(labels, complete, now));
        if (measured_series* const known = find(instrument, targets)) return *known;
        if (!instrument.gone.empty())
            if (const auto gone = instrument.gone.find(all_labels(targets)); gone != instrument.gone.end()) {
                measured_series& back = *gone->second;
                lead(back, std::move(targets));
                return back;
            }
        auto made = std::make_unique<measured_series>();
        made->instrument = &instrument;
        made->targets.resize(targets.size());
        made->gauges.resize(instrument.plans.size());
        measured_series& result = *made;
        measured_.emplace(&result, std::move(made));
        lead(result, std::move(targets));
        return result;
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

    // The series that were let go, for what still comes of one.
    void revive(measured_series& measured) {
        if (!measured.gone.load_relaxed()) return; // a thread that measures was faster
        std::vector<stream_series*> targets = measured.targets;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            if (targets[i]) continue;
            metric_stream& stream = *measured.instrument->streams[i];
            // It was measured after the last collection, whichever reader's: each takes all that there is.
            std::uint64_t since = 0;
            for (const stream_lane& lane : stream.lanes) since = std::max(since, lane.collected_unix_ns);
            const bool overflow = measured.labels[i] == overflow_sections();
            targets[i] = &stream.series_of(split_sections(measured.labels[i]), !overflow, since);
        }
        lead(measured, std::move(targets));
    }

    // A series that no reader has had anything of for long: its place is free. The cells stay with their
    // threads until enough of them are idle.
    std::unique_ptr<stream_series> let_go(metric_stream& stream, std::size_t at) {
        stream_series& series = *stream.series[at];
        known_instrument& instrument = *stream.instrument;
        // First what may throw.
        series.each_measured([&](measured_series& measured) {
            if (measured.gone.load_relaxed()) return;
            measured.labels.clear();
            for (const stream_series* const target : measured.targets)
                measured.labels.push_back(target->labels.sections);
            const auto [place, is_new] = instrument.gone.try_emplace(all_labels(measured.targets), &measured);
            if (is_new) measured.all_labels = &place->first;
        });
        series.each_measured([&](measured_series& measured) {
            if (!measured.gone.load_relaxed()) ++gone_;
            measured.gone.store_relaxed(true); // the lock shows it to those that bring back
            forget_targets(measured);
            std::replace(measured.targets.begin(), measured.targets.end(), &series,
                         static_cast<stream_series*>(nullptr));
        });
        stream.by_labels.erase(series.labels.sections);
        std::unique_ptr<stream_series> idle = std::move(stream.series[at]);
        stream.series[at] = std::move(stream.series.back());
        stream.series.pop_back();
        return idle;
    }

    // Whether nothing but cells may lead to the series.
    static bool is_forgotten(const measured_series& measured) noexcept {
        return measured.gone.load_relaxed() && !measured.has_slot;
    }
    void forget(measured_series& measured) noexcept {
        for (stream_series* const target : measured.targets)
            if (target) target->forget(measured);
        forget_labels(measured);
        measured_.erase(&measured);
    }

private:
    // The one that leads there, or null.
    static measured_series* find(const known_instrument& instrument,
                                 const std::vector<stream_series*>& targets) {
        if (targets.empty()) return instrument.unread;
        if (targets.size() == 1) return targets.front()->measured;
        const auto found = instrument.measured.find(targets);
        return found == instrument.measured.end() ? nullptr : found->second;
    }

    // Makes it lead there, all of it. Where it throws nothing has changed.
    static void lead(measured_series& measured, std::vector<stream_series*> targets) {
        known_instrument& instrument = *measured.instrument;
        for (stream_series* const target : targets)
            if (target->measured && target->others.size() == target->others.capacity())
                target->others.reserve(2 * target->others.size() + 1);
        // Not where what is beyond a limit leads there already.
        if (targets.size() > 1) instrument.measured.try_emplace(targets, &measured);
        if (targets.empty()) instrument.unread = &measured;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            if (measured.targets[i] == targets[i]) continue;
            if (targets[i]->measured)
                targets[i]->others.push_back(&measured);
            else
                targets[i]->measured = &measured;
        }
        forget_labels(measured);
        measured.targets.swap(targets);
        measured.gone.store_release(false);
    }

    static void forget_labels(measured_series& measured) noexcept {
        auto& gone = measured.instrument->gone;
        if (measured.all_labels) gone.erase(gone.find(*measured.all_labels));
        measured.all_labels = nullptr;
        measured.labels.clear();
    }
    static void forget_targets(measured_series& measured) noexcept {
        auto& by_targets = measured.instrument->measured;
        const auto known = by_targets.find(measured.targets);
        if (known != by_targets.end() && known->second == &measured) by_targets.erase(known);
    }

    static std::string all_labels(const std::vector<stream_series*>& targets) {
        std::string all;
        for (const stream_series* const target : targets) {
            all += std::to_string(target->labels.sections.size()) + ':';
            all += target->labels.sections;
        }
        return all;
    }

    struct slot_entry {
        known_instrument* instrument = nullptr;
        const label_domain* domains = nullptr;
        std::uint32_t domain_count = 0;
        std::uint32_t index = 0;
        measured_series* series = nullptr;
    };

    std::uint32_t add(instrument_state& declared, std::vector<std::string>& heard) {
        known_instrument& known = known_as(declared, heard);
        if (known.streams.empty()) declared.dropped_in.store_relaxed(start_);
        const label_domain* const domains = domains_.copy_of(declared.domains, declared.domain_count);
        auto& first = known.first_slots[{domains, declared.combinations}];
        if (!is_valid(first) || first == 0) {
            first = next_slot_;
            for (std::uint32_t i = 0; i < declared.combinations; ++i)
                slots_.push_back({&known, domains, declared.domain_count, i, nullptr});
            next_slot_ += declared.combinations;
        }
        declared.slot.store_relaxed(first);
        return first;
    }

    known_instrument& known_as(const instrument_state& declared, std::vector<std::string>& heard) {
        const std::uint32_t scope = sites_.add_scope(declared.scope ? *declared.scope : default_scope);
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
                if (known->exponential != declared.exponential || known->has_bounds != declared.has_bounds ||
                    !std::equal(known->bounds.begin(), known->bounds.end(), declared.bounds,
                                declared.bounds + declared.bound_count))
                    heard.push_back("the " + words(*known) +
                                    " is declared with different buckets; those of the first declaration are "
                                    "used. Let both say the same, or choose them by a view");
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
        auto made = stream_builder(settings_, known, *tables_, heard).build(sites_.scope(scope));
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

    site_registry& sites_;
    domain_registry domains_;
    stream_settings settings_;
    std::uint32_t start_ = 0;
    std::vector<std::unique_ptr<known_instrument>> instruments_;
    std::unordered_map<std::string, std::vector<known_instrument*>> by_name_; // scope and name in lower case
    std::vector<std::unique_ptr<metric_stream>> streams_;
    std::unordered_map<measured_series*, std::unique_ptr<measured_series>> measured_;
    std::size_t gone_ = 0;
    std::deque<bucket_table_storage>* tables_ = nullptr; // of the start
    std::deque<slot_entry> slots_;                       // from first_slot_
    std::uint32_t first_slot_ = 1;
    std::uint32_t next_slot_ = 1;
    bool histograms_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
