// SPDX-License-Identifier: MIT
#include <nanotel/metrics/bucket_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace detail = nanotel::detail;

namespace {

constexpr std::uint64_t seed = 20250311;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

const std::vector<double> default_bounds = {0,   5,   10,   25,   50,   75,   100,  250,
                                            500, 750, 1000, 2500, 5000, 7500, 10000};
const std::vector<double> http_bounds = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                         0.5,   0.75, 1,     2.5,  5,     7.5, 10};

// A `>=` instead of a `>` in find_bucket, a cell whose first bucket is one too high, a clamp that is missing
// at either end, and -0.0 taken for a large number each fail here.
void check_value(const detail::bucket_table& table, const std::vector<double>& bounds, double value) {
    const auto expected = std::count_if(bounds.begin(), bounds.end(), [&](double b) { return b < value; });
    const std::uint32_t found = detail::find_bucket(table, value);
    if (found == static_cast<std::uint32_t>(expected)) return;
    CAPTURE(value);
    CAPTURE(bounds.size());
    REQUIRE(found == static_cast<std::uint32_t>(expected));
}

void check(const std::vector<double>& bounds) {
    const detail::bucket_table_storage storage(bounds);
    const detail::bucket_table& table = storage.table();
    REQUIRE(table.bound_count == bounds.size());
    REQUIRE(table.highest < detail::bucket_table_storage::max_cells);
    for (const double bound : bounds)
        for (const double value : {bound, std::nextafter(bound, -infinity), std::nextafter(bound, infinity)})
            if (std::isfinite(value)) check_value(table, bounds, value);
    for (const double value : {0.0, smallest, std::numeric_limits<double>::min(), 1.0, largest}) {
        check_value(table, bounds, value);
        check_value(table, bounds, -value);
    }
}

double any_finite(std::mt19937_64& random) {
    for (;;) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) return value;
    }
}

// How many bounds find_bucket passes beyond the first bucket of the value's cell.
std::uint32_t steps(const detail::bucket_table& table, double value) {
    const std::uint64_t key = std::bit_cast<std::uint64_t>(value) >> table.shift;
    const std::uint64_t cell = std::min(key - std::min(key, table.lowest), table.highest);
    return detail::find_bucket(table, value) - table.first[cell];
}

} // namespace

TEST_CASE("usual bounds and unusual ones find every value") {
    check(default_bounds);
    check(http_bounds);
    check({});
    check({0});
    check({-0.0});
    check({-1});
    check({smallest});
    check({-smallest, 0, smallest});
    check({largest});
    check({-largest, largest});
    check({-100, -10, -1, 0, 1, 10, 100});
    check({1, std::nextafter(1, 2), std::nextafter(std::nextafter(1, 2), 2), 2});
    check({0, smallest, 2 * smallest, 3 * smallest, 1e-310, 1e-300});
}

TEST_CASE("a thousand bounds find every value") {
    std::vector<double> linear, geometric, both_sides;
    for (int i = 1; i <= 1000; ++i) linear.push_back(i);
    for (int i = 0; i < 1000; ++i) geometric.push_back(std::pow(10.0, -300 + 0.6 * i));
    for (int i = -500; i < 500; ++i) both_sides.push_back(i * 0.1);
    check(linear);
    check(geometric);
    check(both_sides);
}

TEST_CASE("random bounds find random values") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 600; ++round) {
        std::vector<double> bounds;
        const std::size_t count = random() % (round % 10 == 0 ? 1000 : 30);
        const double centre = any_finite(random);
        std::lognormal_distribution<double> latencies(0, 3);
        while (bounds.size() < count) {
            switch (round % 4) {
            case 0:
                bounds.push_back(any_finite(random));
                break;
            case 1:
                bounds.push_back(std::bit_cast<double>(random() % 3000));
                break; // subnormal, crowded
            case 2:
                bounds.push_back(latencies(random) - 0.1);
                break;
            default: // neighbours
                bounds.push_back(
                    std::bit_cast<double>(std::bit_cast<std::uint64_t>(centre) ^ random() % 4096));
            }
        }
        std::erase_if(bounds, [](double bound) { return !std::isfinite(bound); });
        std::sort(bounds.begin(), bounds.end());
        bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
        check(bounds);
        const detail::bucket_table_storage storage(bounds);
        for (int i = 0; i < 100; ++i) {
            check_value(storage.table(), bounds, any_finite(random));
            check_value(storage.table(), bounds, latencies(random));
        }
    }
}

// Fails when the cells are so coarse that two boundaries share one, as with one cell an octave.
TEST_CASE("with usual bounds a value is at most one step away from where its search begins") {
    for (const auto& bounds : {default_bounds, http_bounds}) {
        const detail::bucket_table_storage storage(bounds);
        for (double value = 1e-4; value < 1e6; value *= 1.001) REQUIRE(steps(storage.table(), value) <= 1);
        REQUIRE(storage.table().highest < 64); // fits a few cache lines
    }
}
