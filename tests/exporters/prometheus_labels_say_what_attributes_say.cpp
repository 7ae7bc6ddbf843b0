// SPDX-License-Identifier: MIT
#include "prometheus_source.hpp"

#include <limits>
#include <string>

using namespace nanotel_test;

namespace {

// The labels of the one sample, between braces.
std::string labels_of(given_source& source, const detail::prometheus_translation& translation = {}) {
    const std::string text = as_text(source, translation);
    const auto begin = text.find('{');
    if (begin == text.npos) return {};
    return text.substr(begin + 1, text.rfind('}') - begin - 1);
}

std::string labels_of(const nanotel::attribute_list& attributes) {
    given_source source;
    source.add(gauge_of("g"), 1, attributes);
    return labels_of(source);
}

} // namespace

// Fails when a name keeps what is not allowed or is reserved.
TEST_CASE("names of labels hold letters, digits and single underscores") {
    CHECK(labels_of({{"http.request.method", "GET"}}) == R"(http_request_method="GET")");
    CHECK(labels_of({{"__name__", "x"}}) == R"(_name_="x")");
    CHECK(labels_of({{"a:b", "x"}}) == R"(a_b="x")");
    CHECK(labels_of({{"2xx", "x"}}) == R"(key_2xx="x")");
    CHECK(labels_of({{"\xc3\xa4", "x"}}) == R"(_="x")");
}

// Fails when a character is not escaped, or when one wrong byte would make a scraper refuse everything.
TEST_CASE("values of labels are escaped and always UTF-8") {
    CHECK(labels_of({{"k", "a\\b\"c\nd"}}) == R"(k="a\\b\"c\nd")");
    CHECK(labels_of({{"k", "\xc3\xa4 \xff \xe2\x82"}}) == "k=\"\xc3\xa4 \xef\xbf\xbd \xef\xbf\xbd\"");
    CHECK(labels_of({{"k", "{},= #"}}) == R"(k="{},= #")");
}

// Fails when a type is written as another, or strings of a list without the escapes of JSON and then ours.
TEST_CASE("values that are no texts are JSON") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(labels_of({{"k", true}}) == R"(k="true")");
    CHECK(labels_of({{"k", -7}}) == R"(k="-7")");
    CHECK(labels_of({{"k", 2.5}}) == R"(k="2.5")");
    CHECK(labels_of({{"k", nan}}) == R"(k="NaN")");
    CHECK(labels_of({{"k", -std::numeric_limits<double>::infinity()}}) == R"(k="-Infinity")");
    CHECK(labels_of({{"k", nanotel::any_value::bytes{'h', 'i', '!'}}}) == R"(k="aGkh")");
    CHECK(labels_of({{"k", nanotel::any_value::array{1, "a\"b", false, nan, 0.5, nanotel::any_value::array{},
                                                     nanotel::any_value::bytes{'h', 'i', '!'}}}}) ==
          R"(k="[1,\"a\\\"b\",false,\"NaN\",0.5,[],\"aGkh\"]")");
}

// Fails when two labels of one name come out, which no scraper takes, or in another order.
TEST_CASE("keys that come to one name share the label") {
    CHECK(labels_of({{"a.b", "1"}, {"a/b", "2"}, {"a_b", "3"}, {"b", "4"}}) == R"(a_b="1;2;3",b="4")");
    given_source source;
    source.scopes[0].name = "cart";
    source.add(gauge_of("g"), 1, {{"otel.scope.name", "mine"}});
    CHECK(labels_of(source) == R"(otel_scope_name="mine;cart")");
}

// Fails when series that Prometheus takes for one are both written.
TEST_CASE("an empty value is no label") {
    given_source source;
    auto& metric = source.add(gauge_of("g"));
    metric.add({{"k", ""}}).value = 1;
    metric.add({}).value = 2;
    CHECK(as_text(source) == "# TYPE g gauge\ng 1\n");
}

// Fails when one of the labels of a scope is missing, or when an attribute overwrites what the scope is.
TEST_CASE("labels say which scope a metric is of") {
    given_source source;
    source.scopes[0] = {"cart", "1.0", "https://example.com/1", {}};
    source.scopes[0].attributes.push_back({"team.name", nanotel::value_type::string, 0, "checkout"});
    source.scopes[0].attributes.push_back({"level", nanotel::value_type::signed_integer, 3, ""});
    source.scopes[0].attributes.push_back({"version", nanotel::value_type::string, 0, "dropped"});
    source.scopes[0].attributes.push_back({"schema.url", nanotel::value_type::string, 0, "dropped"});
    source.add(gauge_of("g"), 1, {{"z", "last"}});
    CHECK(labels_of(source) ==
          R"(otel_scope_level="3",otel_scope_name="cart",otel_scope_schema_url="https://example.com/1",)"
          R"(otel_scope_team_name="checkout",otel_scope_version="1.0",z="last")");
    CHECK(labels_of(source, {.scope_info = false}) == R"(z="last")");
}

// Fails when the option takes others than those named, or loses a series' own value.
TEST_CASE("attributes of the resource become labels where they are asked for") {
    given_source source;
    source.about.set("service.name", "shop");
    source.about.set("k8s.pod.name", "shop-1");
    source.about.set("k8s.node.name", "a");
    source.add(gauge_of("g"), 1, {{"service.name", "own"}});
    CHECK(labels_of(source, {.target_info = false, .resource_labels = {"k8s.*", "service.name"}}) ==
          R"(k8s_node_name="a",k8s_pod_name="shop-1",service_name="own")");
    CHECK(labels_of(source, {.target_info = false}) == R"(service_name="own")");
}

// Fails when an attribute takes the name that the format needs: there would be two of it.
TEST_CASE("an attribute called le is renamed in histograms alone") {
    given_source source;
    auto& metric = source.add(histogram_of("h", {}));
    metric.add({{"le", "x"}}).count = 1;
    source.add(gauge_of("g"), 1, {{"le", "x"}});
    const std::string text = as_text(source);
    CHECK(text.find(R"(h_bucket{exported_le="x",le="+Inf"} 1)") != text.npos);
    CHECK(text.find(R"(g{le="x"} 1)") != text.npos);
}
