// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <nanotel/exporters/memory.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using nanotel_test::send;

namespace {

std::string counters(const std::string& first, const std::string& second, int value) {
    const auto metric = [&](const std::string& name) {
        return R"({"name":")" + name + R"(","sum":{"aggregationTemporality":2,"dataPoints":[{"asInt":")" +
               std::to_string(value) +
               R"(","attributes":[{"key":"region","value":{"stringValue":"eu"}}]}]}})";
    };
    return R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[)" + metric(first) + "," + metric(second) +
           "]}]}]}";
}

} // namespace

// Fails when bodies of another signal are looked at, or metrics of one body or name replace others.
TEST_CASE("the memory exporter hands back the metrics of all bodies in the order of arrival") {
    nanotel::memory_exporter memory;
    CHECK(memory.metrics().empty());
    (void)send(memory, counters("a", "b", 1), 2, nanotel::signal::metrics);
    (void)send(memory, "{}", 1, nanotel::signal::traces);
    (void)send(memory, counters("b", "a", 2), 2, nanotel::signal::metrics);
    const auto metrics = memory.metrics();
    REQUIRE(metrics.size() == 4);
    std::string names;
    for (const auto& metric : metrics) names += metric.name;
    CHECK(names == "abba");
    CHECK(metrics[1].points.at(0).value == 1);
    CHECK(metrics[2].points.at(0).value == 2);
    CHECK(metrics[2].points.at(0).attributes["region"] == "eu");
    CHECK(memory.spans().empty());
    memory.clear();
    CHECK(memory.metrics().empty());

    (void)send(memory, R"({"resourceMetrics":[{"scopeMetrics":7}]})", 1, nanotel::signal::metrics);
    CHECK_THROWS_WITH_AS(
        (void)memory.metrics(),
        "memory_exporter: a body is not OTLP: resourceMetrics[0].scopeMetrics: should be an array and is 7",
        std::runtime_error);
}
