// SPDX-License-Identifier: MIT
// Metrics as a table: name and unit, labels, kind, value, and what the value says of its spread.
#pragma once

#include <algorithm> // max, min
#include <array>
#include <cmath> // exp2
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/console_values.hpp>
#include <nanotel/otlp/finished_metric.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// What lies between two bounds, ascending.
struct console_bucket {
    double low;
    double high;
    std::uint64_t count;
};

/// The buckets of a histogram of either kind that hold something, within its extremes where it has them.
[[nodiscard]] inline std::vector<console_bucket> buckets_of(const finished_point& point,
                                                            finished_metric_kind kind) {
    std::vector<console_bucket> buckets;
    const auto add = [&](double low, double high, std::uint64_t count) {
        if (count == 0) return;
        if (point.min) low = std::max(low, *point.min);
        if (point.max) high = std::min(high, *point.max);
        buckets.push_back({low, std::max(low, high), count});
    };
    if (kind == finished_metric_kind::histogram) {
        const auto& bounds = point.explicit_bounds;
        if (bounds.empty() || point.bucket_counts.size() != bounds.size() + 1) return {};
        // What lies beyond a bound and has no extreme is taken to lie at the bound.
        for (std::size_t i = 0; i <= bounds.size(); ++i)
            add(i == 0 ? point.min.value_or(std::min(0.0, bounds[0])) : bounds[i - 1],
                i == bounds.size() ? point.max.value_or(bounds.back()) : bounds[i], point.bucket_counts[i]);
        return buckets;
    }
    const auto bound = [&](std::int64_t index) {
        return std::exp2(static_cast<double>(index) * std::exp2(-static_cast<double>(point.scale)));
    };
    const auto& negative = point.negative;
    for (std::size_t i = negative.counts.size(); i-- > 0;) {
        const std::int64_t index = negative.offset + static_cast<std::int64_t>(i);
        add(-bound(index + 1), -bound(index), negative.counts[i]);
    }
    add(-point.zero_threshold, point.zero_threshold, point.zero_count);
    for (std::size_t i = 0; i < point.positive.counts.size(); ++i) {
        const std::int64_t index = point.positive.offset + static_cast<std::int64_t>(i);
        add(bound(index), bound(index + 1), point.positive.counts[i]);
    }
    return buckets;
}

/// Below which this share of the values lies, were they spread evenly in their buckets. There are buckets.
[[nodiscard]] inline double quantile(const std::vector<console_bucket>& buckets, double share) {
    double all = 0;
    for (const console_bucket& bucket : buckets) all += static_cast<double>(bucket.count);
    double below = share * all;
    for (const console_bucket& bucket : buckets) {
        const auto count = static_cast<double>(bucket.count);
        if (below <= count) return bucket.low + (bucket.high - bucket.low) * below / count;
        below -= count;
    }
    return buckets.back().high;
}

/// One line of the table before its columns are aligned.
struct console_metric_row {
    enum column : std::size_t { name, labels, kind, value, columns };
    std::array<std::string, columns> cells;
    std::vector<console_detail> spread; // of a histogram
};

[[nodiscard]] inline std::string kind_text(const finished_metric& metric) {
    std::string text = metric.kind == finished_metric_kind::gauge                   ? "gauge"
                       : metric.kind == finished_metric_kind::histogram             ? "histogram"
                       : metric.kind == finished_metric_kind::exponential_histogram ? "exponential histogram"
                       : metric.kind == finished_metric_kind::none                  ? "unknown"
                       : metric.monotonic                                           ? "counter"
                                                                                    : "up-down counter";
    if (metric.temporality == temporality::delta) text += " (delta)";
    return text;
}

