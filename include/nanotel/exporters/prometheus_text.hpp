// SPDX-License-Identifier: MIT
// A collection in the Prometheus text format 0.0.4 or in OpenMetrics 1.0 text, as the OpenTelemetry
// specification maps it ("Prometheus and OpenMetrics Compatibility").
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/exporters/prometheus_buckets.hpp>
#include <nanotel/exporters/prometheus_labels.hpp>
#include <nanotel/exporters/prometheus_names.hpp>
#include <nanotel/exporters/prometheus_values.hpp>
#include <nanotel/exporters/pull_reader.hpp>

#include <cstdint>
#include <deque>
#include <functional> // less
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

struct prometheus_translation {
    bool units = true;       // as suffixes of names
    bool type_suffix = true; // _total
    bool scope_info = true;
    bool target_info = true;
    bool created = false; // _created, in OpenMetrics
    std::vector<std::string> resource_labels{};
};

// What the user has been told already: the same is wrong at every scrape.
class prometheus_complaints {
public:
    void once(const std::string& subject, const std::string& text) {
        if (told_.insert(subject).second)
            unsaid_.emplace_back("prometheus:" + subject, "prometheus: " + text);
    }
    // After the collection, whose lock the handler of the application must not meet.
    void say() {
        for (auto& [subject, text] : std::exchange(unsaid_, {}))
            diagnose(diagnostic_level::warning, subject, std::move(text));
    }

private:
    std::set<std::string> told_;
    std::vector<std::pair<std::string, std::string>> unsaid_;
};

// Takes one collection and writes it. The metrics that come to one name, from several scopes, are one family;
// what cannot be part of it is left out, and said once. Exponential histograms get bounds, since these
// formats know no others: see prometheus_buckets. OpenMetrics forbids a sum, and with it the count, where
// bounds are negative; the bucket of infinity has the count there.
class prometheus_text final : public metric_sink {
public:
    prometheus_text(prometheus_format format, const prometheus_translation& translation,
                    const metric_source& source, prometheus_complaints& complaints)
        : format_(format), translation_(translation), source_(source), complaints_(complaints),
          constant_(prometheus_resource_labels(source.described(), translation.resource_labels)) {
        if (!has_target_info()) return;
        names_.emplace("target_info", nullptr);
        if (open()) names_.emplace("target", nullptr);
    }

    void begin_metric(const metric_description& metric, temporality points) override {
        metric_ = &metric;
        family_ = nullptr;
        // A part of the whole is worth nothing to a reader that does not add.
        if (points == temporality::cumulative || metric.kind == metric_kind::gauge)
            family_ = family_of(metric);
        if (!family_) return;
        scope_ = &labels_of_scope(metric.scope);
        if (family_->help.empty()) {
            family_->help = metric.description;
        } else if (!metric.description.empty() && family_->help != metric.description) {
            complaints_.once("help:" + family_->name,
                             "several metrics are called " + family_->name +
                                 " there and have different descriptions; the first one is shown. Give "
                                 "instruments of one name one description");
        }
    }

    void add(const metric_point& point) override {
        if (!family_) return;
        labels_.clear();
        const std::string_view reserved = family_->type == prometheus_type::histogram ? "le" : "";
        for_each_attribute(point.labels->sections,
                           [&](const attribute_view& attribute) { labels_.add(attribute, reserved); });
        for (const prometheus_label& label : *scope_) labels_.add(label);
        for (const prometheus_label& label : constant_) labels_.add(label);
        series_.clear();
        labels_.write(series_);
        if (!family_->series.insert(series_).second) {
            complaints_.once("series:" + family_->name,
                             "several series are called " + family_->name +
                                 (series_.empty() ? "" : "{" + series_ + "}") +
                                 " there; the first one is shown. Let their labels differ in more than the "
                                 "characters that Prometheus does not know");
            return;
        }
        switch (family_->type) {
        case prometheus_type::gauge:
            write_number(point);
            family_->samples += '\n';
            break;
        case prometheus_type::counter:
            add_counter(point);
            break;
        case prometheus_type::histogram:
            add_histogram(point);
            break;
        }
    }

    void end_metric() override {
        metric_ = nullptr;
        family_ = nullptr;
    }

