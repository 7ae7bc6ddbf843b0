// SPDX-License-Identifier: MIT
// The points of a series from body to body: order, starts, what may not fall, and what deltas add up to.
#include "metric_bodies.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using receiver::rule;
using receiver_test::interval;
using receiver_test::metric_body;

/// A run that metric bodies are sent to, one after the other.
struct metric_run {
    receiver::session run{"request"};

    void send(std::string_view body) { receiver_test::send(run, receiver::signal::metrics, body); }

    /// Sends two bodies and expects that the second one breaks `broken` alone, at `member` of its point.
    static void expect(std::string_view first, std::string_view second, rule broken,
                       std::string_view member) {
        metric_run r;
        r.send(first);
        REQUIRE(r.run.violations().total() == 0);
        r.send(second);
        CAPTURE(second);
        REQUIRE(r.run.violations().total() == 1);
        const auto& found = r.run.violations().kept().front();
        CHECK(receiver::text_of(found.broken).name == receiver::text_of(broken).name);
        CHECK(found.path.starts_with("request 2 /resourceMetrics/0/scopeMetrics/0/metrics/0/"));
        CHECK(found.path.ends_with(member));
    }

    static void expect_good(std::string_view first, std::string_view second) {
        metric_run r;
        r.send(first);
        r.send(second);
        CAPTURE(second);
        CHECK(r.run.violations().total() == 0);
    }

    [[nodiscard]] const receiver::series& only_series() const {
        const auto all = run.series().all();
        REQUIRE(all.size() == 1);
        return *all[0];
    }
};

constexpr std::string_view delta = R"("aggregationTemporality":1,"isMonotonic":true,)";
constexpr std::string_view cumulative = R"("aggregationTemporality":2,"isMonotonic":true,)";
constexpr std::string_view up_down = R"("aggregationTemporality":2,)";

std::string sum(std::string_view members, int start, int end, std::string_view value) {
    return metric_body("sum", members, interval(start, end) + R"("asInt":")" + std::string(value) + '"');
}

std::string gauge(int time, std::string_view value) {
    return metric_body("gauge", "", interval(0, time) + R"("asDouble":)" + std::string(value));
}

/// Measurements of 1 in the first bucket and of 3 in the second.
std::string histogram(int temporality, int start, int end, int ones, int threes,
                      const std::string& more = "") {
    const auto text = [](int n) { return std::to_string(n); };
    return metric_body("histogram", R"("aggregationTemporality":)" + text(temporality) + ",",
                       interval(start, end) + R"("count":")" + text(ones + threes) + R"(","sum":)" +
                           text(ones + 3 * threes) + R"(,"min":)" + (ones > 0 ? "1" : "3") + R"(,"max":)" +
                           (threes > 0 ? "3" : "1") + R"(,"bucketCounts":[")" + text(ones) + R"(",")" +
                           text(threes) + R"("],"explicitBounds":[)" + (more.empty() ? "2" : more) + "]");
}

/// Measurements of 3 and of 6: at scale 0 indexes 1 and 2, at scale 1 indexes 3 and 5.
std::string exponential(int temporality, int start, int end, int scale, int threes, int sixes,
                        int zeros = 0) {
    const auto text = [](int n) { return std::to_string(n); };
    const std::string counts =
        scale == 0
            ? R"({"offset":1,"bucketCounts":[")" + text(threes) + R"(",")" + text(sixes) + R"("]})"
            : R"({"offset":3,"bucketCounts":[")" + text(threes) + R"(","0",")" + text(sixes) + R"("]})";
    return metric_body("exponentialHistogram", R"("aggregationTemporality":)" + text(temporality) + ",",
                       interval(start, end) + R"("count":")" + text(threes + sixes + zeros) + R"(","sum":)" +
                           text(3 * threes + 6 * sixes) + R"(,"min":)" + (zeros > 0 ? "0" : "3") +
                           R"(,"max":6,"scale":)" + text(scale) + R"(,"zeroCount":")" + text(zeros) +
                           R"(","positive":)" + counts);
}

} // namespace

TEST_CASE("a delta point starts when the one before has ended") {
    metric_run::expect_good(sum(delta, 0, 10, "5"), sum(delta, 10, 20, "1"));
    metric_run::expect_good(sum(delta, 0, 10, "5"), sum(delta, 15, 20, "1"));
    metric_run::expect(sum(delta, 0, 10, "5"), sum(delta, 9, 20, "1"), rule::delta_overlap,
                       "/sum/dataPoints/0/startTimeUnixNano");
    metric_run::expect(histogram(1, 0, 10, 1, 1), histogram(1, 0, 10, 1, 1), rule::delta_overlap,
                       "/histogram/dataPoints/0/startTimeUnixNano");
}

