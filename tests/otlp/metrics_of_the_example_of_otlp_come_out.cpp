// SPDX-License-Identifier: MIT
// Fails when the encoder writes another member, another type or another value than the example has: a count
// as a number, a temporality by name, a start time for the gauge, no threshold of zero.
#include "metric_bodies.hpp"
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <simdjson.h>

using namespace nanotel::literals;
using nanotel_test::give;
using nanotel_test::given_metric;

namespace {

using nanotel::detail::metric_kind;

// The leaves by their paths: two documents are the same when these are.
void flatten(simdjson::dom::element from, const std::string& path, std::map<std::string, std::string>& into) {
    simdjson::dom::object object;
    simdjson::dom::array array;
    if (!from.get(object)) {
        for (const auto& [key, member] : object) flatten(member, path + "/" + std::string(key), into);
    } else if (!from.get(array)) {
        std::size_t i = 0;
        for (const auto element : array) flatten(element, path + "/" + std::to_string(i++), into);
        into[path + " has"] = std::to_string(i);
    } else {
        into[path] = simdjson::minify(from);
    }
}

std::map<std::string, std::string> leaves(const std::string& json) {
    simdjson::dom::parser parser;
    std::map<std::string, std::string> made;
    flatten(parser.parse(json), "", made);
    return made;
}

} // namespace

TEST_CASE("the metrics of the example of OTLP come out when their data goes in") {
    const std::string path = nanotel_test::source_root() + "/../shared/otlp-examples/metrics.json";
    std::ifstream file(path);
    if (!file) {
        MESSAGE("NOT TESTED: the example of OTLP is not at " << path);
        return nanotel_test::skip("the example of OTLP is not at " + path);
    }
    std::stringstream example;
    example << file.rdbuf();

    nanotel::detail::site_registry registry;
    const std::uint32_t scope = registry.add_scope(nanotel::instrumentation_scope(
        "my.library", "1.0.0", "", "my.scope.attribute"_attr = "some scope attribute"));
    nanotel::resource resource;
    resource.set("service.name", std::string("my.service"));
    nanotel_test::body_list bodies;
    nanotel::detail::metric_encoder encoder(registry, nanotel::detail::resource_json(resource), 0, 4 << 20,
                                            bodies.receive());

    constexpr std::uint64_t time = 1'544'712'660'300'000'000;
    const auto point_of = [](given_metric& metric) -> nanotel::detail::metric_point& {
        metric.temporality = nanotel::temporality::delta;
        auto& point = metric.add({{metric.description.name + ".attr", "some value"}});
        point.start_unix_ns = metric.description.kind == metric_kind::gauge ? 0 : time;
        point.time_unix_ns = time;
        return point;
    };
    given_metric counter({"my.counter", "I am a Counter", "1", scope, metric_kind::sum, false, true});
    point_of(counter).value = 5;
    give(encoder, counter);

    given_metric gauge({"my.gauge", "I am a Gauge", "1", scope, metric_kind::gauge, false});
    point_of(gauge).value = 10;
    give(encoder, gauge);

    given_metric histogram({"my.histogram", "I am a Histogram", "1", scope, metric_kind::histogram, false});
    histogram.description.bounds = {1};
    auto& measured = point_of(histogram);
    measured.count = 2;
    measured.sum = 2;
    measured.max = 2;
    measured.bucket_counts = histogram.keep(std::vector<std::uint64_t>{1, 1});
    give(encoder, histogram);

    given_metric exponential({"my.exponential.histogram", "I am an Exponential Histogram", "1", scope,
                              metric_kind::exponential_histogram, false});
    auto& scaled = point_of(exponential);
    scaled.count = 3;
    scaled.sum = 10;
    scaled.max = 5;
    scaled.zero_count = 1;
    scaled.positive = {1, exponential.keep(std::vector<std::uint64_t>{0, 2})};
    give(encoder, exponential);
    encoder.finish();

    REQUIRE(bodies.all.size() == 1);
    CHECK(bodies.all[0].points == 4);
    const auto ours = leaves(bodies.all[0].json);
    const auto theirs = leaves(example.str());
    REQUIRE(theirs.size() > 60);
    // Not by structured bindings, which the checks could not name under clang 14.
    for (const auto& leaf : theirs) {
        CAPTURE(leaf.first);
        REQUIRE(ours.contains(leaf.first));
        CHECK(ours.at(leaf.first) == leaf.second);
    }
    for (const auto& leaf : ours)
        CHECK_MESSAGE(theirs.contains(leaf.first), leaf.first << " = " << leaf.second);
}
