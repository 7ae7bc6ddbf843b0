// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#include <string>
#include <string_view>
#include <type_traits>

#include <doctest/doctest.h>

using nanotel::label;
using nanotel::one_of;
using nanotel::text;

namespace {

using region = one_of<"eu", "us", "europe", "">;
using method = one_of<"GET", "_OTHER", "POST">;

// As add() takes it.
template <class Label>
std::uint32_t index_of(nanotel::detail::label_argument<Label> value) {
    return nanotel::detail::label_index<Label>(value);
}
using region_label = label<"region", region>;
using method_label = label<"method", method>;

} // namespace

TEST_CASE("a literal is known when compiling") {
    static_assert(region("eu").index() == 0);
    static_assert(region("us").index() == 1);
    static_assert(region("europe").index() == 2);
    static_assert(region("").index() == 3);
    static_assert(region("_OTHER").index() == 4);
    CHECK(index_of<region_label>("us") == 1);
    CHECK(index_of<region_label>("europe") == 2);
}

TEST_CASE("a string of run time is compared with each of the list") {
    for (const char* given : {"eu", "us", "europe", ""}) {
        const std::string copy = given;
        const auto expected = copy == "eu" ? 0u : copy == "us" ? 1u : copy == "europe" ? 2u : 3u;
        CHECK(index_of<region_label>(copy) == expected);
        CHECK(index_of<region_label>(std::string_view(copy)) == expected);
        CHECK(index_of<region_label>(copy.c_str()) == expected);
        CHECK(index_of<region_label>(text(copy)) == expected);
        char buffer[16] = {};
        copy.copy(buffer, sizeof buffer);
        CHECK(index_of<region_label>(buffer) == expected);
        char* const pointer = buffer;
        CHECK(index_of<region_label>(pointer) == expected);
    }
}

TEST_CASE("a string that is not in the list counts as _OTHER") {
    for (const std::string& unknown :
         {std::string("EU"), std::string("e"), std::string("eur"), std::string("eu "), std::string("eu\0", 3),
          std::string("\0\0", 2), std::string("_OTHER"), std::string(100'000, 'u')})
        CHECK(index_of<region_label>(unknown) == 4);
    const char* const null = nullptr;
    CHECK(index_of<region_label>(null) == 3); // empty, as everywhere
}

TEST_CASE("the values of the list are strings, and _OTHER is the last") {
    const auto& domain = nanotel::detail::label_domains<region_label>[0];
    REQUIRE(domain.size == 5);
    CHECK(domain.key == "region");
    const text expected[] = {"eu", "us", "europe", "", "_OTHER"};
    for (std::uint32_t i = 0; i < 5; ++i) {
        CHECK(domain.values[i].string == expected[i]);
        CHECK(domain.values[i].type == nanotel::value_type::string);
    }
}

TEST_CASE("a list that has _OTHER itself gets no second one") {
    static_assert(nanotel::detail::label_size<method_label> == 3);
    static_assert(method::other == 1);
    static_assert(method("_OTHER").index() == 1);
    CHECK(index_of<method_label>(std::string("POST")) == 2);
    CHECK(index_of<method_label>(std::string("BREW")) == 1);
    CHECK(nanotel::detail::label_domains<method_label>[0].values[1].string == "_OTHER");
}

TEST_CASE("a value is passed in a register") {
    static_assert(std::is_trivially_copyable_v<region> && sizeof(region) == 4);
    CHECK(region("eu") == region(std::string("eu")));
    CHECK_FALSE(region("eu") == region("us"));
}
