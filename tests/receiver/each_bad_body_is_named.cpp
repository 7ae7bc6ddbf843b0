// SPDX-License-Identifier: MIT
// Every rule has at least one body that breaks it and nothing else, and the message says where.
#include "bodies.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace {

using receiver::rule;

struct bad_body {
    std::string_view what; // the part of the good body that is replaced
    std::string_view with;
    rule broken;
    std::string_view path;
};

constexpr std::string_view span = "/resourceSpans/0/scopeSpans/0/spans/0";

const bad_body bad_bodies[] = {
    // The document.
    {"{\"resourceSpans\":[{\n", "{\"resourceSpans\":[{,", rule::malformed_json, ""},
    {"compute cart", "compute \xC3\x28", rule::invalid_utf8, ""},
    {"compute cart", R"(compute \ud800)", rule::malformed_json, ""},
    // Envelopes and members.
    {R"("schemaUrl":"",)", R"("schemaUrl":7,)", rule::wrong_type, "/resourceSpans/0/scopeSpans/0/schemaUrl"},
    {R"("version":"1.0.0")", R"("version":null)", rule::wrong_type,
     "/resourceSpans/0/scopeSpans/0/scope/version"},
    {R"({"boolValue":true})", R"({"boolValue":"true"})", rule::wrong_type, "/attributes/1/value/boolValue"},
    {R"({"boolValue":true})", R"("yes")", rule::wrong_type, "/attributes/1/value"},
    {R"("status":{"code":2,"message":"declined"})", R"("status":2)", rule::wrong_type, "/status"},
    {R"("attributes":[],"droppedAttributesCount":3)", R"("attributes":{},"droppedAttributesCount":3)",
     rule::wrong_type, "/events/0/attributes"},
    {R"("name":"compute cart")", R"("name":"compute cart","colour":"red")", rule::unknown_member, "/colour"},
    {R"("version":"1.0.0")", R"("Version":"1.0.0")", rule::unknown_member,
     "/resourceSpans/0/scopeSpans/0/scope/Version"},
    {R"({"boolValue":true})", R"({"floatValue":1})", rule::unknown_member, "/attributes/1/value/floatValue"},
    {R"("kind":2)", R"("span_kind":2)", rule::snake_case_member, "/span_kind"},
    {R"("code":2,)", R"("status_code":2,)", rule::snake_case_member, "/status/status_code"},
    {R"("kind":2)", R"("kind":2,"kind":2)", rule::duplicate_member, "/kind"},
    {R"("spanId":"eee19b7ec3c1b174",)", "", rule::missing_member, ""},
    {R"("name":"compute cart",)", "", rule::missing_member, ""},
    {R"("startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",)",
     R"("startTimeUnixNano":"1544712660000000000",)", rule::missing_member, ""},
    {R"("timeUnixNano":"1544712660500000000",)", "", rule::missing_member, "/events/0"},
    {R"("spanId":"0ee19b7ec3c1b174",)", "", rule::missing_member, "/links/0"},
    {R"("key":"yes",)", "", rule::missing_member, "/attributes/1"},
    {R"({"key":"yes","value":{"boolValue":true}})", R"({"key":"yes"})", rule::missing_member,
     "/attributes/1"},
    // Ids.
    {"eee19b7ec3c1b174", "eee19b7ec3c1b1", rule::id_length, "/spanId"},
    {"0b8efff798038103d269b633813fc60c", "0b8efff798038103", rule::id_length, "/links/0/traceId"},
    {"0b8efff798038103d269b633813fc60c", "", rule::id_length, "/links/0/traceId"},
    {"eee19b7ec3c1b174", "7uGbfsPBsXQ=", rule::id_not_hex, "/spanId"},
    {"eee19b7ec3c1b174", "EEE19B7EC3C1B174", rule::id_uppercase, "/spanId"},
    {"eee19b7ec3c1b174", "0000000000000000", rule::id_zero, "/spanId"},
    {"0b8efff798038103d269b633813fc60c", "00000000000000000000000000000000", rule::id_zero,
     "/links/0/traceId"},
    {R"("eee19b7ec3c1b174")", "17213427043891364212", rule::wrong_type, "/spanId"},
    {"eee19b7ec3c1b174", "eee19b7ec3c1b173", rule::parent_is_self, "/parentSpanId"},
    // Enums and numbers.
    {R"("kind":2)", R"("kind":"SPAN_KIND_SERVER")", rule::enum_not_integer, "/kind"},
    {R"("code":2)", R"("code":"STATUS_CODE_ERROR")", rule::enum_not_integer, "/status/code"},
    {R"("kind":2)", R"("kind":2.0)", rule::enum_not_integer, "/kind"},
    {R"("kind":2)", R"("kind":6)", rule::enum_out_of_range, "/kind"},
    {R"("code":2)", R"("code":-1)", rule::enum_out_of_range, "/status/code"},
    {R"("code":2)", R"("code":3)", rule::enum_out_of_range, "/status/code"},
    {R"("-9223372036854775808")", "7", rule::int64_not_string, "/attributes/2/value/intValue"},
    {R"("1544712661000000000")", "1544712661000000000", rule::int64_not_string, "/endTimeUnixNano"},
    {"-9223372036854775808", "-9223372036854775809", rule::int64_malformed, "/attributes/2/value/intValue"},
    {"-9223372036854775808", "9223372036854775808", rule::int64_malformed, "/attributes/2/value/intValue"},
    {"-9223372036854775808", "007", rule::int64_malformed, "/attributes/2/value/intValue"},
    {"-9223372036854775808", "-0", rule::int64_malformed, "/attributes/2/value/intValue"},
    {"-9223372036854775808", "1e3", rule::int64_malformed, "/attributes/2/value/intValue"},
    {"-9223372036854775808", "", rule::int64_malformed, "/attributes/2/value/intValue"},
    {"1544712660500000000", "-1", rule::int64_malformed, "/events/0/timeUnixNano"},
    {R"("droppedEventsCount":4)", R"("droppedEventsCount":"4")", rule::number_expected,
     "/droppedEventsCount"},
    {R"("droppedEventsCount":4)", R"("droppedEventsCount":4.5)", rule::number_expected,
     "/droppedEventsCount"},
    {R"("flags":769)", R"("flags":"769")", rule::number_expected, "/flags"},
    {R"("droppedLinksCount":6)", R"("droppedLinksCount":-6)", rule::number_out_of_range,
     "/droppedLinksCount"},
    {R"("droppedLinksCount":6)", R"("droppedLinksCount":4294967296)", rule::number_out_of_range,
     "/droppedLinksCount"},
    {R"("doubleValue":"NaN")", R"("doubleValue":"nan")", rule::double_malformed,
     "/attributes/4/value/doubleValue"},
    {R"("doubleValue":"NaN")", R"("doubleValue":"0.25")", rule::double_malformed,
     "/attributes/4/value/doubleValue"},
    {R"("doubleValue":"NaN")", R"("doubleValue":true)", rule::wrong_type, "/attributes/4/value/doubleValue"},
    // Attributes.
    {R"({"boolValue":true})", R"({"boolValue":true,"stringValue":"true"})", rule::any_value_members,
     "/attributes/1/value"},
    {"AAH/", "AAH", rule::base64_malformed, "/attributes/5/value/bytesValue"},
    {"AAH/", "AAH_", rule::base64_malformed, "/attributes/5/value/bytesValue"},
    {"AAH/", "AB==", rule::base64_malformed, "/attributes/5/value/bytesValue"},
    {"AAH/", "A===", rule::base64_malformed, "/attributes/5/value/bytesValue"},
    {R"("key":"yes")", R"("key":"")", rule::attribute_key_empty, "/attributes/1/key"},
    {R"("key":"yes")", R"("key":"text")", rule::attribute_key_duplicate, "/attributes/1/key"},
    {R"([{"key":"inner","value":{"boolValue":false}}])",
     R"([{"key":"inner","value":{}},{"key":"inner","value":{}}])", rule::attribute_key_duplicate,
     "/attributes/7/value/kvlistValue/values/1/key"},
    {R"([{"intValue":"1"},{"intValue":"2"},{}])", R"([{"intValue":"1"},{"intValue":2}])",
     rule::int64_not_string, "/attributes/6/value/arrayValue/values/1/intValue"},
    // What a span means.
    {R"("name":"compute cart")", R"("name":"")", rule::name_empty, "/name"},
    {R"("name":"reserved")", R"("name":"")", rule::name_empty, "/events/0/name"},
    {"1544712660500000000", "0", rule::time_zero, "/events/0/timeUnixNano"},
    {"1544712661000000000", "1544712659999999999", rule::end_before_start, "/endTimeUnixNano"},
    {R"("flags":769)", R"("flags":1793)", rule::flags_reserved, "/flags"},
    {R"("flags":769)", R"("flags":513)", rule::flags_remote, "/flags"},
    {R"("flags":256,)", R"("flags":768,)", rule::flags_remote, "/resourceSpans/0/scopeSpans/0/spans/1/flags"},
    {R"("flags":257)", R"("flags":512)", rule::flags_remote, "/links/0/flags"},
    {"tenant@system=1", "vendor=1", rule::tracestate_malformed, "/traceState"},
    {"tenant@system=1", "Tenant=1", rule::tracestate_malformed, "/traceState"},
    {R"("x=1")", R"("x")", rule::tracestate_malformed, "/links/0/traceState"},
};

