// SPDX-License-Identifier: MIT
// The table of final values, the percentiles in it, and the last line that scripts read.
#include "metric_bodies.hpp"

#include "../../examples/receiver/buckets.hpp"
#include "../../examples/receiver/metric_table.hpp"
#include "../../examples/receiver/summary.hpp"
#include "../../examples/receiver/text_layout.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace {

using receiver::signal;
using receiver_test::interval;
using receiver_test::metric_body;
using receiver_test::send;

std::string table_of(const receiver::session& run, std::size_t most_rows = 40) {
    return receiver::metric_table(run.series(), receiver::palette(false), most_rows);
}

} // namespace

TEST_CASE("every series has a row, sorted by name and labels, columns aligned") {
    receiver::session run("request");
    send(run, signal::metrics, receiver_test::good_metrics);
    CHECK(run.violations().total() == 0);
    CHECK("\n" + table_of(run) == R"(
  cart.items/added-1_2 ({item})  route=/buy           counter          9,223,372,036,854,775,807  1.537e+17 a second
                                 route=/cart  size=3  counter                                 42  0.7 a second
  carts.open                                          up-down counter                       -2.5
  request.duration (s)           method=GET           histogram                          count 7  mean 1.50 s  p50 1.12 s  p90 1.82 s  p99 1.98 s
                                 method=PUT           histogram                          count 0
                                 method=TOP           histogram                          count 2
  request.size (By)                                   exponential                       count 10  mean 3.05    p50 2.828   p90 8       p99 14.09
  temperature (Cel)              room=1               gauge                                  NaN
                                 room=2               gauge                                   -3
)");
}

TEST_CASE("percentiles lie between min and max and are interpolated within buckets") {
    receiver::histogram_value value;
    value.bounds = {10, 20, 30};
    value.counts = {10, 80, 10, 0};
    value.all = {100, 1500.0, 0.0, 30.0};
    const auto buckets = buckets_of(value);
    const auto q = [&](double share) { return receiver::quantile(share, buckets, value.all, false); };
    CHECK(q(0) == doctest::Approx(0));
    CHECK(q(0.05) == doctest::Approx(5));
    CHECK(q(0.5) == doctest::Approx(15));
    CHECK(q(0.9) == doctest::Approx(20));
    CHECK(q(0.95) == doctest::Approx(25));
    CHECK(q(1) == doctest::Approx(30));
}

TEST_CASE("percentiles without min and max stay at the bounds that are known") {
    receiver::histogram_value value;
    value.bounds = {10, 20};
    value.counts = {1, 0, 1};
    value.all.count = 2;
    const auto buckets = buckets_of(value);
    CHECK(receiver::quantile(0.1, buckets, value.all, false) == 10);
    CHECK(receiver::quantile(0.9, buckets, value.all, false) == 20);
}

TEST_CASE("percentiles of an exponential histogram go by ratio, negative values first") {
    receiver::exponential_value value;
    value.negative = {{1, 1}, {2, 1}}; // [-4, -2), [-8, -4)
    value.zero_count = 2;
    value.positive = {{2, 4}}; // (4, 8]
    value.all = {8, std::nullopt, -8.0, 8.0};
    const auto buckets = buckets_of(value);
    const auto q = [&](double share) { return receiver::quantile(share, buckets, value.all, true); };
    CHECK(q(0) == doctest::Approx(-8));
    CHECK(q(0.125) == doctest::Approx(-4));
    CHECK(q(0.4) == doctest::Approx(0));
    CHECK(q(0.75) == doctest::Approx(5.656854));
    CHECK(q(1) == doctest::Approx(8));
}

TEST_CASE("a long table is cut and says by how much") {
    receiver::session run("request");
    for (int i = 0; i < 30; ++i) {
        send(run, signal::metrics,
             metric_body("gauge", "", interval(0, 1) + R"("asInt":"1")", "m" + std::to_string(i)));
    }
    const auto text = table_of(run, 10);
    CHECK(text.find("  m0 ") != std::string::npos);
    CHECK(text.ends_with("  … 20 more\n"));
    CHECK(table_of(receiver::session("request")).empty());
}

TEST_CASE("labels are cut between characters") {
    receiver::session run("request");
    std::string long_label;
    for (int i = 0; i < 40; ++i) long_label += "\u00e9";
    send(run, signal::metrics,
         metric_body("gauge", "",
                     interval(0, 1) + R"("asInt":"1","attributes":[{"key":")" + long_label +
                         R"(","value":{"stringValue":")" + long_label + R"("}}])"));
    const auto text = table_of(run);
    CHECK(receiver::shown_width(text) ==
          std::string_view("  m  ").size() + 61 + std::string_view("  gauge  1\n").size());
    CHECK(text.find("\u00e9…  gauge  1") != std::string::npos);
}

TEST_CASE("services are named where there are several") {
    receiver::session run("request");
    for (const auto* service : {"shop", "bank"}) {
        send(
            run, signal::metrics,
            R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":")" +
                std::string(service) +
                R"("}}]},"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{)" + interval(0, 1) +
                R"("asInt":"-1234"}]}}]}]}]})");
    }
    CHECK(table_of(run) == "  m  service.name=bank  gauge  -1,234\n"
                           "     service.name=shop  gauge  -1,234\n");
}

TEST_CASE("the last line counts data points") {
    receiver::session run("request");
    send(run, signal::metrics, receiver_test::good_metrics);
    send(run, signal::traces, receiver_test::good_traces);
    run.close();
    const auto quiet = receiver::summary(run, true, receiver::palette(false));
    CHECK(quiet ==
          R"({"spans":2,"data_points":10,"log_records":0,"requests":2,"violations":0,"orphans":0,"duplicates":0,"bytes":)" +
              std::to_string(run.counts().bytes) + "}\n");
    const auto text = receiver::summary(run, false, receiver::palette(false));
    CHECK(text.find("  data points            10\n") != std::string::npos);
    CHECK(text.find("The final value of every series\n  cart.items") != std::string::npos);
}
