// SPDX-License-Identifier: MIT
#include "clickhouse/records.hpp"

#include <nanotel/log/argument.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace {

using namespace nanotel_test;
using nanotel::value_type;

constexpr std::uint64_t noon = 1'700'000'000'123'456'789; // 2023-11-14T22:13:20.123456789Z

nanotel::resource shop() {
    nanotel::resource is;
    is.set("service.name", "shop");
    is.set("service.version", "1.2");
    is.set("service.namespace", "eu");
    is.set("service.instance.id", "i-1");
    is.set("host.name", "box \"1\"");
    is.set("telemetry.sdk.name", "nanotel");
    return is;
}

const std::string of_shop = R"(,"service_name":"shop","project_name":"shop","project_version":"1.2",)"
                            R"("environment":"production","hostname":"box \"1\"")";
const std::string of_instance = R"(,"service_namespace":"eu","service_instance_id":"i-1")";

struct spans {
    explicit spans(nanotel::span_limits limits = {}, nanotel::sampling_threshold share = {})
        : rows(sites, shop(), limits, share) {
        site.name = "checkout";
        site.kind = nanotel::span_kind::server;
        site.scope = &scope;
    }
    void keys(std::initializer_list<nanotel::detail::site_key> all) {
        sites.add(site, all.begin(), static_cast<std::uint32_t>(all.size()));
    }
    nanotel::detail::record_header header() const {
        nanotel::detail::record_header made{};
        made.kind = nanotel::detail::record_kind::span;
        made.flags = 1;
        made.site = site.id.load_relaxed();
        made.start_ticks = noon;
        made.end_ticks = noon + 1'999'999;
        std::memcpy(&made.span_id, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
        std::memcpy(&made.parent_id, "\x11\x12\x13\x14\x15\x16\x17\x18", 8);
        std::memcpy(made.trace_id, "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xb1\xb2\xb3\xb4\xb5\xb6\xb7\xb8", 16);
        return made;
    }
    std::string row(const std::vector<std::byte>& bytes) {
        REQUIRE(rows.add(bytes.data(), unix_clock()));
        CHECK(rows.items() == 1);
        return text_of(rows.take());
    }

    nanotel::instrumentation_scope scope{"cart", "3.0"};
    nanotel::detail::call_site site;
    nanotel::detail::site_registry sites;
    nanotel::detail::span_rows rows;
};

const std::string ids = R"({"trace_id":"a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8","span_id":"0102030405060708",)"
                        R"("parent_span_id":"1112131415161718",)";
const std::string times =
    R"("timestamp":"2023-11-14T22:13:20.123456789Z","timestamp_ns":1700000000123456789,)"
    R"("duration_ms":1)";
const std::string of_scope =
    R"(,"instrumentation_library_name":"cart","instrumentation_library_version":"3.0")";

template <class Row>
std::string without_id(const Row& row, std::string_view column) {
    const std::string text(row);
    const auto at = text.find(",\"" + std::string(column) + "\":\"");
    REQUIRE(at != text.npos);
    CHECK(text.substr(at + column.size() + 5 + 32) == "\"}\n");
    return text.substr(0, at);
}

} // namespace

TEST_CASE("a span is a row with every column that it has something for") {
    spans s;
    s.keys({{"gift", value_type::boolean},
            {"items", value_type::signed_integer},
            {"total", value_type::floating},
            {"rate", value_type::floating},
            {"user", value_type::string},
            {"most", value_type::unsigned_integer},
            {"raw", value_type::bytes}});
    const std::string payload = std::string(raw(std::uint64_t{1})) + std::string(raw(std::int64_t{-3})) +
                                std::string(raw(1.5)) +
                                std::string(raw(-std::numeric_limits<double>::infinity())) + slot(56, 6) +
                                std::string(raw(~std::uint64_t{0})) + slot(64, 3) +
                                padded("a\n\"\xff"
                                       "bc") +
                                padded("abc");
    CHECK(
        s.row(record(s.header(), payload)) ==
        ids + times + R"(,"span_name":"checkout","span_kind":"SERVER")" + of_scope + of_shop +
            R"(,"status_code":"OK","attributes":{"gift":"true","items":"-3","total":"1.5","rate":"-Infinity",)"
            R"("user":"a\n\")"
            "\xef\xbf\xbd"
            R"(bc","most":"18446744073709551615","raw":"YWJj"}})"
            "\n");

    // A root that took no time, without attributes.
    spans plain;
    plain.keys({});
    auto root = plain.header();
    root.parent_id = 0;
    root.end_ticks = root.start_ticks;
    CHECK(plain.row(record(root, "")) ==
          R"({"trace_id":"a1a2a3a4a5a6a7a8b1b2b3b4b5b6b7b8","span_id":"0102030405060708",)"
          R"("timestamp":"2023-11-14T22:13:20.123456789Z","timestamp_ns":1700000000123456789,"duration_ms":0)"
          R"(,"span_name":"checkout","span_kind":"SERVER")" +
              of_scope + of_shop +
              R"(,"status_code":"OK","attributes":{}})"
              "\n");
}