std::string full_path(std::string_view path) {
    if (path.starts_with("/resourceSpans")) return std::string(path);
    return std::string(span).append(path);
}

} // namespace

TEST_CASE("a body that breaks one rule is told this rule, the place and nothing else") {
    for (const auto& bad : bad_bodies) {
        const auto log = receiver_test::check_traces(receiver_test::spoiled(bad.what, bad.with));
        CAPTURE(bad.what);
        CAPTURE(bad.with);
        REQUIRE(log.total() == 1);
        const auto& found = log.kept().front();
        CHECK(receiver::text_of(found.broken).name == receiver::text_of(bad.broken).name);
        const bool whole = bad.broken == rule::malformed_json || bad.broken == rule::invalid_utf8;
        CHECK(found.path == (whole ? "(body)" : full_path(bad.path)));
    }
}

TEST_CASE("a message shows the offending value") {
    const auto log =
        receiver_test::check_traces(receiver_test::spoiled(R"("kind":2)", R"("kind":"SPAN_KIND_SERVER")"));
    REQUIRE(log.total() == 1);
    CHECK(log.kept().front().value == R"("SPAN_KIND_SERVER")");
    const auto missing = receiver_test::check_traces(receiver_test::spoiled(R"("name":"compute cart",)", ""));
    REQUIRE(missing.total() == 1);
    CHECK(missing.kept().front().value == "name");
}

