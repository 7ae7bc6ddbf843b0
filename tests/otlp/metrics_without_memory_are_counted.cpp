// SPDX-License-Identifier: MIT
#include "metric_bodies.hpp"
#include "support/failing_memory.hpp"

#include <stdexcept>

using nanotel::detail::metric_encoder;
using nanotel::detail::metric_kind;
using nanotel::detail::site_registry;
using nanotel_test::body_list;
using nanotel_test::give;
using nanotel_test::given_metric;
using nanotel_test::granted;
using nanotel_test::unlimited;

namespace {

constexpr int count = 5;

void fill(given_metric& metric, std::int64_t first) {
    for (int i = 0; i < count; ++i) {
        auto& point = metric.add({{"label", "a text that does not fit into a small string"}});
        point.time_unix_ns = 1;
        point.value = point.sum = static_cast<double>(first + i);
        if (metric.description.kind == metric_kind::histogram)
            point.bucket_counts = metric.keep(std::vector<std::uint64_t>{1, 2, 3});
    }
}

// The values of all points that came, each where it belongs.
std::vector<double> values(const body_list& bodies) {
    std::vector<double> all;
    for (const auto& body : bodies.all) {
        std::uint64_t points = 0;
        for (const auto& metric : body.metrics())
            for (const auto& point : metric.points) {
                ++points;
                REQUIRE(point.attributes["label"] == "a text that does not fit into a small string");
                if (metric.name == "first") {
                    all.push_back(*point.value.get_if<double>());
                } else {
                    REQUIRE(metric.name == "second");
                    REQUIRE(point.explicit_bounds == std::vector<double>{0.5, 1.5});
                    all.push_back(*point.sum);
                }
            }
        REQUIRE(points == body.points);
    }
    return all;
}

} // namespace

// Fails when the encoder lets an exception out, counts a point that came as lost or one that did not as come,
// or writes half of what it has no memory for.
TEST_CASE("whichever allocation is refused, what does not come is counted and the rest is whole") {
    int refusals = 0;
    for (int allowed = 0; allowed < 1000; ++allowed) {
        CAPTURE(allowed);
        site_registry registry;
        const std::uint32_t scope =
            registry.add_scope(nanotel::instrumentation_scope("a scope with a name that is long enough"));
        given_metric first({"first", "", "", 0, metric_kind::gauge, false});
        given_metric second({"second", "", "", scope, metric_kind::histogram, false});
        second.description.bounds = {0.5, 1.5};
        fill(first, 0);
        fill(second, count);
        body_list bodies;
        bodies.all.reserve(4);
        metric_encoder encoder(registry, R"({"attributes":[]})", 0, 4 << 20,
                               [&](nanotel::detail::byte_buffer json, std::uint64_t points) {
                                   const long left = std::exchange(granted, unlimited);
                                   bodies.receive()(std::move(json), points);
                                   granted = left;
                               });
        granted = allowed;
        give(encoder, first);
        give(encoder, second);
        encoder.finish();
        const bool all_granted = granted > 0;
        granted = unlimited;
        const std::vector<double> came = values(bodies);
        REQUIRE(came.size() + encoder.lost_points() == 2 * count);
        for (std::size_t i = 1; i < came.size(); ++i) REQUIRE(came[i - 1] < came[i]);
        if (encoder.lost_points() != 0) ++refusals;

        // With memory again all of it comes.
        bodies.all.clear();
        give(encoder, first);
        give(encoder, second);
        encoder.finish();
        REQUIRE(values(bodies).size() == 2 * count);
        if (all_granted) break;
    }
    CHECK(refusals > 2);
}

// Fails when a refusal of the body's own memory loses the points before, or is tried for ever.
TEST_CASE("a point too large for all memory is lost alone") {
    const site_registry registry;
    given_metric metric({"second", "", "", 0, metric_kind::histogram, false});
    metric.description.bounds = {0.5, 1.5};
    fill(metric, 0);
    // Never read: there is no memory for what would be written.
    const std::span<const std::uint64_t> endless(metric.points[2].bucket_counts.data(),
                                                 std::numeric_limits<std::size_t>::max() / 64);
    metric.points[2].bucket_counts = endless;
    body_list bodies;
    metric_encoder encoder(registry, R"({"attributes":[]})", 0, 4 << 20, bodies.receive());
    give(encoder, metric);
    encoder.finish();
    CHECK(encoder.lost_points() == 1);
    CHECK(values(bodies) == std::vector<double>{0, 1, 3, 4});
    CHECK(bodies.all.size() == 2); // what was there went, to give its memory back
}

// Fails when the exception of whoever takes the bodies leaves the encoder, or its points are not counted.
TEST_CASE("a body that nobody takes is lost") {
    const site_registry registry;
    given_metric metric({"first", "", "", 0, metric_kind::gauge, false});
    fill(metric, 0);
    metric_encoder throwing(
        registry, R"({"attributes":[]})", 2, 4 << 20,
        [](nanotel::detail::byte_buffer, std::uint64_t) { throw std::runtime_error(""); });
    give(throwing, metric);
    CHECK(throwing.lost_points() == 4);
    throwing.finish();
    CHECK(throwing.lost_points() == 5);
    metric_encoder nobody(registry, R"({"attributes":[]})", 0, 4 << 20, {});
    give(nobody, metric);
    nobody.finish();
    CHECK(nobody.lost_points() == 5);
}