    // The whole answer; the object is used up.
    std::string finish() {
        complaints_.say();
        std::string all = target_info();
        std::size_t size = all.size() + 16;
        for (const family& one : families_) size += one.samples.size() + one.help.size() + 512;
        all.reserve(size);
        for (const family& one : families_) {
            const std::string& name = open() ? one.name : one.sample;
            if (!open()) write_help(all, name, one.help);
            all += "# TYPE " + name + ' ';
            all += to_string(one.type);
            all += '\n';
            if (open() && !one.unit.empty()) all += "# UNIT " + name + ' ' + one.unit + '\n';
            if (open()) write_help(all, name, one.help);
            all += one.samples;
        }
        if (open()) all += "# EOF\n";
        return all;
    }

private:
    struct family {
        std::string name;   // without _total
        std::string sample; // with it, of a counter
        std::string unit;
        prometheus_type type;
        std::string help;
        std::string samples;
        std::unordered_set<std::string> series{}; // their labels
    };

    bool open() const noexcept { return format_ == prometheus_format::openmetrics; }

    bool has_target_info() const {
        return translation_.target_info && !source_.described().attributes().empty();
    }

    // Null, said once, where the name is taken by what is not the same.
    family* family_of(const metric_description& metric) {
        prometheus_name name = prometheus_metric_name(metric, translation_.units);
        const prometheus_type type = prometheus_type_of(metric);
        std::string sample = name.family;
        // OpenMetrics knows counters by this suffix alone.
        if (type == prometheus_type::counter && (open() || translation_.type_suffix || name.total))
            sample += "_total";
        family one{std::move(name.family), std::move(sample), std::move(name.unit), type, {}, {}};

        const auto known = names_.find(open() ? one.name : one.sample);
        if (known != names_.end() && known->second && known->second->type == type &&
            known->second->sample == one.sample) {
            if (known->second->unit.empty()) known->second->unit = std::move(one.unit);
            return known->second;
        }
        std::string taken;
        const std::vector<std::string> samples = names_of(one);
        for (const std::string& used : samples)
            if (taken.empty() && names_.find(used) != names_.end()) taken = used;
        if (one.name.empty() || !taken.empty()) {
            complain(metric, taken, type);
            return nullptr;
        }
        family& added = families_.emplace_back(std::move(one));
        for (const std::string& used : samples) names_.emplace(used, &added);
        return &added;
    }

    // All names that a reader sees of it: no two families may share one.
    std::vector<std::string> names_of(const family& one) const {
        std::vector<std::string> names{one.sample};
        if (open() && one.name != one.sample) names.push_back(one.name);
        if (one.type == prometheus_type::histogram)
            for (const char* const suffix : {"_bucket", "_sum", "_count"}) names.push_back(one.name + suffix);
        if (open() && translation_.created && one.type != prometheus_type::gauge)
            names.push_back(one.name + "_created");
        return names;
    }

    void complain(const metric_description& metric, const std::string& taken, prometheus_type type) {
        std::string text = "the metric \"" + metric.name + "\" of the scope \"" +
                           source_.scope(metric.scope).name + "\" is left out: ";
        if (taken.empty())
            text += "nothing of its name can be part of a name there";
        else
            text += "as a " + std::string(to_string(type)) + " it would share the name " + taken +
                    " with another metric that is none, or has that name for itself";
        complaints_.once("metric:" + metric.name, text + ". Rename one, by a view where it is not yours");
    }

    const std::vector<prometheus_label>& labels_of_scope(std::uint32_t scope) {
        const auto [place, added] = scopes_.try_emplace(scope);
        if (added && translation_.scope_info) place->second = prometheus_scope_labels(source_.scope(scope));
        return place->second;
    }

    void write_help(std::string& to, const std::string& name, std::string_view help) const {
        if (help.empty()) return;
        to += "# HELP " + name + ' ';
        append_escaped(to, help, open());
        to += '\n';
    }

    std::string target_info() const {
        if (!has_target_info()) return {};
        prometheus_label_set labels;
        for (const prometheus_label& label : prometheus_resource_labels(source_.described(), {"*"}))
            labels.add(label);
        std::string text = open() ? "# TYPE target info\n# HELP target Target metadata\n"
                                  : "# HELP target_info Target metadata\n# TYPE target_info gauge\n";
        text += "target_info{";
        labels.write(text);
        return text + "} 1\n";
    }

