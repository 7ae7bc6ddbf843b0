// SPDX-License-Identifier: MIT
// The wire rules of OTLP/JSON that the receiver checks, each with a name and a sentence.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace receiver {

enum class rule : unsigned char {
    // The request and the document as a whole.
    content_type,
    content_encoding,
    unreadable_body,
    body_too_large,
    malformed_json,
    invalid_utf8,
    empty_envelope,
    // The members of an object.
    wrong_type,
    unknown_member,
    snake_case_member,
    duplicate_member,
    missing_member,
    // Ids.
    id_length,
    id_not_hex,
    id_uppercase,
    id_zero,
    parent_is_self,
    // Enums and numbers.
    enum_not_integer,
    enum_out_of_range,
    int64_not_string,
    int64_malformed,
    number_expected,
    number_out_of_range,
    double_malformed,
    // Attributes.
    any_value_members,
    base64_malformed,
    attribute_key_empty,
    attribute_key_duplicate,
    // What a span means.
    name_empty,
    time_zero,
    end_before_start,
    flags_reserved,
    flags_remote,
    tracestate_malformed,
    // What a log record means.
    log_ids,
    log_flags,
    log_says_nothing,
    // What a metric means.
    metric_name_syntax,
    metric_unit_syntax,
    metric_one_data,
    metric_summary,
    metric_without_points,
    metric_duplicate,
    metric_conflict,
    // What a data point means.
    point_one_value,
    point_types_differ,
    point_duplicate,
    point_flags,
    point_time_implausible,
    point_start_after_end,
    sum_negative,
    // What a histogram means, with buckets of either kind.
    histogram_bounds,
    histogram_buckets,
    histogram_count,
    histogram_not_finite,
    histogram_sum_missing,
    histogram_sum,
    histogram_extremes,
    histogram_min_over_max,
    histogram_extreme_bucket,
    exponential_scale,
    exponential_buckets,
    exponential_zero,
    // Exemplars.
    exemplar_one_value,
    exemplar_ids,
    exemplar_time,
    exemplar_range,
    exemplar_attributes,
    exemplar_trace,
    // The points of a series, from body to body.
    series_order,
    series_bounds,
    delta_overlap,
    cumulative_start,
    cumulative_falls,
    // OTLP files.
    file_extension,
    mixed_signals,
    empty_line,
    unterminated_line,
    count_ // not a rule: how many there are
};

inline constexpr std::size_t rule_count = static_cast<std::size_t>(rule::count_);

struct rule_text {
    rule id;
    std::string_view name;
    std::string_view says;
};

