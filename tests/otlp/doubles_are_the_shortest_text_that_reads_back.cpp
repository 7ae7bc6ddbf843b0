// SPDX-License-Identifier: MIT
#include "written.hpp"

#include <nanotel/otlp/double_text.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cfenv>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace detail = nanotel::detail;

namespace {

constexpr std::uint64_t seed = 20240917;

template <bool Exact = detail::has_wide_integers>
std::string json(double value) {
    return written(24, [value](char* out) { return detail::write_double<Exact>(out, value); });
}

// The number grammar of RFC 8259.
bool is_json_number(std::string_view text) {
    const auto digits = [&text] {
        std::size_t count = 0;
        while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
        text.remove_prefix(count);
        return count;
    };
    const auto skip = [&text](std::string_view any) {
        const bool found = !text.empty() && any.find(text[0]) != any.npos;
        if (found) text.remove_prefix(1);
        return found;
    };
    skip("-");
    const bool leading_zero = !text.empty() && text[0] == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (leading_zero && whole > 1)) return false;
    if (skip(".") && digits() == 0) return false;
    if (skip("eE")) {
        skip("+-");
        if (digits() == 0) return false;
    }
    return text.empty();
}

// The digits that carry the value: no sign, point, exponent, nor zeros at either end.
std::string significant_digits(std::string_view text) {
    std::string digits;
    for (const char c : text.substr(0, text.find_first_of("eE")))
        if (c >= '0' && c <= '9') digits += c;
    digits.erase(0, digits.find_first_not_of('0'));
    digits.erase(digits.find_last_not_of('0') + 1);
    return digits;
}

std::string shortest_by_the_standard_library(double value) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr};
}

// Most of what this file asks of one number. Too few digits fail the first check, a number that is not JSON
// the second, too many digits or a neighbour that is further away the third.
template <bool Exact = detail::has_wide_integers>
void check(double value) {
    const std::string text = json<Exact>(value);
    CAPTURE(text);
    CAPTURE(std::bit_cast<std::uint64_t>(value));
    const double back = std::strtod(text.c_str(), nullptr);
    REQUIRE(std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value));
    REQUIRE(is_json_number(text));
    // Above 2^53 the standard library may print a whole number in full where that takes no more characters.
    if (std::fabs(value) < 0x1p53) {
        REQUIRE(significant_digits(text) == significant_digits(shortest_by_the_standard_library(value)));
    } else {
        REQUIRE(text.size() <= shortest_by_the_standard_library(value).size());
    }
}

void check_both_ways(double value) {
    check(value);
    check(-value);
    check<false>(value);
}

double of_bits(std::uint64_t bits) { return std::bit_cast<double>(bits); }

} // namespace

TEST_CASE("doubles look as one would write them") {
    CHECK(json(0.0) == "0");
    CHECK(json(-0.0) == "-0.0");
    CHECK(json(1) == "1");
    CHECK(json(-1) == "-1");
    CHECK(json(100) == "100");
    CHECK(json(0.1) == "0.1");
    CHECK(json(0.3) == "0.3");
    CHECK(json(0.1 + 0.2) == "0.30000000000000004");
    CHECK(json(-123.456) == "-123.456");
    CHECK(json(99.99) == "99.99");
    CHECK(json(0.5) == "0.5");
    CHECK(json(1.0 / 3) == "0.3333333333333333");
    CHECK(json(9007199254740992) == "9007199254740992");
    CHECK(json(2251799813685249.5) == "2251799813685249.5");
    CHECK(json(1125899906842624.25) == "1125899906842624.2"); // halfway, to even
    CHECK(json(1e22) == "1e+22");
    if (!detail::has_wide_integers) return; // the standard library writes 1e-05
    CHECK(json(0.00001) == "0.00001");
    CHECK(json(0.000001) == "1e-6");
    CHECK(json(0.0000015) == "1.5e-6");
    CHECK(json(2.5e-10) == "2.5e-10");
}

TEST_CASE("doubles that JSON has no number for are strings") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(json(infinity) == "\"Infinity\"");
    CHECK(json(-infinity) == "\"-Infinity\"");
    CHECK(json(std::numeric_limits<double>::quiet_NaN()) == "\"NaN\"");
    CHECK(json(of_bits(0xfff8000000000000)) == "\"NaN\""); // no sign
    CHECK(json(of_bits(0x7ff0000000000001)) == "\"NaN\""); // signalling, the payload in the last bit
}

