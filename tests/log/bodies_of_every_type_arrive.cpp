// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <chrono>
#include <map>
#include <stdexcept>

using namespace nanotel::literals;
using nanotel::severity;
using nanotel_test::hex;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace {
constinit const nanotel::logger audit("audit", "2.0");
constinit const nanotel::instrumentation_scope elsewhere("elsewhere");
} // namespace

TEST_CASE("bodies are of every type that an attribute may be") {
    recording recorded;
    const std::vector<std::string> list{"a", "b"};
    const std::map<std::string, int> map{{"k", 1}};
    nanotel::log(severity::info, "text");
    nanotel::log(severity::info, std::string("a string"));
    nanotel::log(severity::info, nanotel::bytes{"\x00\xff", 2});
    nanotel::log(severity::info,
                 nanotel::map("type"_attr = 0, "url"_attr = "https://example.com", "in"_attr = map));
    nanotel::log(severity::info, list);
    nanotel::log(severity::info, 42);
    nanotel::log(severity::info, 2.5);
    nanotel::log(severity::info, true);
    nanotel::log(severity::info, "");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 9);
    CHECK(logs[0].body == "text");
    CHECK(logs[1].body == "a string");
    CHECK(logs[2].body == nanotel::any_value::bytes{0, 255});
    CHECK(logs[3].body == nanotel::attribute_list{{"type", 0},
                                                  {"url", "https://example.com"},
                                                  {"in", nanotel::attribute_list{{"k", 1}}}});
    CHECK(logs[4].body == nanotel::any_value::array{"a", "b"});
    CHECK(logs[5].body == 42);
    CHECK(logs[6].body == 2.5);
    CHECK(logs[7].body == true);
    CHECK(logs[8].body.empty());
    for (const auto& log : logs) {
        CHECK(log.scope.name.empty());
        CHECK(log.attributes.empty());
    }
}

TEST_CASE("a logger says event, time, severity text, context and scope") {
    recording recorded;
    const nanotel::context within{nanotel::trace_id::from_hex("5B8EFFF798038103D269B633813FC60C"),
                                  nanotel::span_id::from_hex("EEE19B7EC3C1B173"), 0, true};
    const std::chrono::system_clock::time_point time{std::chrono::seconds(1'544'712'660)};
    audit.log({.severity = severity::warn2,
               .severity_text = "Vorsicht",
               .event_name = "signed.in",
               .time = time,
               .context = &within},
              "body", "user.id"_attr = 7, nanotel::exception(std::runtime_error("no")), "list"_attr = {1, 2});
    NANOTEL_SPAN(span, "work");
    audit.log(severity::info, "current", "user.id"_attr = 8);
    audit.log({.context = &nanotel::new_root}, "none");
    audit.log({.severity = severity::unspecified, .scope = &elsewhere}, "in another scope");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 4);
    CHECK(logs[0].severity == severity::warn2);
    CHECK(logs[0].severity_text == "Vorsicht");
    CHECK(logs[0].event_name == "signed.in");
    CHECK(logs[0].time_unix_nano == 1'544'712'660'000'000'000u);
    CHECK(logs[0].observed_time_unix_nano > logs[0].time_unix_nano);
    CHECK(logs[0].trace_id == hex(within.trace_id));
    CHECK(logs[0].span_id == hex(within.span_id));
    CHECK(logs[0].flags == 0);
    CHECK(logs[0].scope.name == "audit");
    CHECK(logs[0].scope.version == "2.0");
    CHECK(logs[0].attributes == nanotel::attribute_list{{"user.id", 7},
                                                        {"exception.type", "std::runtime_error"},
                                                        {"exception.message", "no"},
                                                        {"list", nanotel::any_value::array{1, 2}}});
    CHECK(logs[1].span_id == hex(span.context().span_id));
    CHECK(logs[1].severity_text == "INFO");
    CHECK(logs[2].trace_id.empty());
    CHECK(logs[3].scope.name == "elsewhere");
    CHECK(logs[3].severity == severity::unspecified);
    CHECK(logs[3].severity_text.empty());
}

TEST_CASE("attributes are within the limits of log records, and what is beyond is counted") {
    recording_options options;
    SUBCASE("by the general variables") {
        options.environment = {{"OTEL_ATTRIBUTE_COUNT_LIMIT", "2"},
                               {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"}};
    }
    SUBCASE("by those of log records") {
        options.environment = {{"OTEL_ATTRIBUTE_COUNT_LIMIT", "50"},
                               {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "50"},
                               {"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "2"},
                               {"OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT", "3"}};
    }
    SUBCASE("by the options, which win") {
        options.environment = {{"OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT", "1"}};
        options.logs.limits = nanotel::log_limits{2, 3};
    }
    recording recorded(options);
    nanotel::log(severity::info, "longer than three", "a"_attr = "abcdef", "b"_attr = 12345, "c"_attr = 1,
                 "d"_attr = 2);
    NANOTEL_LOG_INFO("longer {}", "than three", "a"_attr = "abcdef", "b"_attr = 12345);
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 2);
    CHECK(logs[0].body == "longer than three");
    CHECK(logs[1].body == "longer than three");
    for (const auto& log : logs) CHECK(log.attributes == nanotel::attribute_list{{"a", "abc"}, {"b", 12345}});
    CHECK(logs[0].dropped_attributes_count == 2);
    CHECK(logs[1].dropped_attributes_count == 3); // where the statement stands
}