inline constexpr std::array<rule_text, rule_count> rule_texts{{
    {rule::content_type, "content_type", "the Content-Type of a request is application/json"},
    {rule::content_encoding, "content_encoding", "the Content-Encoding is absent, identity or gzip"},
    {rule::unreadable_body, "unreadable_body", "the body can be read and decompressed"},
    {rule::body_too_large, "body_too_large", "the Collector takes at most 20 MiB after decompression"},
    {rule::malformed_json, "malformed_json", "a body is one JSON document"},
    {rule::invalid_utf8, "invalid_utf8", "strings are valid UTF-8"},
    {rule::empty_envelope, "empty_envelope", "an envelope without content is not sent"},
    {rule::wrong_type, "wrong_type", "a member has the JSON type that the encoding prescribes"},
    {rule::unknown_member, "unknown_member", "a writer sends only members that the protocol defines"},
    {rule::snake_case_member, "snake_case_member", "keys are lowerCamelCase"},
    {rule::duplicate_member, "duplicate_member", "an object has a member once"},
    {rule::missing_member, "missing_member", "required members are there"},
    {rule::id_length, "id_length", "a trace id has 32 hex digits, a span id 16"},
    {rule::id_not_hex, "id_not_hex", "ids are hex strings, not base64"},
    {rule::id_uppercase, "id_uppercase", "hex digits of ids are written in lowercase"},
    {rule::id_zero, "id_zero", "an id is not all zero"},
    {rule::parent_is_self, "parent_is_self", "a span is not its own parent"},
    {rule::enum_not_integer, "enum_not_integer", "enums are integers, never names"},
    {rule::enum_out_of_range, "enum_out_of_range", "an enum has a value that the protocol defines"},
    {rule::int64_not_string, "int64_not_string", "64-bit integers are decimal strings"},
    {rule::int64_malformed, "int64_malformed", "a 64-bit integer is plain decimal and in its range"},
    {rule::number_expected, "number_expected", "32-bit integers are JSON numbers"},
    {rule::number_out_of_range, "number_out_of_range", "a 32-bit integer is in its range"},
    {rule::double_malformed, "double_malformed", R"(a double is a number, "NaN", "Infinity" or "-Infinity")"},
    {rule::any_value_members, "any_value_members", "an AnyValue has one member or none"},
    {rule::base64_malformed, "base64_malformed", "bytes are padded standard base64"},
    {rule::attribute_key_empty, "attribute_key_empty", "an attribute has a key"},
    {rule::attribute_key_duplicate, "attribute_key_duplicate", "the keys of a list are unique"},
    {rule::name_empty, "name_empty", "spans and events have a name, and an event name is not empty"},
    {rule::time_zero, "time_zero", "a time is known, not zero"},
    {rule::end_before_start, "end_before_start", "a span does not end before it starts"},
    {rule::flags_reserved, "flags_reserved", "bits 10 to 31 of the flags are zero"},
    {rule::flags_remote, "flags_remote", "bit 9 (remote) needs bit 8 (remote is known) and a parent"},
    {rule::tracestate_malformed, "tracestate_malformed", "a trace state follows W3C Trace Context"},
    {rule::log_ids, "log_ids", "a log record has both a trace and a span id, or neither"},
    {rule::log_flags, "log_flags", "bits 8 to 31 of a log record's flags are zero, and without a trace all"},
    {rule::log_says_nothing, "log_says_nothing", "a log record has a body, an event name or attributes"},
    {rule::metric_name_syntax, "metric_name_syntax",
     "a metric's name is a letter, then letters, digits and _ . - /, 255 in all"},
    {rule::metric_unit_syntax, "metric_unit_syntax", "a unit has at most 63 ASCII characters"},
    {rule::metric_one_data, "metric_one_data",
     "a metric has exactly one of sum, gauge, histogram and exponentialHistogram"},
    {rule::metric_summary, "metric_summary", "summaries are for legacy systems, never from an SDK"},
    {rule::metric_without_points, "metric_without_points", "a metric has data points"},
    {rule::metric_duplicate, "metric_duplicate", "a body has a metric of a scope once"},
    {rule::metric_conflict, "metric_conflict",
     "a name means one kind, unit, type and temporality within its scope"},
    {rule::point_one_value, "point_one_value", "a number point has exactly one of asDouble and asInt"},
    {rule::point_types_differ, "point_types_differ", "the points of a metric are of one type"},
    {rule::point_duplicate, "point_duplicate", "a metric has one point for a set of attributes"},
    {rule::point_flags, "point_flags", "bits 1 to 31 of a point's flags are zero"},
    {rule::point_time_implausible, "point_time_implausible",
     "times of a point are nanoseconds between 2000 and 2100"},
    {rule::point_start_after_end, "point_start_after_end", "a point does not start after its time"},
    {rule::sum_negative, "sum_negative", "a monotonic sum is a number and not negative"},
    {rule::histogram_bounds, "histogram_bounds", "explicit bounds are finite and strictly ascending"},
    {rule::histogram_buckets, "histogram_buckets", "there is one bucket more than bounds, or neither"},
    {rule::histogram_count, "histogram_count", "the count of a histogram is the sum of its buckets"},
    {rule::histogram_not_finite, "histogram_not_finite", "sum, min and max of a histogram are finite"},
    {rule::histogram_sum_missing, "histogram_sum_missing",
     "a histogram has a sum unless it measures what may be negative"},
    {rule::histogram_sum, "histogram_sum",
     "the sum of a histogram is possible with its buckets, min and max"},
    {rule::histogram_extremes, "histogram_extremes",
     "min and max are there exactly when something was counted"},
    {rule::histogram_min_over_max, "histogram_min_over_max", "min is not greater than max"},
    {rule::histogram_extreme_bucket, "histogram_extreme_bucket",
     "min lies in the lowest bucket that counted, max in the highest"},
    {rule::exponential_scale, "exponential_scale", "the scale of an exponential histogram is -10 to 20"},
    {rule::exponential_buckets, "exponential_buckets",
     "a side of an exponential histogram has at most 160 buckets with 32-bit indexes"},
    {rule::exponential_zero, "exponential_zero", "a zero threshold is finite and not negative"},
    {rule::exemplar_one_value, "exemplar_one_value", "an exemplar has exactly one of asDouble and asInt"},
    {rule::exemplar_ids, "exemplar_ids", "an exemplar has both a trace and a span id, or neither"},
    {rule::exemplar_time, "exemplar_time", "an exemplar lies within the interval of its point"},
    {rule::exemplar_range, "exemplar_range", "an exemplar lies between the min and max of its histogram"},
    {rule::exemplar_attributes, "exemplar_attributes",
     "an exemplar's filtered attributes are none of its series"},
    {rule::exemplar_trace, "exemplar_trace", "the trace of an exemplar was exported"},
    {rule::series_order, "series_order",
     "the points of a series come in the order of their times, each once"},
    {rule::series_bounds, "series_bounds", "a cumulative histogram keeps its bounds"},
    {rule::delta_overlap, "delta_overlap", "a delta point starts when the one before has ended, or later"},
    {rule::cumulative_start, "cumulative_start",
     "a cumulative series keeps its start, or starts anew after its last point"},
    {rule::cumulative_falls, "cumulative_falls",
     "with the same start, monotonic sums, counts and buckets never fall"},
    {rule::file_extension, "file_extension", "an OTLP file is named .jsonl"},
    {rule::mixed_signals, "mixed_signals", "a file holds one signal"},
    {rule::empty_line, "empty_line", "every line of a file is a document"},
    {rule::unterminated_line, "unterminated_line", "every line of a file ends with a line feed"},
}};

[[nodiscard]] constexpr const rule_text& text_of(rule r) { return rule_texts[static_cast<std::size_t>(r)]; }

static_assert(
    [] {
        for (std::size_t i = 0; i < rule_count; ++i) {
            if (rule_texts[i].id != static_cast<rule>(i)) return false;
        }
        return true;
    }(),
    "rule_texts stands in the order of rule");

} // namespace receiver
