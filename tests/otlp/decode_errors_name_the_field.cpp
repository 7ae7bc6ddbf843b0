// SPDX-License-Identifier: MIT
#include <nanotel/otlp/decode.hpp>

#include <doctest/doctest.h>

#include <string>

using nanotel::decode_traces;

namespace {

std::string error_of(const std::string& json) {
    const auto decoded = decode_traces(json);
    CHECK_FALSE(decoded);
    CHECK(decoded.spans.empty());
    return decoded.error;
}

/// The error of a document whose second span has the members given.
std::string error_in_span(const std::string& members) {
    return error_of(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)"
                    R"({"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"},{)" +
                    members + "}]}]}]}");
}

const std::string ids = R"("traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174")";
const std::string span = "resourceSpans[0].scopeSpans[0].spans[1].";

} // namespace

TEST_CASE("what is no JSON says so") {
    for (const char* text : {"", "{", "{\"resourceSpans\":[}", "{} {}", "\xff"}) {
        CAPTURE(text);
        CHECK(error_of(text).find("not JSON: ") == 0);
    }
}

TEST_CASE("a wrong type is named with its place and what was found") {
    CHECK(error_of("[]") == "should be an object and is []");
    CHECK(error_of(R"({"resourceSpans":{}})") == "resourceSpans: should be an array and is {}");
    CHECK(error_of(R"({"resourceSpans":[7]})") == "resourceSpans[0]: should be an object and is 7");
    CHECK(error_in_span(ids + R"(,"name":7)") == span + "name: should be a string and is 7");
    CHECK(error_in_span(ids + R"(,"startTimeUnixNano":"soon")") ==
          span + "startTimeUnixNano: should be an integer of 64 bits without a sign and is \"soon\"");
    CHECK(error_in_span(ids + R"(,"startTimeUnixNano":-1)").find("is -1") != std::string::npos);
    CHECK(error_in_span(ids + R"(,"startTimeUnixNano":1.5)").find("is 1.5") != std::string::npos);
    CHECK(error_in_span(ids + R"(,"flags":4294967296)").find("an integer of 32 bits") != std::string::npos);
    CHECK(error_in_span(ids + R"(,"kind":6)") == span + "kind: should be an integer from 0 to 5 and is 6");
    CHECK(error_in_span(ids + R"(,"kind":"SERVER")").find("kind: should be") != std::string::npos);
    CHECK(error_in_span(ids + R"(,"status":{"code":3})").find("status.code: should be") != std::string::npos);
    CHECK(error_in_span(ids + R"(,"events":[{},{"timeUnixNano":{}}])")
              .find(span + "events[1].timeUnixNano: ") == 0);
    CHECK(error_in_span(
              ids + R"(,"attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"x"}]}}}])") ==
          span + "attributes[0].value.arrayValue.values[0].intValue: should be an integer of 64 bits and is "
                 "\"x\"");
    CHECK(error_in_span(ids + R"(,"attributes":[{"key":"k","value":{"intValue":"1","stringValue":"1"}}])")
              .find("one value, not several") != std::string::npos);
    CHECK(
        error_in_span(ids + R"(,"attributes":[{"key":"k","value":{"doubleValue":"nan"}}])").find("\"NaN\"") !=
        std::string::npos);
    CHECK(error_in_span(ids + R"(,"attributes":[{"key":"k","value":{"bytesValue":"a!"}}])").find("base64") !=
          std::string::npos);
    CHECK(error_in_span(ids + R"(,"name":[")" + std::string(1000, 'x') + R"("])").size() < 200);
}

TEST_CASE("a bad id is named") {
    const std::string trace = R"("traceId":"5b8efff798038103d269b633813fc60c")";
    CHECK(error_in_span("") == span + "traceId: should have 32 hexadecimal digits and is \"\"");
    CHECK(error_in_span(trace) == span + "spanId: should have 16 hexadecimal digits and is \"\"");
    CHECK(error_in_span(R"("traceId":"5b8e")").find("should have 32 hexadecimal digits and is \"5b8e\"") !=
          std::string::npos);
    // What base64, the mapping of bytes elsewhere in protobuf's JSON, would look like.
    CHECK(error_in_span(R"("traceId":"W47/95gDgQPSabYzgT/GDA==")").find("is not hexadecimal") !=
          std::string::npos);
    CHECK(error_in_span(trace + R"(,"spanId":"0000000000000000")") ==
          span + "spanId: is all zeros, which is no id");
    CHECK(error_in_span(ids + R"(,"parentSpanId":"eee")").find("parentSpanId: should have 16") !=
          std::string::npos);
    CHECK(error_in_span(ids + R"(,"links":[{"traceId":"5b8e"}])").find("links[0].traceId: ") !=
          std::string::npos);
}

TEST_CASE("nesting without end is an error, not a crash") {
    std::string value = "{}";
    for (int i = 0; i < 5000; ++i) value = R"({"arrayValue":{"values":[)" + value + "]}}";
    CHECK(error_in_span(ids + R"(,"attributes":[{"key":"k","value":)" + value + "}]").find("not JSON: ") ==
          0);
}
