// SPDX-License-Identifier: MIT
#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/decode_metrics.hpp>
#include <nanotel/otlp/split_body.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using nanotel::signal;
using nanotel::detail::body_part;
using nanotel::detail::split_body;

namespace {

std::string text(const body_part& part) { return {part.body.data(), part.body.size()}; }

/// An item that no other is like, with all that may lead a scan astray.
std::string item(signal kind, int number) {
    const std::string own = std::to_string(number);
    const std::string trap = R"("attributes":[{"key":"k\\\"]}","value":{"stringValue":"[{\"spans\":[\\"}}])";
    if (kind == signal::traces)
        return "{ \"traceId\" :\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"eee19b7ec3c1b174\",\n" +
               trap + ",\"name\":\"s" + own + "\"}";
    if (kind == signal::metrics) return "{\"asInt\":\"" + own + "\"," + trap + "}";
    return "{\"body\":{\"stringValue\":\"l" + own + "\"}," + trap + "}";
}

struct made_body {
    std::string json;
    std::vector<std::string> items;
};

/// A body with every shape of list: several elements, one, none, none at all, and members of a later version.
made_body make(signal kind, std::mt19937& random, int most) {
    const char* const resources[] = {"resourceSpans", "resourceMetrics", "resourceLogs"};
    const char* const scopes[] = {"scopeSpans", "scopeMetrics", "scopeLogs"};
    const char* const lists[] = {"spans", "metrics", "logRecords"};
    const auto k = static_cast<std::size_t>(kind);
    const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n + 1)); };
    const auto spaces = [&] { return std::string(random() % 3, ' '); };
    made_body made;
    const auto items = [&] {
        std::string all;
        for (int i = upto(most); i > 0; --i) {
            made.items.push_back(item(kind, static_cast<int>(made.items.size())));
            all += (all.empty() ? "" : ",") + spaces() + made.items.back() + spaces();
        }
        return "[" + all + "]";
    };
    const auto metrics = [&] {
        const char* const kinds[] = {"gauge", "sum", "histogram", "exponentialHistogram", "summary"};
        std::string all;
        for (int i = upto(3); i > 0; --i)
            all += (all.empty() ? "" : ",") + std::string("{\"name\":\"m\",\"") + kinds[random() % 5] +
                   "\":{\"aggregationTemporality\":2,\"dataPoints\":" + items() + ",\"isMonotonic\":true}}";
        return "[" + all + "]";
    };
    made.json = spaces() + "{\"later\":[1,{\"" + resources[k] + "\":[]}],\"" + resources[k] + "\" : [";
    for (int r = upto(3), first = r; r >= 0; --r) {
        made.json += r == first ? "{" : ",{";
        made.json += R"("resource":{"attributes":[{"key":"r","value":{"intValue":"1"}}]})";
        if (upto(4) != 0) {
            made.json += ",\"" + std::string(scopes[k]) + "\":[";
            for (int s = upto(3), first_scope = s; s > 0; --s)
                made.json += (s == first_scope ? "" : ",") + std::string("{\"scope\":{\"name\":\"x\"},\"") +
                             lists[k] + "\":" + (kind == signal::metrics ? metrics() : items()) +
                             ",\"schemaUrl\":\"u\"}";
            made.json += "]";
        }
        made.json += "}";
    }
    made.json += "]}" + spaces();
    return made;
}

std::size_t count(std::string_view text, std::string_view part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

/// Number of items that our readers find, which also check that the body is one of that kind.
std::size_t decoded(signal kind, const std::string& json) {
    if (kind == signal::traces) {
        const auto read = nanotel::decode_traces(json);
        CHECK_MESSAGE(read, read.error);
        return read.spans.size();
    }
    std::size_t points = 0;
    const auto read = nanotel::decode_metrics(json);
    CHECK_MESSAGE(read, read.error);
    for (const auto& metric : read.metrics) points += metric.points.size();
    return points;
}

} // namespace

