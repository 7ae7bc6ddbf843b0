// SPDX-License-Identifier: MIT
// What the rules about metrics allow raises no violation, and its series are read.
#include "metric_bodies.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

using receiver_test::check_metrics;
using receiver_test::interval;
using receiver_test::metric_body;
using receiver_test::spoiled;

TEST_CASE("a body with every member passes and its series are read") {
    receiver::violation_log log;
    receiver::strict_check check;
    const auto result = check.body(log, receiver::signal::metrics, receiver_test::good_metrics);
    for (const auto& v : log.kept()) MESSAGE(receiver::text_of(v.broken).name, " ", v.path, " ", v.value);
    CHECK(log.total() == 0);
    CHECK(result.records == 5);
    CHECK(result.metrics.data_points == 10);
    CHECK(result.metrics.exemplars == 2);
    REQUIRE(result.metrics.exemplars_of_traces.size() == 1);
    CHECK(result.metrics.exemplars_of_traces[0].trace ==
          receiver::trace_id{0x5b8efff798038103, 0xd269b633813fc60c});

    const auto& metrics = result.metrics.metrics;
    REQUIRE(metrics.size() == 5);
    const auto& counter = metrics[0];
    CHECK(counter.name == "cart.items/added-1_2");
    CHECK(counter.unit == "{item}");
    CHECK(counter.service == "shop");
    CHECK(counter.kind == receiver::metric_kind::sum);
    CHECK(counter.points_are == receiver::temporality::cumulative);
    CHECK(counter.monotonic);
    REQUIRE(counter.points.size() == 3);
    CHECK(counter.points[0].labels == "route=/cart\nsize=3");
    CHECK(counter.points[0].time - counter.points[0].start == 60'000'000'000);
    REQUIRE(std::holds_alternative<receiver::number_value>(counter.points[0].value));
    CHECK(std::get<receiver::number_value>(counter.points[0].value).integer == 42);
    CHECK(std::holds_alternative<std::monostate>(counter.points[2].value));

    REQUIRE(metrics[3].points.size() == 3);
    const auto& histogram = std::get<receiver::histogram_value>(metrics[3].points[0].value);
    CHECK(histogram.bounds == std::vector<double>{0, 1, 10});
    CHECK(histogram.counts == std::vector<std::uint64_t>{0, 3, 4, 0});
    CHECK(histogram.all.sum == 10.5);

    const auto& exponential = std::get<receiver::exponential_value>(metrics[4].points[0].value);
    CHECK(exponential.positive == receiver::exponential_side{{1, 4}, {2, 2}, {3, 1}});
    CHECK(exponential.negative == receiver::exponential_side{{0, 1}, {1, 1}});
    CHECK(exponential.zero_count == 1);
}

TEST_CASE("the example of the protocol passes") {
    // open-telemetry/opentelemetry-proto, examples/metrics.json: the points alone.
    CHECK(check_metrics(metric_body("sum", R"("aggregationTemporality":1,"isMonotonic":true,)",
                                    interval(0, 0) + R"("asDouble":5)"))
              .total() == 0);
    CHECK(check_metrics(metric_body("histogram", R"("aggregationTemporality":1,)",
                                    interval(0, 0) + R"("count":"2","sum":2,"bucketCounts":["1","1"],
                                    "explicitBounds":[1],"min":0,"max":2)"))
              .total() == 0);
    CHECK(check_metrics(metric_body("exponentialHistogram", R"("aggregationTemporality":1,)",
                                    interval(0, 0) + R"("count":"3","sum":10,"scale":0,"zeroCount":"1",
                                    "positive":{"offset":1,"bucketCounts":["0","2"]},"min":0,"max":5,
                                    "zeroThreshold":0)"))
              .total() == 0);
}

TEST_CASE("temporality and kind may follow the points in a metric") {
    const std::string point =
        R"({"startTimeUnixNano":"1544712600000000000","timeUnixNano":"1544712660000000000",
        "asInt":"-1"})";
    const auto body = [&](const char* monotonic) {
        return R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[)" + point +
               R"(],"isMonotonic":)" + monotonic + R"(,"aggregationTemporality":1},"name":"m"}]}]}]})";
    };
    CHECK(check_metrics(body("false")).total() == 0);
    CHECK(check_metrics(body("true")).of(receiver::rule::sum_negative) == 1);
}

TEST_CASE("the three doubles that are not finite pass in a gauge") {
    for (const auto* text : {R"("Infinity")", R"("-Infinity")", "1e300", "-0.0", "5"}) {
        CAPTURE(text);
        CHECK(check_metrics(spoiled(R"("NaN")", text, receiver_test::good_metrics)).total() == 0);
    }
}

TEST_CASE("the extremes of a histogram may be the upper bounds of their buckets") {
    const auto body = [](const char* min, const char* max) {
        return metric_body("histogram", R"("aggregationTemporality":1,)",
                           interval(0, 1) + R"("count":"2","sum":3,"bucketCounts":["0","1","1","0"],
                           "explicitBounds":[0,1,2],"min":)" +
                               min + R"(,"max":)" + max);
    };
    CHECK(check_metrics(body("1", "2")).total() == 0);
    CHECK(check_metrics(body("1", "2.0000001")).total() == 1);
    CHECK(check_metrics(body("0.9999999", "2")).of(receiver::rule::histogram_sum) == 0);
}