TEST_CASE("what a span has beside the attributes of its site is in its row too") {
    spans s({.attribute_count = 4});
    s.keys({{"items", value_type::signed_integer}});
    using type = nanotel::detail::section_type;
    const std::string list = element(value_type::signed_integer, raw(std::int64_t{1})) +
                             element(value_type::string, "a\"b") + element(value_type::floating, raw(0.5));
    const std::string late =
        attribute("items", std::int64_t{8}) + attribute("list", value_type::array, list) +
        attribute("map", value_type::map, attribute("k", "v") + attribute("k", std::int64_t{2}));
    const std::string thrown =
        attribute("exception.type", "E") + attribute("exception.message", "no") + attribute("other", "x");
    nanotel::detail::link_body link{};
    link.span_id = 1;
    link.trace_id[0] = 2;
    const std::string sections =
        late + event(7, "exception", thrown) + section(type::link, 0, raw(link)) +
        text_section(type::status, "it broke", static_cast<unsigned>(nanotel::status_code::error)) +
        text_section(type::name, "pay") + section(type::kind, 3, "") +
        word_section(type::start_time, noon - 5'000'000) + word_section(type::end_time, noon) +
        text_section(type::trace_state, "a=b");
    CHECK(
        s.row(record(s.header(), raw(std::int64_t{4}), sections)) ==
        ids +
            R"("timestamp":"2023-11-14T22:13:20.118456789Z","timestamp_ns":1700000000118456789,"duration_ms":5)"
            R"(,"span_name":"pay","span_kind":"CLIENT")" +
            of_scope + of_shop +
            R"(,"status_code":"ERROR","status_message":"it broke","attributes":{"items":"8",)"
            R"("list":"[1,\"a\\\"b\",0.5]","map":"{\"k\":2}","exception.type":"E",)"
            R"("nanotel.events":"[{\"time_unix_nano\":7,\"name\":\"exception\",)"
            R"(\"attributes\":{\"exception.type\":\"E\",\"exception.message\":\"no\",\"other\":\"x\"}}]",)"
            R"("nanotel.links":"[{\"trace_id\":\"02000000000000000000000000000000\",)"
            R"(\"span_id\":\"0100000000000000\",\"trace_state\":\"\",\"attributes\":{}}]","w3c.tracestate":"a=b"}})"
            "\n");

    // A destination that takes a share says which, on both ways.
    spans tenth({}, nanotel::sampling_threshold::of_probability(0.5));
    tenth.keys({});
    CHECK(tenth.row(record(tenth.header(), ""))
              .ends_with(R"("attributes":{"w3c.tracestate":"ot=th:8"}})"
                         "\n"));
    CHECK(tenth.row(record(tenth.header(), "", text_section(type::trace_state, "a=b")))
              .ends_with(R"("attributes":{"w3c.tracestate":"ot=th:8,a=b"}})"
                         "\n"));
    // A record that outlasts the column.
    auto long_one = tenth.header();
    long_one.end_ticks = long_one.start_ticks + 5'000'000'000'000'000;
    CHECK(tenth.row(record(long_one, "")).find(R"("duration_ms":4294967295,)") != std::string::npos);
    // What the limit takes is counted; of the exception only as much was copied as there was room for.
    const std::string crowded = s.row(
        record(s.header(), raw(std::int64_t{4}),
               late + attribute("fourth", "4") + attribute("fifth", "5") + event(7, "exception", thrown)));
    CHECK(crowded.find(R"("fourth":"4","otel.dropped_attributes_count":"1")") != std::string::npos);
}

