// SPDX-License-Identifier: MIT
// Exemplars name traces; whether a span of them came is known at the end, in whatever order the two come.
#include "metric_bodies.hpp"

#include "../../examples/receiver/summary.hpp"
#include "../../examples/receiver/text_layout.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using receiver::rule;
using receiver::signal;
using receiver_test::interval;
using receiver_test::metric_body;
using receiver_test::send;

constexpr std::string_view known = "5b8efff798038103d269b633813fc60c"; // the trace of good_traces

std::string body(int second, std::string_view trace) {
    const std::string ids =
        trace.empty() ? "" : R"(,"spanId":"eee19b7ec3c1b174","traceId":")" + std::string(trace) + '"';
    return metric_body("gauge", "",
                       interval(0, second) + R"("asInt":"1","exemplars":[{"timeUnixNano":")" +
                           std::to_string(1544712600 + second) + R"(000000000","asInt":"1")" + ids + "}]");
}

} // namespace

TEST_CASE("an exemplar's trace may come after it") {
    receiver::session run("request");
    send(run, signal::metrics, body(1, known));
    send(run, signal::metrics, body(2, known));
    send(run, signal::metrics, body(3, ""));
    send(run, signal::traces, receiver_test::good_traces);
    run.close();
    CHECK(run.violations().total() == 0);
    CHECK(run.exemplars().counts().all == 3);
    CHECK(run.exemplars().counts().of_traces == 2);
    CHECK(run.exemplars().counts().known == 2);
    CHECK(receiver::summary(run, false, receiver::palette(false))
              .find("  exemplars               3  2 of known traces, 1 of no trace\n") != std::string::npos);
}

TEST_CASE("an exemplar whose trace never came is a violation, once for the trace") {
    receiver::session run("request");
    send(run, signal::traces, receiver_test::good_traces);
    send(run, signal::metrics, body(1, "5b8efff798038103d269b633813fc60d"));
    send(run, signal::metrics, body(2, "5b8efff798038103d269b633813fc60d"));
    CHECK(run.violations().total() == 0);
    run.close();
    CHECK(run.violations().of(rule::exemplar_trace) == 1);
    REQUIRE(run.violations().total() == 1);
    CHECK(run.violations().kept()[0].path ==
          "request 2 /resourceMetrics/0/scopeMetrics/0/metrics/0/gauge/dataPoints/0/exemplars/0");
    CHECK(run.violations().kept()[0].value == "5b8efff798038103d269b633813fc60d");
    CHECK(run.exemplars().counts().known == 0);
}

TEST_CASE("without any span there is nothing to compare exemplars with") {
    receiver::session run("line");
    send(run, signal::metrics, body(1, known));
    run.close();
    CHECK(run.violations().total() == 0);
    CHECK(receiver::summary(run, false, receiver::palette(false))
              .find("1 of traces, of which none was received") != std::string::npos);
}

TEST_CASE("where the store of spans is full an unknown trace is no violation") {
    receiver::exemplar_store exemplars;
    receiver::received_metrics metrics;
    metrics.exemplars = 1;
    metrics.exemplars_of_traces.push_back({{7, 7}, "/there"});
    exemplars.add(metrics, "request 1 ");
    receiver::violation_log log;
    const auto judge = [&](std::size_t ids) {
        receiver::span_store spans({.ids = ids, .details = 10, .spans_of_a_trace = 10, .slow_traces = 1});
        std::vector<receiver::received_span> two(2);
        two[0].trace = {1, 1};
        two[1].trace = {2, 2};
        spans.add(std::move(two));
        exemplars.judge(log, spans);
    };
    judge(1);
    CHECK(log.total() == 0);
    judge(2);
    CHECK(log.of(rule::exemplar_trace) == 1);
}
