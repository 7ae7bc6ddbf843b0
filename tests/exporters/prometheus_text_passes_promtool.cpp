// SPDX-License-Identifier: MIT
#include "prometheus_source.hpp"
#include "support/promtool.hpp"

#include <string>

using namespace nanotel_test;

// Fails when the text is not of the format (promtool says where), or goes against the customs of Prometheus.
TEST_CASE("promtool has nothing to say about a realistic text") {
    const std::string binary = real_promtool();
    if (binary.empty()) return;

    given_source source;
    source.about.set("service.name", "shop");
    source.about.set("telemetry.sdk.language", "cpp");
    source.scopes = {{"shop.cart", "1.2", "https://example.com/1", {}}, {"shop.stock", "", "", {}}};
    auto& orders = source.add(counter_of("orders", "{order}", "Orders placed"));
    orders.add({{"payment.kind", "card"}, {"weird", "a\\b\"c\nd \xc3\xa4\xff {}"}}).int_value = 42;
    orders.add({{"payment.kind", "cash"}}).int_value = 7;
    auto same = counter_of("orders", "{order}", "Orders placed");
    same.scope = 1;
    source.add(same, 3);
    source.add(counter_of("process.disk.io", "By", "Bytes \\ of \"disks\"\nread"), 1e15);
    source.add(gauge_of("cpu.utilization", "1", "Used"), 0.25,
               {{"cpu.mode", "user"}, {"list", nanotel::any_value::array{1, "x"}}});
    source.add(gauge_of("odd.values", "", "Not finite"), std::numeric_limits<double>::infinity());
    auto& times = source.add(histogram_of("http.server.request.duration", {0.005, 0.5, 5}, "s", "How long"));
    auto& point = times.add({{"http.route", "/cart/{id}"}});
    point.count = 6;
    point.sum = 12.5;
    point.bucket_counts = times.keep({1, 2, 0, 3});
    auto exponential = exponential_of("payment.duration");
    exponential.unit = "s";
    exponential.description = "How long";
    auto& payments = source.add(exponential);
    auto& spread = payments.add({});
    spread.scale = 3;
    spread.zero_count = 1;
    spread.sum = 99;
    spread.negative = {-5, payments.keep({1, 2, 3})};
    spread.positive = {-40, payments.keep(std::vector<std::uint64_t>(160, 2))};
    auto up_down = counter_of("connections", "{connection}", "Open");
    up_down.monotonic = false;
    source.add(up_down, -3);

    const std::string text = as_text(source);
    const promtool_verdict verdict = promtool_check_metrics(binary, text);
    CHECK_MESSAGE(verdict.exit_code == 0, verdict.output << "\n" << text);
    CHECK(verdict.output.empty());
}
