// SPDX-License-Identifier: MIT
#include "prometheus_source.hpp"

#include <cmath>
#include <limits>
#include <string>

using namespace nanotel_test;

namespace {

detail::metric_exemplar exemplar(double value, std::uint64_t time) {
    detail::metric_exemplar one;
    one.value = value;
    if (std::isfinite(value)) one.int_value = static_cast<std::int64_t>(value);
    one.time_unix_ns = time;
    one.trace_id = nanotel::trace_id::from_hex("0af7651916cd43dd8448eb211c80319c");
    one.span_id = nanotel::span_id::from_hex("b7ad6b7169203331");
    return one;
}

const std::string ids = R"(trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331")";
constexpr std::uint64_t second = 1'000'000'000;

} // namespace

// Fails when an exemplar gets into the text format, which has none, or when the latest is not the one shown.
TEST_CASE("a counter shows its latest exemplar, in OpenMetrics") {
    given_source source;
    auto& metric = source.add(counter_of("c"));
    auto& point = metric.add({{"k", "v"}});
    point.int_value = 9;
    point.exemplars = metric.keep(
        {exemplar(2, 3 * second), exemplar(4, 5 * second + 123'000'000), exemplar(6, 4 * second)});
    CHECK(as_openmetrics(source) == "# TYPE c counter\nc_total{k=\"v\"} 9 # {" + ids + "} 4 5.123\n# EOF\n");
    CHECK(as_text(source) == "# TYPE c_total counter\nc_total{k=\"v\"} 9\n");
}

// Fails when an exemplar stands beside a bucket that does not hold its value, when a bucket has two, or when
// a gauge has one.
TEST_CASE("each bucket shows the latest of its exemplars") {
    given_source source;
    auto& metric = source.add(histogram_of("h", {1, 2}));
    auto& point = metric.add({});
    point.count = 5;
    point.sum = 12;
    point.bucket_counts = metric.keep({2, 0, 3});
    point.exemplars = metric.keep({exemplar(1, second), exemplar(0.5, 2 * second), exemplar(7, second),
                                   exemplar(std::numeric_limits<double>::quiet_NaN(), second)});
    auto& gauge = source.add(gauge_of("g"), 1);
    gauge.points[0].exemplars = gauge.keep({exemplar(1, second)});
    CHECK(as_openmetrics(source) == "# TYPE h histogram\nh_bucket{le=\"1.0\"} 2 # {" + ids +
                                        "} 0.5 2.0\nh_bucket{le=\"2.0\"} 2\nh_bucket{le=\"+Inf\"} 5 # {" +
                                        ids +
                                        "} 7.0 1.0\nh_sum 12.0\nh_count 5\n# TYPE g gauge\ng 1.0\n# EOF\n");
}

// Fails when the labels of an exemplar are more than the 128 characters that OpenMetrics allows, or fewer
// than there is room for, or when a filtered attribute takes the place of an id.
TEST_CASE("filtered attributes join an exemplar as long as there is room") {
    given_source source;
    auto& metric = source.add(counter_of("c"));
    auto& point = metric.add({});
    auto one = exemplar(1, 0);
    // 63 characters are taken; "user" and 61 letters make 128, each two bytes long.
    std::string letters;
    for (int i = 0; i < 61; ++i) letters += "\xc3\xa4";
    one.filtered = sections({{"long", letters + "!"}, {"span.id", "mine"}, {"user", letters}, {"x", "y"}});
    auto outside = exemplar(3, second);
    outside.trace_id = {};
    outside.filtered = sections({{"a", "b"}});
    point.exemplars = metric.keep({one});
    CHECK(as_openmetrics(source) ==
          "# TYPE c counter\nc_total 0 # {" + ids + ",user=\"" + letters + "\"} 1\n# EOF\n");
    point.exemplars = metric.keep({outside});
    CHECK(as_openmetrics(source) == "# TYPE c counter\nc_total 0 # {a=\"b\"} 3 1.0\n# EOF\n");
    outside.filtered.clear();
    point.exemplars = metric.keep({outside});
    CHECK(as_openmetrics(source) == "# TYPE c counter\nc_total 0 # {} 3 1.0\n# EOF\n");
}
