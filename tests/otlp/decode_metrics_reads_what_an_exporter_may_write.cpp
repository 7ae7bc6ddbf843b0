// SPDX-License-Identifier: MIT
#include <nanotel/otlp/decode_metrics.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

using nanotel::attribute_list;
using nanotel::decode_metrics;
using nanotel::finished_metric;
using nanotel::finished_metric_kind;
using nanotel::temporality;

namespace {

finished_metric metric_of(const std::string& members) {
    const auto decoded =
        decode_metrics(R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{)" + members + "}]}]}]}");
    REQUIRE_MESSAGE(decoded, decoded.error);
    REQUIRE(decoded.metrics.size() == 1);
    return decoded.metrics[0];
}

} // namespace

// Fails when a field is not read, or read into another.
TEST_CASE("every field of a metric is read") {
    const auto decoded = decode_metrics(R"({"resourceMetrics":[{
        "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeMetrics":[{
            "scope":{"name":"lib","version":"1.2"},
            "schemaUrl":"https://opentelemetry.io/schemas/1.37.0",
            "metrics":[
                {"name":"orders","description":"Orders","unit":"{order}","sum":{
                    "aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
                    {"startTimeUnixNano":"1","timeUnixNano":"2","asInt":"-9223372036854775808","flags":1,
                     "attributes":[{"key":"region","value":{"stringValue":"eu"}},
                                   {"key":"n","value":{"intValue":"3"}}],
                     "exemplars":[{"timeUnixNano":"3","asDouble":0.5,"spanId":"EEE19B7EC3C1B174",
                                   "traceId":"5B8EFFF798038103D269B633813FC60C","filteredAttributes":
                                   [{"key":"user","value":{"stringValue":"u"}}]},{"asInt":"4"}]},
                    {"asDouble":7}]}},
                {"name":"depth","gauge":{"dataPoints":[{"asDouble":2.5,"timeUnixNano":4}]}},
                {"name":"time","histogram":{"aggregationTemporality":1,"dataPoints":[
                    {"count":"18446744073709551615","sum":1.5,"min":-1,"max":2,"bucketCounts":["1","2"],
                     "explicitBounds":[0.25]}]}},
                {"name":"size","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[
                    {"count":"6","scale":-3,"zeroCount":"1","zeroThreshold":0.125,
                     "positive":{"offset":-2,"bucketCounts":["0","2"]},
                     "negative":{"offset":5,"bucketCounts":["3"]}}]}}
            ]}]}]})");
    REQUIRE_MESSAGE(decoded, decoded.error);
    REQUIRE(decoded.metrics.size() == 4);
    for (const auto& metric : decoded.metrics) {
        CHECK(metric.resource["service.name"] == "shop");
        CHECK(metric.scope.name == "lib");
        CHECK(metric.scope.version == "1.2");
        CHECK(metric.scope.schema_url == "https://opentelemetry.io/schemas/1.37.0");
    }
    const finished_metric& sum = decoded.metrics[0];
    CHECK(sum.name == "orders");
    CHECK(sum.description == "Orders");
    CHECK(sum.unit == "{order}");
    CHECK(sum.kind == finished_metric_kind::sum);
    CHECK(sum.temporality == temporality::cumulative);
    CHECK(sum.monotonic);
    REQUIRE(sum.points.size() == 2);
    const auto& point = sum.points[0];
    CHECK(point.value == std::numeric_limits<std::int64_t>::min());
    CHECK(point.start_time_unix_nano == 1);
    CHECK(point.time_unix_nano == 2);
    CHECK(point.flags == 1);
    CHECK(point.attributes == attribute_list{{"region", "eu"}, {"n", 3}});
    REQUIRE(point.exemplars.size() == 2);
    CHECK(point.exemplars[0].value == 0.5);
    CHECK(point.exemplars[0].time_unix_nano == 3);
    CHECK(point.exemplars[0].trace_id == "5b8efff798038103d269b633813fc60c");
    CHECK(point.exemplars[0].span_id == "eee19b7ec3c1b174");
    CHECK(point.exemplars[0].filtered_attributes == attribute_list{{"user", "u"}});
    CHECK(point.exemplars[1].value == 4);
    CHECK(point.exemplars[1].trace_id.empty());
    CHECK(sum.points[1].value == 7.0);
    CHECK_FALSE(sum.points[1].value == 7);

    const finished_metric& gauge = decoded.metrics[1];
    CHECK(gauge.kind == finished_metric_kind::gauge);
    CHECK_FALSE(gauge.temporality);
    CHECK(gauge.points.at(0).value == 2.5);
    CHECK(gauge.points.at(0).time_unix_nano == 4);

    const finished_metric& histogram = decoded.metrics[2];
    CHECK(histogram.kind == finished_metric_kind::histogram);
    CHECK(histogram.temporality == temporality::delta);
    REQUIRE(histogram.points.size() == 1);
    CHECK(histogram.points[0].value.empty());
    CHECK(histogram.points[0].count == 18446744073709551615u);
    CHECK(histogram.points[0].sum == 1.5);
    CHECK(histogram.points[0].min == -1.0);
    CHECK(histogram.points[0].max == 2.0);
    CHECK(histogram.points[0].bucket_counts == std::vector<std::uint64_t>{1, 2});
    CHECK(histogram.points[0].explicit_bounds == std::vector<double>{0.25});

    const finished_metric& exponential = decoded.metrics[3];
    CHECK(exponential.kind == finished_metric_kind::exponential_histogram);
    REQUIRE(exponential.points.size() == 1);
    CHECK(exponential.points[0].count == 6);
    CHECK_FALSE(exponential.points[0].sum);
    CHECK_FALSE(exponential.points[0].min);
    CHECK_FALSE(exponential.points[0].max);
    CHECK(exponential.points[0].scale == -3);
    CHECK(exponential.points[0].zero_count == 1);
    CHECK(exponential.points[0].zero_threshold == 0.125);
    CHECK(exponential.points[0].positive.offset == -2);
    CHECK(exponential.points[0].positive.counts == std::vector<std::uint64_t>{0, 2});
    CHECK(exponential.points[0].negative.offset == 5);
    CHECK(exponential.points[0].negative.counts == std::vector<std::uint64_t>{3});
}

