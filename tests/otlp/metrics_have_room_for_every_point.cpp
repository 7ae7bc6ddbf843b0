// SPDX-License-Identifier: MIT
// Fails when any part of a point or of its opening is left out of the room that is asked for it: each is the
// first of its body, which then has no more than that, and larger than all that is asked for besides.
#include "metric_bodies.hpp"

#include <limits>

using nanotel::detail::byte_buffer;
using nanotel::detail::metric_encoder;
using nanotel::detail::metric_kind;
using nanotel::detail::site_registry;
using nanotel_test::given_metric;

namespace {

constexpr std::size_t many = 3000;
const std::string widest(many, '\x01');              // six bytes each
constexpr double longest = -2.2250738585072014e-308; // 24 characters

std::vector<std::uint64_t> largest_counts(std::size_t count) {
    return std::vector<std::uint64_t>(count, std::numeric_limits<std::uint64_t>::max());
}

nanotel::finished_metric encoded(const given_metric& metric, const site_registry& registry = {}) {
    std::string json;
    metric_encoder encoder(registry, "{}", 0, 4 << 20, [&](byte_buffer body, std::uint64_t) {
        CHECK(body.size() + byte_buffer::slack <= body.capacity());
        json.assign(body.data(), body.size());
    });
    nanotel_test::give(encoder, metric);
    encoder.finish();
    CHECK(encoder.lost_points() == 0);
    auto decoded = nanotel::decode_metrics(json);
    REQUIRE_MESSAGE(decoded, decoded.error);
    REQUIRE(decoded.metrics.size() == 1);
    REQUIRE(decoded.metrics[0].points.size() == 1);
    return decoded.metrics[0];
}

} // namespace

TEST_CASE("there is room for whatever a point has much of") {
    SUBCASE("buckets") {
        given_metric metric({"m", "", "", 0, metric_kind::histogram});
        metric.add({}).bucket_counts = metric.keep(largest_counts(many));
        CHECK(encoded(metric).points[0].bucket_counts == largest_counts(many));
    }
    SUBCASE("bounds") {
        given_metric metric({"m", "", "", 0, metric_kind::histogram});
        metric.description.bounds.assign(many, longest);
        metric.add({}).bucket_counts = metric.keep(std::vector<std::uint64_t>(many + 1));
        CHECK(encoded(metric).points[0].explicit_bounds == std::vector<double>(many, longest));
    }
    SUBCASE("positive buckets") {
        given_metric metric({"m", "", "", 0, metric_kind::exponential_histogram});
        metric.add({}).positive.counts = metric.keep(largest_counts(many));
        CHECK(encoded(metric).points[0].positive.counts == largest_counts(many));
    }
    SUBCASE("negative buckets") {
        given_metric metric({"m", "", "", 0, metric_kind::exponential_histogram});
        metric.add({}).negative.counts = metric.keep(largest_counts(many));
        CHECK(encoded(metric).points[0].negative.counts == largest_counts(many));
    }
    SUBCASE("labels") {
        given_metric metric({"m", "", "", 0});
        nanotel::attribute_list labels;
        for (std::size_t i = 0; i < many; ++i) labels.emplace_back(std::to_string(i), longest);
        labels.emplace_back(widest, widest);
        metric.add(labels);
        CHECK(encoded(metric).points[0].attributes == labels);
        CHECK(!metric.labels[0].json.empty());
        CHECK(encoded(metric).points[0].attributes == labels); // what was kept of them
    }
    SUBCASE("exemplars") {
        given_metric metric({"m", "", "", 0, metric_kind::gauge, false});
        metric.add({}).exemplars = metric.keep(std::vector<nanotel::detail::metric_exemplar>(
            many, {longest, 0, ~std::uint64_t{0}, {{~std::uint64_t{0}, 0}}, {~std::uint64_t{0}}}));
        CHECK(encoded(metric).points[0].exemplars.size() == many);
    }
    SUBCASE("what is filtered") {
        given_metric metric({"m", "", "", 0});
        const nanotel::attribute_list filtered{{widest, widest}};
        metric.add({}).exemplars = metric.keep(std::vector<nanotel::detail::metric_exemplar>(
            1, {0, 0, 0, {}, {}, nanotel_test::sections(filtered)}));
        const auto point = encoded(metric).points[0];
        REQUIRE(point.exemplars.size() == 1);
        CHECK(point.exemplars[0].filtered_attributes == filtered);
    }
    SUBCASE("the name") {
        given_metric metric({widest, "", "", 0});
        metric.add({});
        CHECK(encoded(metric).name == widest);
    }
    SUBCASE("the description") {
        given_metric metric({"m", widest, "", 0});
        metric.add({});
        CHECK(encoded(metric).description == widest);
    }
    SUBCASE("the unit") {
        given_metric metric({"m", "", widest, 0});
        metric.add({});
        CHECK(encoded(metric).unit == widest);
    }
    SUBCASE("the scope") {
        site_registry registry;
        const std::uint32_t scope = registry.add_scope(nanotel::instrumentation_scope(
            nanotel::text{widest.data(), widest.size()}, "", nanotel::text{widest.data(), widest.size()}));
        given_metric metric({"m", "", "", scope});
        metric.add({});
        const auto came = encoded(metric, registry);
        CHECK(came.scope.name == widest);
        CHECK(came.scope.schema_url == widest);
    }
}
