// SPDX-License-Identifier: MIT
// What the wire rules allow raises no violation, and its spans are read.
#include "bodies.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>

TEST_CASE("a body with every member passes and its spans are read") {
    receiver::violation_log log;
    receiver::strict_check check;
    const auto result = check.body(log, receiver::signal::traces, receiver_test::good_traces);
    for (const auto& v : log.kept()) MESSAGE(receiver::text_of(v.broken).name, " ", v.path, " ", v.value);
    CHECK(log.total() == 0);
    CHECK(result.records == 2);
    REQUIRE(result.spans.size() == 2);

    const auto& span = result.spans[0];
    CHECK(span.trace == receiver::trace_id{0x5b8efff798038103, 0xd269b633813fc60c});
    CHECK(span.span == 0xeee19b7ec3c1b174);
    CHECK(span.parent == 0xeee19b7ec3c1b173);
    CHECK(span.name == "compute cart");
    CHECK(span.service == "shop");
    CHECK(span.kind == 2);
    CHECK(span.status == 2);
    CHECK(span.status_message == "declined");
    CHECK(span.end - span.start == 1'000'000'000);
    CHECK(span.attributes ==
          "text=caf\u00e9 \"quoted\"\\x00\nyes=true\nnumber=-9223372036854775808\nreal=0.25\n"
          "nan=NaN\nbytes=AAH/\nlist=[1, 2, ]\nmap={inner: false}\nempty=");
    REQUIRE(span.events.size() == 1);
    CHECK(span.events[0].name == "reserved");
    REQUIRE(span.links.size() == 1);
    CHECK(span.links[0].trace[0] == 0x0b8efff798038103);
    CHECK(result.spans[1].parent == 0);
}

TEST_CASE("the three doubles that are not finite and padded bytes pass") {
    for (const auto* text : {R"("Infinity")", R"("-Infinity")", "1e300", "-0.0", "5"}) {
        CAPTURE(text);
        CHECK(receiver_test::check_traces(receiver_test::spoiled(R"("NaN")", text)).total() == 0);
    }
    for (const auto* text : {"", "AA==", "AAE=", "+/+/"}) {
        CAPTURE(text);
        CHECK(receiver_test::check_traces(receiver_test::spoiled("AAH/", text)).total() == 0);
    }
}

TEST_CASE("long attribute lists are searched for doubles too") {
    const auto list = [](int count, const std::string& last) {
        std::string text = R"("attributes":[)";
        for (int i = 0; i < count; ++i) {
            text += R"({"key":"k)" + std::to_string((i * 7) % count) + R"(","value":{}},)";
        }
        return text + R"({"key":")" + last + R"(","value":{}}],"droppedAttributesCount":3)";
    };
    const auto check = [&](const std::string& last) {
        return receiver_test::check_traces(
            receiver_test::spoiled(R"("attributes":[],"droppedAttributesCount":3)", list(100, last)));
    };
    CHECK(check("other").total() == 0);
    CHECK(check("k0").of(receiver::rule::attribute_key_duplicate) == 1);  // among the first sixteen
    CHECK(check("k93").of(receiver::rule::attribute_key_duplicate) == 1); // behind them
}

TEST_CASE("envelopes of metrics and logs are checked and their records counted") {
    receiver::violation_log log;
    receiver::strict_check check;
    const auto metrics = check.body(log, receiver::signal::metrics,
                                    R"({"resourceMetrics":[{"scopeMetrics":[{"scope":{"name":"s"},"metrics":[
            {"name":"a","gauge":{"dataPoints":[{"timeUnixNano":"1544712660000000000","asInt":"1"}]}},
            {"name":"b","gauge":{"dataPoints":[{"timeUnixNano":"1544712660000000000","asInt":"2"}]}}]}]}]})");
    CHECK(metrics.records == 2);
    CHECK(metrics.metrics.data_points == 2);
    const auto logs = check.body(log, receiver::signal::logs,
                                 R"({"resourceLogs":[{"resource":{},"scopeLogs":[{"logRecords":[
            {"observedTimeUnixNano":"1544712660000000000","body":{"stringValue":"b"}}]}]}]})");
    CHECK(logs.records == 1);
    CHECK(log.total() == 0);
    check.body(log, receiver::signal::logs, R"({"resourceSpans":[]})");
    CHECK(log.of(receiver::rule::unknown_member) == 1);
    CHECK(log.of(receiver::rule::empty_envelope) == 1);
}

TEST_CASE("every violation is counted and only the first few are kept") {
    std::string body = R"({"resourceSpans":[{"scopeSpans":[{"spans":[)";
    for (int i = 0; i < 100; ++i) body += i == 0 ? "7" : ",7";
    body += "]}]}]}";
    receiver::violation_log log(5);
    receiver::strict_check check;
    check.body(log, receiver::signal::traces, body);
    CHECK(log.total() == 100);
    CHECK(log.kept().size() == 5);

    receiver::violation_log all(8);
    CHECK(all.merge(receiver::violation_log(log), "request 1: ").size() == 5);
    const auto news = all.merge(std::move(log), "request 2: ");
    REQUIRE(news.size() == 3);
    CHECK(news.front().path == "request 2: /resourceSpans/0/scopeSpans/0/spans/0");
    CHECK(all.total() == 200);
}
