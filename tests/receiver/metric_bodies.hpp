// SPDX-License-Identifier: MIT
// A body that uses every member of a metric, and short bodies of one series.
#pragma once

#include "bodies.hpp"

#include "../../examples/receiver/session.hpp"
#include "../../examples/receiver/strict_check.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace receiver_test {

/// No two metrics have the same times, so that a test can spoil those of one.
inline constexpr std::string_view good_metrics = R"({"resourceMetrics":[{
"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
"schemaUrl":"https://opentelemetry.io/schemas/1.30.0",
"scopeMetrics":[{
  "scope":{"name":"shop.cart","version":"1.0.0"},
  "schemaUrl":"",
  "metrics":[{
    "name":"cart.items/added-1_2","description":"Items added","unit":"{item}",
    "metadata":[{"key":"owner","value":{"stringValue":"carts"}}],
    "sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{
      "attributes":[{"key":"route","value":{"stringValue":"/cart"}},{"key":"size","value":{"intValue":"3"}}],
      "startTimeUnixNano":"1544712600300000000","timeUnixNano":"1544712660300000000","asInt":"42","flags":0,
      "exemplars":[{"filteredAttributes":[{"key":"user","value":{"stringValue":"ann"}}],
        "timeUnixNano":"1544712650300000000","asInt":"7","spanId":"eee19b7ec3c1b174",
        "traceId":"5b8efff798038103d269b633813fc60c"}]
    },{
      "attributes":[{"key":"route","value":{"stringValue":"/buy"}}],
      "startTimeUnixNano":"1544712600300000001","timeUnixNano":"1544712660300000001","asInt":"9223372036854775807"
    },{
      "startTimeUnixNano":"1544712600300000002","timeUnixNano":"1544712660300000002","flags":1
    }]}
  },{
    "name":"carts.open","sum":{"aggregationTemporality":1,"isMonotonic":false,"dataPoints":[{
      "attributes":[],"startTimeUnixNano":"1544712600300000003","timeUnixNano":"1544712660300000003","asDouble":-2.5}]}
  },{
    "name":"temperature","unit":"Cel","gauge":{"dataPoints":[
      {"attributes":[{"key":"room","value":{"intValue":"1"}}],"timeUnixNano":"1544712660300000004","asDouble":"NaN"},
      {"attributes":[{"key":"room","value":{"intValue":"2"}}],"timeUnixNano":"1544712660300000004","asDouble":-3}]}
  },{
    "name":"request.duration","unit":"s","histogram":{"aggregationTemporality":2,"dataPoints":[{
      "attributes":[{"key":"method","value":{"stringValue":"GET"}}],
      "startTimeUnixNano":"1544712600300000005","timeUnixNano":"1544712660300000005",
      "count":"7","sum":10.5,"min":0.25,"max":2,"bucketCounts":["0","3","4","0"],"explicitBounds":[0,1,10],
      "exemplars":[{"timeUnixNano":"1544712640300000005","asDouble":0.75}]
    },{
      "attributes":[{"key":"method","value":{"stringValue":"PUT"}}],
      "startTimeUnixNano":"1544712600300000006","timeUnixNano":"1544712660300000006",
      "count":"0","sum":0,"bucketCounts":["0","0"],"explicitBounds":[5]
    },{
      "attributes":[{"key":"method","value":{"stringValue":"TOP"}}],
      "startTimeUnixNano":"1544712600300000007","timeUnixNano":"1544712660300000007",
      "count":"2","min":-1,"max":1,"bucketCounts":[],"explicitBounds":[]}]}
  },{
    "name":"request.size","unit":"By","exponentialHistogram":{"aggregationTemporality":1,"dataPoints":[{
      "startTimeUnixNano":"1544712600300000008","timeUnixNano":"1544712660300000008",
      "count":"10","sum":30.5,"scale":0,"zeroCount":"1","zeroThreshold":0.125,"min":-3,"max":15,
      "positive":{"offset":1,"bucketCounts":["4","2","1","0"]},"negative":{"offset":-1,"bucketCounts":["0","1","1"]}
    }]}
  }]
}]}]})";

inline receiver::violation_log check_metrics(std::string_view body) {
    receiver::violation_log log;
    receiver::strict_check check;
    check.body(log, receiver::signal::metrics, body);
    return log;
}

/// A body with one metric of one point.
inline std::string metric_body(std::string_view kind, std::string_view members, std::string_view point,
                               std::string_view name = "m") {
    return R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":")" + std::string(name) + R"(",")" +
           std::string(kind) + R"(":{)" + std::string(members) + R"("dataPoints":[{)" + std::string(point) +
           "}]}}]}]}]}";
}

/// The times of a point, in seconds of a minute in 2018.
inline std::string interval(int start, int end) {
    return R"("startTimeUnixNano":")" + std::to_string(1544712600 + start) +
           R"(000000000","timeUnixNano":")" + std::to_string(1544712600 + end) + R"(000000000",)";
}

/// Gives a run one more body.
inline void send(receiver::session& run, receiver::signal kind, std::string_view body) {
    receiver::violation_log log;
    receiver::strict_check check;
    auto result = check.body(log, kind, body);
    run.add(kind, body.size(), std::move(result), std::move(log));
}

} // namespace receiver_test
