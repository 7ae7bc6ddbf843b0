// SPDX-License-Identifier: MIT
#include "collected.hpp"

#include <nanotel/instrument/self.hpp>

#include <algorithm>
#include <atomic>

namespace {

using nanotel_test::collection;
using namespace std::chrono_literals;
using namespace nanotel::literals;

// Answers spans as it is told; what it keeps are metrics.
class moody_exporter final : public nanotel::exporter {
public:
    explicit moody_exporter(std::string where) : where_(std::move(where)) {}
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point deadline) override {
        if (body.kind == nanotel::signal::metrics) return metrics.send(body, deadline);
        return {.outcome = mood.load(), .message = "as the test says"};
    }
    std::string_view name() const noexcept override { return "otlp_http"; }
    std::string description() const override { return where_; }

    std::atomic<nanotel::export_outcome> mood{nanotel::export_outcome::delivered};
    nanotel::memory_exporter metrics;

private:
    std::string where_;
};

void ignore(nanotel::diagnostic_level, std::string_view, void*) {}

nanotel::attribute_list with(nanotel::attribute_list labels, nanotel::attribute_list more) {
    for (const auto& [key, value] : more) labels.emplace_back(key, value);
    return labels;
}

const nanotel::attribute_list processor{{"otel.component.type", "batching_span_processor"},
                                        {"otel.component.name", "batching_span_processor/0"}};
const nanotel::attribute_list sampled{{"otel.span.sampling_result", "RECORD_AND_SAMPLE"}};

nanotel::attribute_list named(const std::string& name, const char* type) {
    return {{"otel.component.type", type},
            {"otel.component.name", name},
            {"server.address", "collector.example"},
            {"server.port", 4318}};
}

} // namespace

TEST_CASE("the metrics of the telemetry are its counts, by destination and reason") {
    nanotel::set_diagnostic_handler(&ignore);
    const auto first = std::make_shared<moody_exporter>("http://collector.example:4318/otlp");
    const auto second = std::make_shared<moody_exporter>("a drawer");
    nanotel::options given{.service_name = "test", .retry_limit = 1ms};
    given.destinations.push_back({.exporter = first, .name = "main"});
    given.destinations.push_back(
        {.exporter = second, .name = "aside", .signals = {.traces = true, .metrics = false}});
    nanotel::telemetry telemetry = nanotel::start(std::move(given));
    const auto self = nanotel::observe_telemetry();
    const auto record = [&](int count, nanotel::export_outcome of_first) {
        first->mood = of_first;
        for (int i = 0; i < count; ++i) {
            NANOTEL_SCOPED_SPAN("work");
            if (i % 2 == 0) NANOTEL_LOG_INFO("work {}", i);
        }
        static_cast<void>(telemetry.flush(60s));
    };
    record(5, nanotel::export_outcome::delivered);
    record(3, nanotel::export_outcome::rejected);
    record(2, nanotel::export_outcome::retryable); // until its time is over
    first->metrics.clear();
    static_cast<void>(telemetry.flush(60s));
    const collection seen(first->metrics.metrics());
    const nanotel::statistics counts = telemetry.stats();

    CHECK(seen.value("otel.sdk.span.started", sampled) == 10);
    CHECK(seen.value("otel.sdk.processor.span.queue.size", processor) == 0);
    CHECK(seen.value("otel.sdk.processor.span.processed", processor) == 20); // once for each destination
    const auto main_spans = named("main", "otlp_http_json_span_exporter");
    const nanotel::attribute_list aside{{"otel.component.type", "otlp_http_json_span_exporter"},
                                        {"otel.component.name", "aside"}};
    CHECK(seen.value("otel.sdk.exporter.span.exported", main_spans) == 5);
    CHECK(seen.value("otel.sdk.exporter.span.exported", with(main_spans, {{"error.type", "rejected"}})) == 3);
    CHECK(seen.value("otel.sdk.exporter.span.exported",
                     with(main_spans, {{"error.type", "undeliverable"}})) == 2);
    CHECK(seen.value("otel.sdk.exporter.span.exported", aside) == 10);
    CHECK(seen.value("otel.sdk.exporter.span.inflight", aside) == 0);
    CHECK(seen.value("nanotel.exporter.queue.usage", aside) == 0);
    CHECK(seen.value("nanotel.exporter.span.spilled", aside) == 0);
    CHECK(seen.value("otel.sdk.log.created", {}) == 6);
    const nanotel::attribute_list log_processor{{"otel.component.type", "batching_log_processor"},
                                                {"otel.component.name", "batching_log_processor/0"}};
    CHECK(seen.value("otel.sdk.processor.log.queue.size", log_processor) == 0);
    CHECK(seen.value("otel.sdk.processor.log.processed", log_processor) == 12);
    const auto main_logs = named("main", "otlp_http_json_log_exporter");
    const nanotel::attribute_list logs_aside{{"otel.component.type", "otlp_http_json_log_exporter"},
                                             {"otel.component.name", "aside"}};
    CHECK(seen.value("otel.sdk.exporter.log.exported", main_logs) == 3);
    CHECK(seen.value("otel.sdk.exporter.log.exported", with(main_logs, {{"error.type", "rejected"}})) == 2);
    CHECK(seen.value("otel.sdk.exporter.log.exported", with(main_logs, {{"error.type", "undeliverable"}})) == 1);
    CHECK(seen.value("otel.sdk.exporter.log.exported", logs_aside) == 6);
    CHECK(seen.value("otel.sdk.exporter.log.inflight", logs_aside) == 0);
    CHECK(seen.value("nanotel.exporter.log.spilled", logs_aside) == 0);
    CHECK(counts.logs.recorded == counts.logs.delivered + counts.logs.queued + counts.logs.dropped);
    const auto state = [&](const char* name) {
        return seen.value("nanotel.exporter.breaker.state", with(aside, {{"nanotel.breaker.state", name}}));
    };
    CHECK(state("closed") == 1);
    CHECK(state("open") == 0);
    CHECK(state("half-open") == 0);
    const auto exports = [&](const nanotel::attribute_list& labels) -> std::uint64_t {
        const auto* const durations = seen.find("otel.sdk.exporter.operation.duration");
        REQUIRE(durations != nullptr);
        const auto* const point = durations->find(labels);
        return point ? point->count : 0;
    };
    CHECK(exports(main_spans) == 1);
    CHECK(exports(with(main_spans, {{"error.type", "rejected"}})) == 1);
    CHECK(exports(with(main_spans, {{"error.type", "undeliverable"}})) == 1);
    CHECK(exports(aside) == 3);
    const auto* const collections = seen.find("otel.sdk.metric_reader.collection.duration");
    REQUIRE(collections != nullptr);
    const auto* const of_reader = collections->find({{"otel.component.type", "periodic_metric_reader"},
                                                     {"otel.component.name", "periodic_metric_reader/0"}});
    REQUIRE(of_reader != nullptr);
    CHECK(of_reader->count == 3); // without the one that tells
    // The collection that was looked at had not been exported when it was made.
    const auto points = seen.value("otel.sdk.exporter.metric_data_point.exported",
                                   named("main", "otlp_http_json_metric_exporter"));
    CHECK(points > 0);
    CHECK(points < static_cast<std::int64_t>(counts.data_points.delivered));
    CHECK(counts.recorded == counts.delivered + counts.queued + counts.dropped);
    CHECK(counts.delivered == 15);
    nanotel::set_diagnostic_handler(nullptr);
}

