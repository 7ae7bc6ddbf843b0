// SPDX-License-Identifier: MIT
#include "prometheus_source.hpp"

#include <nanotel/exporters/prometheus_buckets.hpp>
#include <nanotel/metrics/exponential_boundary.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace nanotel_test;

// Fails when a bound is that of another bucket, or when a count is not that of all values up to it.
TEST_CASE("buckets of every kind become bounds in ascending order") {
    given_source source;
    auto& metric = source.add(exponential_of("e"));
    auto& point = metric.add({});
    point.scale = 0;
    point.count = 21;
    point.sum = 17;
    point.zero_count = 4;
    point.negative = {1, metric.keep({2, 3})};           // [-4, -2) and [-8, -4)
    point.positive = {-1, metric.keep({0, 5, 0, 7, 0})}; // (1, 2] and (4, 8]
    CHECK(as_text(source) == R"(# TYPE e histogram
e_bucket{le="-8"} 0
e_bucket{le="-4"} 3
e_bucket{le="-2"} 5
e_bucket{le="0"} 9
e_bucket{le="1"} 9
e_bucket{le="2"} 14
e_bucket{le="4"} 14
e_bucket{le="8"} 21
e_bucket{le="+Inf"} 21
e_sum 17
e_count 21
)");
}

// Fails when the width of the zero bucket is lost, or a bound is written that no value can be above.
TEST_CASE("the zero bucket has its width, and the last bucket no bound but infinity") {
    given_source source;
    auto& metric = source.add(exponential_of("e"));
    auto& point = metric.add({});
    point.scale = 0;
    point.zero_count = 1;
    point.zero_threshold = 0.25;
    point.positive = {1023, metric.keep(std::vector<std::uint64_t>{2})}; // (2^1023, 2^1024]
    point.has_sum = false;
    CHECK(as_text(source) == R"(# TYPE e histogram
e_bucket{le="0.25"} 1
e_bucket{le="8.98846567431158e+307"} 1
e_bucket{le="+Inf"} 3
e_count 3
)");
}

// Fails when there are more bounds than stated, when merging loses or moves a count, when a merged bound is
// none of the finer ones (a series would begin anew), or when fewer are left than need be.
TEST_CASE("many buckets are merged without losing a count") {
    std::mt19937_64 random(11);
    for (int round = 0; round < 300; ++round) {
        const int scale = static_cast<int>(random() % 21);
        const std::size_t size = 1 + random() % 160;
        std::vector<std::uint64_t> counts(size);
        for (auto& count : counts) count = random() % 3;
        counts.front() = counts.back() = 1;
        const auto offset = static_cast<std::int32_t>(random() % 400) - 200;
        detail::series_labels labels;
        detail::metric_point point;
        point.labels = &labels;
        point.scale = scale;
        point.positive = {offset, counts};

        detail::prometheus_buckets buckets;
        buckets.set_exponential(point);
        const auto all = buckets.all();
        // The bound before the first bucket and infinity are not counted as bounds of buckets.
        const auto bounds = static_cast<std::int64_t>(all.size()) - 2;
        CHECK(bounds <= detail::most_exponential_bounds);
        CHECK(bounds >=
              std::min<std::int64_t>(static_cast<std::int64_t>(size), detail::most_exponential_bounds / 2));
        for (std::size_t i = 0; i + 1 < all.size(); ++i) {
            // Found among the finest, where the plain sum up to it must be the same.
            std::uint64_t plain = 0;
            bool found = false;
            for (std::int32_t j = -200; j <= static_cast<std::int32_t>(size) + 200 && !found; ++j) {
                const auto index = offset + j;
                if (j >= 1 && static_cast<std::size_t>(j) <= size)
                    plain += counts[static_cast<std::size_t>(j) - 1];
                found = detail::exponential_boundary(index, scale) == all[i].bound;
            }
            CHECK(found);
            CHECK(all[i].cumulative == plain);
        }
        std::uint64_t total = 0;
        for (const auto count : counts) total += count;
        CHECK(buckets.count() == total);
        CHECK(std::isinf(all.back().bound));
    }
}

// Fails when exemplars are looked for in other buckets than those that are written.
TEST_CASE("an exemplar stands beside its bucket") {
    given_source source;
    auto& metric = source.add(exponential_of("e"));
    auto& point = metric.add({});
    point.scale = 0;
    point.sum = 3;
    point.positive = {1, metric.keep(std::vector<std::uint64_t>{1})}; // (2, 4]
    detail::metric_exemplar one;
    one.value = 3;
    point.exemplars = metric.keep({one});
    CHECK(as_openmetrics(source) == R"(# TYPE e histogram
e_bucket{le="2.0"} 0
e_bucket{le="4.0"} 1 # {} 3.0
e_bucket{le="+Inf"} 1
e_sum 3.0
e_count 1
# EOF
)");
}
