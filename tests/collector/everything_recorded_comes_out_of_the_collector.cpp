#include "collector/collector_process.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <thread>

using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace first_library {
NANOTEL_INSTRUMENTATION_SCOPE("first.library", "1.2.3", "https://example.com/schema/1",
                              "scope.number"_attr = 7, "scope.text"_attr = "quote \" and backslash \\");
}
namespace second_library {
NANOTEL_INSTRUMENTATION_SCOPE("second.library");
}

namespace {

using nanotel::any_value;
using nanotel::attribute_list;
using nanotel::finished_span;

// What a thread recorded, as a receiver should see it. A time of 0 is one that the library measured.
using expectations = std::vector<finished_span>;

const std::string every_escape = [] {
    std::string text = "plain \"quoted\" back\\slash / tab\t line\n return\r bell\a null";
    text += '\0';
    text += "\x1f\x7f ümlaut ∑ 😀 \xe2\x80\xa8"; // a line separator too
    return text;
}();

finished_span expected_from(const nanotel::context& context, const nanotel::context& parent, std::string name,
                            nanotel::span_kind kind) {
    finished_span expected;
    expected.trace_id = context.trace_id.to_hex().c_str();
    expected.span_id = context.span_id.to_hex().c_str();
    if (parent.is_valid()) expected.parent_span_id = parent.span_id.to_hex().c_str();
    expected.flags = context.flags | 0x100u | (parent.remote ? 0x200u : 0u);
    expected.name = std::move(name);
    expected.kind = kind;
    return expected;
}

nanotel::finished_scope first_scope() {
    return {"first.library", "1.2.3", "https://example.com/schema/1",
            attribute_list{{"scope.number", 7}, {"scope.text", "quote \" and backslash \\"}}};
}

// Any UTF-8 text, and bytes that are none where `valid` is false.
std::string random_text(std::mt19937_64& random) {
    std::string text;
    for (auto length = random() % 40; length > 0; --length) {
        const auto code = random() % 4 == 0   ? 0x10000 + random() % 0x100000
                          : random() % 3 == 0 ? 0x80 + random() % 0xd000
                                              : random() % 0x80;
        if (code < 0x80)
            text += static_cast<char>(code);
        else if (code < 0x800)
            (text += static_cast<char>(0xc0 | code >> 6)) += static_cast<char>(0x80 | (code & 63));
        else if (code < 0x10000)
            ((text += static_cast<char>(0xe0 | code >> 12)) += static_cast<char>(0x80 | (code >> 6 & 63))) +=
                static_cast<char>(0x80 | (code & 63));
        else
            (((text += static_cast<char>(0xf0 | code >> 18)) +=
              static_cast<char>(0x80 | (code >> 12 & 63))) += static_cast<char>(0x80 | (code >> 6 & 63))) +=
                static_cast<char>(0x80 | (code & 63));
    }
    return text;
}

} // namespace

