// SPDX-License-Identifier: MIT
// Compiled alone: its namespaces show.
#include "recording.hpp"

#include <map>
#include <stdexcept>

using namespace nanotel::literals;
using nanotel::severity;
using nanotel_test::hex;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace shop::cart {
NANOTEL_INSTRUMENTATION_SCOPE("shop.cart", "1.4.0", "https://example.com/schema", "team"_attr = "carts");

struct basket {
    template <class T>
    static void fill(T amount) {
        NANOTEL_LOG_DEBUG("{} in the basket", amount);
    }
};
} // namespace shop::cart

TEST_CASE("a record names severity, scope, file, line and function") {
    recording recorded;
    shop::cart::basket::fill(3);
    const auto log = recorded.log();
    CHECK(log.body == "3 in the basket");
    CHECK(log.severity == severity::debug);
    CHECK(log.severity_text == "DEBUG");
    CHECK(log.scope.name == "shop.cart");
    CHECK(log.scope.version == "1.4.0");
    CHECK(log.scope.schema_url == "https://example.com/schema");
    CHECK(log.scope.attributes["team"] == "carts");
    CHECK(log.attributes["code.file.path"] == __FILE__);
    CHECK(log.attributes["code.line.number"] == 20);
    CHECK(log.attributes["code.function.name"] == "shop::cart::basket::fill");
    CHECK(log.attributes.size() == 3);
    CHECK(log.event_name.empty());
    CHECK(log.time_unix_nano != 0);
    CHECK(log.observed_time_unix_nano == log.time_unix_nano);
}

TEST_CASE("all severities have the numbers and texts of the specification") {
    recording recorded;
    NANOTEL_LOG_TRACE("t");
    NANOTEL_LOG_DEBUG("d");
    NANOTEL_LOG_INFO("i");
    NANOTEL_LOG_WARN("w");
    NANOTEL_LOG_ERROR("e");
    NANOTEL_LOG_FATAL("f");
    NANOTEL_LOG(severity::error3, "e3");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 7);
    const std::pair<int, const char*> expected[] = {{1, "TRACE"},  {5, "DEBUG"},  {9, "INFO"},   {13, "WARN"},
                                                    {17, "ERROR"}, {21, "FATAL"}, {19, "ERROR3"}};
    for (std::size_t i = 0; i < logs.size(); ++i) {
        CHECK(static_cast<int>(logs[i].severity) == expected[i].first);
        CHECK(logs[i].severity_text == expected[i].second);
    }
}

TEST_CASE("the source location can be left out, and be what the application says") {
    recording_options options;
    {
        recording recorded(options);
        NANOTEL_LOG_INFO("from elsewhere", "code.file.path"_attr = "script.lua", "code.line.number"_attr = 3);
        const auto log = recorded.log();
        CHECK(log.attributes["code.file.path"] == "script.lua");
        CHECK(log.attributes["code.line.number"] == 3);
        CHECK(log.attributes.size() == 3);
    }
    options.logs.source_location = false;
    recording recorded(options);
    NANOTEL_LOG_INFO("from nowhere", "k"_attr = 1);
    NANOTEL_LOG_INFO("from nowhere else");
    const auto logs = recorded.logs();
    CHECK(logs.at(0).attributes == nanotel::attribute_list{{"k", 1}});
    CHECK(logs.at(1).attributes.empty());
}

TEST_CASE("attributes stand beside the text, and take no place in it") {
    recording recorded;
    const std::vector<int> list{1, 2};
    const std::map<std::string, double> map{{"a", 1.5}};
    NANOTEL_LOG_INFO("{} and {}", "text"_attr = "t", 1, "list"_attr = list, 2.5, "map"_attr = map,
                     "flag"_attr = true, "bytes"_attr = nanotel::bytes{"\x01\x02", 2},
                     "string"_attr = std::string(200, 's'));
    NANOTEL_LOG_INFO("twice", "k"_attr = 1, "k"_attr = 2);
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 2);
    const auto& a = logs[0].attributes;
    CHECK(logs[0].body == "1 and 2.5");
    CHECK(a["text"] == "t");
    CHECK(a["list"] == nanotel::any_value::array{1, 2});
    CHECK(a["map"] == nanotel::attribute_list{{"a", 1.5}});
    CHECK(a["flag"] == true);
    CHECK(a["bytes"] == nanotel::any_value::bytes{1, 2});
    CHECK(a["string"] == std::string(200, 's'));
    CHECK(a.size() == 9);
    CHECK(logs[1].attributes["k"] == 2);
    CHECK(logs[1].attributes.size() == 4);
}

