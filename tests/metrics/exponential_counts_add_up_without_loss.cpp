// SPDX-License-Identifier: MIT
#include <nanotel/metrics/exponential_counts.hpp>
#include <nanotel/metrics/exponential_index.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <vector>

namespace detail = nanotel::detail;

namespace {

constexpr std::uint64_t seed = 20250314;

using buckets = std::map<std::int64_t, std::uint64_t>;

// Keeps every value, and says afterwards what a histogram of them must be.
struct model {
    std::vector<double> values;

    buckets at(int scale, bool negative) const {
        buckets result;
        for (const double value : values)
            if (value != 0 && (value < 0) == negative)
                ++result[detail::exponential_index(std::fabs(value), scale)];
        return result;
    }

    std::uint64_t zeros() const {
        std::uint64_t count = 0;
        for (const double value : values) count += value == 0 ? 1 : 0;
        return count;
    }

    bool fits(int scale, std::uint32_t max_size) const {
        for (const bool negative : {false, true}) {
            const buckets side = at(scale, negative);
            if (!side.empty() && side.rbegin()->first - side.begin()->first >= max_size) return false;
        }
        return true;
    }

    int best_scale(int max_scale, std::uint32_t max_size) const {
        int scale = max_scale;
        while (scale > -10 && !fits(scale, max_size)) --scale;
        return scale;
    }
};

void check_side(detail::exponential_buckets side, const buckets& expected) {
    buckets found;
    for (std::size_t i = 0; i < side.counts.size(); ++i)
        if (side.counts[i] != 0) found[side.offset + static_cast<std::int64_t>(i)] = side.counts[i];
    REQUIRE(found == expected);
    if (side.counts.empty()) return;
    REQUIRE(side.counts.front() != 0);
    REQUIRE(side.counts.back() != 0);
}

// A count that downscaling loses or moves, a scale that is lowered once too often or too late, and a side
// that is not trimmed each fail here.
void check(const detail::exponential_counts& counts, const model& expected, int max_scale,
           std::uint32_t max_size) {
    REQUIRE(counts.scale() == expected.best_scale(max_scale, max_size));
    REQUIRE(counts.zero_count() == expected.zeros());
    REQUIRE(counts.count() == expected.values.size());
    check_side(counts.positive(), expected.at(counts.scale(), false));
    check_side(counts.negative(), expected.at(counts.scale(), true));
}

// A copy as a thread might hand it over: with its own scale, and zeros around what it has.
struct drained {
    std::vector<std::uint64_t> positive, negative;
    detail::exponential_view view;

    drained(const model& of, int scale, std::size_t before, std::size_t after) {
        view.scale = scale;
        view.zero_count = of.zeros();
        view.positive = side(of.at(scale, false), positive, before, after);
        view.negative = side(of.at(scale, true), negative, after, before);
    }

    static detail::exponential_buckets side(const buckets& of, std::vector<std::uint64_t>& counts,
                                            std::size_t before, std::size_t after) {
        counts.assign(before + after, 0);
        if (of.empty()) return {17, counts};
        const std::int64_t offset = of.begin()->first - static_cast<std::int64_t>(before);
        counts.resize(before + static_cast<std::size_t>(of.rbegin()->first - of.begin()->first) + 1 + after);
        for (const auto& [index, count] : of) counts[static_cast<std::size_t>(index - offset)] = count;
        return {static_cast<std::int32_t>(offset), counts};
    }
};

double random_value(std::mt19937_64& random, int kind) {
    std::lognormal_distribution<double> latency(0, 0.25 * (kind % 8));
    switch (kind % 5) {
    case 0:
        return latency(random);
    case 1:
        return -latency(random);
    case 2:
        return random() % 5 == 0 ? 0 : latency(random) - 1;
    case 3:
        return 1 + latency(random) * 1e-6; // close together: a fine scale
    default: {                             // anything at all
        const double value = std::bit_cast<double>(random());
        return std::isfinite(value) ? value : 0;
    }
    }
}

} // namespace

