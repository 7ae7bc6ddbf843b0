// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <map>

using namespace nanotel::literals;
using nanotel_test::recording;

namespace {

std::string text_of(std::size_t size) {
    std::string made(size, ' ');
    for (std::size_t i = 0; i < size; ++i) made[i] = static_cast<char>('a' + (i * 7 + size) % 26);
    return made;
}

} // namespace

// Every size around every edge: the 256 inline bytes, and the pool's blocks of 1, 4, 16 and 64 KiB.
TEST_CASE("values of every size arrive up to the largest record") {
    recording recorded;
    std::vector<std::size_t> sizes;
    for (const std::size_t edge : {256u, 1024u, 4096u, 16384u, 65536u})
        for (std::size_t size = edge - 200; size < edge + 40; size += 3) sizes.push_back(size);
    for (const std::size_t size : sizes) {
        const std::string text = text_of(size);
        {
            NANOTEL_SCOPED_SPAN("slot", "before"_attr = "in front", "value"_attr = text, "n"_attr = size);
        }
        {
            NANOTEL_SPAN(span, "set", "n"_attr = size);
            span.set("value"_attr = text);
            span.set("after"_attr = "behind");
        }
        nanotel::detached_span span("detached", "n"_attr = size);
        span.set("value"_attr = text);
        span.set("after"_attr = "behind");
    }
    constexpr std::size_t certainly_fits = 65'000;
    std::size_t slots = 0, sets = 0, detached = 0, dropped = 0;
    for (const auto& span : recorded.spans()) {
        CAPTURE(span.name);
        const auto* const n = span.attributes["n"].get_if<std::int64_t>();
        REQUIRE(n != nullptr);
        const auto size = static_cast<std::size_t>(*n);
        CAPTURE(size);
        // Whether what comes after still fits depends on the last byte.
        std::uint32_t missing = 0;
        if (span.attributes.contains("value"))
            CHECK(span.attributes["value"] == text_of(size));
        else
            ++missing;
        if (span.name == "slot")
            CHECK(span.attributes["before"] == "in front");
        else if (span.attributes.contains("after"))
            CHECK(span.attributes["after"] == "behind");
        else
            ++missing;
        CHECK(span.dropped_attributes_count == missing);
        if (size < certainly_fits) CHECK(missing == 0);
        dropped += missing;
        (span.name == "slot" ? slots : span.name == "set" ? sets : detached) += 1;
    }
    CHECK(slots == sizes.size());
    CHECK(sets == sizes.size());
    CHECK(detached == sizes.size());
    CHECK(dropped > 0);
    CHECK(recorded.dropped() == 0);
}

TEST_CASE("values too large for a record are dropped and counted and the span survives") {
    recording recorded;
    const std::string large(70'000, 'x');
    const std::vector<std::string> many(1000, std::string(100, 'y'));
    {
        NANOTEL_SPAN(span, "span", "kept"_attr = 1, "slot"_attr = large, "also kept"_attr = "text",
                     "range slot"_attr = many);
        span.set("late"_attr = large, "kept too"_attr = 2.5);
        span.set(std::string("run time"), large);
        span.set(large, "key too large");
        span.set("bytes"_attr = nanotel::bytes{large.data(), large.size()});
        span.set("range"_attr = many);
        span.set("map"_attr = std::map<std::string, std::string>{{"a", "fits"}, {"b", large}});
        span.set("nested"_attr = nanotel::map("inner"_attr = nanotel::array(1, large)));
        span.add_event("event", "a"_attr = 1, "large"_attr = large);
        span.add_event(large);
        span.add_event("kept event", "a"_attr = 1);
        span.add_link(span.context(), "large"_attr = large);
        span.add_link(span.context(), "small"_attr = 1);
        span.update_name(large);
        span.set("last"_attr = "still here");
    }
    const auto span = recorded.span("span");
    CHECK(span.attributes ==
          nanotel::attribute_list{
              {"kept", 1}, {"also kept", "text"}, {"kept too", 2.5}, {"last", "still here"}});
    CHECK(span.dropped_attributes_count == 9);
    REQUIRE(span.events.size() == 1);
    CHECK(span.events[0].name == "kept event");
    CHECK(span.dropped_events_count == 2);
    REQUIRE(span.links.size() == 1);
    CHECK(span.links[0].attributes["small"] == 1);
    CHECK(span.dropped_links_count == 1);
    CHECK(recorded.dropped() == 0);
}

TEST_CASE("a full record still tells its status and what it dropped") {
    recording recorded;
    try {
        NANOTEL_SPAN(span, "span");
        for (int i = 0; i < 100'000; ++i) span.set("k"_attr = i);
        throw 1;
    } catch (int) {
    }
    const auto span = recorded.span("span");
    CHECK(span.status.code == nanotel::status_code::error);
    CHECK(span.attributes.size() == 1);
    CHECK(span.dropped_attributes_count > 90'000);
    CHECK(recorded.dropped() == 0);
}