TEST_CASE("spans that are lost before they come to an exporter are told by reason") {
    nanotel::set_diagnostic_handler(&ignore);
    const auto to = std::make_shared<moody_exporter>("http://collector.example:4318");
    nanotel::telemetry telemetry = nanotel::start(
        {.service_name = "test", .exporter = to, .ring_bytes = 16 << 10, .max_ring_bytes = 16 << 10});
    const auto self = nanotel::observe_telemetry();
    while (telemetry.stats().dropped_by.ring_full == 0)
        for (int i = 0; i < 100; ++i) {
            NANOTEL_SCOPED_SPAN("large", "text"_attr = std::string(2'000, 'x'));
        }
    static_cast<void>(telemetry.flush(60s));
    to->metrics.clear();
    static_cast<void>(telemetry.flush(60s));
    const collection seen(to->metrics.metrics());
    const nanotel::statistics counts = telemetry.stats();
    CHECK(seen.value("otel.sdk.processor.span.processed", with(processor, {{"error.type", "queue_full"}})) ==
          static_cast<std::int64_t>(counts.dropped_by.ring_full));
    CHECK(seen.value("otel.sdk.processor.span.processed", processor) ==
          static_cast<std::int64_t>(counts.delivered + counts.dropped_by.rejected +
                                    counts.dropped_by.undeliverable));
    nanotel::set_diagnostic_handler(nullptr);
}

TEST_CASE("the metrics of the telemetry end with their guard, and outlive a shutdown") {
    auto self = nanotel::observe_telemetry();
    for (int round = 0; round < 2; ++round) {
        nanotel_test::collecting collecting;
        CHECK(collecting.collect().names().count("otel.sdk.span.started") == 1);
        if (round == 1) {
            self.remove();
            CHECK(collecting.collect().names().count("otel.sdk.span.started") == 0);
            CHECK(bool(nanotel::detail::heard_exports.load_acquire() == nullptr));
        }
    }
}
