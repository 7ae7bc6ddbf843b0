// SPDX-License-Identifier: MIT
#include <nanotel/otlp/decode.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

using nanotel::any_value;
using nanotel::attribute_list;
using nanotel::decode_traces;
using nanotel::finished_span;

namespace {

/// A document with one span of the members given, beside its ids.
std::string with_span(const std::string& members) {
    return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c",)"
           R"("spanId":"eee19b7ec3c1b174")" +
           (members.empty() ? "" : "," + members) + "}]}]}]}";
}

finished_span span_of(const std::string& members) {
    const auto decoded = decode_traces(with_span(members));
    REQUIRE_MESSAGE(decoded, decoded.error);
    REQUIRE(decoded.spans.size() == 1);
    return decoded.spans[0];
}

any_value value_of(const std::string& json) {
    return span_of(R"("attributes":[{"key":"k","value":)" + json + "}]").attributes["k"];
}

} // namespace

TEST_CASE("every field of a span is read") {
    const auto decoded = decode_traces(R"({"resourceSpans":[{
        "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
        "scopeSpans":[{
            "scope":{"name":"lib","version":"1.2","attributes":[{"key":"s","value":{"boolValue":true}}]},
            "schemaUrl":"https://opentelemetry.io/schemas/1.37.0",
            "spans":[
                {"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",
                 "parentSpanId":"EEE19B7EC3C1B173","traceState":"a=b","flags":257,"name":"checkout","kind":2,
                 "startTimeUnixNano":"1544712660000000001","endTimeUnixNano":"1544712661000000002",
                 "attributes":[{"key":"b","value":{"intValue":"3"}},{"key":"a","value":{"stringValue":"x"}}],
                 "droppedAttributesCount":1,
                 "events":[{"timeUnixNano":"1544712660500000000","name":"paid",
                            "attributes":[{"key":"e","value":{"doubleValue":0.5}}],"droppedAttributesCount":2}],
                 "droppedEventsCount":3,
                 "links":[{"traceId":"00000000000000000000000000000001","spanId":"0000000000000002",
                           "traceState":"c=d","attributes":[{"key":"l","value":{"intValue":"4"}}],
                           "droppedAttributesCount":5,"flags":1}],
                 "droppedLinksCount":6,
                 "status":{"code":2,"message":"no money"}},
                {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b173","parentSpanId":""}
            ]}]}]})");
    REQUIRE_MESSAGE(decoded, decoded.error);
    REQUIRE(decoded.spans.size() == 2);
    const finished_span& span = decoded.spans[0];
    CHECK(span.trace_id == "5b8efff798038103d269b633813fc60c");
    CHECK(span.span_id == "eee19b7ec3c1b174");
    CHECK(span.parent_span_id == "eee19b7ec3c1b173");
    CHECK(span.trace_state == "a=b");
    CHECK(span.flags == 257);
    CHECK(span.name == "checkout");
    CHECK(span.kind == nanotel::span_kind::server);
    CHECK(span.start_time_unix_nano == 1544712660000000001U);
    CHECK(span.end_time_unix_nano == 1544712661000000002U);
    CHECK(span.attributes == attribute_list{{"b", 3}, {"a", "x"}}); // in their order
    CHECK(span.dropped_attributes_count == 1);
    REQUIRE(span.events.size() == 1);
    CHECK(span.events[0].time_unix_nano == 1544712660500000000U);
    CHECK(span.events[0].name == "paid");
    CHECK(span.events[0].attributes["e"] == 0.5);
    CHECK(span.events[0].dropped_attributes_count == 2);
    CHECK(span.dropped_events_count == 3);
    REQUIRE(span.links.size() == 1);
    CHECK(span.links[0].trace_id == "00000000000000000000000000000001");
    CHECK(span.links[0].span_id == "0000000000000002");
    CHECK(span.links[0].trace_state == "c=d");
    CHECK(span.links[0].attributes["l"] == 4);
    CHECK(span.links[0].dropped_attributes_count == 5);
    CHECK(span.links[0].flags == 1);
    CHECK(span.dropped_links_count == 6);
    CHECK(span.status.code == nanotel::status_code::error);
    CHECK(span.status.message == "no money");
    CHECK(span.scope.name == "lib");
    CHECK(span.scope.version == "1.2");
    CHECK(span.scope.schema_url == "https://opentelemetry.io/schemas/1.37.0");
    CHECK(span.scope.attributes["s"] == true);
    CHECK(span.resource["service.name"] == "shop");

    const finished_span& bare = decoded.spans[1];
    CHECK(bare.parent_span_id.empty());
    CHECK(bare.name.empty());
    CHECK(bare.start_time_unix_nano == 0);
    CHECK(bare.attributes.empty());
    CHECK(bare.status.code == nanotel::status_code::unset);
    CHECK(bare.scope.name == "lib");
    CHECK(bare.resource["service.name"] == "shop");
}

