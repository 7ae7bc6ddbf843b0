// SPDX-License-Identifier: MIT
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <nanotel/metrics/exponential_boundary.hpp>
#include <nanotel/metrics/exponential_index.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cfenv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace detail = nanotel::detail;

namespace {

constexpr int lines_wanted = 100'000;
constexpr const char* seed = "20250313";

const std::string root = nanotel_test::source_root();
const std::string script = root + "/tests/metrics/exponential_table.py";

bool has_python() {
    if (std::system("python3 -c 'import math; math.isqrt(4)' >/dev/null 2>&1") == 0) return true;
    nanotel_test::skip("there is no python3, which computes the reference");
    return false;
}

// What the script prints: lines of three numbers. Returns how many there were.
template <class Each>
int each_line(const std::string& option, Each&& each) {
    const std::string command =
        "python3 '" + script + "' " + option + " " + std::to_string(lines_wanted) + " " + seed;
    std::FILE* output = popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    int lines = 0;
    char line[128];
    while (std::fgets(line, sizeof line, output) != nullptr) {
        char* at = line;
        const auto scale = static_cast<int>(std::strtol(at, &at, 10));
        const std::uint64_t second = std::strtoull(at, &at, 10);
        const std::uint64_t third = std::strtoull(at, &at, 10);
        each(scale, second, third);
        ++lines;
    }
    REQUIRE(pclose(output) == 0);
    return lines;
}

double with_mantissa(std::uint64_t mantissa, int exponent) {
    return std::bit_cast<double>(mantissa | static_cast<std::uint64_t>(exponent + 1023) << 52);
}

void check_value(double value, int scale, std::int64_t expected) {
    const std::int32_t index = detail::exponential_index(value, scale);
    if (index == expected) return;
    CAPTURE(std::bit_cast<std::uint64_t>(value));
    CAPTURE(scale);
    REQUIRE(index == expected);
}

class rounding {
public:
    explicit rounding(int line) {
        constexpr int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
        std::fesetround(modes[line / 10 % 4]);
    }
    rounding(const rounding&) = delete;
    rounding& operator=(const rounding&) = delete;
    ~rounding() { std::fesetround(FE_TONEAREST); }
};

int some_octave(int line) { return line * 7 % 2046 - 1022; }

} // namespace

// A term of the logarithm that is left out, but for the last, fails here.
TEST_CASE("random values are in the right bucket of scales 9 to 20") {
    if (!has_python()) return;
    int line = 0;
    const int lines = each_line("--values", [&](int scale, std::uint64_t mantissa, std::uint64_t index) {
        const int octave = some_octave(++line);
        check_value(with_mantissa(mantissa, octave), scale,
                    static_cast<std::int64_t>(index) + octave * (std::int64_t{1} << scale));
    });
    CHECK(lines == lines_wanted);
}

// Without exponential_fraction_exact, or with one of 64 bits, the two sides of a boundary fall together here,
// and when the logarithm is off by more than it says.
TEST_CASE("at random boundaries of scales 9 to 20 the last double below and the first above are told apart") {
    if (!has_python()) return;
    int line = 0;
    const int lines = each_line("--bounds", [&](int scale, std::uint64_t fraction, std::uint64_t mantissa) {
        const int octave = some_octave(++line);
        const rounding as_the_application_chose(line);
        const std::int64_t index = static_cast<std::int64_t>(fraction) + octave * (std::int64_t{1} << scale);
        check_value(with_mantissa(mantissa, octave), scale, index - 1);
        check_value(with_mantissa(mantissa + 1, octave), scale, index);
        if (line % 10 != 0) return;
        // Slow enough to be asked less often.
        const double boundary = detail::exponential_boundary(static_cast<std::int32_t>(index), scale);
        if (boundary != with_mantissa(mantissa, octave))
            FAIL("scale " << scale << ", index " << index << ": " << boundary);
    });
    CHECK(lines == lines_wanted);
}

// Every boundary of a scale is one of all higher scales, so the exact answers of scale 8 bind the others.
TEST_CASE("the bucket at a fine scale lies in the bucket at scale 8") {
    for (std::int32_t i = 0; i < 256; ++i) {
        const auto last = std::bit_cast<std::uint64_t>(detail::exponential_boundary(i, 8));
        for (std::uint64_t bits = last - 3; bits != last + 4; ++bits)
            for (int scale = 9; scale <= 20; ++scale)
                REQUIRE((detail::exponential_index(std::bit_cast<double>(bits), scale) >> (scale - 8)) ==
                        (bits > last ? i : i - 1));
    }
}

// Fails when the table was edited by hand, or when the script was and the table was not made again.
TEST_CASE("the table of boundaries is what the script computes") {
    if (!has_python()) return;
    const std::string command =
        "python3 '" + script + "' --check '" + root + "/include/nanotel/metrics/exponential_table.hpp'";
    CHECK(std::system(command.c_str()) == 0);
}