TEST_CASE("a sum may be beyond the range of doubles when its measurements are so large") {
    const auto body = [](const char* max) {
        return metric_body("histogram", R"("aggregationTemporality":1,)",
                           interval(0, 1) + R"("count":"3","sum":"Infinity","bucketCounts":["3"],
                           "explicitBounds":[],"min":1,"max":)" +
                               max);
    };
    CHECK(check_metrics(body("1e308")).total() == 0);
    CHECK(check_metrics(body("1e307")).of(receiver::rule::histogram_not_finite) == 1);
}

TEST_CASE("a sum is compared with what rounding leaves of it") {
    const auto body = [](const char* sum) {
        return metric_body("histogram", R"("aggregationTemporality":1,)",
                           interval(0, 1) + R"("count":"10","bucketCounts":["10"],"explicitBounds":[],
                           "min":0.1,"max":0.1,"sum":)" +
                               sum);
    };
    CHECK(check_metrics(body("0.9999999999999999")).total() == 0);
    CHECK(check_metrics(body("1.00001")).of(receiver::rule::histogram_sum) == 1);
}

TEST_CASE("exponential buckets hold their values at every scale") {
    const auto body = [](int scale, long long offset, const char* value) {
        return metric_body("exponentialHistogram", R"("aggregationTemporality":2,)",
                           interval(0, 1) + R"("count":"1","scale":)" + std::to_string(scale) +
                               R"(,"positive":{"offset":)" + std::to_string(offset) +
                               R"(,"bucketCounts":["1"]},"sum":)" + value + R"(,"min":)" + value +
                               R"(,"max":)" + value);
    };
    CHECK(check_metrics(body(0, 0, "2")).total() == 0);
    CHECK(check_metrics(body(0, 0, "1")).of(receiver::rule::histogram_extreme_bucket) == 2);
    CHECK(check_metrics(body(0, 0, "2.0001")).of(receiver::rule::histogram_extreme_bucket) == 2);
    CHECK(check_metrics(body(0, -1, "1")).total() == 0);
    CHECK(check_metrics(body(0, -1, "-1")).of(receiver::rule::histogram_extreme_bucket) == 2);
    CHECK(check_metrics(body(20, 1048575, "2")).total() == 0);
    CHECK(check_metrics(body(20, 1048573, "2")).of(receiver::rule::histogram_extreme_bucket) == 2);
    CHECK(check_metrics(body(3, 8, "2.1")).total() == 0);
    CHECK(check_metrics(body(-10, 0, "1.7976931348623157e308")).total() == 0);
    CHECK(check_metrics(body(-10, -1, "1e-300")).total() == 0);
    CHECK(check_metrics(body(-10, -2, "4.9406564584124654e-324")).total() == 0);
    CHECK(check_metrics(body(0, -1075, "4.9406564584124654e-324")).total() == 0);
    // The specification lets a subnormal value count as the smallest normal one.
    CHECK(check_metrics(body(0, -1023, "4.9406564584124654e-324")).total() == 0);
    CHECK(check_metrics(body(0, -1000, "4.9406564584124654e-324"))
              .of(receiver::rule::histogram_extreme_bucket) == 2);
}