TEST_CASE("every type of value is read") {
    CHECK(value_of(R"({"stringValue":"a\u0000\"\u00e4\ud83d\ude00"})") == std::string("a\0\"ä😀", 9));
    CHECK(value_of(R"({"boolValue":false})") == false);
    CHECK(value_of(R"({"intValue":"-9223372036854775808"})") == std::numeric_limits<std::int64_t>::min());
    CHECK(value_of(R"({"doubleValue":5e-324})") == 5e-324);
    CHECK(value_of(R"({"doubleValue":1.7976931348623157e308})") == std::numeric_limits<double>::max());
    CHECK(value_of(R"({"doubleValue":3})") == 3.0);
    CHECK(value_of(R"({"doubleValue":"NaN"})") == std::nan(""));
    CHECK(value_of(R"({"doubleValue":"Infinity"})") == std::numeric_limits<double>::infinity());
    CHECK(value_of(R"({"doubleValue":"-Infinity"})") == -std::numeric_limits<double>::infinity());
    CHECK(value_of(R"({"bytesValue":"AAEC/+8="})") == any_value::bytes{0, 1, 2, 255, 239});
    CHECK(value_of(R"({"bytesValue":"_-8"})") == any_value::bytes{255, 239}); // the URL alphabet, no padding
    CHECK(value_of(R"({"bytesValue":"AA=="})") == any_value::bytes{0});
    CHECK(value_of(R"({"bytesValue":""})") == any_value::bytes{});
    CHECK(value_of(R"({"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"x"},{}]}})") ==
          any_value::array{1, "x", {}});
    CHECK(value_of(R"({"arrayValue":{}})") == any_value::array{});
    CHECK(value_of(R"({"kvlistValue":{"values":[{"key":"a","value":{"arrayValue":{"values":[{}]}}}]}})") ==
          attribute_list{{"a", any_value::array{{}}}});
    CHECK(value_of("{}").empty());
}

TEST_CASE("what other exporters write is tolerated") {
    const auto span =
        span_of(R"("startTimeUnixNano":1544712660000000001,"endTimeUnixNano":18446744073709551615,)"
                R"("flags":"257","kind":"SPAN_KIND_CONSUMER","status":{"code":"STATUS_CODE_OK"},)"
                R"("name":null,"events":null,"attributes":[{"key":"absent"},{"key":"null","value":null}],)"
                R"("someFieldOfTomorrow":{"deep":[1,{}]})");
    CHECK(span.start_time_unix_nano == 1544712660000000001U);
    CHECK(span.end_time_unix_nano == 18446744073709551615U);
    CHECK(span.flags == 257);
    CHECK(span.kind == nanotel::span_kind::consumer);
    CHECK(span.status.code == nanotel::status_code::ok);
    CHECK(span.name.empty());
    CHECK(span.attributes.contains("absent"));
    CHECK(span.attributes["absent"].empty());
    CHECK(span.attributes["null"].empty());
    CHECK(value_of(R"({"intValue":7})") == 7);
    CHECK(value_of(R"({"intValue":7.0})") == 7);
    CHECK(value_of(R"({"valueOfTomorrow":1})").empty());
    CHECK(decode_traces("{}"));
    CHECK(decode_traces("{}").spans.empty());
}
