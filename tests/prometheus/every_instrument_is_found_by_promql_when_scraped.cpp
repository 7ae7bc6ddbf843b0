#include "prometheus/every_instrument.hpp"
#include "prometheus/promql_value.hpp"
#include "support/promtool.hpp"

#include <nanotel/exporters/memory.hpp>
#include <nanotel/exporters/prometheus.hpp>

using namespace std::chrono_literals;
using nanotel_test::promql_value;
using std::chrono::system_clock;

TEST_CASE("PromQL finds what every instrument recorded, scraped from the program") {
    const std::string binary = nanotel_test::real_prometheus();
    const std::string promtool = nanotel_test::real_promtool();
    if (binary.empty() || promtool.empty()) return;

    nanotel_test::every_instrument instruments;
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    const auto scraped = nanotel::prometheus_exporter({.port = 0});
    auto telemetry = nanotel::start({.service_name = "shop",
                                     .resource_attributes = {{"host.room", std::string("Zürich \"A\"")}},
                                     .exporter = memory,
                                     .pull_readers = {scraped}});
    const auto began = system_clock::now();
    instruments.record_round();
    const double requests_at_first = instruments.sum("api_requests_total");
    const double energy_at_first = instruments.sum("energy_used_joules_total");

    const std::string target = "127.0.0.1:" + std::to_string(scraped->port());
    const nanotel_test::prometheus_process prometheus(binary, nanotel_test::scrape_of(target));
    const nanotel_test::prometheus_labels common{{"instance", target},
                                                 {"job", "scraped"},
                                                 {"otel_scope_name", "shop.example"},
                                                 {"otel_scope_version", "1.5.0"},
                                                 {"otel_scope_team", "Käse & Co"}};
    instruments.wait_until_shown(prometheus, common);
    for (int round = 1; round < 5; ++round) {
        instruments.record_round();
        instruments.wait_until_shown(prometheus, common);
    }

    prometheus.wait_for_value("sum(api_requests_total)", 42);
    CHECK(promql_value(prometheus, "sum(rate(api_requests_total[5m]))") > 0);
    CHECK(requests_at_first == 2);
    // The first scrape came after the first round. A series that is new since then has no value before.
    CHECK(promql_value(prometheus, "sum(max_over_time(api_requests_total{cached=\"true\"}[5m]) - "
                                   "min_over_time(api_requests_total{cached=\"true\"}[5m]))") == 4);
    CHECK(promql_value(prometheus, "sum(max_over_time(energy_used_joules_total[5m]) - "
                                   "min_over_time(energy_used_joules_total[5m]))") ==
          instruments.sum("energy_used_joules_total") - energy_at_first);
    CHECK(promql_value(prometheus, "sum(resets({__name__=~\".*_total|.*_count\"}[5m]))") == 0);

    for (const double quantile : {0.1, 0.5, 0.7}) {
        const auto [lower, upper] = instruments.bucket_of_quantile(quantile);
        const double found = prometheus
                                 .wait_for("histogram_quantile(" + std::to_string(quantile) +
                                           ", request_duration_seconds_bucket)")
                                 .at(0)
                                 .value;
        CHECK(found > lower);
        CHECK(found <= upper);
    }

    // These formats have no native histograms: the exponential one has bounds.
    const auto count = static_cast<double>(instruments.sizes.size());
    prometheus.wait_for_value("response_size_bytes_count", count);
    prometheus.wait_for_value("response_size_bytes_sum",
                              nanotel_test::every_instrument::sum_of(instruments.sizes));
    const auto buckets =
        prometheus.wait_for("response_size_bytes_bucket", [](const auto& all) { return all.size() > 8; });
    for (const auto& bucket : buckets) {
        CAPTURE(bucket);
        const double bound = std::stod(bucket.labels.at("le"));
        CHECK(bucket.value ==
              static_cast<double>(std::count_if(instruments.sizes.begin(), instruments.sizes.end(),
                                                [&](double v) { return v <= bound; })));
    }

    const auto info = prometheus.wait_for("target_info");
    REQUIRE(info.size() == 1);
    CHECK(info[0].value == 1);
    CHECK(info[0].labels.at("service_name") == "shop");
    CHECK(info[0].labels.at("host_room") == "Zürich \"A\"");

    REQUIRE(telemetry.flush(30s).complete);
    std::set<std::string> exported;
    for (const auto& span : memory->spans()) exported.insert(span.trace_id);
    CHECK(exported == instruments.sampled);
    for (const std::string series :
         {"api_requests_total", "request_duration_seconds_bucket", "response_size_bytes_bucket"}) {
        CAPTURE(series);
        const auto exemplars = prometheus.query_exemplars(series, began - 1s, system_clock::now() + 1s);
        CHECK(!exemplars.empty());
        for (const auto& exemplar : exemplars) {
            CHECK(exported.count(exemplar.labels.at("trace_id")) == 1);
            if (exemplar.series.count("le") != 0)
                CHECK(exemplar.value <= std::stod(exemplar.series.at("le")));
        }
    }

    httplib::Client client("127.0.0.1", scraped->port());
    const auto text = client.Get("/metrics");
    REQUIRE(text);
    CHECK(text->status == 200);
    const auto verdict = nanotel_test::promtool_check_metrics(promtool, text->body);
    CAPTURE(text->body);
    CAPTURE(verdict.output);
    CHECK(verdict.exit_code == 0);
    CHECK(verdict.output == "");
}
