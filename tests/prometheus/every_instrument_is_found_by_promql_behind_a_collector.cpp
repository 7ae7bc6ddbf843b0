#include "collector/collector_process.hpp"
#include "prometheus/every_instrument.hpp"
#include "prometheus/promql_value.hpp"

#include <atomic>

using namespace std::chrono_literals;
using nanotel_test::promql_value;
using std::chrono::system_clock;

namespace {

// Prometheus keeps milliseconds, and a rate depends on them: so the clock stands still at whole ones.
std::atomic<std::uint64_t> clock_now;

void set_clock(system_clock::time_point time) {
    clock_now = static_cast<std::uint64_t>(time.time_since_epoch() / 1ns);
}

} // namespace

TEST_CASE("PromQL finds what every instrument recorded, behind a real Collector that writes to it") {
    const std::string collector_binary = nanotel_test::real_collector();
    const std::string prometheus_binary = nanotel_test::real_prometheus();
    if (collector_binary.empty() || prometheus_binary.empty()) return;
    const nanotel_test::prometheus_process prometheus(prometheus_binary);
    nanotel_test::collector_process collector(collector_binary, "prometheus/collector.yaml.in",
                                              {{"@REMOTE_WRITE@", prometheus.remote_write_endpoint()}});

    const auto end = std::chrono::floor<std::chrono::milliseconds>(system_clock::now());
    const auto begin = end - 60s;
    set_clock(begin - 5s);
    nanotel_test::every_instrument instruments;
    auto telemetry = nanotel::start({.service_name = "shop",
                                     .resource_attributes = {{"service.namespace", std::string("market")},
                                                             {"service.instance.id", std::string("7")},
                                                             {"host.room", std::string("Zürich \"A\"")}},
                                     .exporter = nanotel::otlp_http({.endpoint = collector.http_endpoint()}),
                                     .clock = []() noexcept { return clock_now.load(); }});
    const nanotel_test::prometheus_labels common{{"instance", "7"}, {"job", "market/shop"}};
    double requests_at_first = 0, energy_at_first = 0, duration_at_first = 0;
    for (int round = 0; round < 5; ++round) {
        set_clock(begin + round * 15s);
        instruments.record_round();
        REQUIRE(telemetry.flush(30s).complete);
        CAPTURE(collector.log());
        // The Collector's writers overtake each other, and Prometheus refuses what is older than what it has.
        instruments.wait_until_shown(prometheus, common);
        prometheus.wait_for("response_size_bytes", [&](const auto& samples) {
            return samples.size() == 1 && samples[0].histogram &&
                   samples[0].histogram->count == static_cast<double>(instruments.sizes.size());
        });
        if (round == 0) {
            requests_at_first = instruments.sum("api_requests_total");
            energy_at_first = instruments.sum("energy_used_joules_total");
            duration_at_first = instruments.sum("request_duration_seconds_sum");
        }
    }

    CHECK(promql_value(prometheus, "sum(api_requests_total)", end) == 42);
    CHECK(promql_value(prometheus, "sum by (http_method) (api_requests_total{http_method=\"GET\"})", end) ==
          37);

    // From the first flush to the last.
    CHECK(requests_at_first == 2);
    CHECK(promql_value(prometheus, "sum(increase(api_requests_total{cached=\"true\"}[60s]))", end) == 4);
    CHECK(promql_value(prometheus, "sum(rate(api_requests_total{http_method=\"POST\"}[60s]))", end) ==
          doctest::Approx(4 / 60.0));
    CHECK(promql_value(prometheus, "sum(increase(energy_used_joules_total[60s]))", end) ==
          doctest::Approx(instruments.sum("energy_used_joules_total") - energy_at_first));
    CHECK(promql_value(prometheus, "increase(request_duration_seconds_sum[60s])", end) ==
          doctest::Approx(instruments.sum("request_duration_seconds_sum") - duration_at_first));
    CHECK(promql_value(prometheus, "rate(request_duration_seconds_count[60s])", end) ==
          doctest::Approx(32 / 60.0));
    CHECK(promql_value(prometheus, "increase(page_faults_total{kind=\"minor\"}[60s])", end) == 4000);
    CHECK(promql_value(prometheus, "delta(room_temperature_celsius[60s])", end) == -4);
    CHECK(promql_value(prometheus, "sum(resets({__name__=~\".*_total|.*_count\"}[60s]))", end) == 0);

    for (const double quantile : {0.1, 0.5, 0.7}) {
        const auto [lower, upper] = instruments.bucket_of_quantile(quantile);
        const double found = promql_value(
            prometheus,
            "histogram_quantile(" + std::to_string(quantile) + ", request_duration_seconds_bucket)", end);
        CHECK(found > lower);
        CHECK(found <= upper);
    }

    const auto sizes = prometheus.query("response_size_bytes", end);
    REQUIRE(sizes.size() == 1);
    nanotel_test::prometheus_labels of_sizes = common;
    of_sizes.emplace("__name__", "response_size_bytes");
    CHECK(sizes[0].labels == of_sizes);
    REQUIRE(sizes[0].histogram);
    CHECK(sizes[0].histogram->count == static_cast<double>(instruments.sizes.size()));
    CHECK(sizes[0].histogram->sum == nanotel_test::every_instrument::sum_of(instruments.sizes));
    std::vector<double> sorted = instruments.sizes;
    std::sort(sorted.begin(), sorted.end());
    const double median = sorted[nanotel_test::every_instrument::rank(0.5, sorted.size())];
    const double found_median = promql_value(prometheus, "histogram_quantile(0.5, response_size_bytes)", end);
    for (const auto& bucket : sizes[0].histogram->buckets) {
        CAPTURE(bucket.lower);
        CAPTURE(bucket.upper);
        const bool is_zero = bucket.lower < 0; // [-threshold, threshold]
        CHECK(bucket.count == static_cast<double>(std::count_if(sorted.begin(), sorted.end(), [&](double v) {
                  return is_zero ? v == 0 : bucket.lower < v && v <= bucket.upper;
              })));
        // What is counted in one bucket is within a factor of two.
        if (!is_zero) CHECK(bucket.upper <= 2 * bucket.lower);
        if (bucket.lower < median && median <= bucket.upper) {
            CHECK(found_median >= bucket.lower);
            CHECK(found_median <= bucket.upper);
        }
    }

    const auto info = prometheus.wait_for("target_info");
    REQUIRE(info.size() == 1);
    CHECK(info[0].value == 1);
    CHECK(info[0].labels.at("host_room") == "Zürich \"A\"");
    CHECK(info[0].labels.at("job") == "market/shop");
    CHECK(info[0].labels.at("instance") == "7");
    CHECK(info[0].labels.at("telemetry_sdk_name") == "nanotel");

    const auto result = telemetry.shutdown(30s);
    CHECK(result.complete);
    CHECK(result.dropped == 0);
    collector.stop();
    std::set<std::string> exported;
    for (const auto& span : collector.spans()) exported.insert(span.trace_id);
    CHECK(exported == instruments.sampled);

    for (const std::string series : {"api_requests_total", "energy_used_joules_total",
                                     "request_duration_seconds_bucket", "response_size_bytes"}) {
        CAPTURE(series);
        const auto exemplars = prometheus.query_exemplars(series, begin, end);
        CHECK(!exemplars.empty());
        for (const auto& exemplar : exemplars) {
            CHECK(exported.count(exemplar.labels.at("trace_id")) == 1);
            CHECK(exemplar.labels.at("span_id").size() == 16);
            if (exemplar.series.count("le") != 0)
                CHECK(exemplar.value <= std::stod(exemplar.series.at("le")));
        }
    }
}