TEST_CASE("two halves hold every item once, byte for byte and in order") {
    std::mt19937 random(11);
    std::size_t split = 0;
    for (int round = 0; round < 300; ++round)
        for (const auto kind : {signal::traces, signal::metrics, signal::logs}) {
            const made_body made = make(kind, random, round % 7);
            const auto parts = split_body(kind, made.json);
            CAPTURE(made.json);
            REQUIRE(parts.size() == (made.items.size() < 2 ? 0 : 2));
            if (parts.empty()) continue;
            ++split;
            REQUIRE(parts[0].items == made.items.size() / 2);
            REQUIRE(parts[0].items + parts[1].items == made.items.size());
            std::size_t number = 0;
            for (const auto& part : parts) {
                const std::string json = text(part);
                CAPTURE(json);
                simdjson::dom::parser parser;
                REQUIRE(parser.parse(json).error() == simdjson::SUCCESS);
                if (kind == signal::traces) REQUIRE(decoded(kind, json) == part.items);
                std::size_t at = 0;
                for (std::uint64_t i = 0; i < part.items; ++i) {
                    at = json.find(made.items[number++], at);
                    REQUIRE(at != json.npos);
                }
                // Nothing of the others, and no envelope that is empty.
                REQUIRE(count(json, "k\\\\\\\"]}") == part.items);
                REQUIRE(json.find("dataPoints\":[]") == json.npos);
                REQUIRE(json.find("spans\":[]") == json.npos);
                REQUIRE(json.find("logRecords\":[]") == json.npos);
                REQUIRE(count(json, "\"later\"") == 1);
            }
        }
    CHECK(split > 400);
}

TEST_CASE("a body halves down to single items") {
    std::vector<std::string> bodies{
        R"({"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{"name":"a"},)"
        R"("metrics":[{"name":"m","unit":"1","sum":{"dataPoints":[)"
        R"({"timeUnixNano":"1","asInt":"1"},{"timeUnixNano":"1","asInt":"2"},)"
        R"({"timeUnixNano":"1","asInt":"3"}],"aggregationTemporality":2}}]}]}]})"};
    std::vector<std::string> single;
    while (!bodies.empty()) {
        const std::string body = bodies.back();
        bodies.pop_back();
        const auto parts = split_body(signal::metrics, body);
        if (parts.empty()) {
            single.push_back(body);
            continue;
        }
        for (const auto& part : parts) bodies.push_back(text(part));
    }
    REQUIRE(single.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto read = nanotel::decode_metrics(single[2 - i]);
        REQUIRE_MESSAGE(read, read.error);
        REQUIRE(read.metrics.size() == 1);
        CHECK(read.metrics[0].name == "m");
        CHECK(read.metrics[0].unit == "1");
        CHECK(read.metrics[0].scope.name == "a");
        REQUIRE(read.metrics[0].points.size() == 1);
        CHECK(read.metrics[0].points[0].value == static_cast<std::int64_t>(i + 1));
    }
}

TEST_CASE("what is no body of two items is not split") {
    const std::string two = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"name":"b"}]}]}]})";
    REQUIRE(split_body(signal::traces, two).size() == 2);
    CHECK(split_body(signal::metrics, two).empty());
    CHECK(split_body(signal::logs, two).empty());
    for (std::size_t size = 0; size < two.size(); ++size) {
        CAPTURE(size);
        CHECK(split_body(signal::traces, std::string_view(two).substr(0, size)).empty());
    }
    for (std::string_view body :
         {"", "{}", "[]", "null", "7", "\"", "{\"resourceSpans\":null}", "{\"resourceSpans\":[]}",
          "{\"resourceSpans\":[1,2]}", "{\"resourceSpans\":[[{\"scopeSpans\":[]}]]}",
          R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"one"}]}]}]})",
          R"({"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]}]}]}x)",
          R"({"resourceSpans":[{"scopeSpans":[{"spans":[{},{}]}]}],"resourceSpans":[{}]})",
          R"({"resourceSpans":[{"scopeSpans":[{"spans":[{},{}],"sp\u0061ns":[{}]}]}]})",
          "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"\xff\"},{}]}]}]}"}) {
        CAPTURE(body);
        CHECK(split_body(signal::traces, body).empty());
    }
    CHECK(split_body(signal::traces, std::string(200'000, '[')).empty());
}

TEST_CASE("damaged bodies do no harm") {
    std::mt19937 random(5);
    for (int round = 0; round < 2000; ++round) {
        const auto kind = static_cast<signal>(random() % 3);
        std::string json = make(kind, random, 3).json;
        for (unsigned i = random() % 4; i > 0; --i)
            json[random() % json.size()] = R"({}[]",:\ 0a)"[random() % 11];
        json.resize(json.size() - random() % 2);
        // Without the check that the text is JSON, too: the walk itself stays within the text.
        const auto unchecked = nanotel::detail::body_splitter(kind, json).split();
        for (const auto& part : split_body(kind, json)) {
            simdjson::dom::parser parser;
            REQUIRE(parser.parse(text(part)).error() == simdjson::SUCCESS);
        }
        REQUIRE((unchecked.empty() || unchecked.size() == 2));
    }
}
