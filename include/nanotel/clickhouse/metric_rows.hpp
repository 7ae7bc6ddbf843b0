// SPDX-License-Identifier: MIT
// Points of a collection as rows of ClickHouse's table of metrics.
#pragma once

#include <nanotel/clickhouse/bucket_bounds.hpp>
#include <nanotel/clickhouse/row_id.hpp>
#include <nanotel/clickhouse/row_resource.hpp>
#include <nanotel/clickhouse/row_text.hpp>
#include <nanotel/exporters/body_format.hpp>

#include <deque>

namespace nanotel::inline NANOTEL_ABI::detail {

// What a metric's points have in common is made once for each time that it is collected. The table has no
// exemplars. The id of a row is made of all else that stands in it.
class metric_rows final : public point_encoder {
public:
    metric_rows(const site_registry& registry, const resource& is, const body_limits& limits,
                body_function finished)
        : registry_(registry), resource_(resource_columns(is) + instance_columns(is)),
          seed_(id_of(resource_)), limits_(limits), finished_(std::move(finished)) {}

    void begin_metric(const metric_description& metric, temporality points) noexcept override {
        metric_ = &metric;
        temporality_ = points;
        opening_.clear();
    }

    void add(const metric_point& point) noexcept override {
        if (!write(point)) [[unlikely]] {
            // What the body has is whole. A new one begins small, where memory may still be had.
            close_body();
            if (!write(point)) {
                ++lost_points_;
                return;
            }
        }
        if (rows_.rows() == limits_.items || rows_.size() >= limits_.bytes) close_body();
    }

    void end_metric() noexcept override {}
    void finish() noexcept override { close_body(); }
    std::uint64_t lost_points() const noexcept override { return lost_points_; }

private:
    bool write(const metric_point& point) noexcept {
        rows_.begin_row();
        try {
            if (opening_.empty()) describe();
            rows_.write(opening_);
            write_times(point);
            write_value(point);
            write_attributes(*point.labels);
            rows_.write(scope_columns_of(metric_->scope));
            const row_id id = id_of(rows_.row(), seed_); // the seed is made of the resource
            rows_.write(resource_);
            char* out = write_literal(rows_.room(64), R"(,"metric_id":")");
            out = write_id(out, id);
            rows_.commit(write_literal(out, "\"}\n"));
            rows_.end_row();
            return true;
        } catch (...) {
            rows_.drop_row();
            return false;
        }
    }

    // {"metric_name":"…", and so on, up to what differs between points.
    void describe() {
        const metric_description& metric = *metric_;
        std::string json = R"({"metric_name":")" + json_escape(metric.name) + '"' +
                           column_json("metric_unit", metric.unit) +
                           column_json("metric_description", metric.description);
        const auto measured_over = [&] {
            json += temporality_ == temporality::delta ? R"(,"aggregation_temporality":"DELTA")"
                                                       : R"(,"aggregation_temporality":"CUMULATIVE")";
        };
        switch (metric.kind) {
        case metric_kind::sum:
            json += metric.monotonic ? R"(,"metric_type":"SUM","is_monotonic":1)"
                                     : R"(,"metric_type":"SUM","is_monotonic":0)";
            measured_over();
            break;
        case metric_kind::gauge:
            json += R"(,"metric_type":"GAUGE","aggregation_temporality":"UNSPECIFIED")";
            break;
        case metric_kind::histogram:
            json += R"(,"metric_type":"HISTOGRAM")";
            measured_over();
            break;
        case metric_kind::exponential_histogram:
            json += R"(,"metric_type":"EXPONENTIAL_HISTOGRAM")";
            measured_over();
            break;
        }
        bounds_ = metric.kind == metric_kind::histogram ? list_json(metric.bounds) : std::string();
        opening_ = std::move(json);
    }

    const std::string& scope_columns_of(std::uint32_t scope) {
        while (scope >= scopes_.size()) scopes_.emplace_back(); // never moves those that are there
        scope_text& text = scopes_[scope];
        if (!text.known) {
            text.json = scope_columns_with_schema(registry_.scope(scope));
            text.known = true;
        }
        return text.json;
    }