inline void add_spread(std::vector<console_detail>& to, const finished_point& point,
                       const finished_metric& metric) {
    const auto add = [&](const char* what, double value) {
        to.push_back({what, measured_text(value, metric.unit)});
    };
    if (point.count == 0) return;
    if (point.sum) add("mean", *point.sum / static_cast<double>(point.count));
    if (point.min) add("min", *point.min);
    if (const auto buckets = buckets_of(point, metric.kind); !buckets.empty()) {
        add("p50", quantile(buckets, 0.5));
        add("p90", quantile(buckets, 0.9));
        add("p99", quantile(buckets, 0.99));
    }
    if (point.max) add("max", *point.max);
    // The newest measurement within a trace leads there.
    for (auto example = point.exemplars.rbegin(); example != point.exemplars.rend(); ++example) {
        const double* const value = example->value.get_if<double>();
        if (example->trace_id.empty()) continue;
        if (value != nullptr) add("example", *value);
        to.push_back({"trace", printable(example->trace_id)});
        return;
    }
}

[[nodiscard]] inline console_metric_row row_of(const finished_point& point, const finished_metric& metric) {
    constexpr std::uint32_t no_recorded_value = 1;
    console_metric_row row;
    row.cells[row.name] = printable(metric.name, 80);
    if (!metric.unit.empty()) row.cells[row.name] += " (" + printable(metric.unit, 30) + ")";
    row.cells[row.labels] = printable(attributes_text(point.attributes), 80);
    row.cells[row.kind] = kind_text(metric);
    if ((point.flags & no_recorded_value) != 0) {
        row.cells[row.value] = "no value";
    } else if (const auto* const whole = point.value.get_if<std::int64_t>()) {
        // Not by its unit: a double would lose the last digits of a large count.
        row.cells[row.value] = metric.unit == "By" && *whole >= 1024
                                   ? measured_text(static_cast<double>(*whole), metric.unit)
                                   : number_for_people(*whole);
    } else if (const auto* const real = point.value.get_if<double>()) {
        row.cells[row.value] = measured_text(*real, metric.unit);
    } else {
        row.cells[row.value] = "count " + grouped(point.count);
        add_spread(row.spread, point, metric);
    }
    return row;
}

/// All metrics of a body: a line that says when and how many, and the table. A metric is named once, above
/// its other series.
[[nodiscard]] inline std::string metrics_text(const std::vector<finished_metric>& metrics,
                                              const console_style& style) {
    using row = console_metric_row;
    const auto& colours = style.colours;
    std::vector<row> rows;
    std::array<std::size_t, row::columns> widths{};
    std::uint64_t time = 0;
    for (const finished_metric& metric : metrics)
        for (const finished_point& point : metric.points) {
            row made = row_of(point, metric);
            for (std::size_t c = 0; c < widths.size(); ++c)
                widths[c] = std::max(widths[c], shown_width(made.cells[c]));
            time = std::max(time, point.time_unix_nano);
            if (&point != metric.points.data()) made.cells[row::name].clear();
            rows.push_back(std::move(made));
        }
    std::string text = colours.bold("metrics");
    if (const auto* const service = metrics.front().resource["service.name"].get_if<std::string>())
        text += "  " + printable(*service, 60);
    text += "  " + colours.dim(time_text(time)) + "  " + grouped(rows.size()) + " series\n";
    std::size_t taken = 2;
    for (const std::size_t width : widths) taken += width == 0 ? 0 : width + 2;
    for (const row& each : rows) {
        std::string line;
        for (std::size_t c = 0; c < widths.size(); ++c) {
            if (widths[c] == 0) continue;
            const std::string& cell = each.cells[c];
            const std::string gap = padding(cell, widths[c]);
            line += "  ";
            if (c == row::value)
                line += gap + cell;
            else
                line += (c == row::name   ? colours.bold(cell)
                         : c == row::kind ? colours.dim(cell)
                                          : cell) +
                        gap;
        }
        const auto details = detail_lines(each.spread, room_for_details(style, taken), colours);
        if (!details.empty()) line += "  " + details.front();
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        for (std::size_t i = 1; i < details.size(); ++i) text += std::string(taken, ' ') + details[i] + '\n';
    }
    return text;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