TEST_CASE("a cumulative series keeps its start or starts anew after its last point") {
    metric_run::expect_good(sum(cumulative, 0, 10, "5"), sum(cumulative, 0, 20, "5"));
    metric_run::expect_good(sum(cumulative, 0, 10, "5"), sum(cumulative, 10, 20, "1"));
    metric_run::expect(sum(cumulative, 5, 10, "5"), sum(cumulative, 4, 20, "5"), rule::cumulative_start,
                       "/sum/dataPoints/0/startTimeUnixNano");
    metric_run::expect(sum(cumulative, 5, 10, "5"), sum(cumulative, 6, 20, "5"), rule::cumulative_start,
                       "/sum/dataPoints/0/startTimeUnixNano");
}

TEST_CASE("the points of a series come in order and once") {
    metric_run::expect(sum(cumulative, 0, 10, "5"), sum(cumulative, 0, 10, "5"), rule::series_order,
                       "/sum/dataPoints/0/timeUnixNano");
    metric_run::expect(sum(up_down, 0, 10, "5"), sum(up_down, 0, 9, "5"), rule::series_order,
                       "/sum/dataPoints/0/timeUnixNano");
    metric_run::expect(gauge(10, "1"), gauge(9, "1"), rule::series_order, "/gauge/dataPoints/0/timeUnixNano");
    metric_run::expect_good(gauge(10, "1"), gauge(10, "1"));
}

TEST_CASE("a monotonic sum never falls, others may") {
    metric_run::expect(sum(cumulative, 0, 10, "5"), sum(cumulative, 0, 20, "4"), rule::cumulative_falls,
                       "/sum/dataPoints/0/asInt");
    metric_run::expect_good(sum(up_down, 0, 10, "5"), sum(up_down, 0, 20, "4"));
    const auto real = [](int end, const char* value) {
        return metric_body("sum", cumulative, interval(0, end) + R"("asDouble":)" + value);
    };
    metric_run::expect(real(10, "5.000000000000001"), real(20, "5"), rule::cumulative_falls,
                       "/sum/dataPoints/0/asDouble");
}

TEST_CASE("no bucket of a cumulative histogram falls, and its bounds stay") {
    metric_run::expect_good(histogram(2, 0, 10, 5, 5), histogram(2, 0, 20, 5, 6));
    metric_run::expect(histogram(2, 0, 10, 5, 5), histogram(2, 0, 20, 9, 4), rule::cumulative_falls,
                       "/histogram/dataPoints/0/bucketCounts/1");
    metric_run::expect(histogram(2, 0, 10, 5, 5), histogram(2, 0, 20, 5, 6, "2.5"), rule::series_bounds,
                       "/histogram/dataPoints/0/explicitBounds");
    metric_run::expect_good(histogram(2, 0, 10, 5, 5), histogram(2, 10, 20, 1, 1, "2.5"));
}

TEST_CASE("count, sum, min and max of a cumulative histogram do not go back") {
    const auto bare = [](int end, const char* count, const char* total, const char* min, const char* max) {
        return metric_body("histogram", R"("aggregationTemporality":2,)",
                           interval(0, end) + R"("count":")" + count + R"(","sum":)" + total + R"(,"min":)" +
                               min + R"(,"max":)" + max);
    };
    const auto first = bare(10, "4", "12", "2", "4");
    metric_run::expect_good(first, bare(20, "5", "14", "1", "5"));
    metric_run::expect(first, bare(20, "3", "9", "2", "4"), rule::cumulative_falls, "/0/count");
    metric_run::expect(first, bare(20, "4", "11", "2", "4"), rule::cumulative_falls, "/0/sum");
    metric_run::expect(first, bare(20, "5", "15", "3", "4"), rule::cumulative_falls, "/0/min");
    metric_run::expect(first, bare(20, "5", "12", "2", "3"), rule::cumulative_falls, "/0/max");
}

TEST_CASE("exponential histograms are compared at the coarser scale") {
    metric_run::expect_good(exponential(2, 0, 10, 1, 2, 2), exponential(2, 0, 20, 0, 2, 3));
    metric_run::expect(exponential(2, 0, 10, 1, 2, 2), exponential(2, 0, 20, 0, 1, 9), rule::cumulative_falls,
                       "/0/positive");
    metric_run::expect(exponential(2, 0, 10, 0, 2, 2), exponential(2, 0, 20, 1, 2, 2), rule::cumulative_falls,
                       "/0/scale");
    metric_run::expect(exponential(2, 0, 10, 0, 2, 2, 2), exponential(2, 0, 20, 0, 9, 9, 1),
                       rule::cumulative_falls, "/0/zeroCount");
}

