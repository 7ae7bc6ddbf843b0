// SPDX-License-Identifier: MIT
#include "console_support.hpp"

#include <limits>

using namespace nanotel_test;
using nanotel::signal;

namespace {

std::string metrics_json(const std::string& metrics) {
    return R"({"resourceMetrics":[{"scopeMetrics":[{"scope":{},"metrics":[)" + metrics + "]}]}]}";
}

std::string point(const std::string& members, const std::string& label = {}) {
    return R"({"timeUnixNano":"1796004007123456789",)" + members +
           (label.empty() ? "" : R"(,"attributes":[)" + label + "]") + "}";
}

} // namespace

TEST_CASE("each series is a line, its metric is named once, and columns are aligned") {
    console_in_memory console;
    const std::string body = metrics_json(
        R"({"name":"shop.orders","unit":"{order}","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[)" +
        point(R"("asInt":"1204")", attribute_json("payment.method", R"({"stringValue":"card"})")) + "," +
        point(R"("asInt":"96")", attribute_json("payment.method", R"({"stringValue":"cash on delivery"})")) +
        R"(]}},{"name":"shop.memory","unit":"By","sum":{"aggregationTemporality":1,"dataPoints":[)" +
        point(R"("asInt":"3145728")") + R"(]}},{"name":"shop.load","gauge":{"dataPoints":[)" +
        point(R"("asDouble":0.25)") + "," +
        point(R"("flags":1)", attribute_json("cpu", R"({"intValue":"1"})")) +
        R"(]}},{"name":"shop.latency","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[)" +
        point(
            R"("count":"4","sum":1,"min":0.1,"max":0.5,"explicitBounds":[0.25,1],"bucketCounts":["2","2","0"],)"
            R"("exemplars":[{"asDouble":0.5,"traceId":"11111111111111111111111111111111","spanId":"aaaaaaaaaaaaaaaa"}])") +
        R"(]}},{"name":"shop.size","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[)" +
        point(
            R"("count":"3","sum":6,"scale":0,"zeroCount":"1","positive":{"offset":1,"bucketCounts":["2"]})") +
        "]}}");
    CHECK("\n" + console.shown(body, signal::metrics) == R"(
metrics  2026-11-30 02:00:07.123  7 series
  shop.orders ({order})  payment.method=card                counter                     1,204
                         payment.method="cash on delivery"  counter                        96
  shop.memory (By)                                          up-down counter (delta)   3.0 MiB
  shop.load                                                 gauge                        0.25
                         cpu=1                              gauge                    no value
  shop.latency (s)                                          histogram                 count 4  mean=250.00 ms  min=100.00 ms
                                                                                               p50=250.00 ms  p90=450.00 ms
                                                                                               p99=495.00 ms  max=500.00 ms
                                                                                               example=500.00 ms
                                                                                               trace=11111111111111111111111111111111
  shop.size                                                 exponential histogram     count 3  mean=2  p50=2.5  p90=3.7  p99=3.97
)");
}

TEST_CASE("metrics without points show nothing, and names cannot control the terminal") {
    console_in_memory console;
    CHECK(console.shown(R"({"resourceMetrics":[]})", signal::metrics) == "");
    CHECK(console.shown(metrics_json(R"({"name":"m","gauge":{"dataPoints":[]}})"), signal::metrics) == "");
    const std::string evil = "\\u001b[2J";
    CHECK(
        console
            .shown(metrics_json(
                       R"({"name":")" + evil + R"(","unit":")" + evil + R"(","gauge":{"dataPoints":[)" +
                       point(R"("asInt":"1")", attribute_json(evil, R"({"stringValue":")" + evil + R"("})")) +
                       "]}}"),
                   signal::metrics)
            .find('\x1b') == std::string::npos);
    CHECK(console.send("[]", signal::metrics).outcome == nanotel::export_outcome::rejected);
}

TEST_CASE("numbers are for people") {
    using namespace nanotel::detail;
    CHECK(number_for_people(std::int64_t{-1234567}) == "-1,234,567");
    CHECK(number_for_people(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
    CHECK(number_for_people(1234.0) == "1,234");
    CHECK(number_for_people(0.00012345) == "0.0001234");
    CHECK(number_for_people(1e300) == "1e+300");
    CHECK(number_for_people(std::numeric_limits<double>::quiet_NaN()) == "nan");
    CHECK(number_for_people(-std::numeric_limits<double>::infinity()) == "-inf");
    CHECK(measured_text(0.0123, "s") == "12.30 ms");
    CHECK(measured_text(-1, "s") == "-1");
    CHECK(measured_text(1536, "By") == "1.5 KiB");
    CHECK(measured_text(12, "By") == "12");
    CHECK(duration_text(999) == "999 ns");
    CHECK(duration_text(1'234'567'890'123) == "1234.57 s");
    CHECK(time_text(1'796'004'007'009'999'999) == "2026-11-30 02:00:07.009");
}

TEST_CASE("hostile buckets are survived") {
    console_in_memory console;
    for (
        const char* members :
        {R"("count":"18446744073709551615","sum":"NaN","explicitBounds":[],"bucketCounts":["1"])",
         R"("count":"1","explicitBounds":[1,2],"bucketCounts":["1"])",
         R"("count":"1","explicitBounds":["Infinity"],"bucketCounts":["1","1"],"min":"-Infinity","max":"Infinity")"}) {
        CAPTURE(members);
        CHECK(
            console
                .shown(metrics_json(R"({"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[)" +
                                    point(members) + "]}}"),
                       signal::metrics)
                .find("count ") != std::string::npos);
    }
    for (const char* members :
         {R"("count":"1","scale":-2147483648,"positive":{"offset":2147483647,"bucketCounts":["1"]})",
          R"("count":"1","scale":2147483647,"negative":{"offset":-2147483648,"bucketCounts":["1","2"]})"}) {
        CAPTURE(members);
        CHECK(console
                  .shown(
                      metrics_json(
                          R"({"name":"h","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[)" +
                          point(members) + "]}}"),
                      signal::metrics)
                  .find("count 1") != std::string::npos);
    }
}
