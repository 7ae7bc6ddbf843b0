// SPDX-License-Identifier: MIT
#include "measuring.hpp"

using namespace nanotel_test;
using namespace std::chrono_literals;

namespace {

constinit nanotel::counter<> requests{"config.requests"};
constinit nanotel::histogram<> durations{"config.durations"};
constinit nanotel::histogram<> advised{"config.advised", {.bounds = {1}}};
constinit nanotel::exponential_histogram<> sizes{"config.sizes"};

using variables = std::vector<std::pair<std::string, std::string>>;

measuring_options from(variables environment) {
    return {.default_readers = true, .environment = std::move(environment)};
}

constexpr const char* interval = "OTEL_METRIC_EXPORT_INTERVAL";
constexpr const char* timeout = "OTEL_METRIC_EXPORT_TIMEOUT";
constexpr const char* preference = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE";
constexpr const char* aggregation = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
constexpr const char* exporter = "OTEL_METRICS_EXPORTER";

} // namespace

// Fails where a default differs from what metric_reader.hpp says of it.
TEST_CASE("without variables there is one reader: every minute, 30 s, cumulative, explicit buckets") {
    const diagnostics_of_test diagnostics;
    const auto readers = default_readers({});
    REQUIRE(readers.size() == 1);
    CHECK(readers[0].interval == 60'000ms);
    CHECK(readers[0].timeout == 30'000ms);
    CHECK(readers[0].temporality == cumulative);
    CHECK(readers[0].histograms == nanotel::histogram_aggregation::explicit_buckets);
    CHECK(diagnostics.texts().empty());
}

// Fails where a variable is not read, or its value is taken for another.
TEST_CASE("each variable sets what it is named for") {
    const diagnostics_of_test diagnostics;
    CHECK(default_readers({{interval, "1500"}}).at(0).interval == 1500ms);
    CHECK(default_readers({{timeout, "250"}}).at(0).timeout == 250ms);
    CHECK(default_readers({{timeout, "0"}}).at(0).timeout > std::chrono::hours(24 * 300)); // no limit
    CHECK(default_readers({{preference, "delta"}}).at(0).temporality == delta);
    CHECK(default_readers({{preference, "LowMemory"}}).at(0).temporality == low_memory);
    CHECK(default_readers({{preference, "Cumulative"}}).at(0).temporality == cumulative);
    CHECK(default_readers({{aggregation, "base2_exponential_bucket_histogram"}}).at(0).histograms ==
          nanotel::histogram_aggregation::exponential);
    CHECK(default_readers({{aggregation, "explicit_bucket_histogram"}}).at(0).histograms ==
          nanotel::histogram_aggregation::explicit_buckets);
    CHECK(default_readers({{exporter, "otlp"}}).size() == 1);
    CHECK(default_readers({{exporter, "none"}}).empty());
    for (const char* const name : {interval, timeout, preference, aggregation, exporter})
        CHECK(default_readers({{name, ""}}).size() == 1);
    CHECK(diagnostics.texts().empty());
}

// Fails where a bad value is taken, or nobody is told of it.
TEST_CASE("a value that cannot be is named and ignored") {
    const auto readers_of = [](const char* name, const char* value) {
        const diagnostics_of_test diagnostics;
        const auto readers = default_readers({{name, value}});
        INFO(name << '=' << value);
        CHECK(diagnostics.heard(name));
        CHECK(diagnostics.heard(value));
        REQUIRE(readers.size() == 1);
        CHECK(readers[0].interval == 60'000ms);
        CHECK(readers[0].timeout == 30'000ms);
        CHECK(readers[0].temporality == cumulative);
        CHECK(readers[0].histograms == nanotel::histogram_aggregation::explicit_buckets);
    };
    for (const char* const value : {"soon", "-1", "1s", "1.5", "99999999999999999999"}) {
        readers_of(interval, value);
        readers_of(timeout, value);
    }
    for (const char* const value : {"low_memory", "true", "delta,cumulative"}) readers_of(preference, value);
    for (const char* const value : {"exponential", "explicit"}) readers_of(aggregation, value);
    for (const char* const value : {"konsole", "prometheus9090"}) readers_of(exporter, value);
}

// Fails where what the variables say is not what the pipeline is built from.
TEST_CASE("what the variables say is what a program does") {
    measuring telemetry(from({{preference, "delta"}, {aggregation, "base2_exponential_bucket_histogram"}}));
    for (int i = 0; i < 2; ++i) {
        requests.add(1);
        durations.record(1);
        advised.record(1);
        sizes.record(1);
        const auto metrics = telemetry.collected();
        CHECK(point(find(metrics, "config.requests")).value == 1);
        CHECK(find(metrics, "config.durations").temporality == nanotel::temporality::delta);
        CHECK(find(metrics, "config.durations").kind == nanotel::finished_metric_kind::exponential_histogram);
        CHECK(find(metrics, "config.sizes").kind == nanotel::finished_metric_kind::exponential_histogram);
        CHECK(point(find(metrics, "config.durations")).count == 1);
    }
}

// Fails where the instrument that says itself that it is exponential depends on the reader.
TEST_CASE("an exponential histogram is exponential whatever the reader prefers, others as it prefers") {
    measuring telemetry({.readers = {{.histograms = nanotel::histogram_aggregation::explicit_buckets},
                                     {.histograms = nanotel::histogram_aggregation::exponential}}});
    for (int i = 0; i < 3; ++i) {
        durations.record(7);
        sizes.record(7);
    }
    telemetry.flush();
    const nanotel::finished_metric_kind of_durations[] = {
        nanotel::finished_metric_kind::histogram, nanotel::finished_metric_kind::exponential_histogram};
    for (std::size_t r = 0; r < 2; ++r) {
        const auto metrics = telemetry.received(r);
        CHECK(metrics.size() == 2);
        CHECK(find(metrics, "config.durations").kind == of_durations[r]);
        CHECK(point(find(metrics, "config.durations")).count == 3);
        CHECK(find(metrics, "config.sizes").kind == nanotel::finished_metric_kind::exponential_histogram);
    }
    CHECK(point(find(telemetry.collected(0), "config.durations")).explicit_bounds ==
          std::vector<double>{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000});
}

// Fails where a variable wins over an option.
TEST_CASE("what a reader says itself wins over the variables") {
    measuring telemetry({.readers = {{.temporality = cumulative,
                                      .histograms = nanotel::histogram_aggregation::explicit_buckets},
                                     {}},
                         .environment = {{preference, "delta"},
                                         {aggregation, "base2_exponential_bucket_histogram"},
                                         {interval, "1"},
                                         {exporter, "none"}}});
    durations.record(1);
    telemetry.flush();
    const auto first = telemetry.received(0);
    CHECK(find(first, "config.durations").temporality == nanotel::temporality::cumulative);
    CHECK(find(first, "config.durations").kind == nanotel::finished_metric_kind::histogram);
    const auto second = telemetry.received(1);
    CHECK(find(second, "config.durations").temporality == nanotel::temporality::delta);
    CHECK(find(second, "config.durations").kind == nanotel::finished_metric_kind::exponential_histogram);
}

// Fails where a program without a reader keeps what nobody collects, or cannot end.
TEST_CASE("with OTEL_METRICS_EXPORTER=none nothing is measured, and spans go on") {
    measuring telemetry(from({{exporter, "none"}}));
    requests.add(1);
    durations.record(1);
    const auto guard = [] {
        static constinit nanotel::observable_counter<> observed{"config.observed"};
        return observed.observe([](const auto& o) { o.observe(1); });
    }();
    {
        NANOTEL_SCOPED_SPAN("work");
    }
    CHECK(telemetry.collected().empty());
    CHECK(telemetry.spans().size() == 1);
    CHECK(telemetry.stats().data_points.recorded == 0);
}

TEST_SUITE_BEGIN("concurrent");

// Fails where the thread of the readers waits for a flush.
TEST_CASE("a reader collects by itself when its interval is over") {
    measuring telemetry(from({{interval, "1"}, {preference, "delta"}}));
    for (std::uint64_t i = 1; i <= 3; ++i) {
        requests.add(1);
        CHECK(telemetry.wait_for_points(i));
    }
    CHECK(total(find(telemetry.received(), "config.requests")) >= 1);
}

TEST_SUITE_END();