namespace first_library {

// One trace: a server span with every type of attribute, a client span with events and links, an internal one
// that fails, and one whose times are given.
void record_trace(int thread, int number, std::mt19937_64& random, const nanotel::context& remote,
                  expectations& expected) {
    const std::string text = random_text(random);
    const auto integer = static_cast<std::int64_t>(random());
    double number_of_any_size = 0;
    do number_of_any_size = std::bit_cast<double>(static_cast<std::uint64_t>(random()));
    while (!std::isfinite(number_of_any_size));
    const std::uint8_t raw[] = {0, 0xff, 0x80, static_cast<std::uint8_t>(random())};
    const std::vector<std::string> words = {"a", text, ""};
    const std::map<std::string, double> weights = {{"half", 0.5}, {"third", 1.0 / 3}};

    NANOTEL_SPAN_FROM(root, remote, nanotel::server("GET /products/{id}"), "thread"_attr = thread,
                      "number"_attr = number, "text"_attr = text, "escapes"_attr = every_escape,
                      "integer"_attr = integer, "double"_attr = number_of_any_size, "yes"_attr = true,
                      "no"_attr = false);
    root.set(
        "bytes"_attr = nanotel::bytes{raw, sizeof raw}, "words"_attr = words, "weights"_attr = weights,
        "limits"_attr = {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()},
        "not a number"_attr = std::nan(""), "infinite"_attr = -std::numeric_limits<double>::infinity(),
        "mixed"_attr = nanotel::array(1, "two", 3.5, nanotel::map("four"_attr = 4)), "empty"_attr = "");
    root.set("key with \"quotes\"", text);
    auto& server = expected.emplace_back(
        expected_from(root.context(), remote, "GET /products/{id}", nanotel::span_kind::server));
    server.attributes = {{"thread", thread},
                         {"number", number},
                         {"text", text},
                         {"escapes", every_escape},
                         {"integer", integer},
                         {"double", number_of_any_size},
                         {"yes", true},
                         {"no", false},
                         {"bytes", any_value::bytes{raw[0], raw[1], raw[2], raw[3]}},
                         {"words", any_value::array{"a", text, ""}},
                         {"weights", attribute_list{{"half", 0.5}, {"third", 1.0 / 3}}},
                         {"limits", any_value::array{std::numeric_limits<std::int64_t>::min(),
                                                     std::numeric_limits<std::int64_t>::max()}},
                         {"not a number", std::nan("")},
                         {"infinite", -std::numeric_limits<double>::infinity()},
                         {"mixed", any_value::array{1, "two", 3.5, attribute_list{{"four", 4}}}},
                         {"empty", ""},
                         {"key with \"quotes\"", text}};
    server.scope = first_scope();
    const nanotel::context above = root.context();

    {
        NANOTEL_SPAN(query, nanotel::client("query"), "db.rows"_attr = number);
        query.add_event("row", "index"_attr = 1, "text"_attr = every_escape);
        query.add_event("at a given time", nanotel::timestamp(1'600'000'000'123'456'789u));
        query.add_link(remote, "why"_attr = "it asked");
        query.add_link(above);
        query.set_status(nanotel::status_code::error, "it \"failed\"");
        auto& client =
            expected.emplace_back(expected_from(query.context(), above, "query", nanotel::span_kind::client));
        client.attributes = {{"db.rows", number}};
        client.events = {{0, "row", attribute_list{{"index", 1}, {"text", every_escape}}, 0},
                         {1'600'000'000'123'456'789u, "at a given time", {}, 0}};
        client.links = {{remote.trace_id.to_hex().c_str(), remote.span_id.to_hex().c_str(), "",
                         attribute_list{{"why", "it asked"}}, 0, remote.flags | 0x300u},
                        {above.trace_id.to_hex().c_str(),
                         above.span_id.to_hex().c_str(),
                         "",
                         {},
                         0,
                         above.flags | 0x100u}};
        client.status = {nanotel::status_code::error, "it \"failed\""};
        client.scope = first_scope();
    }
    {
        NANOTEL_DETACHED_SPAN(job, nanotel::producer("job"));
        job.set_start_time(nanotel::timestamp(1'700'000'000'000'000'001u));
        job.update_name("renamed job");
        job.set_status(nanotel::status_code::ok);
        auto& producer = expected.emplace_back(
            expected_from(job.context(), above, "renamed job", nanotel::span_kind::producer));
        producer.start_time_unix_nano = 1'700'000'000'000'000'001u;
        producer.end_time_unix_nano = 1'700'000'001'000'000'002u;
        producer.status.code = nanotel::status_code::ok;
        producer.scope = first_scope();
        job.end(nanotel::timestamp(1'700'000'001'000'000'002u));
    }
}

} // namespace first_library

namespace second_library {

void record_failure(const nanotel::context& parent, expectations& expected) {
    nanotel::context_scope attached(parent);
    try {
        nanotel::in_span("may fail", "attempt"_attr = 1, [&](nanotel::span& span) {
            auto& failed = expected.emplace_back(
                expected_from(span.context(), parent, "may fail", nanotel::span_kind::internal));
            failed.attributes = {{"attempt", 1}};
            failed.events = {
                {0, "exception",
                 attribute_list{{"exception.type", "std::out_of_range"}, {"exception.message", "too far"}},
                 0}};
            failed.status = {nanotel::status_code::error, "too far"};
            throw std::out_of_range("too far");
        });
    } catch (const std::out_of_range&) {
    }
    NANOTEL_SPAN(consumer, nanotel::consumer("consume"));
    auto& consumed = expected.emplace_back(
        expected_from(consumer.context(), parent, "consume", nanotel::span_kind::consumer));
    consumed.scope.name = "second.library";
}

} // namespace second_library