// Fails when a reader insists on what only a writer must do.
TEST_CASE("numbers for strings, names for numbers, null and unknown fields are taken") {
    const finished_metric metric = metric_of(
        R"("name":null,"later":{},"metadata":[],"histogram":{"aggregationTemporality":)"
        R"("AGGREGATION_TEMPORALITY_DELTA","dataPoints":[{"count":3,"bucketCounts":[1,"2"],"sum":"Infinity",)"
        R"("min":"NaN","max":"-Infinity","explicitBounds":[1],"exemplars":null,"later":[1]}]})");
    CHECK(metric.name.empty());
    CHECK(metric.temporality == temporality::delta);
    REQUIRE(metric.points.size() == 1);
    CHECK(metric.points[0].count == 3);
    CHECK(metric.points[0].bucket_counts == std::vector<std::uint64_t>{1, 2});
    CHECK(metric.points[0].sum == std::numeric_limits<double>::infinity());
    CHECK(std::isnan(metric.points[0].min.value()));
    CHECK(metric.points[0].max == -std::numeric_limits<double>::infinity());

    const finished_metric sum =
        metric_of(R"("sum":{"aggregationTemporality":0,"dataPoints":[{"asInt":5},{"flags":1}]})");
    CHECK_FALSE(sum.temporality);
    CHECK_FALSE(sum.monotonic);
    CHECK(sum.points.at(0).value == 5);
    CHECK(sum.points.at(1).value.empty()); // nothing was recorded

    // Not in snake_case, which no writer may write.
    const finished_metric other =
        metric_of(R"("exponential_histogram":{},"summary":{"dataPoints":[{"count":"1"}]})");
    CHECK(other.kind == finished_metric_kind::none);
    CHECK(other.points.empty());

    for (const char* empty : {"{}", R"({"resourceMetrics":null})", R"({"resourceMetrics":[{}]})",
                              R"({"resourceMetrics":[{"scopeMetrics":[{"scope":{}}]}]})"}) {
        const auto decoded = decode_metrics(empty);
        CHECK(decoded);
        CHECK(decoded.metrics.empty());
    }
}

// Fails when find takes a part of the attributes for all, looks at their order, or not at the type.
TEST_CASE("a point is found by its attributes") {
    const finished_metric metric =
        metric_of(R"("name":"m","unit":"By","gauge":{"dataPoints":[)"
                  R"({"asInt":"1"},)"
                  R"({"asInt":"2","attributes":[{"key":"a","value":{"intValue":"1"}},)"
                  R"({"key":"b","value":{"stringValue":"x"}}]},)"
                  R"({"asInt":"3","attributes":[{"key":"a","value":{"intValue":"1"}}]}]})");
    REQUIRE(metric.find({}) != nullptr);
    CHECK(metric.find({})->value == 1);
    REQUIRE(metric.find({{"b", "x"}, {"a", 1}}) != nullptr);
    CHECK(metric.find({{"b", "x"}, {"a", 1}})->value == 2);
    REQUIRE(metric.find({{"a", 1}}) != nullptr);
    CHECK(metric.find({{"a", 1}})->value == 3);
    CHECK(metric.find({{"a", "1"}}) == nullptr);
    CHECK(metric.find({{"b", "x"}}) == nullptr);
    CHECK(metric.find({{"a", 1}, {"c", "x"}}) == nullptr);

    std::ostringstream text;
    text << metric;
    CHECK(text.str() == R"(m [By] {} = 1 {a: 1, b: "x"} = 2 {a: 1} = 3)");
}