TEST_CASE("a point is a row, whatever kind of metric it belongs to") {
    nanotel::detail::site_registry sites;
    const nanotel::instrumentation_scope cart{"cart", "3.0"};
    const std::uint32_t scope = sites.add_scope(cart);
    std::vector<std::pair<std::string, std::uint64_t>> bodies;
    nanotel::detail::metric_rows rows(sites, shop(), {1 << 20, 2},
                                      [&](nanotel::detail::byte_buffer body, std::uint64_t points) {
                                          bodies.emplace_back(text_of(body), points);
                                      });
    nanotel::detail::series_labels labels{attribute("route", "/a") + attribute("code", std::int64_t{200}),
                                          {}};
    using kind = nanotel::detail::metric_kind;
    nanotel::detail::metric_point point;
    point.labels = &labels;
    point.start_unix_ns = noon - 1'000'000'000;
    point.time_unix_ns = noon;
    const auto row = [&](const nanotel::detail::metric_description& metric, nanotel::temporality over) {
        rows.begin_metric(metric, over);
        rows.add(point);
        rows.end_metric();
        rows.finish();
        REQUIRE(bodies.size() == 1);
        CHECK(bodies[0].second == 1);
        const std::string text = std::exchange(bodies, {})[0].first;
        const std::string front = without_id(text, "metric_id");
        const std::string tail = of_scope + of_shop + of_instance;
        REQUIRE(front.ends_with(tail));
        return front.substr(0, front.size() - tail.size());
    };
    const std::string at =
        R"(,"timestamp":"2023-11-14T22:13:20.123456789Z","timestamp_ns":1700000000123456789)";
    const std::string window = R"(,"time_window_start":"2023-11-14T22:13:19.123456789Z",)"
                               R"("time_window_end":"2023-11-14T22:13:20.123456789Z")";
    const std::string labelled = R"(,"attributes":{"route":"/a","code":"200"})";

    point.int_value = -7;
    CHECK(row({.name = "requests",
               .description = "All \"of\" them",
               .unit = "{request}",
               .scope = scope,
               .monotonic = true},
              nanotel::temporality::delta) ==
          R"({"metric_name":"requests","metric_unit":"{request}","metric_description":"All \"of\" them",)"
          R"("metric_type":"SUM","is_monotonic":1,"aggregation_temporality":"DELTA")" +
              at + window + R"(,"value_int":-7,"value_double":-7)" + labelled);

    point.start_unix_ns = 0;
    point.value = std::numeric_limits<double>::quiet_NaN();
    CHECK(row({.name = "heat",
               .description = {},
               .unit = {},
               .scope = scope,
               .kind = kind::gauge,
               .integer = false},
              nanotel::temporality::cumulative) ==
          R"({"metric_name":"heat","metric_type":"GAUGE","aggregation_temporality":"UNSPECIFIED")" + at +
              R"(,"time_window_start":"2023-11-14T22:13:20.123456789Z",)"
              R"("time_window_end":"2023-11-14T22:13:20.123456789Z","value_double":"NaN")" +
              labelled);

    const std::vector<std::uint64_t> counts{1, 0, 2};
    point.start_unix_ns = noon - 1'000'000'000;
    point.count = 3;
    point.sum = 12.5;
    point.min = 0.5;
    point.max = 9;
    point.bucket_counts = counts;
    CHECK(
        row({.name = "time",
             .description = {},
             .unit = "s",
             .scope = scope,
             .kind = kind::histogram,
             .bounds = {1, 2.5}},
            nanotel::temporality::cumulative) ==
        R"({"metric_name":"time","metric_unit":"s","metric_type":"HISTOGRAM","aggregation_temporality":"CUMULATIVE")" +
            at + window +
            R"(,"histogram_count":3,"histogram_sum":12.5,"histogram_min":0.5,"histogram_max":9)"
            R"(,"histogram_bucket_counts":[1,0,2],"histogram_explicit_bounds":[1,2.5])" +
            labelled);

    const std::vector<std::uint64_t> positive{0, 3, 0, 4, 0};
    const std::vector<std::uint64_t> negative{5};
    point.bucket_counts = {};
    point.count = 14;
    point.scale = 0;
    point.zero_count = 2;
    point.positive = {0, positive};
    point.negative = {1, negative};
    CHECK(
        row({.name = "size",
             .description = {},
             .unit = {},
             .scope = scope,
             .kind = kind::exponential_histogram},
            nanotel::temporality::delta) ==
        R"({"metric_name":"size","metric_type":"EXPONENTIAL_HISTOGRAM","aggregation_temporality":"DELTA")" +
            at + window +
            R"(,"histogram_count":14,"histogram_sum":12.5,"histogram_min":0.5,"histogram_max":9)"
            R"(,"histogram_bucket_counts":[0,5,2,0,3,0,4,0],"histogram_explicit_bounds":[-4,-2,0,2,4,8,16])" +
            labelled);

    // A body goes on at its limit, and rows that differ have ids that differ.
    nanotel::detail::metric_description many{.name = "n", .description = {}, .unit = {}, .scope = scope};
    rows.begin_metric(many, nanotel::temporality::delta);
    for (point.int_value = 0; point.int_value < 3; ++point.int_value) rows.add(point);
    rows.end_metric();
    rows.finish();
    REQUIRE(bodies.size() == 2);
    CHECK(bodies[0].second == 2);
    CHECK(bodies[1].second == 1);
    const auto id_at = [](const std::string& text, std::size_t from) {
        return text.substr(text.find("metric_id", from), 44);
    };
    const std::string& two = bodies[0].first;
    CHECK(id_at(two, 0) != id_at(two, two.find('\n')));
    CHECK(rows.lost_points() == 0);
}

