// SPDX-License-Identifier: MIT
#include "prometheus_source.hpp"

#include <limits>
#include <string>

using namespace nanotel_test;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void add_example(given_source& source) {
    source.about.set("service.name", "shop");
    source.about.set("process.pid", std::int64_t{7});
    source.scopes[0].name = "shop.cart";
    source.scopes[0].version = "1.2";

    auto& orders = source.add(counter_of("orders", "{order}", "Orders placed,\nby \"card\" \\ cash"));
    auto& by_card = orders.add({{"payment.kind", "card"}});
    by_card.int_value = 42;
    by_card.start_unix_ns = 1'763'688'000'250'000'000;
    orders.add({{"payment.kind", "cash"}}).int_value = 9'007'199'254'740'993;

    auto& times = source.add(histogram_of("checkout.duration", {0.005, 1, 10}, "s", "How long"));
    auto& point = times.add({});
    point.count = 6;
    point.sum = 12;
    point.start_unix_ns = 1'763'688'000'000'000'001;
    point.bucket_counts = times.keep({1, 2, 0, 3});

    auto& stock = source.add(gauge_of("stock.level"));
    stock.add({}).value = 3;
}

} // namespace

// Fails at any change of a text.
TEST_CASE("an example in the text format") {
    given_source source;
    add_example(source);
    CHECK(as_text(source) ==
          R"(# HELP target_info Target metadata
# TYPE target_info gauge
target_info{process_pid="7",service_name="shop"} 1
# HELP orders_total Orders placed,\nby "card" \\ cash
# TYPE orders_total counter
orders_total{otel_scope_name="shop.cart",otel_scope_version="1.2",payment_kind="card"} 42
orders_total{otel_scope_name="shop.cart",otel_scope_version="1.2",payment_kind="cash"} 9007199254740993
# HELP checkout_duration_seconds How long
# TYPE checkout_duration_seconds histogram
checkout_duration_seconds_bucket{otel_scope_name="shop.cart",otel_scope_version="1.2",le="0.005"} 1
checkout_duration_seconds_bucket{otel_scope_name="shop.cart",otel_scope_version="1.2",le="1"} 3
checkout_duration_seconds_bucket{otel_scope_name="shop.cart",otel_scope_version="1.2",le="10"} 3
checkout_duration_seconds_bucket{otel_scope_name="shop.cart",otel_scope_version="1.2",le="+Inf"} 6
checkout_duration_seconds_sum{otel_scope_name="shop.cart",otel_scope_version="1.2"} 12
checkout_duration_seconds_count{otel_scope_name="shop.cart",otel_scope_version="1.2"} 6
# TYPE stock_level gauge
stock_level{otel_scope_name="shop.cart",otel_scope_version="1.2"} 3
)");
}

TEST_CASE("an example in OpenMetrics") {
    given_source source;
    add_example(source);
    CHECK(as_openmetrics(source, {.scope_info = false, .created = true}) ==
          R"(# TYPE target info
# HELP target Target metadata
target_info{process_pid="7",service_name="shop"} 1
# TYPE orders counter
# HELP orders Orders placed,\nby \"card\" \\ cash
orders_total{payment_kind="card"} 42
orders_created{payment_kind="card"} 1763688000.25
orders_total{payment_kind="cash"} 9007199254740993
# TYPE checkout_duration_seconds histogram
# UNIT checkout_duration_seconds seconds
# HELP checkout_duration_seconds How long
checkout_duration_seconds_bucket{le="0.005"} 1
checkout_duration_seconds_bucket{le="1.0"} 3
checkout_duration_seconds_bucket{le="10.0"} 3
checkout_duration_seconds_bucket{le="+Inf"} 6
checkout_duration_seconds_sum 12.0
checkout_duration_seconds_count 6
checkout_duration_seconds_created 1763688000.000000001
# TYPE stock_level gauge
stock_level 3.0
# EOF
)");
}

// Fails when target_info is written for nothing or against the option.
TEST_CASE("without a resource there is no target_info, and nothing is no error") {
    given_source source;
    CHECK(as_text(source).empty());
    CHECK(as_openmetrics(source) == "# EOF\n");
    source.about.set("service.name", "shop");
    CHECK(as_text(source, {.target_info = false}).empty());
}