TEST_CASE("exceptions become attributes") {
    recording recorded;
    try {
        throw std::out_of_range("no such item");
    } catch (const std::exception& e) {
        NANOTEL_LOG_ERROR("item {} is not there", 7, nanotel::exception(e), "k"_attr = 1);
    }
    try {
        throw std::runtime_error("gone");
    } catch (...) {
        NANOTEL_LOG_ERROR("something failed", nanotel::current_exception());
    }
    try {
        throw 42;
    } catch (...) {
        NANOTEL_LOG_ERROR("something failed", nanotel::current_exception());
    }
    NANOTEL_LOG_ERROR("nothing failed", nanotel::current_exception());
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 4);
    CHECK(logs[0].body == "item 7 is not there");
    CHECK(logs[0].attributes["exception.type"] == "std::out_of_range");
    CHECK(logs[0].attributes["exception.message"] == "no such item");
    CHECK(logs[0].attributes["k"] == 1);
    CHECK(logs[1].attributes["exception.type"] == "std::runtime_error");
    CHECK(logs[1].attributes["exception.message"] == "gone");
    CHECK(logs[2].attributes["exception.type"] == "int");
    CHECK(!logs[2].attributes.contains("exception.message"));
    CHECK(!logs[3].attributes.contains("exception.type"));
}

TEST_CASE("the debug flag of B3 stays within the process") {
    recording recorded;
    const nanotel::context debugged{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 0x83, true};
    const nanotel::context_scope attached(debugged);
    NANOTEL_LOG_INFO("attached {}", 1);
    NANOTEL_LOG_INFO("attached", "list"_attr = std::vector<int>{1});
    nanotel::log({.context = &debugged}, "named");
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 3);
    for (const auto& log : logs) CHECK(log.flags == 3);
}

TEST_CASE("records carry the context that is current") {
    recording recorded;
    NANOTEL_LOG_INFO("outside");
    nanotel::context inner;
    {
        NANOTEL_SPAN(span, "work");
        inner = span.context();
        NANOTEL_LOG_INFO("inside {}", 1);
        NANOTEL_LOG_INFO("inside", "list"_attr = std::vector<int>{1});
    }
    NANOTEL_LOG_INFO("behind");
    const nanotel::context other{nanotel::trace_id::from_hex("5B8EFFF798038103D269B633813FC60C"),
                                 nanotel::span_id::from_hex("EEE19B7EC3C1B173"), 1, true};
    {
        nanotel::context_scope attached(other);
        NANOTEL_LOG_INFO("attached");
    }
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 5);
    CHECK(logs[0].trace_id.empty());
    CHECK(logs[0].span_id.empty());
    CHECK(logs[0].flags == 0);
    for (int i : {1, 2}) {
        CHECK(logs[i].trace_id == hex(inner.trace_id));
        CHECK(logs[i].span_id == hex(inner.span_id));
        CHECK(logs[i].flags == 3);
    }
    CHECK(logs[3].trace_id.empty());
    CHECK(logs[4].trace_id == hex(other.trace_id));
    CHECK(logs[4].span_id == hex(other.span_id));
    CHECK(logs[4].flags == 1);
}

TEST_CASE("records within what is not sampled carry its ids and say so") {
    recording_options options;
    options.sampler = nanotel::sampler::always_off();
    recording recorded(options);
    std::string trace;
    {
        NANOTEL_SPAN(span, "work");
        NANOTEL_LOG_INFO("inside {}", 1);
        trace = hex(span.context().trace_id);
        NANOTEL_LOG_INFO("inside {}", 2);
    }
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 2);
    for (const auto& log : logs) {
        CHECK(log.trace_id == trace);
        CHECK(log.span_id.size() == 16);
        CHECK((log.flags & 1) == 0);
    }
}

TEST_CASE("records are kept while an exception unwinds") {
    recording recorded;
    struct leaves {
        ~leaves() { NANOTEL_LOG_WARN("left by {}", "an exception"); }
    };
    try {
        leaves here;
        throw std::runtime_error("x");
    } catch (const std::exception&) {
    }
    CHECK(recorded.log().body == "left by an exception");
}