    // name{labels}, a space to follow.
    void write_series(std::string_view name, std::string_view suffix) {
        std::string& to = family_->samples;
        to += name;
        to += suffix;
        if (!series_.empty()) to += '{' + series_ + '}';
        to += ' ';
    }

    void write_number(const metric_point& point) {
        write_series(family_->sample, "");
        if (metric_->integer)
            append_signed(family_->samples, point.int_value);
        else
            append_sample(family_->samples, point.value, format_);
    }

    void add_counter(const metric_point& point) {
        // OpenMetrics has no such counters, and its readers would refuse everything.
        if (open() && (metric_->integer ? point.int_value < 0 : !(point.value >= 0))) return;
        write_number(point);
        const metric_exemplar* latest = nullptr;
        for (const metric_exemplar& one : point.exemplars)
            if (!latest || latest->time_unix_ns <= one.time_unix_ns) latest = &one;
        if (latest) write_exemplar(*latest);
        family_->samples += '\n';
        write_created(point);
    }

    void add_histogram(const metric_point& point) {
        if (metric_->kind == metric_kind::histogram)
            buckets_.set_explicit(point, metric_->bounds);
        else
            buckets_.set_exponential(point);
        std::string& to = family_->samples;
        for (const prometheus_buckets::bucket& bucket : buckets_.all()) {
            to += family_->name;
            to += "_bucket{";
            to += series_;
            if (!series_.empty()) to += ',';
            to += "le=\"";
            append_bound(to, bucket.bound, format_);
            to += "\"} ";
            append_unsigned(to, bucket.cumulative);
            if (bucket.exemplar) write_exemplar(*bucket.exemplar);
            to += '\n';
        }
        const bool sum_is_counter = !buckets_.has_negative_bounds() && point.sum >= 0;
        const bool with_sum = point.has_sum && (!open() || sum_is_counter);
        if (with_sum) {
            write_series(family_->name, "_sum");
            append_sample(to, point.sum, format_);
            to += '\n';
        }
        if (with_sum || !open()) {
            write_series(family_->name, "_count");
            append_unsigned(to, buckets_.count());
            to += '\n';
        }
        write_created(point);
    }

    void write_created(const metric_point& point) {
        if (!open() || !translation_.created || point.start_unix_ns == 0) return;
        write_series(family_->name, "_created");
        append_seconds(family_->samples, point.start_unix_ns);
        family_->samples += '\n';
    }

    // # {trace_id="…",span_id="…"} value seconds. Filtered attributes join as long as there is room.
    void write_exemplar(const metric_exemplar& one) {
        if (!open()) return;
        constexpr std::size_t most_characters = 128;
        std::size_t characters = 0;
        std::string& to = family_->samples;
        to += " # {";
        std::set<std::string> used;
        const auto write = [&](const std::string& name, std::string_view value) {
            const std::size_t more = characters_in(name) + characters_in(value);
            if (value.empty() || characters + more > most_characters || !used.insert(name).second) return;
            characters += more;
            if (to.back() != '{') to += ',';
            to += name + "=\"";
            append_escaped(to, value, true);
            to += '"';
        };
        if (one.trace_id.is_valid() && one.span_id.is_valid()) {
            write("trace_id", one.trace_id.to_hex().c_str());
            write("span_id", one.span_id.to_hex().c_str());
        }
        for_each_attribute(one.filtered, [&](const attribute_view& attribute) {
            std::string value;
            attribute_text::append(value, attribute);
            write(prometheus_label_name(attribute.key), value);
        });
        to += "} ";
        if (metric_->integer && family_->type != prometheus_type::histogram)
            append_signed(to, one.int_value);
        else
            append_sample(to, one.value, format_);
        if (one.time_unix_ns != 0) {
            to += ' ';
            append_seconds(to, one.time_unix_ns);
        }
    }

    const prometheus_format format_;
    const prometheus_translation& translation_;
    const metric_source& source_;
    prometheus_complaints& complaints_;
    const std::vector<prometheus_label> constant_;

    std::deque<family> families_;                       // never move
    std::map<std::string, family*, std::less<>> names_; // null: not of a metric
    std::unordered_map<std::uint32_t, std::vector<prometheus_label>> scopes_;

    const metric_description* metric_ = nullptr;
    family* family_ = nullptr; // null: the metric is left out
    const std::vector<prometheus_label>* scope_ = nullptr;
    prometheus_label_set labels_;
    std::string series_;
    prometheus_buckets buckets_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
