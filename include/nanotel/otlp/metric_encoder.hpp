// SPDX-License-Identifier: MIT
// Collected metrics as OTLP JSON: points stream into a body, which goes on as soon as it is full.
#pragma once

#include <nanotel/metrics/metric_data.hpp>
#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/otlp/resource.hpp>

#include <deque>
#include <functional>

namespace nanotel::inline NANOTEL_ABI::detail {

// Writes a collection into request bodies (OTLP specification, "JSON Protobuf Encoding"; OpenTelemetry
// Metrics Data Model). A body ends between two points, and the next one opens the metric again, so that no
// point is in two of them. Nothing is written before the first point of a metric: no envelope is ever empty.
// Keeps the JSON of a series in series_labels::json. Nothing throws; used by one thread.
class metric_encoder final : public metric_sink {
public:
    // Takes a whole body and the number of its points. Should not throw: the points then count as lost.
    using body_function = std::function<void(byte_buffer body, std::uint64_t points)>;

    // At most `max_points` points go into one body, without a limit where it is 0. The first point that ends
    // at `max_bytes` or later ends its body.
    metric_encoder(const site_registry& registry, const std::string& resource_json, std::uint64_t max_points,
                   std::size_t max_bytes, body_function finished)
        : registry_(registry),
          begin_(R"({"resourceMetrics":[{"resource":)" + resource_json + R"(,"scopeMetrics":[)"),
          max_points_(max_points), max_bytes_(max_bytes), finished_(std::move(finished)) {}

    void begin_metric(const metric_description& metric, temporality points) noexcept override {
        metric_ = &metric;
        temporality_ = points;
        is_open_ = false;
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
        if (++points_ == max_points_ || body_.size() >= max_bytes_) close_body();
    }

    void end_metric() noexcept override { is_open_ = false; }

    // Hands over the last body. Afterwards the encoder is as new, for the next collection.
    void finish() noexcept { close_body(); }

    // Points for which there was no memory, so far.
    std::uint64_t lost_points() const noexcept { return lost_points_; }

private:
    struct scope_text {
        std::string opening; // {"scope":{…},"metrics":[
        std::string closing; // ],"schemaUrl":…}
    };

    static constexpr std::size_t most_digits = 23; // of a bucket count, with quotes and comma
    static constexpr std::size_t fixed_room = 640; // the names and numbers that every point may have
    static constexpr std::string_view end_of_metric = "]}}";
    static constexpr std::string_view end_of_body = "]}]}";

    static char* write_view(char* out, std::string_view text) noexcept {
        return write_text(out, text.data(), text.size());
    }

    const scope_text& text_of(std::uint32_t scope) {
        while (scope >= scopes_.size()) scopes_.emplace_back(); // never moves those that are there
        scope_text& text = scopes_[scope];
        if (text.opening.empty()) {
            const known_scope& known = registry_.scope(scope);
            text.closing = known.schema_url.empty()
                               ? "]}"
                               : R"(],"schemaUrl":")" + json_escape(known.schema_url) + R"("})";
            // Last: that there is one says that both are there.
            text.opening = R"({"scope":)" + scope_json(known) + R"(,"metrics":[)";
        }
        return text;
    }

    // False where memory is refused; the body stays as it was.
    bool write(const metric_point& point) noexcept {
        try {
            const scope_text* scope = scope_;
            const series_labels& labels = *point.labels;
            std::size_t room = fixed_room + labels.json.size() +
                               most_digits * (point.bucket_counts.size() + point.positive.counts.size() +
                                              point.negative.counts.size());
            if (labels.json.empty()) room += greatest_expansion * labels.sections.size();
            for (const metric_exemplar& one : point.exemplars)
                room += fixed_room + greatest_expansion * one.filtered.size();
            if (!is_open_) [[unlikely]] {
                scope = &text_of(metric_->scope);
                prepare_bounds();
                room += begin_.size() + scope->opening.size() + fixed_room +
                        greatest_expansion *
                            (metric_->name.size() + metric_->description.size() + metric_->unit.size());
                if (scope_) room += scope_->closing.size();
            }
            room += bounds_.size();
            // With the room for the end of the body, which can thus never be refused.
            char* out =
                body_.reserve(room + end_of_metric.size() + scope->closing.size() + end_of_body.size());
            if (!out) return false;
            if (is_open_) [[likely]]
                *out++ = ',';
            else
                out = write_opening(out, *scope);
            body_.commit(write_point(out, point));
            scope_ = scope;
            is_open_ = true;
            return true;
        } catch (...) {
            return false;
        }
    }

    // The text of the bounds, for every point of the metric.
    void prepare_bounds() {
        bounds_.clear();
        if (metric_->kind != metric_kind::histogram || metric_->bounds.empty()) return;
        std::string list = R"(,"explicitBounds":[)";
        for (const double bound : metric_->bounds) list += number_text(bound) + ',';
        list.back() = ']';
        bounds_ = std::move(list);
    }

