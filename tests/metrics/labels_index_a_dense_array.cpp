// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include <doctest/doctest.h>

using namespace nanotel::detail;
using nanotel::int_range;
using nanotel::label;
using nanotel::one_of;
using nanotel::value_type;

namespace {

enum class payment { card, cash, voucher };
enum class sparse : std::uint8_t { one = 1, four = 4, nine = 9 };
enum class signed_sparse : std::int8_t { minus_nine = -9, two = 2 };
enum class contiguous : std::int64_t { minus_one = -1, zero, one };

using payment_label = label<"payment.type", payment>;
using ok_label = label<"ok", bool>;
using region_label = label<"region", one_of<"eu", "us">>;
using attempt_label = label<"attempt", int_range<-1, 2>>;

} // namespace

TEST_CASE("the index is row-major, the last label varies fastest, and no index is skipped or used twice") {
    constexpr auto combinations = label_combinations<payment_label, ok_label, region_label, attempt_label>;
    static_assert(combinations == 4 * 2 * 3 * 5);
    const nanotel::text regions[] = {"eu", "us", "elsewhere"};
    std::uint32_t expected = 0;
    for (const int p : {0, 1, 2, 77})
        for (const bool ok : {false, true})
            for (const nanotel::text region : regions)
                for (const int attempt : {-1, 0, 1, 2, 3})
                    CHECK(label_index<payment_label, ok_label, region_label, attempt_label>(
                              static_cast<payment>(p), ok, region, attempt) == expected++);
    CHECK(expected == combinations);
}

TEST_CASE("the index is a constant when the values are") {
    static_assert(label_index<payment_label, ok_label, region_label>(payment::cash, true, "us") ==
                  1 * 6 + 3 + 1);
    static_assert(label_index<>() == 0);
    static_assert(label_combinations<> == 1);
    static_assert(label_domains<>[0].size == 0);
}

TEST_CASE("the domains of a list of labels stand in its order") {
    const label_domain* domains = label_domains<ok_label, payment_label, attempt_label>;
    CHECK(domains[0].key == "ok");
    CHECK(domains[0].size == 2);
    for (const std::uint64_t i : {0, 1}) {
        CHECK(domains[0].values[i].type == value_type::boolean);
        CHECK(domains[0].values[i].bits == i);
    }
    CHECK(domains[1].key == "payment.type");
    CHECK(domains[1].size == 4);
    CHECK(domains[2].key == "attempt");
    CHECK(domains[2].size == 5);
    for (std::uint32_t i = 0; i < 4; ++i) {
        CHECK(domains[2].values[i].type == value_type::signed_integer);
        CHECK(static_cast<std::int64_t>(domains[2].values[i].bits) == static_cast<std::int64_t>(i) - 1);
    }
    CHECK(domains[2].values[4].type == value_type::string);
    CHECK(domains[2].values[4].string == "_OTHER");
}

TEST_CASE("no value of a byte leads beyond the array") {
    for (int i = 0; i < 256; ++i) {
        CAPTURE(i);
        const std::uint32_t expected = i == 1 ? 0 : i == 4 ? 1 : i == 9 ? 2 : 3;
        CHECK(label_index<label<"k", sparse>>(static_cast<sparse>(i)) == expected);
        const auto value = static_cast<std::int8_t>(i);
        CHECK(label_index<label<"k", signed_sparse>>(static_cast<signed_sparse>(value)) == (value == -9 ? 0u
                                                                                            : value == 2
                                                                                                ? 1u
                                                                                                : 2u));
    }
}

TEST_CASE("no value of a wide enum leads beyond the array") {
    std::mt19937_64 random(1);
    std::vector<std::int64_t> values{
        -3, -2, 2, 3, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    for (const std::int64_t word : {-1, 0, 1, 2}) // the same in the lower half
        for (const std::int64_t upper : {1, -2, 0x7fff'ffff}) values.push_back((upper << 32) + word);
    for (int i = 0; i < 1000; ++i) values.push_back(static_cast<std::int64_t>(random() | 1ull << 33));
    for (const std::int64_t value : values) {
        if (value >= -1 && value <= 1) continue;
        CAPTURE(value);
        CHECK(label_index<label<"k", contiguous>>(static_cast<contiguous>(value)) == 3);
        CHECK(label_index<payment_label>(static_cast<payment>(static_cast<int>(value | 1 << 30))) == 3);
    }
    for (const std::int64_t value : {-1, 0, 1})
        CHECK(label_index<label<"k", contiguous>>(static_cast<contiguous>(value)) ==
              static_cast<std::uint32_t>(value + 1));
}

TEST_CASE("an integer beyond its range counts as _OTHER, whatever its type") {
    using label_of = label<"k", int_range<-1, 2>>;
    CHECK(label_index<label_of>(static_cast<signed char>(-1)) == 0);
    CHECK(label_index<label_of>(2u) == 3);
    CHECK(label_index<label_of>(-2) == 4);
    CHECK(label_index<label_of>(3ull) == 4);
    CHECK(label_index<label_of>(std::numeric_limits<std::int64_t>::min()) == 4);
    CHECK(label_index<label_of>(std::numeric_limits<std::int64_t>::max()) == 4);
    CHECK(label_index<label_of>(std::numeric_limits<std::uint64_t>::max()) == 4); // and not -1
    CHECK(label_index<label_of>(std::numeric_limits<std::uint32_t>::max()) == 4);
    using upper = label<"k", int_range<0x7fff'ffff'ffff'fffe, 0x7fff'ffff'ffff'ffff>>;
    CHECK(label_index<upper>(std::numeric_limits<std::int64_t>::max()) == 1);
    CHECK(label_index<upper>(std::numeric_limits<std::uint64_t>::max()) == 2);
    CHECK(label_index<upper>(0x8000'0000'0000'0000ull) == 2);
    using lower = label<"k", int_range<-0x7fff'ffff'ffff'ffff - 1, -0x7fff'ffff'ffff'ffff>>;
    CHECK(label_index<lower>(std::numeric_limits<std::int64_t>::min()) == 0);
    CHECK(label_index<lower>(0x8000'0000'0000'0001ull) == 2);
    CHECK(label_index<lower>(0) == 2);
}

TEST_CASE("more combinations than can be counted are the largest number") {
    using many = int_range<0, 65534>;
    static_assert(label_combinations<label<"a", many>> == 65536);
    static_assert(label_combinations<label<"a", many>, label<"b", many>> == 0xffff'ffff);
    static_assert(label_combinations<label<"a", many>, label<"b", many>, label<"c", many>, label<"d", many>,
                                     label<"e", many>> == 0xffff'ffff);
}
