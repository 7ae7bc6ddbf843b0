// SPDX-License-Identifier: MIT
// The final value of every series as a table: metric, labels, value, and what the value says of time or
// spread.
#pragma once

#include "buckets.hpp"
#include "series_store.hpp"
#include "text_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple> // tie
#include <utility>
#include <variant> // get_if
#include <vector>

namespace receiver {

namespace detail {

/// Four digits, or whole numbers in groups of three.
[[nodiscard]] inline std::string number_text(double value) {
    constexpr double largest = 1e15;
    if (std::isnan(value)) return "NaN";
    const double size = std::abs(value);
    if (!std::isfinite(value) || size >= largest || (size > 0 && size < 1e-3)) {
        return fmt::format("{:.4g}", value);
    }
    if (size >= 1'000 || value == std::trunc(value)) {
        const auto whole = grouped(static_cast<std::uint64_t>(std::llround(size)));
        return (value < 0 ? "-" : "") + whole;
    }
    return fmt::format("{:.4g}", value);
}

[[nodiscard]] inline std::string number_text(const number_value& value) {
    if (!value.is_integer) return number_text(value.real);
    const auto bits = static_cast<std::uint64_t>(value.integer);
    return value.integer < 0 ? "-" + grouped(0 - bits) : grouped(bits);
}

/// A measurement; seconds are shown as durations.
[[nodiscard]] inline std::string measured_text(double value, std::string_view unit) {
    constexpr double longest = 1e9; // in nanoseconds it still is a 64-bit integer
    if (unit == "s" && value >= 0 && value < longest) {
        return duration_text(static_cast<std::uint64_t>(std::llround(value * 1e9)));
    }
    return number_text(value);
}

/// One line of the table before its columns are aligned.
struct metric_row {
    static constexpr std::size_t columns = 8;
    enum : std::size_t { name, labels, kind, value, mean, p50, p90, p99 };
    std::array<std::string, columns> cells;
    std::string rate; // of a counter, instead of what a histogram has behind its value
};

inline void fill_distribution(metric_row& row, const distribution& all, const std::vector<bucket>& buckets,
                              bool by_ratio, std::string_view unit) {
    row.cells[metric_row::value] = "count " + grouped(all.count);
    if (all.count == 0) return;
    if (all.sum) {
        const double mean = *all.sum / static_cast<double>(all.count);
        row.cells[metric_row::mean] = "mean " + measured_text(mean, unit);
    }
    if (buckets.empty()) return;
    const auto share = [&](double q) { return measured_text(quantile(q, buckets, all, by_ratio), unit); };
    row.cells[metric_row::p50] = "p50 " + share(0.5);
    row.cells[metric_row::p90] = "p90 " + share(0.9);
    row.cells[metric_row::p99] = "p99 " + share(0.99);
}

[[nodiscard]] inline std::string_view kind_text(const series& s) {
    switch (s.kind) {
    case metric_kind::gauge:
        return "gauge";
    case metric_kind::histogram:
        return "histogram";
    case metric_kind::exponential_histogram:
        return "exponential";
    default:
        return s.monotonic ? "counter" : "up-down counter";
    }
}

/// The labels on one line.
[[nodiscard]] inline std::string labels_text(const series& s, bool with_service) {
    constexpr std::size_t longest = 60;
    std::string text = with_service ? "service.name=" + s.service : "";
    if (!text.empty() && !s.labels.empty()) text += '\n';
    text += s.labels;
    std::string out;
    for (const char c : text) out += c == '\n' ? "  " : std::string(1, c);
    if (shown_width(out) <= longest) return out;
    std::size_t end = 0;
    for (std::size_t shown = 0; shown < longest; ++shown) {
        do ++end;
        while ((static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U);
    }
    return out.substr(0, end) + "…";
}

[[nodiscard]] inline metric_row row_of(const series& s, bool with_service) {
    metric_row row;
    row.cells[metric_row::name] = s.unit.empty() ? s.name : fmt::format("{} ({})", s.name, s.unit);
    row.cells[metric_row::labels] = labels_text(s, with_service);
    row.cells[metric_row::kind] = kind_text(s);
    if (const auto* number = std::get_if<number_value>(&s.value())) {
        row.cells[metric_row::value] = number_text(*number);
        const double seconds = static_cast<double>(s.time - std::min(s.time, s.start)) / 1e9;
        if (s.monotonic && seconds > 0) {
            const double total = number->is_integer ? static_cast<double>(number->integer) : number->real;
            row.rate = number_text(total / seconds) + " a second";
        }
    } else if (const auto* histogram = std::get_if<histogram_value>(&s.value())) {
        fill_distribution(row, histogram->all, buckets_of(*histogram), false, s.unit);
    } else if (const auto* exponential = std::get_if<exponential_value>(&s.value())) {
        fill_distribution(row, exponential->all, buckets_of(*exponential), true, s.unit);
    }
    return row;
}

} // namespace detail

/// Draws the series by name and labels, at most `most_rows` of them. Empty when there are none.
[[nodiscard]] inline std::string metric_table(const series_store& store, const palette& colours,
                                              std::size_t most_rows = 40) {
    using detail::metric_row;
    auto all = store.all();
    std::sort(all.begin(), all.end(), [](const series* a, const series* b) {
        return std::tie(a->name, a->unit, a->service, a->labels, a->kind, a->points_are) <
               std::tie(b->name, b->unit, b->service, b->labels, b->kind, b->points_are);
    });
    const bool several_services =
        std::any_of(all.begin(), all.end(), [&](const series* s) { return s->service != all[0]->service; });

    std::vector<metric_row> rows;
    std::array<std::size_t, metric_row::columns> widths{};
    for (std::size_t i = 0; i < std::min(most_rows, all.size()); ++i) {
        auto row = detail::row_of(*all[i], several_services);
        for (std::size_t c = 0; c < widths.size(); ++c) {
            widths[c] = std::max(widths[c], shown_width(row.cells[c]));
        }
        rows.push_back(std::move(row));
    }

    std::string out;
    std::string_view above;
    for (const auto& row : rows) {
        const auto& cells = row.cells;
        const auto& name = cells[metric_row::name];
        // A metric is named once, above its other series.
        out += "  " + (name == above ? std::string(widths[metric_row::name], ' ')
                                     : colours.bold(name) + padding(name, widths[metric_row::name]));
        above = name;
        std::string rest;
        if (widths[metric_row::labels] > 0) {
            rest += "  " + left(cells[metric_row::labels], widths[metric_row::labels]);
        }
        rest += "  " + colours.dim(cells[metric_row::kind]) +
                padding(cells[metric_row::kind], widths[metric_row::kind]) + "  ";
        rest += right(cells[metric_row::value], widths[metric_row::value]);
        if (!row.rate.empty()) {
            rest += "  " + row.rate;
        } else {
            for (std::size_t c = metric_row::mean; c < metric_row::columns; ++c) {
                if (widths[c] > 0) rest += "  " + left(cells[c], widths[c]);
            }
        }
        out += rest.substr(0, rest.find_last_not_of(' ') + 1) + '\n';
    }
    if (all.size() > rows.size()) out += fmt::format("  … {} more\n", grouped(all.size() - rows.size()));
    if (store.beyond() > 0) {
        out += fmt::format("  … and {} points of series beyond, not followed\n", grouped(store.beyond()));
    }
    return out;
}

} // namespace receiver