    // Ends the metric before, and its scope where another begins.
    char* write_opening(char* out, const scope_text& scope) const noexcept {
        const metric_description& metric = *metric_;
        if (scope_) out = write_view(out, end_of_metric);
        if (scope_ != &scope) {
            if (scope_) {
                out = write_view(out, scope_->closing);
                *out++ = ',';
            } else {
                out = write_view(out, begin_);
            }
            out = write_view(out, scope.opening);
        } else {
            *out++ = ',';
        }
        out = write_literal(out, R"({"name":")");
        out = write_string(out, metric.name.data(), metric.name.size());
        if (!metric.description.empty()) {
            out = write_literal(out, R"(","description":")");
            out = write_string(out, metric.description.data(), metric.description.size());
        }
        if (!metric.unit.empty()) {
            out = write_literal(out, R"(","unit":")");
            out = write_string(out, metric.unit.data(), metric.unit.size());
        }
        switch (metric.kind) {
        case metric_kind::sum:
            out = write_literal(out, R"(","sum":{"aggregationTemporality":)");
            break;
        case metric_kind::gauge:
            return write_literal(out, R"(","gauge":{"dataPoints":[)");
        case metric_kind::histogram:
            out = write_literal(out, R"(","histogram":{"aggregationTemporality":)");
            break;
        case metric_kind::exponential_histogram:
            out = write_literal(out, R"(","exponentialHistogram":{"aggregationTemporality":)");
            break;
        }
        *out++ = static_cast<char>('0' + static_cast<int>(temporality_));
        if (metric.kind == metric_kind::sum)
            out = metric.monotonic ? write_literal(out, R"(,"isMonotonic":true)")
                                   : write_literal(out, R"(,"isMonotonic":false)");
        return write_literal(out, R"(,"dataPoints":[)");
    }

    char* write_point(char* out, const metric_point& point) {
        out = write_times(out, point.start_unix_ns, point.time_unix_ns);
        out = write_labels(out, *point.labels);
        switch (metric_->kind) {
        case metric_kind::sum:
        case metric_kind::gauge:
            out = write_number(out, point.int_value, point.value);
            break;
        case metric_kind::histogram:
            out = write_summary(out, point);
            if (!point.bucket_counts.empty()) {
                out = write_literal(out, R"(,"bucketCounts":)");
                out = write_counts(out, point.bucket_counts);
                out = write_view(out, bounds_);
            }
            break;
        case metric_kind::exponential_histogram:
            out = write_summary(out, point);
            out = write_literal(out, R"(,"scale":)");
            out = write_signed(out, point.scale);
            out = write_literal(out, R"(,"zeroCount":")");
            out = write_unsigned(out, point.zero_count);
            out = write_literal(out, R"(","zeroThreshold":)");
            out = write_double(out, point.zero_threshold);
            if (!point.positive.counts.empty()) {
                out = write_literal(out, R"(,"positive":)");
                out = write_buckets(out, point.positive);
            }
            if (!point.negative.counts.empty()) {
                out = write_literal(out, R"(,"negative":)");
                out = write_buckets(out, point.negative);
            }
            break;
        }
        if (!point.exemplars.empty()) out = write_exemplars(out, point.exemplars);
        *out++ = '}';
        return out;
    }

    // {"startTimeUnixNano":"…","timeUnixNano":"…" and without a start for 0. Neighbours mostly share it.
    char* write_times(char* out, std::uint64_t start, std::uint64_t time) noexcept {
        if (start != times_.start || time != times_.time || times_.size == 0) [[unlikely]] {
            char* end = write_literal(times_.text, R"({")");
            if (start != 0) {
                end = write_literal(end, R"(startTimeUnixNano":")");
                end = write_time(end, start, start_second_);
                end = write_literal(end, R"(",")");
            }
            end = write_literal(end, R"(timeUnixNano":")");
            end = write_time(end, time, second_);
            *end++ = '"';
            times_.start = start;
            times_.time = time;
            times_.size = static_cast<std::size_t>(end - times_.text);
        }
        return write_fragment(out, times_.text, times_.size);
    }

    char* write_labels(char* out, const series_labels& labels) const {
        if (!labels.json.empty()) [[likely]]
            return write_view(out, labels.json);
        if (labels.sections.empty()) return out;
        const char* const begin = out;
        *out++ = ',';
        out = write_attributes(out, R"("attributes":[)", labels.sections);
        try {
            labels.json.assign(begin, static_cast<std::size_t>(out - begin));
        } catch (...) {
            labels.json.clear(); // it is written again the next time
        }
        return out;
    }

    template <std::size_t Size>
    char* write_attributes(char* out, const char (&opening)[Size], const std::string& sections) const {
        out = write_literal(out, opening);
        const auto* const begin = reinterpret_cast<const std::byte*>(sections.data());
        for_each_section(begin, begin + sections.size(),
                         [&](const section_header& header, const std::byte* body) {
                             out = writer_.write_attribute(out, view_attribute(header, body));
                             *out++ = ',';
                         });
        out[-1] = ']';
        return out;
    }

    // The value of a point of a sum or gauge, and of an exemplar: what is measured in a histogram is a
    // double.
    char* write_number(char* out, std::int64_t integer, double real) const noexcept {
        const bool is_number = metric_->kind == metric_kind::sum || metric_->kind == metric_kind::gauge;
        if (metric_->integer && is_number) {
            out = write_literal(out, R"(,"asInt":")");
            out = write_signed(out, integer);
            *out++ = '"';
            return out;
        }
        out = write_literal(out, R"(,"asDouble":)");
        return write_double(out, real);
    }

    static char* write_summary(char* out, const metric_point& point) noexcept {
        out = write_literal(out, R"(,"count":")");
        out = write_unsigned(out, point.count);
        *out++ = '"';
        if (point.has_sum) {
            out = write_literal(out, R"(,"sum":)");
            out = write_double(out, point.sum);
        }
        if (point.has_min_max) {
            out = write_literal(out, R"(,"min":)");
            out = write_double(out, point.min);
            out = write_literal(out, R"(,"max":)");
            out = write_double(out, point.max);
        }
        return out;
    }

    static char* write_counts(char* out, std::span<const std::uint64_t> counts) noexcept {
        char before = '[';
        for (const std::uint64_t count : counts) {
            *out++ = before;
            *out++ = '"';
            out = write_unsigned(out, count);
            *out++ = '"';
            before = ',';
        }
        *out++ = ']';
        return out;
    }

    static char* write_buckets(char* out, const exponential_buckets& buckets) noexcept {
        out = write_literal(out, R"({"offset":)");
        out = write_signed(out, buckets.offset);
        out = write_literal(out, R"(,"bucketCounts":)");
        out = write_counts(out, buckets.counts);
        *out++ = '}';
        return out;
    }

    char* write_exemplars(char* out, std::span<const metric_exemplar> exemplars) {
        out = write_literal(out, R"(,"exemplars":[)");
        for (const metric_exemplar& one : exemplars) {
            out = write_literal(out, R"({"timeUnixNano":")");
            out = write_time(out, one.time_unix_ns, second_);
            *out++ = '"';
            out = write_number(out, one.int_value, one.value);
            if (one.trace_id.is_valid() && one.span_id.is_valid()) {
                out = write_literal(out, R"(,"spanId":")");
                out = write_hex(out, reinterpret_cast<const unsigned char*>(&one.span_id.word), 8);
                out = write_literal(out, R"(","traceId":")");
                out = write_hex(out, reinterpret_cast<const unsigned char*>(one.trace_id.words), 16);
                *out++ = '"';
            }
            if (!one.filtered.empty()) {
                *out++ = ',';
                out = write_attributes(out, R"("filteredAttributes":[)", one.filtered);
            }
            out = write_literal(out, "},");
        }
        out[-1] = ']';
        return out;
    }

    void close_body() noexcept {
        if (points_ != 0) {
            // There is room: write has asked for it.
            char* out = body_.data() + body_.size();
            out = write_view(out, end_of_metric);
            out = write_view(out, scope_->closing);
            out = write_view(out, end_of_body);
            body_.commit(out);
            try {
                finished_(std::move(body_), points_);
            } catch (...) {
                lost_points_ += points_;
            }
        }
        body_ = {};
        points_ = 0;
        scope_ = nullptr;
        is_open_ = false;
    }

    const site_registry& registry_;
    const std::string begin_;
    const std::uint64_t max_points_;
    const std::size_t max_bytes_;
    const body_function finished_;
    const attribute_writer writer_{~std::size_t{0}}; // limits of length are for spans and logs
    std::deque<scope_text> scopes_;

    const metric_description* metric_ = nullptr;
    temporality temporality_ = temporality::cumulative;
    std::string bounds_;

    byte_buffer body_;
    std::uint64_t points_ = 0;          // in the body
    const scope_text* scope_ = nullptr; // open in the body, and in it a metric; null where the body is empty
    bool is_open_ = false;              // that metric is the current one
    std::uint64_t lost_points_ = 0;

    second_cache second_;
    second_cache start_second_;
    struct {
        std::uint64_t start = 0;
        std::uint64_t time = 0;
        std::size_t size = 0;
        char text[192]; // 83 bytes, copied by 32, written with an overshoot
    } times_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
