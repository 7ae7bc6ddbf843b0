// SPDX-License-Identifier: MIT
#include "prometheus_source.hpp"

#include <string>
#include <vector>

using namespace nanotel_test;

namespace {

// The name of the one sample of a metric.
std::string name_of(const detail::metric_description& metric,
                    const detail::prometheus_translation& translation = {},
                    detail::prometheus_format format = detail::prometheus_format::text) {
    given_source source;
    source.add(metric, 1);
    const std::string text = scraped(source, format, translation);
    std::string name;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
        if (text[begin] != '#') name = text.substr(begin, text.find_first_of(" {", begin) - begin);
    return name;
}

} // namespace

// Fails without a line of the tables of units, without the underscore for what is not allowed, or where
// several become several.
TEST_CASE("metrics have the names that the specification makes of theirs") {
    struct {
        detail::metric_description metric;
        std::string expected;
    } const cases[] = {
        {counter_of("api.requests"), "api_requests_total"},
        {counter_of("api.requests_total"), "api_requests_total"},
        {counter_of("cpu.seconds_total", "s"), "cpu_seconds_total"},
        {counter_of("cpu.total", "s"), "cpu_seconds_total"},
        {counter_of("total"), "total_total"},
        {counter_of("items", "1"), "items_total"},
        {counter_of("requests", "{request}"), "requests_total"},
        {counter_of("process.disk.io", "By"), "process_disk_io_bytes_total"},
        {counter_of("io_bytes", "By"), "io_bytes_total"},
        {gauge_of("used", "1"), "used_ratio"},
        {gauge_of("used_ratio", " 1 "), "used_ratio"},
        {gauge_of("time_to_live", "ms"), "time_to_live_milliseconds"},
        {gauge_of("seconds_left", "s"), "seconds_left_seconds"},
        {gauge_of("kilobytes", "By"), "kilobytes_bytes"},
        {gauge_of("seconds", "s"), "seconds"},
        {gauge_of("speed", "m/s"), "speed_meters_per_second"},
        {gauge_of("rate", "1/s"), "rate_per_second"},
        {gauge_of("rate", "{packet}/s"), "rate_per_second"},
        {gauge_of("load", "By/{request}"), "load_bytes"},
        {gauge_of("load", "{a}/{b}"), "load"},
        {gauge_of("used", "%"), "used_percent"},
        {gauge_of("heat", "Cel"), "heat_celsius"},
        {gauge_of("size", "KiBy"), "size_kibibytes"},
        {gauge_of("size", "TiBy"), "size_tebibytes"},
        {gauge_of("wait", "min"), "wait_minutes"},
        {gauge_of("odd", "By.s"), "odd_By_s"},
        {gauge_of("odd", "widgets"), "odd_widgets"},
        {gauge_of("a.-/b"), "a_b"},
        {gauge_of("a__b"), "a_b"},
        {gauge_of("gr\xc3\xb6\xc3\x9f"
                  "e"),
         "gr_e"},
        {gauge_of("trailing.", "s"), "trailing_seconds"},
        {gauge_of("2xx"), "_2xx"},
        {gauge_of("rule:sum"), "rule:sum"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.metric.name);
        CAPTURE(one.metric.unit);
        CHECK(name_of(one.metric) == one.expected);
    }
    // Only of what is measured: a sum that may fall is a gauge there, but counts something.
    detail::metric_description up_down = counter_of("connections", "1");
    up_down.monotonic = false;
    CHECK(name_of(up_down) == "connections");
}

// Fails when an option is not looked at, or when OpenMetrics loses the suffix that it demands.
TEST_CASE("suffixes can be left out") {
    const auto counter = counter_of("io", "By");
    CHECK(name_of(counter, {.units = false}) == "io_total");
    CHECK(name_of(counter, {.type_suffix = false}) == "io_bytes");
    CHECK(name_of(counter, {.units = false, .type_suffix = false}) == "io");
    CHECK(name_of(counter_of("io_total", "By"), {.type_suffix = false}) == "io_bytes_total");
    CHECK(name_of(counter, {.units = false, .type_suffix = false}, detail::prometheus_format::openmetrics) ==
          "io_total");
}

// Fails when a name without a single letter is written all the same.
TEST_CASE("a metric of whose name nothing is left is left out") {
    given_source source;
    source.add(gauge_of("-"), 1);
    source.add(gauge_of("kept"), 1);
    CHECK(as_text(source) == "# TYPE kept gauge\nkept 1\n");
}