TEST_CASE("the buckets of an exponential histogram keep their bounds at every edge of the doubles") {
    nanotel::detail::bucket_bounds mapped;
    nanotel::detail::metric_point point;
    const auto set = [&] {
        mapped.set(point);
        CHECK(mapped.counts().size() == mapped.bounds().size() + 1);
        for (std::size_t i = 0; i < mapped.bounds().size(); ++i) {
            CHECK(std::isfinite(mapped.bounds()[i]));
            if (i != 0) CHECK(mapped.bounds()[i] > mapped.bounds()[i - 1]);
        }
        std::uint64_t all = 0;
        for (const std::uint64_t count : mapped.counts()) all += count;
        return all;
    };
    CHECK(set() == 0); // nothing was measured: one bucket of everything
    CHECK(mapped.counts().size() == 1);

    const std::vector<std::uint64_t> top{1, 2};
    point.scale = 0;
    point.positive = {1022, top}; // the upper bound of the second is beyond all doubles
    CHECK(set() == 3);
    CHECK(mapped.counts().back() == 2);
    point.negative = {1022, top};
    point.zero_count = 4;
    point.zero_threshold = 0.25;
    CHECK(set() == 10);

    point.scale = -10; // one bucket holds every double below 1
    point.positive = {-1, std::span(top).first(1)};
    point.negative = {};
    CHECK(set() == 5);
    CHECK(mapped.bounds().back() == 1);
}