TEST_CASE("a name that means something else in a later body is a conflict, another temporality is not") {
    metric_run::expect(gauge(10, "1"), sum(cumulative, 0, 20, "1"), rule::metric_conflict, "/name");
    metric_run::expect(sum(cumulative, 0, 10, "1"), sum(up_down, 0, 20, "1"), rule::metric_conflict, "/name");
    metric_run::expect(gauge(10, "1"), metric_body("gauge", "", interval(0, 20) + R"("asInt":"1")"),
                       rule::metric_conflict, "/name");
    metric_run::expect_good(sum(cumulative, 0, 10, "1"), sum(delta, 0, 10, "1"));
}

TEST_CASE("series of other attributes, scopes and resources have nothing to do with each other") {
    metric_run r;
    const auto body = [](std::string_view resource, std::string_view scope, std::string_view attribute) {
        return R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"r","value":{"stringValue":")" +
               std::string(resource) + R"("}}]},"scopeMetrics":[{"scope":{"name":")" + std::string(scope) +
               R"("},"metrics":[{"name":"m","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{)" +
               interval(0, 10) + R"("asInt":"1","attributes":[{"key":"a","value":{"stringValue":")" +
               std::string(attribute) + R"("}}]}]}}]}]}]})";
    };
    for (const auto* resource : {"1", "2"}) {
        for (const auto* scope : {"1", "2"}) {
            for (const auto* attribute : {"1", "2"}) r.send(body(resource, scope, attribute));
        }
    }
    CHECK(r.run.violations().total() == 0);
    CHECK(r.run.series().all().size() == 8);
    r.send(body("1", "2", "1"));
    CHECK(r.run.violations().of(rule::series_order) == 1);
}

TEST_CASE("a point that breaks a rule by itself is not compared with others") {
    metric_run r;
    r.send(sum(cumulative, 0, 10, "5"));
    r.send(sum(cumulative, 0, 5, "-1"));
    CHECK(r.run.violations().total() == 1);
    CHECK(r.run.violations().of(rule::sum_negative) == 1);
    CHECK(std::get<receiver::number_value>(r.only_series().value()).integer == 5);
}

TEST_CASE("deltas add up, cumulative points replace each other") {
    metric_run deltas;
    for (int i = 0; i < 5; ++i) deltas.send(sum(delta, i, i + 1, "7"));
    CHECK(std::get<receiver::number_value>(deltas.only_series().value()).integer == 35);
    CHECK(deltas.only_series().time - deltas.only_series().start == 5'000'000'000);

    metric_run totals;
    for (int i = 1; i < 5; ++i) totals.send(sum(cumulative, 0, i, std::to_string(7 * i)));
    CHECK(std::get<receiver::number_value>(totals.only_series().value()).integer == 28);
}

TEST_CASE("delta histograms add up, at the coarsest scale that came") {
    metric_run r;
    r.send(histogram(1, 0, 1, 2, 3));
    r.send(histogram(1, 1, 2, 0, 4));
    const auto& value = std::get<receiver::histogram_value>(r.only_series().value());
    CHECK(value.counts == std::vector<std::uint64_t>{2, 7});
    CHECK(value.all.count == 9);
    CHECK(value.all.sum == 23);
    CHECK(value.all.min == 1);

    metric_run e;
    e.send(exponential(1, 0, 1, 1, 2, 3));
    e.send(exponential(1, 1, 2, 0, 5, 1, 1));
    e.send(exponential(1, 2, 3, 1, 1, 1));
    CHECK(e.run.violations().total() == 0);
    const auto& buckets = std::get<receiver::exponential_value>(e.only_series().value());
    CHECK(buckets.scale == 0);
    CHECK(buckets.positive == receiver::exponential_side{{1, 8}, {2, 5}});
    CHECK(buckets.zero_count == 1);
    CHECK(buckets.all.count == 14);
}

TEST_CASE("deltas beyond the range of an integer go on as doubles") {
    metric_run r;
    r.send(sum(delta, 0, 1, "9223372036854775807"));
    r.send(sum(delta, 1, 2, "1"));
    CHECK(r.run.violations().total() == 0);
    const auto& value = std::get<receiver::number_value>(r.only_series().value());
    CHECK_FALSE(value.is_integer);
    CHECK(value.real == doctest::Approx(9223372036854775808.0));
}

TEST_CASE("series beyond the bound are counted, not followed") {
    receiver::series_store store(1);
    receiver::violation_log log;
    for (const auto* name : {"a", "b", "b"}) {
        receiver::received_metric metric;
        metric.name = name;
        metric.points.resize(1);
        metric.points[0].value = receiver::number_value{};
        store.add(log, std::move(metric));
    }
    CHECK(store.all().size() == 1);
    CHECK(store.beyond() == 2);
    CHECK(log.total() == 0);
}
