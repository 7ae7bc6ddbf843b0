// SPDX-License-Identifier: MIT
// A body that uses every member of a span, and ways to spoil it.
#pragma once

#include "../../examples/receiver/rules.hpp"
#include "../../examples/receiver/strict_check.hpp"
#include "../../examples/receiver/violation_log.hpp"

#include <string>
#include <string_view>

namespace receiver_test {

inline constexpr std::string_view good_traces = R"({"resourceSpans":[{
"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}],"droppedAttributesCount":1},
"schemaUrl":"https://opentelemetry.io/schemas/1.30.0",
"scopeSpans":[{
  "scope":{"name":"shop.cart","version":"1.0.0","attributes":[],"droppedAttributesCount":0},
  "schemaUrl":"",
  "spans":[{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","traceState":"vendor=a:b, tenant@system=1",
    "parentSpanId":"eee19b7ec3c1b173","flags":769,"name":"compute cart","kind":2,
    "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",
    "attributes":[
      {"key":"text","value":{"stringValue":"caf\u00e9 \"quoted\"\u0000"}},
      {"key":"yes","value":{"boolValue":true}},
      {"key":"number","value":{"intValue":"-9223372036854775808"}},
      {"key":"real","value":{"doubleValue":0.25}},
      {"key":"nan","value":{"doubleValue":"NaN"}},
      {"key":"bytes","value":{"bytesValue":"AAH/"}},
      {"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{"intValue":"2"},{}]}}},
      {"key":"map","value":{"kvlistValue":{"values":[{"key":"inner","value":{"boolValue":false}}]}}},
      {"key":"empty","value":{}}],
    "droppedAttributesCount":2,
    "events":[{"timeUnixNano":"1544712660500000000","name":"reserved","attributes":[],"droppedAttributesCount":3}],
    "droppedEventsCount":4,
    "links":[{"traceId":"0b8efff798038103d269b633813fc60c","spanId":"0ee19b7ec3c1b174","traceState":"x=1",
              "attributes":[],"droppedAttributesCount":5,"flags":257}],
    "droppedLinksCount":6,
    "status":{"code":2,"message":"declined"}
  },{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b173","parentSpanId":"","name":"root",
    "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712660000000000","flags":256,"status":{}
  }]
}]}]})";

/// A good body with its only `what` replaced. The text must be there once, or the test tests nothing.
inline std::string spoiled(std::string_view what, std::string_view with,
                           std::string_view good = good_traces) {
    std::string body(good);
    const auto place = body.find(what);
    if (place == std::string::npos || body.find(what, place + 1) != std::string::npos)
        return "not there once";
    return body.replace(place, what.size(), with);
}

inline receiver::violation_log check_traces(std::string_view body) {
    receiver::violation_log log;
    receiver::strict_check check;
    check.body(log, receiver::signal::traces, body);
    return log;
}

[[nodiscard]] constexpr bool is_about_metrics(receiver::rule r) {
    return r >= receiver::rule::metric_name_syntax && r <= receiver::rule::cumulative_falls;
}

[[nodiscard]] constexpr bool is_about_logs(receiver::rule r) {
    return r >= receiver::rule::log_ids && r <= receiver::rule::log_says_nothing;
}

} // namespace receiver_test