namespace {

void compare(const finished_span& expected, const finished_span& found, std::uint64_t began,
             std::uint64_t ended) {
    CAPTURE(expected);
    CAPTURE(found);
    CHECK(found.trace_id == expected.trace_id);
    CHECK(found.span_id == expected.span_id);
    CHECK(found.parent_span_id == expected.parent_span_id);
    CHECK(found.flags == expected.flags);
    CHECK(found.name == expected.name);
    CHECK(found.kind == expected.kind);
    CHECK(found.attributes == expected.attributes);
    CHECK(found.dropped_attributes_count == 0);
    const auto check_time = [&](std::uint64_t time, std::uint64_t given) {
        if (given != 0) {
            CHECK(time == given);
        } else {
            // The map of the processor's counter and the system clock agree to a millisecond.
            CHECK(time >= began - 1'000'000);
            CHECK(time <= ended + 1'000'000);
        }
    };
    check_time(found.start_time_unix_nano, expected.start_time_unix_nano);
    check_time(found.end_time_unix_nano, expected.end_time_unix_nano);
    CHECK(found.start_time_unix_nano <= found.end_time_unix_nano);
    CHECK(found.status.code == expected.status.code);
    CHECK(found.status.message == expected.status.message);
    REQUIRE(found.events.size() == expected.events.size());
    for (std::size_t i = 0; i < found.events.size(); ++i) {
        CHECK(found.events[i].name == expected.events[i].name);
        CHECK(found.events[i].attributes == expected.events[i].attributes);
        check_time(found.events[i].time_unix_nano, expected.events[i].time_unix_nano);
    }
    REQUIRE(found.links.size() == expected.links.size());
    for (std::size_t i = 0; i < found.links.size(); ++i) {
        CHECK(found.links[i].trace_id == expected.links[i].trace_id);
        CHECK(found.links[i].span_id == expected.links[i].span_id);
        CHECK(found.links[i].flags == expected.links[i].flags);
        CHECK(found.links[i].attributes == expected.links[i].attributes);
    }
    CHECK(found.scope.name == expected.scope.name);
    CHECK(found.scope.version == expected.scope.version);
    CHECK(found.scope.schema_url == expected.scope.schema_url);
    CHECK(found.scope.attributes == expected.scope.attributes);
    CHECK(found.resource["service.name"] == "shop");
    CHECK(found.resource["host.room"] == "Zürich \"A\"");
    CHECK(found.resource["build"] == 42);
    CHECK(found.resource["service.namespace"] == "shop");
    CHECK(found.resource["deployment.environment"] == "production");
}

void send_and_compare(nanotel::compression compression) {
    const std::string binary = nanotel_test::real_collector();
    if (binary.empty()) return;
    nanotel_test::collector_process collector(binary);

    constexpr int threads = 4;
    constexpr int traces = 250;
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    const auto wall_clock = [] {
        return static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch() / 1ns);
    };
    const std::uint64_t began = wall_clock();
    std::vector<expectations> expected(threads);
    {
        auto telemetry = nanotel::start(
            {.service_name = "shop",
             .resource_attributes = {{"host.room", "Zürich \"A\""}, {"build", std::int64_t{42}}},
             .exporter =
                 nanotel::otlp_http({.endpoint = collector.http_endpoint(), .compression = compression}),
             .max_export_batch_bytes = 256 << 10}); // several bodies
        const nanotel::context remote{nanotel::trace_id::from_hex("0af7651916cd43dd8448eb211c80319c"),
                                      nanotel::span_id::from_hex("b7ad6b7169203331"), 1, true};
        std::vector<std::thread> workers;
        for (int t = 0; t < threads; ++t)
            workers.emplace_back([&, t] {
                std::mt19937_64 random(seed + static_cast<std::uint64_t>(t));
                for (int i = 0; i < traces; ++i) {
                    first_library::record_trace(t, i, random, remote, expected[static_cast<std::size_t>(t)]);
                    second_library::record_failure(remote, expected[static_cast<std::size_t>(t)]);
                }
            });
        for (std::thread& worker : workers) worker.join();
        const auto before = telemetry.stats();
        const auto result = telemetry.shutdown(30s);
        CHECK(result.complete);
        CHECK(result.dropped == 0);
        CHECK(before.dropped == telemetry.stats().dropped);
    }
    const std::uint64_t ended = wall_clock();
    collector.stop();

    std::map<std::string, finished_span> found;
    for (auto& span : collector.spans()) {
        const std::string id = span.span_id;
        INFO("span " << id << " came twice");
        CHECK(found.emplace(id, std::move(span)).second);
    }
    CHECK(found.size() == threads * traces * 5u);
    for (const expectations& of_thread : expected)
        for (const finished_span& span : of_thread) {
            INFO("span " << span << " did not come");
            REQUIRE(found.count(span.span_id) == 1);
            compare(span, found[span.span_id], began, ended);
        }
}

} // namespace

TEST_CASE("everything that several threads record comes out of a real Collector, value by value") {
    send_and_compare(nanotel::compression::none);
}

TEST_CASE("everything comes out of a real Collector when it is sent compressed") {
    send_and_compare(nanotel::compression::gzip);
}
