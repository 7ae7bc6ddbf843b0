// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <chrono>
#include <map>

using namespace nanotel::literals;
using nanotel_test::hex;
using nanotel_test::recording;

TEST_CASE("events keep their order, their times and their attributes") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span");
        span.add_event("bare");
        span.add_event("full", "i"_attr = 1, "s"_attr = std::string("text"),
                       "m"_attr = std::map<std::string, int>{{"a", 1}, {"b", 2}});
        span.add_event("then", nanotel::timestamp(1'700'000'000'123'456'789), "late"_attr = true);
        span.add_event(std::chrono::system_clock::time_point(std::chrono::microseconds(5)) ==
                               std::chrono::system_clock::time_point{}
                           ? "never"
                           : "by chrono",
                       std::chrono::system_clock::time_point(std::chrono::microseconds(5)));
        span.add_event("");
        NANOTEL_EVENT(span, "by macro", "k"_attr = "v", "k"_attr = "w");
    }
    const auto span = recorded.span("span");
    REQUIRE(span.events.size() == 6);
    CHECK(span.events[0].name == "bare");
    CHECK(span.events[0].attributes.empty());
    CHECK(span.events[0].time_unix_nano >= span.start_time_unix_nano);
    CHECK(span.events[0].time_unix_nano <= span.events[1].time_unix_nano);
    CHECK(span.events[1].time_unix_nano <= span.end_time_unix_nano);
    CHECK(span.events[1].attributes["i"] == 1);
    CHECK(span.events[1].attributes["s"] == "text");
    CHECK(span.events[1].attributes["m"] == nanotel::attribute_list{{"a", 1}, {"b", 2}});
    CHECK(span.events[2].name == "then");
    CHECK(span.events[2].time_unix_nano == 1'700'000'000'123'456'789);
    CHECK(span.events[2].attributes["late"] == true);
    CHECK(span.events[3].name == "by chrono");
    CHECK(span.events[3].time_unix_nano == 5'000);
    CHECK(span.events[4].name == "");
    CHECK(span.events[5].attributes == nanotel::attribute_list{{"k", "w"}});
    CHECK(span.attributes.empty());
    CHECK(span.dropped_events_count == 0);
}

TEST_CASE("links lead to other spans and invalid ones nowhere") {
    recording recorded;
    nanotel::context local;
    {
        NANOTEL_SPAN(span, "other");
        local = span.context();
    }
    const nanotel::context remote{nanotel::trace_id::from_hex("0AF7651916CD43DD8448EB211C80319C"),
                                  nanotel::span_id::from_hex("B7AD6B7169203331"), 0, true};
    {
        NANOTEL_SPAN(span, "span");
        span.add_link(local, "why"_attr = "batch", "n"_attr = 2u);
        span.add_link(nanotel::context{});
        span.add_link({local.trace_id, {}, 1, false}, "a"_attr = 1);
        span.add_link(remote);
    }
    const auto span = recorded.span("span");
    REQUIRE(span.links.size() == 2);
    CHECK(span.links[0].trace_id == hex(local.trace_id));
    CHECK(span.links[0].span_id == hex(local.span_id));
    CHECK(span.links[0].flags == 0x103);
    CHECK(span.links[0].attributes == nanotel::attribute_list{{"why", "batch"}, {"n", 2}});
    CHECK(span.links[1].trace_id == "0af7651916cd43dd8448eb211c80319c");
    CHECK(span.links[1].span_id == "b7ad6b7169203331");
    CHECK(span.links[1].flags == 0x300);
    CHECK(span.links[1].attributes.empty());
    CHECK(span.dropped_links_count == 0);
}

TEST_CASE("a name can be replaced and an empty one does not replace it") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "GET", "n"_attr = 1);
        span.update_name("GET /cart");
        span.update_name(std::string("GET /cart/{id}"));
        span.update_name("");
    }
    {
        nanotel::detached_span span("function");
        span.update_name("renamed");
    }
    CHECK(recorded.span("GET /cart/{id}").attributes["n"] == 1);
    CHECK(recorded.span("renamed").attributes.empty());
    CHECK(recorded.spans().size() == 2);
}

TEST_CASE("explicit times replace those of the clock") {
    recording recorded;
    using std::chrono::system_clock;
    const system_clock::time_point begin{std::chrono::seconds(1'544'712'660)};
    {
        NANOTEL_SPAN(span, "macro", "n"_attr = 1);
        span.set_start_time(begin);
        span.end(begin + std::chrono::seconds(1));
    }
    {
        nanotel::span span({.name = "function", .start_time = begin});
        span.end(std::chrono::time_point_cast<std::chrono::milliseconds>(begin + std::chrono::hours(1)));
    }
    {
        nanotel::detached_span span({.name = "detached", .start_time = nanotel::timestamp(7)});
        span.end(nanotel::timestamp(9));
    }
    {
        NANOTEL_SPAN(span, "start alone");
        span.set_start_time(nanotel::timestamp(1'000));
    }
    {
        NANOTEL_SPAN(span, "backwards");
        span.set_start_time(nanotel::timestamp(2'000));
        span.end(nanotel::timestamp(1'000));
    }
    auto span = recorded.span("macro");
    CHECK(span.start_time_unix_nano == 1'544'712'660'000'000'000);
    CHECK(span.end_time_unix_nano == 1'544'712'661'000'000'000);
    span = recorded.span("function");
    CHECK(span.start_time_unix_nano == 1'544'712'660'000'000'000);
    CHECK(span.end_time_unix_nano == 1'544'716'260'000'000'000);
    span = recorded.span("detached");
    CHECK(span.start_time_unix_nano == 7);
    CHECK(span.end_time_unix_nano == 9);
    span = recorded.span("start alone");
    CHECK(span.start_time_unix_nano == 1'000);
    CHECK(span.end_time_unix_nano > 1'600'000'000'000'000'000);
    span = recorded.span("backwards"); // as the application says
    CHECK(span.start_time_unix_nano == 2'000);
    CHECK(span.end_time_unix_nano == 1'000);
}