    // The window of a gauge is the moment at which it was read.
    void write_times(const metric_point& point) {
        const std::uint64_t begin = point.start_unix_ns != 0 ? point.start_unix_ns : point.time_unix_ns;
        char* out = rows_.room(256);
        out = write_literal(out, R"(,"timestamp":")");
        out = write_utc(out, point.time_unix_ns, second_);
        out = write_literal(out, R"(","timestamp_ns":)");
        out = write_time(out, point.time_unix_ns, unix_second_);
        out = write_literal(out, R"(,"time_window_start":")");
        out = write_utc(out, begin, start_second_);
        out = write_literal(out, R"(","time_window_end":")");
        out = write_utc(out, point.time_unix_ns, second_);
        *out++ = '"';
        rows_.commit(out);
    }

    void write_double_column(std::string_view name, double value) {
        rows_.write(name);
        rows_.commit(write_double(rows_.room(24), value));
    }

    void write_value(const metric_point& point) {
        switch (metric_->kind) {
        case metric_kind::sum:
        case metric_kind::gauge:
            if (!metric_->integer) return write_double_column(R"(,"value_double":)", point.value);
            // Beyond 2^53 the double is the nearest that there is; the integer is exact.
            rows_.write(R"(,"value_int":)");
            rows_.commit(write_signed(rows_.room(20), point.int_value));
            return write_double_column(R"(,"value_double":)", static_cast<double>(point.int_value));
        case metric_kind::histogram:
            write_summary(point);
            if (point.bucket_counts.empty()) return;
            write_counts(point.bucket_counts);
            rows_.write(R"(,"histogram_explicit_bounds":)");
            return rows_.write(bounds_);
        case metric_kind::exponential_histogram:
            write_summary(point);
            mapped_.set(point);
            write_counts(mapped_.counts());
            rows_.write(R"(,"histogram_explicit_bounds":)");
            return rows_.write(list_json(mapped_.bounds()));
        }
    }

    void write_summary(const metric_point& point) {
        rows_.write(R"(,"histogram_count":)");
        rows_.commit(write_unsigned(rows_.room(20), point.count));
        if (point.has_sum) write_double_column(R"(,"histogram_sum":)", point.sum);
        if (!point.has_min_max) return;
        write_double_column(R"(,"histogram_min":)", point.min);
        write_double_column(R"(,"histogram_max":)", point.max);
    }

    void write_counts(std::span<const std::uint64_t> counts) {
        constexpr std::string_view name = R"(,"histogram_bucket_counts":)";
        char* out = rows_.room(name.size() + 2 + 21 * counts.size());
        out = write_text(out, name.data(), name.size());
        char before = '[';
        for (const std::uint64_t count : counts) {
            *out++ = before;
            out = write_unsigned(out, count);
            before = ',';
        }
        if (counts.empty()) *out++ = '[';
        *out++ = ']';
        rows_.commit(out);
    }

    static std::string list_json(std::span<const double> numbers) {
        std::string json = "[";
        for (const double number : numbers) {
            if (json.size() > 1) json += ',';
            json += number_text(number);
        }
        return json + ']';
    }

    void write_attributes(const series_labels& labels) {
        attributes_.clear();
        const auto* const begin = reinterpret_cast<const std::byte*>(labels.sections.data());
        for_each_section(begin, begin + labels.sections.size(),
                         [&](const section_header& header, const std::byte* body) {
                             attributes_.push_back(view_attribute(header, body));
                         });
        values_.write_map(rows_, attributes_, ~std::uint32_t{0}, 0);
        values_.end_map(rows_);
    }

    void close_body() noexcept {
        const std::uint64_t points = rows_.rows();
        if (points == 0) return;
        try {
            finished_(rows_.take(), points);
        } catch (...) {
            lost_points_ += points;
        }
    }

    struct scope_text {
        std::string json;
        bool known = false;
    };

    const site_registry& registry_;
    const std::string resource_;
    const row_id seed_;
    const body_limits limits_;
    const body_function finished_;
    std::deque<scope_text> scopes_;

    const metric_description* metric_ = nullptr;
    temporality temporality_ = temporality::cumulative;
    std::string opening_; // empty: of another metric
    std::string bounds_;

    row_body rows_;
    std::uint64_t lost_points_ = 0;
    utc_cache second_;
    utc_cache start_second_;
    second_cache unix_second_;
    // Kept for their storage.
    text_values values_{~std::size_t{0}}; // limits of length are for spans and logs
    bucket_bounds mapped_;
    std::vector<attribute_view> attributes_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
