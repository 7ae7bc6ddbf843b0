// SPDX-License-Identifier: MIT
// Every rule about metrics has at least one body that breaks it and nothing else, and the message says where.
#include "metric_bodies.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>

namespace {

using receiver::rule;

struct bad_metric {
    std::string_view what; // the part of the good body that is replaced
    std::string_view with;
    rule broken;
    std::string_view path; // behind /resourceMetrics/0/scopeMetrics/0/metrics
};

const bad_metric bad_metrics[] = {
    // The metric.
    {R"("name":"carts.open",)", "", rule::missing_member, "/1"},
    {"carts.open", "", rule::metric_name_syntax, "/1/name"},
    {"carts.open", "1carts", rule::metric_name_syntax, "/1/name"},
    {"carts.open", "carts open", rule::metric_name_syntax, "/1/name"},
    {"carts.open", "_carts", rule::metric_name_syntax, "/1/name"},
    {"carts.open", "cart\u00e9", rule::metric_name_syntax, "/1/name"},
    {"Cel", "\u00b0C", rule::metric_unit_syntax, "/2/unit"},
    {"Cel", "1234567890123456789012345678901234567890123456789012345678901234", rule::metric_unit_syntax,
     "/2/unit"},
    {R"("unit":"Cel")", R"("unit":1)", rule::wrong_type, "/2/unit"},
    {R"("description":"Items added")", R"("description":null)", rule::wrong_type, "/0/description"},
    {R"("key":"owner")", R"("key":"")", rule::attribute_key_empty, "/0/metadata/0/key"},
    {R"("name":"temperature","unit":"Cel",)", R"("name":"temperature","unit":"Cel","sum":{},)",
     rule::metric_one_data, "/2"},
    {R"("name":"temperature","unit":"Cel","gauge")",
     R"("name":"temperature","unit":"Cel"},{"name":"other","gauge")", rule::metric_one_data, "/2"},
    {R"("name":"temperature","unit":"Cel","gauge")", R"("name":"temperature","unit":"Cel","summary")",
     rule::metric_summary, "/2/summary"},
    {R"("name":"temperature","unit":"Cel","gauge":{)",
     R"("name":"x","gauge":{"dataPoints":[]}},{"name":"temperature","unit":"Cel","gauge":{)",
     rule::metric_without_points, "/2/gauge/dataPoints"},
    {R"("name":"temperature","unit":"Cel","gauge":{)",
     R"("name":"x","gauge":{}},{"name":"temperature","unit":"Cel","gauge":{)", rule::metric_without_points,
     "/2/gauge"},
    {R"("name":"temperature","unit":"Cel","gauge":{)",
     R"("name":"x","gauge":[]},{"name":"temperature","unit":"Cel","gauge":{)", rule::wrong_type, "/2/gauge"},
    {R"("name":"temperature","unit":"Cel",)",
     R"("name":"temperature","unit":"Cel","gauge":{"dataPoints":[{"timeUnixNano":"1544712660300000004","asInt":"1"}]}
        },{"name":"temperature","unit":"Cel",)",
     rule::metric_duplicate, "/3/name"},
    {R"("name":"temperature")", R"("name":"carts.open")", rule::metric_conflict, "/2/name"},
    {R"("name":"temperature","unit":"Cel",)",
     R"("name":"temperature","unit":"K","gauge":{"dataPoints":[{"timeUnixNano":"1544712660300000004","asInt":"1"}]}
        },{"name":"temperature","unit":"Cel",)",
     rule::metric_conflict, "/3/name"},
    // Temporality, monotonicity.
    {R"("aggregationTemporality":2,"isMonotonic":true,)", R"("isMonotonic":true,)", rule::missing_member,
     "/0/sum"},
    {R"("aggregationTemporality":2,"isMonotonic")", R"("aggregationTemporality":0,"isMonotonic")",
     rule::enum_out_of_range, "/0/sum/aggregationTemporality"},
    {R"("aggregationTemporality":2,"isMonotonic")", R"("aggregationTemporality":3,"isMonotonic")",
     rule::enum_out_of_range, "/0/sum/aggregationTemporality"},
    {R"("aggregationTemporality":2,"isMonotonic")",
     R"("aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","isMonotonic")", rule::enum_not_integer,
     "/0/sum/aggregationTemporality"},
    {R"("isMonotonic":true)", R"("isMonotonic":1)", rule::wrong_type, "/0/sum/isMonotonic"},
    {R"("unit":"s","histogram":{)", R"("unit":"s","histogram":{"isMonotonic":true,)", rule::unknown_member,
     "/3/histogram/isMonotonic"},
    {R"("gauge":{)", R"("gauge":{"aggregationTemporality":1,)", rule::unknown_member,
     "/2/gauge/aggregationTemporality"},
    {R"("aggregationTemporality":2,"isMonotonic")", R"("aggregation_temporality":2,"aggregationTemporality":2,
     "isMonotonic")",
     rule::snake_case_member, "/0/sum/aggregation_temporality"},
    // Number points.
    {R"("asInt":"42")", R"("asInt":"42","asDouble":42)", rule::point_one_value, "/0/sum/dataPoints/0"},
    {R"("asInt":"42",)", "", rule::point_one_value, "/0/sum/dataPoints/0"},
    {R"("flags":1)", R"("flags":1,"asInt":"1")", rule::point_one_value, "/0/sum/dataPoints/2"},
    {R"("asInt":"42")", R"("asInt":42)", rule::int64_not_string, "/0/sum/dataPoints/0/asInt"},
    {R"("asInt":"42")", R"("asInt":"4.2")", rule::int64_malformed, "/0/sum/dataPoints/0/asInt"},
    {"9223372036854775807", "9223372036854775808", rule::int64_malformed, "/0/sum/dataPoints/1/asInt"},
    {R"("asDouble":"NaN")", R"("asDouble":"Inf")", rule::double_malformed, "/2/gauge/dataPoints/0/asDouble"},
    {R"("asDouble":-3)", R"("asDouble":"-3")", rule::double_malformed, "/2/gauge/dataPoints/1/asDouble"},
    {R"("asDouble":-3)", R"("asInt":"-3")", rule::point_types_differ, "/2/gauge/dataPoints/1"},
    {R"("asInt":"42")", R"("asInt":"-42")", rule::sum_negative, "/0/sum/dataPoints/0/asInt"},
    {R"("isMonotonic":false)", R"("isMonotonic":true)", rule::sum_negative, "/1/sum/dataPoints/0/asDouble"},
    {R"("flags":0)", R"("flags":2)", rule::point_flags, "/0/sum/dataPoints/0/flags"},
    {R"("flags":0)", R"("flags":"0")", rule::number_expected, "/0/sum/dataPoints/0/flags"},
    {R"("key":"room","value":{"intValue":"2"})", R"("key":"room","value":{"intValue":"1"})",
     rule::point_duplicate, "/2/gauge/dataPoints/1"},
    {R"([{"key":"route","value":{"stringValue":"/buy"}}])",
     R"([{"key":"size","value":{"intValue":"3"}},{"key":"route","value":{"stringValue":"/cart"}}])",
     rule::point_duplicate, "/0/sum/dataPoints/1"},
    {R"("key":"size")", R"("key":"route")", rule::attribute_key_duplicate,
     "/0/sum/dataPoints/0/attributes/1/key"},
    // Times.
    {R"("timeUnixNano":"1544712660300000003",)", "", rule::missing_member, "/1/sum/dataPoints/0"},
    {R"("startTimeUnixNano":"1544712600300000003",)", "", rule::missing_member, "/1/sum/dataPoints/0"},
    {R"("startTimeUnixNano":"1544712600300000005",)", "", rule::missing_member, "/3/histogram/dataPoints/0"},
    {R"("startTimeUnixNano":"1544712600300000008",)", "", rule::missing_member,
     "/4/exponentialHistogram/dataPoints/0"},
    {R"("1544712660300000003")", "1544712660300000003", rule::int64_not_string,
     "/1/sum/dataPoints/0/timeUnixNano"},
    {"1544712660300000003", "0", rule::time_zero, "/1/sum/dataPoints/0/timeUnixNano"},
    {"1544712600300000003", "0", rule::time_zero, "/1/sum/dataPoints/0/startTimeUnixNano"},
    {"1544712660300000003", "5544712660300000003", rule::point_time_implausible,
     "/1/sum/dataPoints/0/timeUnixNano"},
    {"1544712600300000003", "1544712600300", rule::point_time_implausible,
     "/1/sum/dataPoints/0/startTimeUnixNano"},
    {"1544712600300000003", "1544712660300000004", rule::point_start_after_end,
     "/1/sum/dataPoints/0/startTimeUnixNano"},
    // Histograms.
    {"[0,1,10]", "[0,1,1]", rule::histogram_bounds, "/3/histogram/dataPoints/0/explicitBounds/2"},
    {"[0,1,10]", "[1,0,10]", rule::histogram_bounds, "/3/histogram/dataPoints/0/explicitBounds/1"},
    {"[0,1,10]", R"([0,1,"Infinity"])", rule::histogram_bounds, "/3/histogram/dataPoints/0/explicitBounds/2"},
    {"[0,1,10]", R"(["NaN",1,10])", rule::histogram_bounds, "/3/histogram/dataPoints/0/explicitBounds/0"},
    {"[0,1,10]", "[0,1]", rule::histogram_buckets, "/3/histogram/dataPoints/0"},
    {"[0,1,10]", "[]", rule::histogram_buckets, "/3/histogram/dataPoints/0"},
    {R"(["0","3","4","0"])", "[]", rule::histogram_buckets, "/3/histogram/dataPoints/0"},
    {R"(["0","3","4","0"])", R"(["0",3,"4","0"])", rule::int64_not_string,
     "/3/histogram/dataPoints/0/bucketCounts/1"},
    {R"(["0","3","4","0"])", R"(["0","3","-4","0"])", rule::int64_malformed,
     "/3/histogram/dataPoints/0/bucketCounts/2"},
    {R"(["0","3","4","0"])", R"({})", rule::wrong_type, "/3/histogram/dataPoints/0/bucketCounts"},
    {R"("count":"7")", R"("count":7)", rule::int64_not_string, "/3/histogram/dataPoints/0/count"},
    {R"("count":"7")", R"("count":"8")", rule::histogram_count, "/3/histogram/dataPoints/0/count"},
    {R"("count":"7",)", "", rule::histogram_count, "/3/histogram/dataPoints/0/count"},
    {R"("sum":10.5,)", "", rule::histogram_sum_missing, "/3/histogram/dataPoints/0"},
    {R"("sum":10.5)", R"("sum":"NaN")", rule::histogram_not_finite, "/3/histogram/dataPoints/0"},
    {R"("sum":10.5)", R"("sum":"Infinity")", rule::histogram_not_finite, "/3/histogram/dataPoints/0"},
    {R"("max":2)", R"("max":"Infinity")", rule::histogram_not_finite, "/3/histogram/dataPoints/0"},
    {R"("sum":10.5)", R"("sum":14.1)", rule::histogram_sum, "/3/histogram/dataPoints/0/sum"},
    // Three in (0.25, 1] and four in (1, 2].
    {R"("sum":10.5)", R"("sum":4.7)", rule::histogram_sum, "/3/histogram/dataPoints/0/sum"},
    {R"("sum":10.5)", R"("sum":11.1)", rule::histogram_sum, "/3/histogram/dataPoints/0/sum"},
    {R"("sum":0,)", R"("sum":1,)", rule::histogram_sum, "/3/histogram/dataPoints/1/sum"},
    {R"("min":0.25,)", "", rule::histogram_extremes, "/3/histogram/dataPoints/0"},
    {R"("max":2,)", "", rule::histogram_extremes, "/3/histogram/dataPoints/0"},
    {R"("sum":0,)", R"("sum":0,"min":0,"max":0,)", rule::histogram_extremes, "/3/histogram/dataPoints/1"},
    {R"("min":0.25)", R"("min":2.5)", rule::histogram_min_over_max, "/3/histogram/dataPoints/0"},
    {R"("min":0.25)", R"("min":0)", rule::histogram_extreme_bucket, "/3/histogram/dataPoints/0/min"},
    {R"("min":0.25)", R"("min":1.5)", rule::histogram_extreme_bucket, "/3/histogram/dataPoints/0/min"},
    {R"("max":2)", R"("max":1)", rule::histogram_extreme_bucket, "/3/histogram/dataPoints/0/max"},
    {R"("max":2)", R"("max":10.5)", rule::histogram_extreme_bucket, "/3/histogram/dataPoints/0/max"},
    // Exponential histograms.
    {R"("scale":0)", R"("scale":21)", rule::exponential_scale, "/4/exponentialHistogram/dataPoints/0/scale"},
    {R"("scale":0)", R"("scale":-11)", rule::exponential_scale, "/4/exponentialHistogram/dataPoints/0/scale"},
    {R"("scale":0)", R"("scale":"0")", rule::number_expected, "/4/exponentialHistogram/dataPoints/0/scale"},
    {R"("offset":1)", R"("offset":"1")", rule::number_expected,
     "/4/exponentialHistogram/dataPoints/0/positive/offset"},
    {R"("offset":1)", R"("offset":2147483648)", rule::number_out_of_range,
     "/4/exponentialHistogram/dataPoints/0/positive/offset"},
    {R"("offset":-1)", R"("offset":-2147483649)", rule::number_out_of_range,
     "/4/exponentialHistogram/dataPoints/0/negative/offset"},
    {R"("offset":1)", R"("offset":2147483646)", rule::exponential_buckets,
     "/4/exponentialHistogram/dataPoints/0/positive"},
    {R"(["4","2","1","0"])", R"(["4",2,"1","0"])", rule::int64_not_string,
     "/4/exponentialHistogram/dataPoints/0/positive/bucketCounts/1"},
    {R"({"offset":-1,"bucketCounts":["0","1","1"]})", "[]", rule::wrong_type,
     "/4/exponentialHistogram/dataPoints/0/negative"},
    {R"("offset":1)", R"("offset":1,"index":1)", rule::unknown_member,
     "/4/exponentialHistogram/dataPoints/0/positive/index"},
    {R"("zeroCount":"1")", R"("zeroCount":"2")", rule::histogram_count,
     "/4/exponentialHistogram/dataPoints/0/count"},
    {R"("zeroCount":"1")", R"("zeroCount":1)", rule::int64_not_string,
     "/4/exponentialHistogram/dataPoints/0/zeroCount"},
    {R"("zeroThreshold":0.125)", R"("zeroThreshold":-0.125)", rule::exponential_zero,
     "/4/exponentialHistogram/dataPoints/0/zeroThreshold"},
    {R"("zeroThreshold":0.125)", R"("zeroThreshold":"NaN")", rule::exponential_zero,
     "/4/exponentialHistogram/dataPoints/0/zeroThreshold"},
    {R"("min":-3)", R"("min":-1.5)", rule::histogram_extreme_bucket,
     "/4/exponentialHistogram/dataPoints/0/min"},
    {R"("max":15)", R"("max":8)", rule::histogram_extreme_bucket, "/4/exponentialHistogram/dataPoints/0/max"},
    {R"("max":15)", R"("max":16.01)", rule::histogram_extreme_bucket,
     "/4/exponentialHistogram/dataPoints/0/max"},
    {R"("sum":30.5)", R"("sum":52)", rule::histogram_sum, "/4/exponentialHistogram/dataPoints/0/sum"},
    // Exemplars.
    {R"("asInt":"7",)", "", rule::exemplar_one_value, "/0/sum/dataPoints/0/exemplars/0"},
    {R"("asInt":"7",)", R"("asInt":"7","asDouble":7,)", rule::exemplar_one_value,
     "/0/sum/dataPoints/0/exemplars/0"},
    {R"("asInt":"7",)", R"("asInt":7,)", rule::int64_not_string, "/0/sum/dataPoints/0/exemplars/0/asInt"},
    {R"("timeUnixNano":"1544712650300000000",)", "", rule::missing_member, "/0/sum/dataPoints/0/exemplars/0"},
    {R"("spanId":"eee19b7ec3c1b174",)", "", rule::exemplar_ids, "/0/sum/dataPoints/0/exemplars/0"},
    {R"("spanId":"eee19b7ec3c1b174",
        "traceId":"5b8efff798038103d269b633813fc60c")",
     R"("spanId":"eee19b7ec3c1b174")", rule::exemplar_ids, "/0/sum/dataPoints/0/exemplars/0"},
    {"eee19b7ec3c1b174", "0000000000000000", rule::id_zero, "/0/sum/dataPoints/0/exemplars/0/spanId"},
    {"eee19b7ec3c1b174", "EEE19B7EC3C1B174", rule::id_uppercase, "/0/sum/dataPoints/0/exemplars/0/spanId"},
    {"5b8efff798038103d269b633813fc60c", "W47/95gDgQPSabYzgT/GDA==", rule::id_not_hex,
     "/0/sum/dataPoints/0/exemplars/0/traceId"},
    {"5b8efff798038103d269b633813fc60c", "", rule::id_length, "/0/sum/dataPoints/0/exemplars/0/traceId"},
    {"1544712650300000000", "1544712660300000001", rule::exemplar_time,
     "/0/sum/dataPoints/0/exemplars/0/timeUnixNano"},
    {"1544712650300000000", "1544712600299999999", rule::exemplar_time,
     "/0/sum/dataPoints/0/exemplars/0/timeUnixNano"},
    {R"("asDouble":0.75)", R"("asDouble":2.5)", rule::exemplar_range,
     "/3/histogram/dataPoints/0/exemplars/0"},
    {R"("key":"user")", R"("key":"route")", rule::exemplar_attributes,
     "/0/sum/dataPoints/0/exemplars/0/filteredAttributes"},
    {R"("key":"user")", R"("key":"")", rule::attribute_key_empty,
     "/0/sum/dataPoints/0/exemplars/0/filteredAttributes/0/key"},
};

} // namespace