// Fails when the spelling of JSON is taken, or when an integer of a double gets no point in OpenMetrics.
TEST_CASE("numbers are spelled as Prometheus reads them") {
    const std::pair<double, std::pair<std::string, std::string>> cases[] = {
        {std::numeric_limits<double>::quiet_NaN(), {"NaN", "NaN"}},
        {infinity, {"+Inf", "+Inf"}},
        {-infinity, {"-Inf", "-Inf"}},
        {0.1, {"0.1", "0.1"}},
        {-2, {"-2", "-2.0"}},
        {1e300, {"1e+300", "1e+300"}},
        {5e-324, {"5e-324", "5e-324"}},
    };
    for (const auto& [value, expected] : cases) {
        given_source source;
        source.add(gauge_of("g"), value);
        CHECK(as_text(source) == "# TYPE g gauge\ng " + expected.first + "\n");
        CHECK(as_openmetrics(source) == "# TYPE g gauge\ng " + expected.second + "\n# EOF\n");
    }
}

// Fails when bounds are written as samples are: the values of `le` are compared as text. The examples are
// those of OpenMetrics, "Considerations: Canonical Numbers".
TEST_CASE("bounds are spelled canonically") {
    const std::vector<double> bounds{1e-10, 1e-9, 1e-5,   1e-4, 0.001, 0.9,  0.999, 1,
                                     1.7,   10,   100000, 1e6,  1e10,  1e23, 1.1e23};
    given_source source;
    auto& metric = source.add(histogram_of("h", bounds));
    auto& point = metric.add({});
    point.bucket_counts = metric.keep(std::vector<std::uint64_t>(bounds.size() + 1));
    std::string found;
    const std::string text = as_openmetrics(source);
    for (auto at = text.find("le=\""); at != text.npos; at = text.find("le=\"", at)) {
        at += 4;
        found += text.substr(at, text.find('"', at) - at) + " ";
    }
    CHECK(found == "1e-10 1e-09 1e-05 0.0001 0.001 0.9 0.999 1.0 1.7 10.0 100000.0 1e+06 1e+10 1e+23 "
                   "1.1e+23 +Inf ");
}

// Fails when what OpenMetrics forbids is written: its readers refuse the whole answer for it.
TEST_CASE("sums and counters that OpenMetrics forbids are left out of it") {
    given_source source;
    auto& metric = source.add(histogram_of("h", {-1, 1}));
    auto& point = metric.add({});
    point.sum = 3;
    point.count = 2;
    point.bucket_counts = metric.keep({1, 0, 1});
    detail::metric_description falling = counter_of("c");
    falling.integer = false;
    source.add(falling, std::numeric_limits<double>::quiet_NaN());
    CHECK(as_openmetrics(source) == R"(# TYPE h histogram
h_bucket{le="-1.0"} 1
h_bucket{le="1.0"} 1
h_bucket{le="+Inf"} 2
# TYPE c counter
# EOF
)");
    CHECK(as_text(source) == R"(# TYPE h histogram
h_bucket{le="-1"} 1
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 2
h_sum 3
h_count 2
# TYPE c_total counter
c_total NaN
)");
}

// Fails when a part is shown as if it were the whole.
TEST_CASE("what is not cumulative is left out") {
    given_source source;
    source.add(counter_of("c"), 1).temporality = nanotel::temporality::delta;
    source.add(gauge_of("g"), 1).temporality = nanotel::temporality::delta;
    CHECK(as_text(source) == "# TYPE g gauge\ng 1\n");
}

// Fails when a histogram without buckets, without a sum or without bounds is not whole.
TEST_CASE("histograms need neither buckets nor a sum") {
    given_source source;
    auto& metric = source.add(histogram_of("h", {}));
    auto& point = metric.add({});
    point.count = 5;
    point.has_sum = false;
    CHECK(as_text(source) == "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\nh_count 5\n");
    CHECK(as_openmetrics(source) == "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\n# EOF\n");
}
