// SPDX-License-Identifier: MIT
// A good body of logs passes; every rule of log records has a body that breaks it and nothing else.
#include "bodies.hpp"

#include "../../examples/receiver/session.hpp"
#include "../../examples/receiver/summary.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace {

using receiver::rule;

constexpr std::string_view good_logs = R"({"resourceLogs":[{
"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
"scopeLogs":[{"scope":{"name":"shop.cart"},"logRecords":[
  {"timeUnixNano":"1544712660300000000","observedTimeUnixNano":"1544712660300000001","severityNumber":10,
   "severityText":"Information","eventName":"order.placed","body":{"stringValue":"order placed"},
   "attributes":[{"key":"order.id","value":{"intValue":"7"}}],"droppedAttributesCount":1,"flags":3,
   "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"},
  {"observedTimeUnixNano":"1544712660300000002","body":{"kvlistValue":{"values":[]}}}
]}]}]})";

struct bad_log {
    std::string_view what;
    std::string_view with;
    rule broken;
    std::string_view path; // within the first record
};

const bad_log bad_logs[] = {
    {R"("timeUnixNano":"1544712660300000000")", R"("timeUnixNano":"0")", rule::time_zero, "/timeUnixNano"},
    {R"("1544712660300000001")", "1544712660300000001", rule::int64_not_string, "/observedTimeUnixNano"},
    {R"("observedTimeUnixNano":"1544712660300000001",)", "", rule::missing_member, ""},
    {R"("severityNumber":10)", R"("severityNumber":"INFO")", rule::enum_not_integer, "/severityNumber"},
    {R"("severityNumber":10)", R"("severityNumber":25)", rule::enum_out_of_range, "/severityNumber"},
    {R"("severityText":"Information")", R"("severityText":10)", rule::wrong_type, "/severityText"},
    {R"("eventName":"order.placed")", R"("eventName":"")", rule::name_empty, "/eventName"},
    {R"({"stringValue":"order placed"})", R"("order placed")", rule::wrong_type, "/body"},
    {R"({"stringValue":"order placed"})", R"({"text":"order placed"})", rule::unknown_member, "/body/text"},
    {R"("key":"order.id")", R"("key":"")", rule::attribute_key_empty, "/attributes/0/key"},
    {R"("droppedAttributesCount":1)", R"("droppedAttributesCount":"1")", rule::number_expected,
     "/droppedAttributesCount"},
    {R"("flags":3)", R"("flags":259)", rule::log_flags, "/flags"},
    {R"(,
   "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174")",
     "", rule::log_flags, "/flags"},
    {R"(,"spanId":"eee19b7ec3c1b174")", "", rule::log_ids, ""},
    {R"("spanId":"eee19b7ec3c1b174")", R"("spanId":"EEE19B7EC3C1B174")", rule::id_uppercase, "/spanId"},
    {R"("5b8efff798038103d269b633813fc60c")", R"("5b8efff798038103")", rule::id_length, "/traceId"},
    {R"("severityNumber":10)", R"("severity_number":10)", rule::snake_case_member, "/severity_number"},
};

receiver::violation_log check_logs(std::string_view body, receiver::check_result* result = nullptr) {
    receiver::violation_log log;
    receiver::strict_check check;
    receiver::check_result found = check.body(log, receiver::signal::logs, body);
    if (result) *result = std::move(found);
    return log;
}

} // namespace

TEST_CASE("a good body of logs passes, and its records are remembered") {
    receiver::check_result result;
    CHECK(check_logs(good_logs, &result).total() == 0);
    CHECK(result.records == 2);
    REQUIRE(result.logs.size() == 2);
    CHECK(result.logs[0].text == "Information order.placed order placed");
    CHECK(result.logs[0].severity == 10);
    CHECK(result.logs[0].span == 0xeee19b7ec3c1b174U);
    CHECK(result.logs[0].attributes == "order.id=7");
    CHECK(result.logs[1].span == 0);
}

TEST_CASE("a body of logs that breaks one rule is told this rule, the place and nothing else") {
    for (const auto& bad : bad_logs) {
        const auto log = check_logs(receiver_test::spoiled(bad.what, bad.with, good_logs));
        CAPTURE(bad.what);
        CAPTURE(bad.with);
        REQUIRE(log.total() == 1);
        const auto& found = log.kept().front();
        CHECK(receiver::text_of(found.broken).name == receiver::text_of(bad.broken).name);
        CHECK(found.path == "/resourceLogs/0/scopeLogs/0/logRecords/0" + std::string(bad.path));
    }
}

TEST_CASE("no rule of log records lacks a bad body") {
    std::set<rule> covered;
    for (const auto& bad : bad_logs) covered.insert(bad.broken);
    const auto nothing = check_logs(
        R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":"1","severityNumber":9}]}]}]})");
    CHECK(nothing.total() == 1);
    CHECK(nothing.of(rule::log_says_nothing) == 1);
    covered.insert(rule::log_says_nothing);
    for (const auto& text : receiver::rule_texts) {
        CAPTURE(text.name);
        if (receiver_test::is_about_logs(text.id)) CHECK(covered.contains(text.id));
    }
}

TEST_CASE("log records stand in the tree of their trace and in the last line") {
    receiver::session run("request");
    const auto add = [&](receiver::signal kind, std::string_view body) {
        receiver::strict_check check;
        receiver::violation_log log;
        auto result = check.body(log, kind, body);
        run.add(kind, body.size(), std::move(result), std::move(log));
    };
    add(receiver::signal::logs, good_logs); // before the span that it belongs to
    add(receiver::signal::traces, receiver_test::good_traces);
    run.close();
    const std::string said = receiver::summary(run, false, receiver::palette(false));
    CHECK(said.find("▸ Information order.placed order placed") != std::string::npos);
    CHECK(said.find("order.id=7") != std::string::npos);
    CHECK(said.find("1 of traces") != std::string::npos);
    CHECK(said.find(R"("log_records":2,)") != std::string::npos);
    CHECK(said.find(R"("violations":0,)") != std::string::npos);
}
