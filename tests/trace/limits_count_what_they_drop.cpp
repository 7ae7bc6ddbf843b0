// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <map>

using namespace nanotel::literals;
using nanotel::any_value;
using nanotel::attribute_list;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace {

void fill(nanotel::span& span, int attributes, int events, int links) {
    const nanotel::context here = span.context();
    for (int i = 0; i < attributes; ++i) span.set("key " + std::to_string(i), i);
    for (int i = 0; i < events; ++i) span.add_event("event " + std::to_string(i));
    for (int i = 0; i < links; ++i) span.add_link(here, "n"_attr = i);
}

recording_options with_environment(std::vector<std::pair<std::string, std::string>> variables) {
    recording_options options;
    options.environment = std::move(variables);
    return options;
}

} // namespace

TEST_CASE("128 attributes, events and links are kept and what is beyond is counted") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "full");
        fill(span, 128, 128, 128);
    }
    {
        NANOTEL_SPAN(span, "beyond", "site 0"_attr = 1, "site 1"_attr = 2);
        fill(span, 130, 131, 132);
        span.set("key 0", "again"); // known: not one more
    }
    const auto full = recorded.span("full");
    CHECK(full.attributes.size() == 128);
    CHECK(full.dropped_attributes_count == 0);
    CHECK(full.events.size() == 128);
    CHECK(full.dropped_events_count == 0);
    CHECK(full.links.size() == 128);
    CHECK(full.dropped_links_count == 0);
    const auto beyond = recorded.span("beyond");
    REQUIRE(beyond.attributes.size() == 128);
    CHECK(beyond.dropped_attributes_count == 4);
    CHECK(beyond.attributes["site 1"] == 2);
    CHECK(beyond.attributes["key 0"] == "again");
    CHECK(beyond.attributes["key 125"] == 125);
    CHECK_FALSE(beyond.attributes.contains("key 126"));
    REQUIRE(beyond.events.size() == 128);
    CHECK(beyond.events.back().name == "event 127");
    CHECK(beyond.dropped_events_count == 3);
    REQUIRE(beyond.links.size() == 128);
    CHECK(beyond.links.back().attributes["n"] == 127);
    CHECK(beyond.dropped_links_count == 4);
}

TEST_CASE("limits are taken from the options") {
    recording_options options;
    options.limits = nanotel::span_limits{.attribute_count = 3,
                                          .event_count = 2,
                                          .link_count = 1,
                                          .attributes_per_event = 2,
                                          .attributes_per_link = 1,
                                          .attribute_value_length = 4};
    options.environment = {{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "7"}};
    recording recorded(options);
    {
        NANOTEL_SPAN(span, "span", "a"_attr = "12345", "b"_attr = 1);
        span.add_event("event", "a"_attr = 1, "b"_attr = "12345", "c"_attr = 3, "a"_attr = 4);
        span.add_link(span.context(), "a"_attr = 1, "b"_attr = 2);
        fill(span, 3, 3, 3);
    }
    {
        NANOTEL_SCOPED_SPAN("slots alone", "1"_attr = 1, "2"_attr = 2, "3"_attr = 3, "4"_attr = 4);
    }
    const auto span = recorded.span("span");
    CHECK(span.attributes == attribute_list{{"a", "1234"}, {"b", 1}, {"key 0", 0}});
    CHECK(span.dropped_attributes_count == 2);
    REQUIRE(span.events.size() == 2);
    CHECK(span.events[0].attributes == attribute_list{{"a", 4}, {"b", "1234"}});
    CHECK(span.events[0].dropped_attributes_count == 1);
    CHECK(span.dropped_events_count == 2);
    REQUIRE(span.links.size() == 1);
    CHECK(span.links[0].attributes == attribute_list{{"a", 1}});
    CHECK(span.links[0].dropped_attributes_count == 1);
    CHECK(span.dropped_links_count == 3);
    const auto slots = recorded.span("slots alone");
    CHECK(slots.attributes == attribute_list{{"1", 1}, {"2", 2}, {"3", 3}});
    CHECK(slots.dropped_attributes_count == 1);
}

TEST_CASE("limits are taken from the environment, those of spans before those of all") {
    {
        recording recorded(with_environment({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "9"},
                                             {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "2"},
                                             {"OTEL_SPAN_EVENT_COUNT_LIMIT", "3"},
                                             {"OTEL_SPAN_LINK_COUNT_LIMIT", "4"},
                                             {"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "1"},
                                             {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "0"},
                                             {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9"},
                                             {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5"}}));
        {
            NANOTEL_SPAN(span, "span", "s"_attr = "123456");
            span.add_event("first", "a"_attr = 1, "b"_attr = 2);
            fill(span, 10, 10, 10);
        }
        const auto span = recorded.span("span");
        CHECK(span.attributes == attribute_list{{"s", "12345"}, {"key 0", 0}});
        CHECK(span.dropped_attributes_count == 9);
        CHECK(span.events.size() == 3);
        CHECK(span.dropped_events_count == 8);
        CHECK(span.events.at(0).attributes.size() == 1);
        CHECK(span.events.at(0).dropped_attributes_count == 1);
        CHECK(span.links.size() == 4);
        CHECK(span.dropped_links_count == 6);
        CHECK(span.links.at(0).attributes.empty());
        CHECK(span.links.at(0).dropped_attributes_count == 1);
    }
    recording recorded(
        with_environment({{"OTEL_ATTRIBUTE_COUNT_LIMIT", "1"}, {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "2"}}));
    {
        NANOTEL_SCOPED_SPAN("span", "s"_attr = "123", "t"_attr = "123");
    }
    CHECK(recorded.span("span").attributes == attribute_list{{"s", "12"}});
    CHECK(recorded.span("span").dropped_attributes_count == 1);
}

TEST_CASE("the length of values is counted in characters, also within arrays and maps") {
    recording_options options;
    options.limits = nanotel::span_limits{.attribute_value_length = 3};
    recording recorded(options);
    {
        NANOTEL_SPAN(span, "span", "ascii"_attr = "1234", "exact"_attr = "123", "short"_attr = "12");
        span.set("greek"_attr = "αβγδ");
        span.set("wide"_attr = std::string("🚀🚀🚀🚀"), "exactly"_attr = "世界!");
        span.set("array"_attr = std::vector<std::string>{"abcd", "世界世界"});
        span.set("map"_attr = std::map<std::string, std::string>{{"long key", "abcd"}});
        span.set("number"_attr = 123456, "real"_attr = 1234.5);
        span.set("bytes"_attr = nanotel::bytes{"\1\2\3\4", 4});
        span.set("long key"_attr = "long value");
        span.set_status(nanotel::status_code::error, "no attribute, no limit");
    }
    const auto span = recorded.span("span");
    CHECK(span.attributes["ascii"] == "123");
    CHECK(span.attributes["exact"] == "123");
    CHECK(span.attributes["short"] == "12");
    CHECK(span.attributes["greek"] == "αβγ");
    CHECK(span.attributes["wide"] == "🚀🚀🚀");
    CHECK(span.attributes["exactly"] == "世界!");
    CHECK(span.attributes["array"] == any_value::array{"abc", "世界世"});
    CHECK(span.attributes["map"] == attribute_list{{"long key", "abc"}});
    CHECK(span.attributes["number"] == 123456);
    CHECK(span.attributes["real"] == 1234.5);
    CHECK(span.attributes["bytes"] == any_value::bytes{1, 2, 3});
    CHECK(span.attributes["long key"] == "lon");
    CHECK(span.status.message == "no attribute, no limit");
    CHECK(span.dropped_attributes_count == 0);
}
