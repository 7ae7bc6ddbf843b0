// SPDX-License-Identifier: MIT
// Fails when an error is not one, or names another field or another place in a list.
#include <nanotel/otlp/decode_metrics.hpp>

#include <doctest/doctest.h>

#include <string>

namespace {

std::string error_of(const std::string& json) {
    const auto decoded = nanotel::decode_metrics(json);
    CHECK_FALSE(decoded);
    CHECK(decoded.metrics.empty());
    return decoded.error;
}

std::string error_in_metric(const std::string& members) {
    return error_of(R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{},{)" + members + "}]}]}]}");
}

std::string error_in_point(const std::string& kind, const std::string& members) {
    return error_in_metric("\"" + kind + R"(":{"dataPoints":[{},{)" + members + "}]}");
}

const std::string metric = "resourceMetrics[0].scopeMetrics[0].metrics[1]";

} // namespace

TEST_CASE("what is wrong with metrics is named with its place and what was found") {
    CHECK(error_of("{").find("not JSON: ") == 0);
    CHECK(error_of("[]") == "should be an object and is []");
    CHECK(error_of(R"({"resourceMetrics":{}})") == "resourceMetrics: should be an array and is {}");
    CHECK(error_in_metric(R"("name":7)") == metric + ".name: should be a string and is 7");
    CHECK(error_in_metric(R"("unit":[])") == metric + ".unit: should be a string and is []");
    CHECK(error_in_metric(R"("gauge":{},"sum":{})") ==
          metric + ".sum: should be one kind of data, not several and is {\"gauge\":{},\"sum\":{}}");
    CHECK(error_in_metric(R"("sum":{"aggregationTemporality":3})") ==
          metric + ".sum.aggregationTemporality: should be an integer from 0 to 2 and is 3");
    CHECK(error_in_metric(R"("sum":{"aggregationTemporality":"DELTA"})").find("from 0 to 2") !=
          std::string::npos);
    CHECK(error_in_metric(R"("sum":{"isMonotonic":1})") ==
          metric + ".sum.isMonotonic: should be true or false and is 1");
    CHECK(error_in_metric(R"("histogram":{"dataPoints":{}})") ==
          metric + ".histogram.dataPoints: should be an array and is {}");
    CHECK(error_in_point("sum", R"("asInt":"1.5")") ==
          metric + ".sum.dataPoints[1].asInt: should be an integer of 64 bits and is \"1.5\"");
    CHECK(error_in_point("gauge", R"("asDouble":"nan")").find(".gauge.dataPoints[1].asDouble: should be") !=
          std::string::npos);
    CHECK(error_in_point("gauge", R"("asInt":"1","asDouble":1)").find("one value, not several") !=
          std::string::npos);
    CHECK(error_in_point("sum", R"("timeUnixNano":-1)").find("64 bits without a sign") != std::string::npos);
    CHECK(error_in_point("histogram", R"("bucketCounts":["1","-1"])") ==
          metric + ".histogram.dataPoints[1].bucketCounts[1]: should be an integer of 64 bits without a "
                   "sign and is \"-1\"");
    CHECK(error_in_point("histogram", R"("explicitBounds":[true])")
              .find(".histogram.dataPoints[1].explicitBounds[0]: should be a number") != std::string::npos);
    CHECK(error_in_point("histogram", R"("sum":"1 ")").find(".sum: should be a number") != std::string::npos);
    CHECK(error_in_point("exponentialHistogram", R"("scale":2147483648)")
              .find(".scale: should be an integer of 32 bits and is 2147483648") != std::string::npos);
    CHECK(error_in_point("exponentialHistogram", R"("negative":{"offset":"x"})")
              .find(".negative.offset: should be") != std::string::npos);
    CHECK(error_in_point("sum", R"("exemplars":[{"traceId":"5b8e"}])") ==
          metric + ".sum.dataPoints[1].exemplars[0].traceId: should have 32 hexadecimal digits and is "
                   "\"5b8e\"");
    CHECK(error_in_point("sum", R"("attributes":[{"key":"k","value":{"intValue":"x"}}])")
              .find(".sum.dataPoints[1].attributes[0].value.intValue: should be") != std::string::npos);
}
