// SPDX-License-Identifier: MIT
#include "console_support.hpp"

using namespace nanotel_test;
using nanotel::signal;

namespace {

std::string logs_json(const std::vector<std::string>& records) {
    std::string list;
    for (const std::string& record : records) list += (list.empty() ? "" : ",") + record;
    return R"({"resourceLogs":[{"scopeLogs":[{"scope":{},"logRecords":[)" + list + "]}]}]}";
}

std::string record(const std::string& severity, const std::string& body, const std::string& more = {}) {
    return R"({"timeUnixNano":"1796004007123456789","severityNumber":)" + severity +
           R"(,"body":{"stringValue":")" + body + R"("})" + more + "}";
}

} // namespace

TEST_CASE("each record is a line: time, severity, text, attributes and its span") {
    console_in_memory console;
    CHECK("\n" +
              console.shown(
                  logs_json(
                      {record("9", "order 17 placed",
                              R"(,"attributes":[)" + attribute_json("user.id", R"({"stringValue":"ada"})") +
                                  "]"),
                       record("17", "payment failed",
                              R"(,"severityText":"CRITICAL","traceId":"11111111111111111111111111111111",)"
                              R"("spanId":"aaaaaaaaaaaaaaaa","droppedAttributesCount":2)"),
                       record("5", "two\\nlines\\n", R"(,"eventName":"cart.opened")"),
                       R"({"observedTimeUnixNano":"1796004000000000000","body":{"kvlistValue":{"values":[)" +
                           attribute_json("a", R"({"intValue":"1"})") + "]}}}"}),
                  signal::logs) ==
          R"(
2026-11-30 02:00:07.123  INFO      order 17 placed  user.id=ada
2026-11-30 02:00:07.123  CRITICAL  payment failed
                                   (2 attributes dropped)  trace=11111111111111111111111111111111
                                   span=aaaaaaaaaaaaaaaa
2026-11-30 02:00:07.123  DEBUG     two
                                   lines
                                   event=cart.opened
2026-11-30 02:00:00.000            {a: 1}
)");
}

TEST_CASE("severities have their colours, and no text of a record controls the terminal") {
    console_in_memory coloured(true);
    for (const auto& [number, sequence] :
         std::vector<std::pair<std::string, std::string>>{{"1", "\x1b[2mTRACE"},
                                                          {"9", "\x1b[32mINFO"},
                                                          {"13", "\x1b[33mWARN"},
                                                          {"24", "\x1b[31mFATAL4"}}) {
        const std::string severity = number; // clang 14 cannot capture a structured binding
        CAPTURE(severity);
        CHECK(coloured.shown(logs_json({record(severity, "x")}), signal::logs).find(sequence) !=
              std::string::npos);
    }
    console_in_memory console;
    const std::string evil = "\\u001b[2J\\n\\u009b1m\\u202e";
    const std::string shown = console.shown(
        logs_json({record("9", evil, R"(,"severityText":")" + evil + R"(","eventName":")" + evil + '"')}),
        signal::logs);
    CHECK(shown.find('\x1b') == std::string::npos);
    CHECK(shown.find("\xc2\x9b") == std::string::npos);
    CHECK(shown.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("a body that is no LogsData is rejected, an empty one shows nothing") {
    console_in_memory console;
    CHECK(console.send("[]", signal::logs).outcome == nanotel::export_outcome::rejected);
    CHECK(console.shown(R"({"resourceLogs":[]})", signal::logs) == "");
}