TEST_CASE("a log record is a row, with its exception and its place in columns") {
    nanotel::detail::site_registry sites;
    nanotel::instrumentation_scope scope{"cart", "3.0"};
    nanotel::detail::log_site site{};
    site.here.name = "order {} placed";
    site.here.scope = &scope;
    site.here.file = "src/shop.cpp";
    site.here.line = 42;
    site.severity = 9;
    const nanotel::detail::site_key keys[] = {{"", value_type::signed_integer}, {"user", value_type::string}};
    sites.add(site, keys, 2);
    nanotel::detail::log_rows rows(sites, shop(), {});
    const auto row = [&](const std::vector<std::byte>& bytes) {
        REQUIRE(rows.add(bytes.data(), unix_clock()));
        return text_of(rows.take());
    };
    const auto front = [&](const std::string& text) {
        const std::string all = without_id(text, "log_id");
        REQUIRE(all.ends_with(of_shop + of_instance));
        return all.substr(0, all.size() - (of_shop + of_instance).size());
    };
    nanotel::detail::log_header header{};
    header.kind = nanotel::detail::record_kind::log;
    header.site = site.here.id.load_relaxed();
    header.flags = 1;
    header.ticks = noon;
    header.trace_id[0] = 1;
    header.trace_id[1] = 2;
    header.span_id = 3;
    const std::string at =
        R"({"timestamp":"2023-11-14T22:13:20.123456789Z","timestamp_ns":1700000000123456789,)"
        R"("observed_timestamp":"2023-11-14T22:13:20.123456789Z",)"
        R"("observed_timestamp_ns":1700000000123456789)";
    const std::string in_trace =
        R"(,"trace_id":"01000000000000000200000000000000","span_id":"0300000000000000","flags":1)";
    const std::string payload = std::string(raw(std::int64_t{17})) + slot(16, 3) + padded("ann");
    const std::string said = row(record(header, payload));
    CHECK(front(said) ==
          at + in_trace +
              R"(,"severity_text":"INFO","severity_number":9,"body_type":"STRING","body":"order 17 placed")"
              R"(,"source_file":"src/shop.cpp","source_line":42,"attributes":{"user":"ann",)"
              R"("code.file.path":"src/shop.cpp","code.line.number":"42"})" +
              of_scope);
    CHECK(row(record(header, payload)) == said); // the id too
    header.ticks += 1;
    CHECK(row(record(header, payload)).substr(said.size() - 40) != said.substr(said.size() - 40));

    // Without a statement: a body of any type, and what the record says of itself.
    namespace part = nanotel::detail::log_section;
    nanotel::detail::log_header bare{};
    bare.kind = nanotel::detail::record_kind::log;
    bare.ticks = noon;
    const std::string body = attribute("k", std::int64_t{1});
    const std::string sized = std::string(raw(std::uint64_t{body.size()})) + body;
    CHECK(
        front(
            row(record(bare, "",
                       section(part::severity, 17, "") +
                           section(part::body, static_cast<unsigned>(value_type::map), sized) +
                           text_section(part::event_name, "failed") + attribute("exception.type", "old") +
                           attribute("exception.type", "E") + attribute("exception.message", "no") +
                           attribute("exception.stacktrace", "a\nb") +
                           word_section(nanotel::detail::section_type::start_time, noon - 1'000'000'000)))) ==
        R"({"timestamp":"2023-11-14T22:13:19.123456789Z","timestamp_ns":1699999999123456789,)"
        R"("observed_timestamp":"2023-11-14T22:13:20.123456789Z","observed_timestamp_ns":1700000000123456789)"
        R"(,"severity_text":"ERROR","severity_number":17,"body_type":"JSON","body":"{\"k\":1}")"
        R"(,"exception_type":"E","exception_message":"no","exception_stacktrace":"a\nb","is_exception":1)"
        R"(,"attributes":{"exception.type":"E","exception.message":"no","exception.stacktrace":"a\nb",)"
        R"("event.name":"failed"})");
    // A line that is none, at the very end of a record.
    CHECK(row(record(bare, "", attribute("code.line.number", ""))).find(R"("source_line")") ==
          std::string::npos);
    const auto body_of = [&](value_type type, std::string_view bytes) {
        const std::string text =
            row(record(bare, "",
                       section(part::severity, 0, "") +
                           section(part::body, static_cast<unsigned>(type),
                                   std::string(raw(std::uint64_t{bytes.size()})) + std::string(bytes))));
        const auto begin = text.find(R"("body_type")");
        return text.substr(begin, text.find(R"(,"attributes")") - begin);
    };
    CHECK(body_of(value_type::string, "") == R"("body_type":"EMPTY")");
    CHECK(body_of(value_type::string, "x") == R"("body_type":"STRING","body":"x")");
    CHECK(body_of(value_type::bytes, "abc") == R"("body_type":"BYTES","body":"YWJj")");
    CHECK(body_of(value_type::signed_integer, raw(std::int64_t{5})) == R"("body_type":"JSON","body":"5")");
}

TEST_CASE("rows are halved between their lines") {
    using nanotel::detail::split_rows;
    CHECK(split_rows("").empty());
    CHECK(split_rows("{\"a\":1}\n").empty());
    const auto parts = split_rows("{\"a\":1}\n{\"a\":\"x\\ny\"}\n{\"a\":3}\n");
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].items == 1);
    CHECK(text_of(parts[0].body) == "{\"a\":1}\n");
    CHECK(parts[1].items == 2);
    CHECK(text_of(parts[1].body) == "{\"a\":\"x\\ny\"}\n{\"a\":3}\n");
}

TEST_CASE("times are written for every second of the calendar") {
    nanotel::detail::utc_cache cache;
    const auto utc = [&](std::uint64_t unix_ns) {
        char text[64];
        return std::string(text, nanotel::detail::write_utc(text, unix_ns, cache));
    };
    CHECK(utc(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(utc(951'827'696'000'000'001) == "2000-02-29T12:34:56.000000001Z");
    CHECK(utc(951'827'696'999'999'999) == "2000-02-29T12:34:56.999999999Z"); // the same second again
    CHECK(utc(4'102'444'799'000'000'000) == "2099-12-31T23:59:59.000000000Z");
    CHECK(utc(~std::uint64_t{0}) == "2554-07-21T23:34:33.709551615Z");
}