TEST_CASE("whatever the chunks, merging them equals recording all at once") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 300; ++round) {
        const std::uint32_t max_size = round % 3 == 0 ? 160 : static_cast<std::uint32_t>(3 + random() % 40);
        int max_scale = round % 4 == 0 ? static_cast<int>(random() % 21) : 20;
        detail::exponential_counts counts(max_size, max_scale);
        model all;
        const std::size_t chunks = 1 + random() % 8;
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
            model part;
            const std::size_t size = random() % 30;
            for (std::size_t i = 0; i < size; ++i) part.values.push_back(random_value(random, round));
            // Like a thread's own copy, this one may have any scale at which its values fit, and its scale
            // binds the result's unless it has nothing but zeros.
            const int scale = std::max(part.best_scale(20, 160) - static_cast<int>(random() % 3), -10);
            if (part.zeros() != part.values.size()) max_scale = std::min(max_scale, scale);
            const drained copy(part, scale, random() % 3, random() % 3);
            counts.add(copy.view);
            all.values.insert(all.values.end(), part.values.begin(), part.values.end());
            check(counts, all, max_scale, max_size);
        }
    }
}

TEST_CASE("merging merged counts equals merging what they were made of") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 100; ++round) {
        detail::exponential_counts whole(40), left(40), right(40);
        model all;
        for (int i = 0; i < 60; ++i) {
            const model one{{random_value(random, round)}};
            all.values.push_back(one.values[0]);
            (random() % 2 == 0 ? left : right).add(drained(one, 20, 0, 0).view);
        }
        whole.add(left.view());
        whole.add(right.view());
        check(whole, all, 20, 40);
        // A reader that wants the interval begins anew, at the finest scale.
        whole.clear();
        check(whole, {}, 20, 40);
    }
}

TEST_CASE("the lowest scale holds all doubles, and counts near 2^64 stay exact") {
    constexpr double most = std::numeric_limits<double>::max();
    constexpr double least = std::numeric_limits<double>::denorm_min();
    detail::exponential_counts counts(3);
    model all;
    for (const double value : {most, least, 1.0, -most, -least, 0.0}) {
        const model one{{value}};
        all.values.push_back(value);
        counts.add(drained(one, 20, 0, 0).view);
    }
    check(counts, all, 20, 3);
    CHECK(counts.scale() == -10);
    // Two buckets would do only below -10, so there are three rather than a count less.
    detail::exponential_counts two(2);
    two.add(counts.view());
    CHECK(two.count() == all.values.size());
    CHECK(two.scale() == -10);

    constexpr std::uint64_t many = 0x7fff'ffff'ffff'fff1;
    const std::uint64_t halves[] = {many, 0, 7};
    detail::exponential_counts large(2);
    large.add({.scale = 3, .positive = {-1, halves}});
    REQUIRE(large.positive().counts.size() == 2);
    CHECK(large.scale() == 2);
    CHECK(large.positive().offset == -1);
    CHECK(large.positive().counts[0] == many);
    CHECK(large.positive().counts[1] == 7);
}

// Fails when indices below 0 are rounded towards 0, when a count is overwritten before it was read, or when
// what is over keeps an old count.
TEST_CASE("downscaling in place keeps every count under its index") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int round = 0; round < 2000; ++round) {
        const auto size = static_cast<std::uint32_t>(random() % 200);
        auto base = static_cast<std::int32_t>(random() % 5000) - 2500;
        if (round % 10 == 0) base = static_cast<std::int32_t>(random());
        if (base > std::numeric_limits<std::int32_t>::max() - 200) base -= 200;
        const auto by = static_cast<unsigned>(random() % (round % 5 == 0 ? 40 : 6));
        std::vector<std::uint64_t> counts(size);
        buckets expected;
        const std::int64_t divisor = std::int64_t{1} << by;
        for (std::uint32_t i = 0; i < size; ++i) {
            counts[i] = random() % 4 == 0 ? 0 : random() >> 8;
            const std::int64_t index = std::int64_t{base} + i;
            const std::int64_t below = index % divisor < 0 ? 1 : 0;
            if (counts[i] != 0) expected[index / divisor - below] += counts[i];
        }
        const std::int64_t old_base = base;
        detail::downscale(counts.data(), size, base, by);
        REQUIRE(base == old_base / divisor - (old_base % divisor < 0 ? 1 : 0));
        buckets found;
        for (std::uint32_t i = 0; i < size; ++i)
            if (counts[i] != 0) found[std::int64_t{base} + i] = counts[i];
        REQUIRE(found == expected);
    }
}
