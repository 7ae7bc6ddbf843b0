// SPDX-License-Identifier: MIT
#include "exponential_model.hpp"

#include <random>
#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::exponential_histogram<> sizes{"exp.sizes"};
constinit nanotel::exponential_histogram<std::int64_t> whole{"exp.whole"};
constinit nanotel::histogram<> explicit_sizes{"exp.explicit", {.bounds = {-1, 0, 1}}};

} // namespace

// Fails where a value of any magnitude or sign is put into a neighbouring bucket, or rescaling loses a count.
TEST_CASE("values of the whole range of double lie in the buckets that a logarithm names") {
    std::mt19937_64 random(1);
    for (const double spread : {0.001, 1.0, 10.0, 100.0, 1000.0}) {
        INFO("spread " << spread);
        measuring telemetry({.readers = {{.temporality = delta}, {.temporality = cumulative}}});
        std::vector<double> all;
        for (int collection = 0; collection < 3; ++collection) {
            std::vector<double> here;
            for (int i = 0; i < 300; ++i) {
                const double exponent =
                    spread * (2 * static_cast<double>(random() >> 11) * 0x1p-53 - 1) + (spread < 2 ? 5 : 0);
                double v = std::exp2(exponent);
                if (random() % 8 == 0) v = std::ldexp(1.0, static_cast<int>(std::floor(exponent)));
                if (random() % 4 == 0) v = -v;
                if (random() % 50 == 0) v = 0;
                if (v != 0 && !model_can_tell(v)) continue;
                here.push_back(v);
                sizes.record(v);
            }
            all.insert(all.end(), here.begin(), here.end());
            telemetry.flush();
            check_exponential(here, point(find(telemetry.received(0), "exp.sizes")), 160, false);
            check_exponential(all, point(find(telemetry.received(1), "exp.sizes")), 160, false);
        }
    }
}

// Fails where a measurement of the long way cannot have the buckets that it needs: the first of a thread.
TEST_CASE("the first value of a series may be negative, zero, tiny or huge") {
    for (const double first : {-3.0, 0.0, -0.0, 5e-324, -5e-324, 1e-310, 0x1p-1022, 1.7976931348623157e308,
                               -1.7976931348623157e308, 1.0, -1.0}) {
        INFO("first value " << first);
        measuring telemetry;
        sizes.record(first);
        auto metrics = telemetry.collected();
        check_exponential({first}, point(find(metrics, "exp.sizes")), 160);
        sizes.record(1);
        metrics = telemetry.collected();
        check_exponential({first, 1}, point(find(metrics, "exp.sizes")), 160);
    }
}

// Fails where subnormal numbers are taken for zero or their index begins elsewhere.
TEST_CASE("subnormal numbers have buckets as others do") {
    measuring telemetry;
    std::vector<double> values;
    for (int e = -1074; e <= -1015; ++e) values.push_back(std::ldexp(1.0, e));
    for (const double v : values) sizes.record(v);
    check_exponential(values, point(find(telemetry.collected(), "exp.sizes")), 160, false);
}

// Fails where the distance of two indices at scale 20, more than 2^31, is kept in 32 bits.
TEST_CASE("the smallest and the greatest number may be the first two of a series") {
    for (const double sign : {1.0, -1.0}) {
        measuring telemetry;
        const std::vector<double> values{sign * 5e-324, sign * 1.7976931348623157e308};
        for (const double v : values) sizes.record(v);
        check_exponential(values, point(find(telemetry.collected(), "exp.sizes")), 160, false);
    }
}

// Fails where the lowest scale still divides, or all doubles do not fit in it.
TEST_CASE("at the smallest size the whole range of double fits") {
    measuring telemetry(
        {.views = {{.instrument_name = "exp.sizes", .aggregation = nanotel::aggregation::exponential(4)}}});
    const std::vector<double> values{5e-324, 1e-300, 0.5, 1.0, 2.0, 1e300, 1.7976931348623157e308};
    for (const double v : values) sizes.record(v);
    const auto metrics = telemetry.collected();
    const auto& p = point(find(metrics, "exp.sizes"));
    check_exponential(values, p, 4, false);
    CHECK(p.scale == -10); // 512 by 512, -1074 to 1024 would be five buckets
}

