// SPDX-License-Identifier: MIT
#include "recording.hpp"

using namespace nanotel::literals;
using nanotel::attribute_list;
using nanotel_test::recording;

TEST_CASE("of several values of a key the last counts, in the place of the first") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span", "a"_attr = 1, "b"_attr = "two", "a"_attr = 3);
        span.set("c"_attr = 4, "b"_attr = 5.5);
        span.set("c"_attr = std::string("six"));
        span.set(std::string("a"), true);
        span.set(std::string("d"), 7);
        span.set("d"_attr = 8);
    }
    CHECK(recorded.span("span").attributes ==
          attribute_list{{"a", true}, {"b", 5.5}, {"c", "six"}, {"d", 8}});
}

TEST_CASE("of several values of a key within one call site the last counts") {
    recording recorded;
    {
        NANOTEL_SCOPED_SPAN("span", "k"_attr = 1, "k"_attr = "x", "other"_attr = 1, "k"_attr = 2.5);
    }
    CHECK(recorded.span("span").attributes == attribute_list{{"k", 2.5}, {"other", 1}});
}

TEST_CASE("of many keys written many times the last values count") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span");
        for (int round = 0; round < 5; ++round)
            for (int i = 0; i < 60; ++i) span.set("key " + std::to_string(i), 1000 * round + i);
    }
    const auto span = recorded.span("span");
    REQUIRE(span.attributes.size() == 60);
    for (int i = 0; i < 60; ++i) CHECK(span.attributes["key " + std::to_string(i)] == 4000 + i);
    CHECK(span.dropped_attributes_count == 0);
}

TEST_CASE("keys known at run time are copied and an empty one is dropped and counted") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span");
        std::string key = "first";
        span.set(key, 1);
        key = "other";
        span.set(key, 2);
        span.set(std::string_view("in the middle").substr(3, 3), 3);
        span.set("", 4);
        span.set(std::string(), "five");
        span.set(std::string(2000, 'k'), "long key");
        span.set("\"\n\xff", "escaped");
    }
    const auto span = recorded.span("span");
    CHECK(span.attributes == attribute_list{{"first", 1},
                                            {"other", 2},
                                            {"the", 3},
                                            {std::string(2000, 'k'), "long key"},
                                            {"\"\n\xef\xbf\xbd", "escaped"}});
    CHECK(span.dropped_attributes_count == 2);
}
