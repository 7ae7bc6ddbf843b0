// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "prometheus_source.hpp"

#include <string>

using namespace nanotel_test;

// Fails when a family is written in two parts, or with two headings: a scraper takes neither.
TEST_CASE("metrics of several scopes that have one name are one family") {
    const diagnostics_heard heard;
    given_source source;
    source.scopes = {{"a", "", "", {}}, {"b", "", "", {}}};
    auto first = counter_of("requests", "", "Requests");
    source.add(first, 1);
    source.add(gauge_of("between"), 2);
    auto second = counter_of("requests.total", "", "Other words");
    second.scope = 1;
    source.add(second, 3);
    CHECK(as_text(source) == R"(# HELP requests_total Requests
# TYPE requests_total counter
requests_total{otel_scope_name="a"} 1
requests_total{otel_scope_name="b"} 3
# TYPE between gauge
between{otel_scope_name="a"} 2
)");
    CHECK(heard.lines().size() == 1);
    CHECK(heard.text().find("have different descriptions") != std::string::npos);
}

// Fails when both are written, when the first is the one that goes, or when it is said at every scrape.
TEST_CASE("of two types of one name the later is left out, and that is said once") {
    const diagnostics_heard heard;
    given_source source;
    source.scopes = {{"a", "", "", {}}, {"b", "", "", {}}};
    source.add(gauge_of("things"), 1);
    auto other = histogram_of("things", {1});
    other.scope = 1;
    source.add(other).add({}).count = 1;

    detail::prometheus_complaints complaints;
    for (int round = 0; round < 3; ++round) {
        const detail::prometheus_translation plain{.scope_info = false};
        detail::prometheus_text text(detail::prometheus_format::text, plain, source, complaints);
        REQUIRE(source.collect(text));
        CHECK(text.finish() == "# TYPE things gauge\nthings 1\n");
    }
    REQUIRE(heard.lines().size() == 1);
    CHECK(
        heard.text() ==
        "warning: prometheus: the metric \"things\" of the scope \"b\" is left out: as a histogram it would "
        "share the name things with another metric that is none, or has that name for itself. Rename one, by "
        "a view where it is not yours\n");
}

// Fails when only the names of families are compared, not those of their samples.
TEST_CASE("no sample has the name of another family") {
    const diagnostics_heard heard;
    given_source source;
    source.about.set("service.name", "shop");
    auto& metric = source.add(histogram_of("h", {}));
    metric.add({}).count = 1;
    source.add(gauge_of("h.count"), 1);
    source.add(gauge_of("target.info"), 1);
    source.add(gauge_of("target"), 1);
    source.add(gauge_of("c"), 1);
    source.add(counter_of("c"), 1);
    const std::string text = as_text(source, {.scope_info = false});
    CHECK(text == R"(# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="shop"} 1
# TYPE h histogram
h_bucket{le="+Inf"} 1
h_sum 0
h_count 1
# TYPE target gauge
target 1
# TYPE c gauge
c 1
# TYPE c_total counter
c_total 1
)");
    // There families of different suffixes have the same name.
    const std::string open = as_openmetrics(source, {.scope_info = false});
    CHECK(open.find("# TYPE target gauge") == open.npos);
    CHECK(open.find("# TYPE c gauge\nc 1.0\n# EOF") != open.npos);
}

// Fails when the same series is written twice: Prometheus refuses the answer or takes one at random.
TEST_CASE("of several series that look the same the first is shown") {
    const diagnostics_heard heard;
    given_source source;
    source.scopes = {{"a", "", "", {}}, {"b", "", "", {}}};
    auto metric = counter_of("requests");
    source.add(metric, 1, {{"k", "v"}});
    metric.scope = 1;
    source.add(metric, 2, {{"k", "v"}});
    CHECK(as_text(source, {.scope_info = false}) ==
          "# TYPE requests_total counter\nrequests_total{k=\"v\"} 1\n");
    CHECK(heard.lines().size() == 1);
    CHECK(heard.text().find("several series are called requests{k=\"v\"} there") != std::string::npos);
}
