// SPDX-License-Identifier: MIT
// What metrics, labels and units of OpenTelemetry are called in Prometheus (OpenTelemetry specification,
// "Prometheus and OpenMetrics Compatibility").
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp> // trim
#include <nanotel/metrics/metric_data.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class prometheus_type : std::uint8_t { counter, gauge, histogram };

inline std::string_view to_string(prometheus_type type) noexcept {
    switch (type) {
    case prometheus_type::counter:
        return "counter";
    case prometheus_type::gauge:
        return "gauge";
    default:
        return "histogram";
    }
}

// A sum that may fall is a gauge there: counters only rise.
inline prometheus_type prometheus_type_of(const metric_description& metric) noexcept {
    switch (metric.kind) {
    case metric_kind::sum:
        return metric.monotonic ? prometheus_type::counter : prometheus_type::gauge;
    case metric_kind::gauge:
        return prometheus_type::gauge;
    default:
        return prometheus_type::histogram;
    }
}

// Appends a name with an underscore for what it cannot hold there, and one for several.
inline void append_prometheus_name(std::string& to, std::string_view name, bool with_colons) {
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (letter || (c >= '0' && c <= '9') || (c == ':' && with_colons))
            to += c;
        else if (!to.ends_with('_'))
            to += '_';
    }
}

inline bool begins_with_digit(std::string_view name) noexcept {
    return !name.empty() && name.front() >= '0' && name.front() <= '9';
}

inline void trim_underscores(std::string& name) {
    while (name.ends_with('_')) name.pop_back();
    if (name.starts_with('_')) name.erase(0, 1); // there is never more than one
}

// The name of a label; `prefix` is valid already. Names that begin with an underscore are reserved, so what
// begins with a digit gets a word before it, as in the other exporters.
inline std::string prometheus_label_name(std::string_view key, std::string_view prefix = {}) {
    std::string name(prefix);
    if (prefix.empty() && begins_with_digit(key)) name = "key_";
    append_prometheus_name(name, key, false);
    return name.empty() ? "_" : name;
}

// UCUM to the plural in which Prometheus counts; what is not known stays.
inline std::string_view prometheus_unit_word(std::string_view unit) noexcept {
    constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"1", ""},
        {"s", "seconds"},
        {"ms", "milliseconds"},
        {"us", "microseconds"},
        {"ns", "nanoseconds"},
        {"min", "minutes"},
        {"h", "hours"},
        {"d", "days"},
        {"By", "bytes"},
        {"KiBy", "kibibytes"},
        {"MiBy", "mebibytes"},
        {"GiBy", "gibibytes"},
        {"TiBy", "tebibytes"},
        {"kBy", "kilobytes"},
        {"KBy", "kilobytes"},
        {"MBy", "megabytes"},
        {"GBy", "gigabytes"},
        {"TBy", "terabytes"},
        {"m", "meters"},
        {"V", "volts"},
        {"A", "amperes"},
        {"J", "joules"},
        {"W", "watts"},
        {"g", "grams"},
        {"Cel", "celsius"},
        {"Hz", "hertz"},
        {"%", "percent"},
    };
    for (const auto& [ucum, word] : words)
        if (ucum == unit) return word;
    return unit;
}

// The singular after "per". `m` is a minute here, as for the other exporters, though UCUM's is `min`.
inline std::string_view prometheus_per_word(std::string_view unit) noexcept {
    constexpr std::pair<std::string_view, std::string_view> words[] = {
        {"1", ""},
        {"s", "second"},
        {"ms", "millisecond"},
        {"us", "microsecond"},
        {"ns", "nanosecond"},
        {"m", "minute"},
        {"min", "minute"},
        {"h", "hour"},
        {"d", "day"},
        {"w", "week"},
        {"wk", "week"},
        {"mo", "month"},
        {"y", "year"},
        {"a", "year"},
        {"By", "byte"},
    };
    for (const auto& [ucum, word] : words)
        if (ucum == unit) return word;
    return unit;
}

// A unit as a suffix of a name: "By/s" is bytes_per_second, "{packet}/s" is per_second, "1" is nothing.
inline std::string prometheus_unit(std::string_view unit) {
    std::string plain; // without annotations
    bool annotation = false;
    for (const char c : unit) {
        if (c == '{') annotation = true;
        if (!annotation) plain += c;
        if (c == '}') annotation = false;
    }
    const std::string_view all = plain;
    const auto slash = all.find('/');
    std::string name;
    append_prometheus_name(name, prometheus_unit_word(trim(all.substr(0, slash))), false);
    trim_underscores(name);
    if (slash == all.npos) return name;
    std::string per;
    append_prometheus_name(per, prometheus_per_word(trim(all.substr(slash + 1))), false);
    trim_underscores(per);
    if (per.empty()) return name;
    return name.empty() ? "per_" + per : name + "_per_" + per;
}

// Whether a name ends with a word, or is it.
inline bool ends_with_word(std::string_view name, std::string_view word) noexcept {
    return name.ends_with(word) && (name.size() == word.size() || name[name.size() - word.size() - 1] == '_');
}

struct prometheus_name {
    std::string family; // without _total
    std::string unit;   // empty, or what the family's name ends with
    bool total = false; // the instrument's own name ends with _total
};

// Empty where nothing of the name is left.
inline prometheus_name prometheus_metric_name(const metric_description& metric, bool with_unit) {
    constexpr std::string_view total = "_total";
    const prometheus_type type = prometheus_type_of(metric);
    prometheus_name result;
    std::string& name = result.family;
    if (begins_with_digit(metric.name)) name = '_';
    append_prometheus_name(name, metric.name, true);
    while (name.ends_with('_')) name.pop_back();
    if (name.empty()) return result;
    if (type == prometheus_type::counter && name.size() > total.size() && name.ends_with(total)) {
        name.resize(name.size() - total.size());
        result.total = true;
    }
    // Counts of things are often given the unit 1: only what can be a ratio is called one.
    std::string unit = metric.kind == metric_kind::gauge && trim(metric.unit) == "1"
                           ? "ratio"
                           : prometheus_unit(metric.unit);
    if (unit.empty()) return result;
    if (with_unit && !ends_with_word(name, unit)) name += '_' + unit;
    if (name.size() > unit.size() && ends_with_word(name, unit)) result.unit = std::move(unit);
    return result;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