// Fails where the scale begins above the view's, or the size is that of another view.
TEST_CASE("scale and size are those of the view") {
    measuring telemetry({.views = {{.instrument_name = "exp.sizes",
                                    .name = "coarse",
                                    .aggregation = nanotel::aggregation::exponential(160, 2)},
                                   {.instrument_name = "exp.sizes",
                                    .name = "few",
                                    .aggregation = nanotel::aggregation::exponential(10, 20)},
                                   {.instrument_name = "exp.sizes",
                                    .name = "many",
                                    .aggregation = nanotel::aggregation::exponential(1000, 20)}}});
    for (int i = 1; i <= 100; ++i) sizes.record(i);
    const auto metrics = telemetry.collected();
    CHECK(point(find(metrics, "coarse")).scale == 2);
    CHECK(point(find(metrics, "few")).positive.counts.size() <= 10);
    CHECK(point(find(metrics, "few")).scale == 0);
    CHECK(point(find(metrics, "many")).positive.counts.size() <= 1000);
    CHECK(point(find(metrics, "many")).scale == 7);
    for (const char* name : {"coarse", "few", "many"}) {
        CHECK(point(find(metrics, name)).count == 100);
        CHECK(point(find(metrics, name)).sum == 5050);
    }
}

// Fails where cells of different scales are added without regard for it.
TEST_CASE("threads with different ranges come together at a scale that holds all") {
    measuring telemetry;
    std::vector<double> values;
    for (int t = 0; t < 4; ++t) {
        std::vector<double> here;
        for (int i = 1; i <= 30; ++i)
            here.push_back(std::ldexp(i % 2 == 0 ? 3.0 : -1.25, t * 9 + i % (2 + t)));
        std::thread([&] {
            for (const double v : here) sizes.record(v);
        }).join();
        values.insert(values.end(), here.begin(), here.end());
    }
    check_exponential(values, point(find(telemetry.collected(), "exp.sizes")), 160);
}

// Fails where whole numbers go another way than as doubles.
TEST_CASE("a histogram of integers holds them as doubles") {
    measuring telemetry;
    std::vector<double> values;
    for (const std::int64_t v :
         {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1} << 40, std::int64_t{77}}) {
        whole.record(v);
        values.push_back(static_cast<double>(v));
    }
    check_exponential(values, point(find(telemetry.collected(), "exp.whole")), 160);
}

// Fails where a value that is not finite reaches a bucket, the sum, the extremes or the count, or is not
// counted aside.
TEST_CASE("NaN and infinities are counted aside and in no field of either kind of histogram") {
    const diagnostics_of_test diagnostics;
    measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
    const double none[] = {std::nan(""), INFINITY, -INFINITY, -std::nan("")};
    for (const double v : none) { // before anything else: no point comes of it for delta
        sizes.record(v);
        explicit_sizes.record(v);
    }
    telemetry.flush();
    CHECK(telemetry.received(1).empty());
    for (const auto& m : telemetry.received(0))
        for (const auto& p : m.points) {
            CHECK(p.count == 0);
            CHECK(p.sum == 0.0);
            CHECK_FALSE(p.min.has_value());
            CHECK_FALSE(p.max.has_value());
        }
    CHECK(telemetry.stats().measurements.not_finite == 8);
    CHECK(diagnostics.heard("NaN or infinite"));
    for (const double v : {2.0, HUGE_VAL, -2.0, std::nan("")}) {
        sizes.record(v);
        explicit_sizes.record(v);
    }
    telemetry.flush();
    for (std::size_t r = 0; r < 2; ++r) {
        const auto metrics = telemetry.received(r);
        check_exponential({2, -2}, point(find(metrics, "exp.sizes")), 160);
        const auto& p = point(find(metrics, "exp.explicit"));
        CHECK(p.bucket_counts == std::vector<std::uint64_t>{1, 0, 0, 1});
        CHECK(p.count == 2);
        CHECK(p.sum == 0.0);
        CHECK(p.min == -2);
        CHECK(p.max == 2);
    }
    CHECK(telemetry.stats().measurements.not_finite == 12);
}
