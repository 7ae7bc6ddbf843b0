// SPDX-License-Identifier: MIT
#include "written.hpp"

#include <nanotel/otlp/number_text.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>

namespace detail = nanotel::detail;

namespace {

constexpr std::uint64_t seed = 77003;

std::string text_of(std::uint64_t value) {
    return written(20, [value](char* out) { return detail::write_unsigned(out, value); });
}

std::string text_of_signed(std::int64_t value) {
    return written(20, [value](char* out) { return detail::write_signed(out, value); });
}

std::string time_of(std::uint64_t unix_ns, detail::second_cache& cache) {
    return written(20, [&](char* out) { return detail::write_time(out, unix_ns, cache); });
}

} // namespace

TEST_CASE("unsigned integers: the least and the greatest of each number of digits") {
    CHECK(text_of(0) == "0");
    CHECK(text_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    std::uint64_t power = 1;
    for (int digits = 1; digits <= 20; ++digits, power *= 10) {
        for (const std::uint64_t value : {power - 1, power, power + 1, power / 2, power * 9})
            REQUIRE(text_of(value) == std::to_string(value));
    }
}

// Every division by a multiplication is exact for each group of four digits, in both halves of eight.
TEST_CASE("unsigned integers: all groups of four digits") {
    for (std::uint64_t group = 0; group != 10000; ++group) {
        REQUIRE(text_of(group) == std::to_string(group));
        const std::uint64_t value = ((9999 - group) * 10000 + group) * 10000 + group;
        REQUIRE(text_of(value) == std::to_string(value));
    }
}

TEST_CASE("integers of random sizes") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i != 100000; ++i) {
        const std::uint64_t value = random() >> random() % 64;
        REQUIRE(text_of(value) == std::to_string(value));
        const auto with_sign = static_cast<std::int64_t>(random()) >> random() % 64;
        REQUIRE(text_of_signed(with_sign) == std::to_string(with_sign));
    }
}

TEST_CASE("signed integers at their limits") {
    CHECK(text_of_signed(0) == "0");
    CHECK(text_of_signed(-1) == "-1");
    CHECK(text_of_signed(std::numeric_limits<std::int64_t>::max()) == "9223372036854775807");
    CHECK(text_of_signed(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("times have no leading zeros whatever the cache held before") {
    constexpr std::uint64_t times[] = {0,
                                       1,
                                       999999999,
                                       1000000000,
                                       1000000001,
                                       9999999999,
                                       10000000000,
                                       1760000000123456789,
                                       1760000000000000000,
                                       1760000000999999999,
                                       1760000001000000007,
                                       9999999999999999999u,
                                       10000000000000000000u,
                                       705032704000000007,
                                       5000000000000000007, // the same second by its low 32 bits
                                       std::numeric_limits<std::uint64_t>::max()};
    for (const std::uint64_t before : times) {
        for (const std::uint64_t time : times) {
            CAPTURE(before);
            detail::second_cache cache;
            REQUIRE(time_of(before, cache) == std::to_string(before));
            REQUIRE(time_of(time, cache) == std::to_string(time));
            REQUIRE(time_of(time, cache) == std::to_string(time));
        }
    }
}

TEST_CASE("times of random sizes through one cache") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    detail::second_cache cache;
    for (int i = 0; i != 50000; ++i) {
        const std::uint64_t time = random() >> random() % 64;
        REQUIRE(time_of(time, cache) == std::to_string(time));
        // And another of the same second.
        const std::uint64_t near = time - time % 1000000000 + random() % 1000000000;
        if (near >= time) REQUIRE(time_of(near, cache) == std::to_string(near));
    }
}
