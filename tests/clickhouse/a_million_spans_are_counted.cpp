// SPDX-License-Identifier: MIT
// Compiled alone: it starts the telemetry, and is the largest of its folder
#include "support/clickhouse_engine.hpp"
#include "support/sanitizers.hpp"

#include <nanotel/clickhouse/schema.hpp>
#include <nanotel/exporters/clickhouse.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

using namespace nanotel_test;
using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t spans = sanitized ? 100'000 : 1'000'000;
constexpr std::uint64_t threads = 2;

// The numbers FIRST, FIRST + threads, …; those that end in 7 as errors.
void record(nanotel::telemetry& telemetry, std::uint64_t first) {
    for (std::uint64_t number = first; number < spans; number += threads) {
        NANOTEL_SPAN(span, "row", "number"_attr = number, "text"_attr = "a \"quoted\" line\n");
        if (number % 10 == 7) span.set_status(nanotel::status_code::error, "seven");
        // An engine that is away for seconds must not be what fills the queue.
        if (number % 10'000 == first)
            while (telemetry.stats().queued > 100'000) ::usleep(1'000);
    }
}

} // namespace

TEST_CASE(
    "a million spans are rows of ClickHouse, none lost and none twice, though it restarts between them") {
    const std::string python = real_chdb();
    if (python.empty()) return;
    clickhouse_engine engine(python);
    for (const std::string& statement : nanotel::clickhouse_schema({})) engine.query(statement);

    auto telemetry = nanotel::start(
        {.service_name = "crowd",
         .exporter = nanotel::clickhouse_exporter({.endpoint = engine.endpoint(), .timeout = 60s}),
         .schedule_delay = 100ms,
         .when_full = nanotel::full_ring_policy::block,
         .block_timeout = 100s,
         .environment = {[](const std::string& name) -> std::optional<std::string> {
             if (name == "OTEL_METRICS_EXPORTER") return "none";
             return std::nullopt;
         }}});
    std::vector<std::thread> recording;
    for (std::uint64_t first = 0; first < threads; ++first)
        recording.emplace_back([&telemetry, first] { record(telemetry, first); });
    // What it is about to answer is cut off: the rows of that insert are in the table, and come again.
    while (telemetry.stats().delivered < spans / 3) ::usleep(1'000);
    engine.stop();
    engine.start();
    for (std::thread& each : recording) each.join();
    const nanotel::flush_result flushed = telemetry.flush(100s);
    const nanotel::statistics counts = telemetry.stats();
    CHECK(flushed.complete);
    CHECK(counts.recorded == spans);
    CHECK(counts.delivered == spans);
    CHECK(counts.dropped == 0);
    CHECK(counts.retries >= 1);

    const std::string all = std::to_string(spans);
    CHECK(engine.value(
              "SELECT count(), uniqExact(span_id), uniqExact(trace_id), uniqExact(attributes['number']), "
              "sum(toUInt64(attributes['number'])) FROM telemetry.traces") ==
          all + "\t" + all + "\t" + all + "\t" + all + "\t" + std::to_string(spans * (spans - 1) / 2));
    CHECK(engine.value(
              "SELECT countIf(status_code = 'ERROR'), countIf(status_message = 'seven'), "
              "countIf(attributes['text'] = 'a \"quoted\" line\\n'), countIf(service_name = 'crowd'), "
              "countIf(duration_ms < 100000 AND abs(toInt64(timestamp) - toInt64(now())) < 1000) "
              "FROM telemetry.traces") == std::to_string(spans / 10) + "\t" + std::to_string(spans / 10) +
                                              "\t" + all + "\t" + all + "\t" + all);
    // The roll-up counted each once too, also those of the insert that came again.
    CHECK(engine.value("SELECT sum(total_count), sum(error_count) FROM telemetry.metrics_hourly") ==
          all + "\t" + std::to_string(spans / 10));
}
