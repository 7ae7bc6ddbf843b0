// SPDX-License-Identifier: MIT
#include <nanotel/trace/sampling_threshold.hpp>

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

using nanotel::sampling_threshold;

namespace {

std::string hex(sampling_threshold t) { return std::string(std::string_view(t.to_hex())); }
std::string hex_of(double probability, unsigned digits = 4) {
    return hex(sampling_threshold::of_probability(probability, digits));
}

static_assert(sampling_threshold::of_probability(0.25).value() == 0xc0000000000000);
static_assert(sampling_threshold::from_hex("c") == sampling_threshold(0xc0000000000000));

} // namespace

TEST_CASE("probabilities become the thresholds of the specification's table") {
    // OpenTelemetry, "TraceState: Probability Sampling": 1 in N, with a precision of 3, 4 and 5 digits.
    const struct {
        double n;
        const char* digits[3];
    } table[] = {{1, {"0", "0", "0"}},
                 {2, {"8", "8", "8"}},
                 {3, {"aab", "aaab", "aaaab"}},
                 {4, {"c", "c", "c"}},
                 {5, {"ccd", "cccd", "ccccd"}},
                 {8, {"e", "e", "e"}},
                 {10, {"e66", "e666", "e6666"}},
                 {16, {"f", "f", "f"}},
                 {100, {"fd71", "fd70a", "fd70a4"}},
                 {1000, {"ffbe7", "ffbe77", "ffbe76d"}},
                 {10000, {"fff972", "fff9724", "fff97247"}},
                 {100000, {"ffff584", "ffff583a", "ffff583a5"}},
                 {1000000, {"ffffef4", "ffffef39", "ffffef391"}}};
    for (const auto& row : table)
        for (unsigned digits = 3; digits <= 5; ++digits) {
            CAPTURE(row.n);
            CHECK(hex_of(1 / row.n, digits) == row.digits[digits - 3]);
        }
    CHECK(sampling_threshold::of_probability(1. / 3).probability() == 0.3333282470703125);
    CHECK(sampling_threshold::of_probability(0.01).adjusted_count() ==
          doctest::Approx(99.99771123402633).epsilon(1e-15));
}

TEST_CASE("the ends: all, none, and the least that is possible") {
    CHECK(sampling_threshold::of_probability(1).keeps_all());
    CHECK(sampling_threshold::of_probability(2).keeps_all());
    CHECK(sampling_threshold::of_probability(0).keeps_none());
    CHECK(sampling_threshold::of_probability(-1).keeps_none());
    CHECK(sampling_threshold::of_probability(std::nan("")).keeps_none());
    CHECK(sampling_threshold::of_probability(std::numeric_limits<double>::denorm_min()).keeps_none());
    CHECK(hex_of(std::ldexp(1, -56)) == "ffffffffffffff");
    CHECK(sampling_threshold::of_probability(std::ldexp(1, -56)).adjusted_count() == std::ldexp(1, 56));
    CHECK(sampling_threshold::of_probability(std::ldexp(1, -58)).keeps_none());
    CHECK(hex_of(0.999999) == "0"); // no digit of the four is left: all are kept, and it says so
    CHECK(hex_of(0.1, 14) == "e6666666666666");
    CHECK(hex_of(0.1, 99) == "e6666666666666");
    CHECK(hex_of(0.1, 0) == "e");
    CHECK_FALSE(sampling_threshold::never().keeps(sampling_threshold::above_all - 1));
    CHECK(sampling_threshold::never().probability() == 0);
    CHECK(sampling_threshold::never().adjusted_count() == 0);
    CHECK(sampling_threshold().keeps(0));
    // No rounding makes nothing of something.
    for (double p = 1; p >= std::ldexp(1, -56); p *= 0.93) {
        CAPTURE(p);
        for (unsigned digits = 1; digits <= 14; ++digits) {
            const auto t = sampling_threshold::of_probability(p, digits);
            REQUIRE_FALSE(t.keeps_none());
            REQUIRE(sampling_threshold::from_hex(t.to_hex()) == t);
        }
        REQUIRE(sampling_threshold::of_probability(p).probability() ==
                doctest::Approx(p).epsilon(p > 0x1p-40 ? 1e-4 : 0.5));
    }
}

TEST_CASE("what is no th is none") {
    CHECK(sampling_threshold::from_hex("0") == sampling_threshold());
    CHECK(sampling_threshold::from_hex("0000") == sampling_threshold());
    CHECK(sampling_threshold::from_hex("e666")->value() == 0xe6660000000000);
    CHECK(sampling_threshold::from_hex("c000") == sampling_threshold::from_hex("c"));
    CHECK(sampling_threshold::from_hex("00000000000001")->value() == 1);
    for (const char* wrong : {"", "C", "0x1", "g", "-1", "+1", " c", "c ", "000000000000000", "c;", "1.5"}) {
        CAPTURE(wrong);
        CHECK_FALSE(sampling_threshold::from_hex(wrong));
    }
}

TEST_CASE("the last 7 bytes of the trace id are its randomness") {
    const auto id = nanotel::trace_id::from_hex("0102030405060708ff0a0b0c0d0e0f10");
    CHECK(nanotel::randomness_of(id) == 0x0a0b0c0d0e0f10);
    CHECK(sampling_threshold(0x0a0b0c0d0e0f10).keeps(nanotel::randomness_of(id)));
    CHECK_FALSE(sampling_threshold(0x0a0b0c0d0e0f11).keeps(nanotel::randomness_of(id)));
    CHECK(sampling_threshold(1) < sampling_threshold(2));
    CHECK(sampling_threshold::never() > *sampling_threshold::from_hex("ffffffffffffff"));
}
