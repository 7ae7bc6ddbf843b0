#include "collector/collector_process.hpp"
#include "prometheus/promql_value.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
using nanotel_test::promql_value;
using std::chrono::system_clock;

namespace {

// The counter is given as a whole name, the others get their units as suffixes.
constexpr const char* body = R"({"resourceMetrics": [{
  "resource": {"attributes": [
    {"key": "service.namespace", "value": {"stringValue": "market"}},
    {"key": "service.name", "value": {"stringValue": "shop"}},
    {"key": "service.instance.id", "value": {"stringValue": "7"}},
    {"key": "host.room", "value": {"stringValue": "Zürich"}}]},
  "scopeMetrics": [{"scope": {"name": "shop.library"}, "metrics": [
    {"name": "api_requests_total", "description": "Requests", "unit": "1", "sum": {
      "aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [{
        "attributes": [{"key": "http.method", "value": {"stringValue": "GET"}}],
        "startTimeUnixNano": "@START@", "timeUnixNano": "@TIME@", "asInt": "@REQUESTS@"}]}},
    {"name": "queue.depth", "unit": "By", "gauge": {"dataPoints": [
        {"timeUnixNano": "@TIME@", "asDouble": -12.5}]}},
    {"name": "request.duration", "unit": "s", "histogram": {
      "aggregationTemporality": 2, "dataPoints": [{
        "startTimeUnixNano": "@START@", "timeUnixNano": "@TIME@", "count": "10", "sum": 7.5,
        "explicitBounds": [0.5, 1, 2], "bucketCounts": ["4", "4", "2", "0"],
        "exemplars": [{"timeUnixNano": "@TIME@", "asDouble": 0.75,
          "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}]}]}},
    {"name": "response.size", "unit": "By", "exponentialHistogram": {
      "aggregationTemporality": 2, "dataPoints": [{
        "startTimeUnixNano": "@START@", "timeUnixNano": "@TIME@", "count": "7", "sum": 30.5, "scale": 0,
        "zeroCount": "1", "positive": {"offset": 1, "bucketCounts": ["2", "0", "3"]},
        "negative": {"offset": 0, "bucketCounts": ["1"]}}]}}]}]}]})";

std::string nanoseconds(system_clock::time_point time) {
    return std::to_string(time.time_since_epoch() / 1ns);
}

} // namespace

TEST_CASE("PromQL finds the metrics that a real Collector was sent, with their units, labels and exemplars") {
    const std::string collector_binary = nanotel_test::real_collector();
    const std::string prometheus_binary = nanotel_test::real_prometheus();
    if (collector_binary.empty() || prometheus_binary.empty()) return;
    const nanotel_test::prometheus_process prometheus(prometheus_binary);
    nanotel_test::collector_process collector(collector_binary, "prometheus/collector.yaml.in",
                                              {{"@REMOTE_WRITE@", prometheus.remote_write_endpoint()}});

    // Prometheus keeps milliseconds.
    const auto now = std::chrono::floor<std::chrono::milliseconds>(system_clock::now());
    const auto start = now - 60s;
    httplib::Client client(collector.http_endpoint());
    const auto post = [&](system_clock::time_point time, const char* requests) {
        const auto answer = client.Post("/v1/metrics",
                                        nanotel_test::fill_in(body, {{"@START@", nanoseconds(start)},
                                                                     {"@TIME@", nanoseconds(time)},
                                                                     {"@REQUESTS@", requests}}),
                                        "application/json");
        REQUIRE(answer);
        INFO(answer->body);
        REQUIRE(answer->status == 200);
    };
    post(start, "0");
    post(now, "42");
    CAPTURE(collector.log());

    const auto counter = prometheus.wait_for_value("api_requests_total", 42);
    CHECK(counter.labels == nanotel_test::prometheus_labels{{"__name__", "api_requests_total"},
                                                            {"http_method", "GET"},
                                                            {"instance", "7"},
                                                            {"job", "market/shop"}});
    CHECK(promql_value(prometheus, "increase(api_requests_total[2m])", now) == 42);

    // What stands beside the counter in a request is not always there as soon as the counter is.
    prometheus.wait_for_value("queue_depth_bytes", -12.5);
    prometheus.wait_for_value("request_duration_seconds_count", 10);
    CHECK(promql_value(prometheus, "request_duration_seconds_sum") == 7.5);
    CHECK(promql_value(prometheus, "request_duration_seconds_bucket{le=\"1\"}") == 8);
    CHECK(promql_value(prometheus, "histogram_quantile(0.6, request_duration_seconds_bucket)") == 0.75);

    const auto histograms = prometheus.wait_for("response_size_bytes");
    REQUIRE(histograms.size() == 1);
    REQUIRE(histograms[0].histogram);
    CHECK(histograms[0].histogram->count == 7);
    CHECK(histograms[0].histogram->sum == 30.5);
    const auto& buckets = histograms[0].histogram->buckets;
    REQUIRE(buckets.size() == 4);
    CHECK(buckets[0].lower == -2);
    CHECK(buckets[0].upper == -1);
    CHECK(buckets[0].count == 1);
    CHECK(buckets[1].count == 1); // zero
    CHECK(buckets[2].lower == 2);
    CHECK(buckets[2].upper == 4);
    CHECK(buckets[2].count == 2);
    CHECK(buckets[3].lower == 8);
    CHECK(buckets[3].upper == 16);
    CHECK(buckets[3].count == 3);
    CHECK(promql_value(prometheus, "histogram_quantile(1, response_size_bytes)") == 16);

    CHECK(prometheus.wait_for("target_info")[0].labels["host_room"] == "Zürich");

    const auto exemplars = prometheus.query_exemplars("request_duration_seconds_bucket", start, now);
    REQUIRE(!exemplars.empty());
    for (const auto& exemplar : exemplars) {
        CHECK(exemplar.series.at("le") == "1");
        CHECK(exemplar.value == 0.75);
        CHECK(exemplar.labels.at("trace_id") == "0af7651916cd43dd8448eb211c80319c");
        CHECK(exemplar.labels.at("span_id") == "b7ad6b7169203331");
    }

    collector.stop();
    CHECK(collector.lines("metrics.jsonl").size() == 2);
}