TEST_CASE("doubles at the limits read back") {
    using limits = std::numeric_limits<double>;
    for (const double value : {limits::max(), limits::min(), limits::denorm_min(), limits::epsilon()}) {
        check_both_ways(value);
        check_both_ways(std::nextafter(value, 0));
        if (value != limits::max()) check_both_ways(std::nextafter(value, 1));
    }
    for (const double border : {0x1p53, 0x1p52, 0x1p-37, 0x1p-38, 1.0, 1e-5, 1e-6, 1e15, 1e16, 1e17}) {
        check_both_ways(border);
        check_both_ways(std::nextafter(border, 0));
        check_both_ways(std::nextafter(border, 1e300));
    }
}

TEST_CASE("doubles of every binade and its edges read back") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    constexpr std::uint64_t mantissas = std::uint64_t{1} << 52;
    for (std::uint64_t exponent = 0; exponent != 2047; ++exponent) {
        const bool exact = exponent >= 980 && exponent <= 1080; // where the writer computes for itself
        const std::uint64_t binade = exponent << 52;
        for (std::uint64_t i = exponent == 0 ? 1 : 0; i != 4; ++i) {
            check_both_ways(of_bits(binade + i));
            check_both_ways(of_bits(binade + mantissas - 1 - i));
        }
        for (int i = 0; i != (exact ? 1000 : 10); ++i)
            check_both_ways(of_bits(binade + random() % mantissas));
        // Few bits set: sums of powers of two, where halfway cases are.
        for (int i = 0; i != (exact ? 200 : 2); ++i)
            check_both_ways(of_bits(binade + (random() % mantissas & random() & random() & random())));
    }
}

TEST_CASE("doubles of random bits read back") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i != 50000; ++i) {
        const double value = of_bits(random());
        if (std::isfinite(value)) check_both_ways(value);
    }
}

TEST_CASE("powers of ten and their neighbours read back") {
    for (int exponent = -323; exponent <= 308; ++exponent) {
        const double power = std::strtod(("1e" + std::to_string(exponent)).c_str(), nullptr);
        check_both_ways(power);
        check_both_ways(std::nextafter(power, 0));
        check_both_ways(std::nextafter(power, std::numeric_limits<double>::infinity()));
    }
}

// Up to 15 digits a decimal survives the way through a double, so that the text must be the one we started
// from.
TEST_CASE("decimals come out with the digits that they were given") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    const auto powers = detail::powers_of<19>(10);
    for (unsigned decimals = 0; decimals <= 17; ++decimals) {
        for (int i = 0; i != 3000; ++i) {
            const std::uint64_t digits = random() % powers[1 + random() % 15] + 1;
            const std::string given = std::to_string(digits) + "e-" + std::to_string(decimals);
            CAPTURE(given);
            const double value = std::strtod(given.c_str(), nullptr);
            REQUIRE(significant_digits(json(value)) == significant_digits(given));
            check_both_ways(value);
        }
    }
}

TEST_CASE("whole numbers are written in full up to 2^53") {
    INFO("seed ", seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i != 20000; ++i) {
        const auto whole = static_cast<std::int64_t>(random() >> (11 + random() % 53));
        REQUIRE(json(static_cast<double>(whole)) == std::to_string(whole));
        check_both_ways(static_cast<double>(whole));
    }
}

// The writer uses integers only; with a division in floating point this fails.
TEST_CASE("the text does not depend on the floating-point modes of the thread") {
    // No subnormals: a thread that flushes them to zero has no such numbers to report.
    const std::vector<double> values{
        0.1, 1.0 / 3, 123.456, 1e-5, 0.7, 2.5e-10, 1e22, 1e300, 0x1.fffffffffffffp+30};
    for (const double value : values) {
        const std::string usual = json(value);
        CAPTURE(usual);
        for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
            std::fesetround(mode);
            const std::string text = json(value);
            std::fesetround(FE_TONEAREST);
            REQUIRE(text == usual);
        }
#ifdef __SSE2__
        const unsigned before = _mm_getcsr();
        _mm_setcsr(before | 0x8040); // flush to zero, denormals are zero
        const std::string flushed = json(value);
        _mm_setcsr(before);
        REQUIRE(flushed == usual);
#endif
    }
}

// What write_double builds on, for each exponent that it computes for itself.
TEST_CASE("the decimals chosen make an ulp between one and ten units") {
    for (unsigned k = 1; k <= detail::most_fraction_bits; ++k) {
        CAPTURE(k);
        const unsigned s = detail::decimals_for(k);
        REQUIRE(s < detail::powers_of_five.size());
        // 10^s > 2^k > 10^(s-1), both sides divided by a power of two.
        REQUIRE(std::bit_width(detail::powers_of_five[s]) > k - s);
        REQUIRE(std::bit_width(detail::powers_of_five[s - 1]) <= k - (s - 1));
    }
}
