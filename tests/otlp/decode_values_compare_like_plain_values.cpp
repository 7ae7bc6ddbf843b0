// SPDX-License-Identifier: MIT
#include <nanotel/otlp/finished_span.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>

using nanotel::any_value;
using nanotel::attribute_list;

namespace {

template <class Value>
std::string printed(const Value& value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

} // namespace

TEST_CASE("a value equals a plain value of its type and content alone") {
    const attribute_list list{{"int", 3},     {"double", 3.0},      {"string", "3"},
                              {"bool", true}, {"large", 1LL << 40}, {"nan", std::nan("")}};
    CHECK(list["int"] == 3);
    CHECK(list["int"] == 3U);
    CHECK(list["int"] == std::int64_t{3});
    CHECK(list["int"] != 4);
    CHECK(list["int"] != 3.0);
    CHECK(list["int"] != "3");
    CHECK(list["double"] == 3.0);
    CHECK(list["double"] == 3.0F);
    CHECK(list["double"] != 3);
    CHECK(list["string"] == "3");
    CHECK(list["string"] == std::string("3"));
    CHECK(list["string"] == std::string_view("3"));
    CHECK(list["string"] != "33");
    CHECK(list["bool"] == true);
    CHECK(list["bool"] != 1);
    CHECK(list["bool"] != "true"); // a literal is a string, not a pointer that is true
    CHECK(list["large"] == 1LL << 40);
    CHECK(list["nan"] == std::numeric_limits<double>::quiet_NaN());
    CHECK(list["nan"] != 0.0);
    CHECK(any_value::array{1, "a"} == any_value::array{1, "a"});
    CHECK(any_value(any_value::array{1, "a"}) != any_value(any_value::array{"a", 1}));
}

TEST_CASE("a key that is not there is an empty value and no key") {
    const attribute_list list{{"empty", {}}};
    CHECK(list.find("absent") == nullptr);
    CHECK_FALSE(list.contains("absent"));
    CHECK(list["absent"].empty());
    CHECK(list["absent"] != 0);
    CHECK(list["absent"] != "");
    CHECK(list.contains("empty"));
    REQUIRE(list.find("empty") != nullptr);
    CHECK(list.find("empty")->empty());
    CHECK(list.size() == 1);
}

TEST_CASE("lists compare with their order") {
    CHECK(attribute_list{{"a", 1}, {"b", 2}} == attribute_list{{"a", 1}, {"b", 2}});
    CHECK(attribute_list{{"a", 1}, {"b", 2}} != attribute_list{{"b", 2}, {"a", 1}});
    CHECK(attribute_list{} == attribute_list{});
}

TEST_CASE("what is printed shows the type") {
    CHECK(printed(any_value(3)) == "3");
    CHECK(printed(any_value(3.0)) == "3.0");
    CHECK(printed(any_value(0.5)) == "0.5");
    CHECK(printed(any_value("3")) == "\"3\"");
    CHECK(printed(any_value(true)) == "true");
    CHECK(printed(any_value()) == "(empty)");
    CHECK(printed(any_value(any_value::bytes{10, 255})) == "bytes(0a ff)");
    CHECK(printed(any_value(any_value::array{1, "a"})) == "[1, \"a\"]");
    CHECK(printed(attribute_list{{"a", 1}, {"b", attribute_list{{"c", 2}}}}) == "{a: 1, b: {c: 2}}");
    CHECK(printed(attribute_list{}) == "{}");

    nanotel::finished_span span;
    span.name = "checkout";
    span.trace_id = "t";
    span.span_id = "s";
    span.parent_span_id = "p";
    span.attributes = {{"a", 1}};
    CHECK(printed(span) == "checkout (trace t, span s, parent p) {a: 1}");
}