TEST_CASE("a metric that breaks one rule is told this rule, the place and nothing else") {
    for (const auto& bad : bad_metrics) {
        CAPTURE(bad.what);
        CAPTURE(bad.with);
        const auto log = receiver_test::check_metrics(
            receiver_test::spoiled(bad.what, bad.with, receiver_test::good_metrics));
        for (const auto& v : log.kept()) CAPTURE(receiver::text_of(v.broken).name);
        REQUIRE(log.total() == 1);
        const auto& found = log.kept().front();
        CHECK(receiver::text_of(found.broken).name == receiver::text_of(bad.broken).name);
        CHECK(found.path == std::string("/resourceMetrics/0/scopeMetrics/0/metrics") + std::string(bad.path));
    }
}

TEST_CASE("a side of an exponential histogram has at most 160 buckets") {
    const auto body = [](int zeros) {
        std::string counts = R"(["4","2","1","0")";
        for (int i = 4; i < zeros; ++i) counts += R"(,"0")";
        return receiver_test::spoiled(R"(["4","2","1","0"])", counts + "]", receiver_test::good_metrics);
    };
    CHECK(receiver_test::check_metrics(body(160)).total() == 0);
    const auto log = receiver_test::check_metrics(body(161));
    CHECK(log.of(rule::exponential_buckets) == 1);
    CHECK(log.total() == 1);
}

TEST_CASE("a name may have 255 characters and no more") {
    const auto body = [](std::size_t size) {
        return receiver_test::spoiled("carts.open", std::string(size, 'n'), receiver_test::good_metrics);
    };
    CHECK(receiver_test::check_metrics(body(255)).total() == 0);
    CHECK(receiver_test::check_metrics(body(256)).of(rule::metric_name_syntax) == 1);
}

TEST_CASE("no rule about metrics lacks a bad body") {
    std::set<rule> covered;
    for (const auto& bad : bad_metrics) covered.insert(bad.broken);
    // What only several bodies can break has tests of its own.
    const std::set<rule> elsewhere{rule::exemplar_trace, rule::series_order,     rule::series_bounds,
                                   rule::delta_overlap,  rule::cumulative_start, rule::cumulative_falls};
    for (const auto& text : receiver::rule_texts) {
        if (!receiver_test::is_about_metrics(text.id)) continue;
        CAPTURE(text.name);
        CHECK(covered.contains(text.id) != elsewhere.contains(text.id));
    }
}