TEST_CASE("empty envelopes are violations at every level") {
    for (const std::string_view body :
         {R"({})", R"({"resourceSpans":[]})", R"({"resourceSpans":[{}]})",
          R"({"resourceSpans":[{"scopeSpans":[]}]})", R"({"resourceSpans":[{"scopeSpans":[{}]}]})",
          R"({"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]})"}) {
        const auto log = receiver_test::check_traces(body);
        CAPTURE(body);
        CHECK(log.total() == 1);
        CHECK(log.of(rule::empty_envelope) == 1);
    }
}

TEST_CASE("a body larger than the Collector takes is a violation") {
    const std::string filler(receiver::strict_check::largest_body, ' ');
    const auto log = receiver_test::check_traces(std::string(receiver_test::good_traces) + filler);
    CHECK(log.total() == 1);
    CHECK(log.of(rule::body_too_large) == 1);
}

TEST_CASE("no rule of the document and of spans lacks a bad body") {
    std::set<rule> covered{rule::empty_envelope, rule::body_too_large};
    for (const auto& bad : bad_bodies) covered.insert(bad.broken);
    // Headers and files have tests of their own.
    const std::set<rule> elsewhere{rule::content_type,     rule::content_encoding, rule::unreadable_body,
                                   rule::file_extension,   rule::mixed_signals,    rule::empty_line,
                                   rule::unterminated_line};
    for (const auto& text : receiver::rule_texts) {
        CAPTURE(text.name);
        if (receiver_test::is_about_metrics(text.id) || receiver_test::is_about_logs(text.id)) continue;
        CHECK(covered.contains(text.id) != elsewhere.contains(text.id));
    }
}
