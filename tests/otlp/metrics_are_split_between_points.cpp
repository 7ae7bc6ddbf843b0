// SPDX-License-Identifier: MIT
#include "metric_bodies.hpp"

#include <random>
#include <stdexcept>

using nanotel::detail::metric_encoder;
using nanotel::detail::metric_kind;
using nanotel::detail::site_registry;
using nanotel_test::body_list;
using nanotel_test::give;
using nanotel_test::given_metric;

namespace {

// A collection of counters: every point has a value of its own.
struct collection {
    std::deque<given_metric> metrics;
    std::uint64_t points = 0;

    given_metric& add(std::uint32_t scope, std::size_t count) {
        given_metric& metric = metrics.emplace_back(nanotel::detail::metric_description{
            "metric." + std::to_string(metrics.size()), "", "", scope, metric_kind::sum, true, true});
        for (std::size_t i = 0; i < count; ++i) {
            auto& point = metric.add({{"i", static_cast<std::int64_t>(i)}});
            point.int_value = static_cast<std::int64_t>(points++);
            point.start_unix_ns = 1 + i / 3;
            point.time_unix_ns = 1'700'000'000'000'000'000 + i / 5;
        }
        return metric;
    }
};

std::uint32_t scope_of(site_registry& registry, const char* name) {
    return registry.add_scope(nanotel::instrumentation_scope(name));
}

std::size_t occurrences(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

// Every point is there once and in its order, under its metric and its scope; a body names each of its
// metrics and scopes once, and has nothing that is empty.
void check_whole(const collection& given, const body_list& bodies, const site_registry& registry) {
    std::size_t metric = 0;
    std::size_t point = 0;
    for (const auto& body : bodies.all) {
        std::uint64_t points = 0;
        std::size_t scopes = 0;
        const auto metrics = body.metrics();
        for (std::size_t i = 0; i < metrics.size(); ++i) {
            const auto& decoded = metrics[i];
            REQUIRE(!decoded.points.empty());
            if (i == 0 || metrics[i - 1].scope.name != decoded.scope.name) ++scopes;
            if (i != 0) REQUIRE(metrics[i - 1].name != decoded.name);
            if (point == given.metrics[metric].points.size()) {
                ++metric;
                point = 0;
            }
            REQUIRE(metric < given.metrics.size());
            const given_metric& wanted = given.metrics[metric];
            REQUIRE(decoded.name == wanted.description.name);
            REQUIRE(decoded.scope.name == registry.scope(wanted.description.scope).name);
            REQUIRE(decoded.resource["service.name"] == "split");
            for (const auto& one : decoded.points) {
                REQUIRE(point < wanted.points.size());
                REQUIRE(one.value == wanted.points[point].int_value);
                REQUIRE(one.attributes == nanotel::attribute_list{{"i", point}});
                REQUIRE(one.start_time_unix_nano == wanted.points[point].start_unix_ns);
                REQUIRE(one.time_unix_nano == wanted.points[point].time_unix_ns);
                ++point;
                ++points;
            }
        }
        REQUIRE(points > 0);
        REQUIRE(body.points == points);
        REQUIRE(occurrences(body.json, "\"scope\":{") == scopes);
        REQUIRE(occurrences(body.json, "\"resource\":{") == 1);
    }
    if (given.points != 0) REQUIRE(metric == given.metrics.size() - 1);
    if (given.points != 0) REQUIRE(point == given.metrics.back().points.size());
}

std::string resource() {
    nanotel::resource described;
    described.set("service.name", std::string("split"));
    return nanotel::detail::resource_json(described);
}

} // namespace

// Fails when the count is compared after the point is written, when a metric that was cut is not opened
// again, or when its last point is written again.
TEST_CASE("no body has more points than the limit, and none is lost or there twice") {
    const std::uint64_t seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
    site_registry registry;
    const std::uint32_t scopes[] = {0, scope_of(registry, "first"), scope_of(registry, "second")};
    for (int round = 0; round < 300; ++round) {
        collection given;
        for (const std::uint32_t scope : scopes)
            for (std::size_t i = below(5); i > 0; --i) given.add(scope, 1 + below(12));
        const std::uint64_t limit = below(4) == 0 ? 0 : 1 + below(15);
        const std::size_t bytes = below(2) == 0 ? 4 << 20 : below(4000);
        CAPTURE(limit);
        CAPTURE(bytes);
        body_list bodies;
        metric_encoder encoder(registry, resource(), limit, bytes, bodies.receive());
        // Twice by the same encoder, as a reader does.
        for (int collected = 0; collected < 2; ++collected) {
            bodies.all.clear();
            for (const auto& metric : given.metrics) give(encoder, metric);
            encoder.finish();
            encoder.finish(); // there is nothing any more
            check_whole(given, bodies, registry);
            for (std::size_t i = 0; i < bodies.all.size(); ++i) {
                const bool last = i + 1 == bodies.all.size();
                if (limit != 0) REQUIRE(bodies.all[i].points <= limit);
                // Full in one sense or the other, but for the last; and full by one point only.
                if (!last) REQUIRE((bodies.all[i].points == limit || bodies.all[i].json.size() > bytes));
                REQUIRE(bodies.all[i].json.size() < bytes + 1000);
            }
        }
        REQUIRE(encoder.lost_points() == 0);
    }
}

// Fails when the limit is one more or one less, and when an empty body follows a full one.
TEST_CASE("points that fill their bodies exactly leave no empty one behind") {
    const site_registry registry;
    collection given;
    given.add(0, 6);
    given.add(0, 3);
    body_list bodies;
    metric_encoder encoder(registry, resource(), 3, 4 << 20, bodies.receive());
    for (const auto& metric : given.metrics) give(encoder, metric);
    CHECK(bodies.all.size() == 3); // not only at the end
    encoder.finish();
    REQUIRE(bodies.all.size() == 3);
    for (const auto& body : bodies.all) CHECK(body.metrics().size() == 1);
    check_whole(given, bodies, registry);
}

// Fails when the envelope is written before there is a point.
TEST_CASE("nothing to say makes no body") {
    const site_registry registry;
    body_list bodies;
    metric_encoder encoder(registry, resource(), 0, 4 << 20, bodies.receive());
    encoder.finish();
    given_metric empty({"empty", "", "", 0});
    give(encoder, empty);
    encoder.finish();
    CHECK(bodies.all.empty());
    collection given;
    given.add(0, 1);
    give(encoder, empty);
    give(encoder, given.metrics[0]);
    give(encoder, empty);
    encoder.finish();
    check_whole(given, bodies, registry);
}

// Fails when a body is taken for full, or not, by what its scopes are: two scopes, one with a schema.
TEST_CASE("a scope is closed where another begins, with its schema") {
    site_registry registry;
    const std::uint32_t with =
        registry.add_scope(nanotel::instrumentation_scope("with", "2", "https://example.com/1.2.3"));
    const std::uint32_t without = scope_of(registry, "without");
    collection given;
    given.add(with, 3);
    given.add(with, 2);
    given.add(without, 2);
    given.add(with, 2);
    for (const std::uint64_t limit : {std::uint64_t{0}, std::uint64_t{2}}) {
        body_list bodies;
        metric_encoder encoder(registry, resource(), limit, 4 << 20, bodies.receive());
        for (const auto& metric : given.metrics) give(encoder, metric);
        encoder.finish();
        check_whole(given, bodies, registry);
        for (const auto& body : bodies.all)
            for (const auto& metric : body.metrics())
                CHECK(metric.scope.schema_url ==
                      (metric.scope.name == "with" ? "https://example.com/1.2.3" : ""));
    }
}
