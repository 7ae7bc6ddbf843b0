// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <unordered_map>

// g++ 12 sees the destructors of lists of variants read what was never written (GCC bug 105562 and its kin).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

using namespace nanotel::literals;
using nanotel::any_value;
using nanotel::attribute_list;
using nanotel_test::recording;

namespace {

using list = any_value::array;

// One value by each of the three ways into a record: the slot of a call site, set() with a key known at
// compile time, and set() with one that is not. They are three pieces of code, and each value must come out
// of all.
template <class T>
void check_arrives(const T& value, const any_value& expected, int line) {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span", "slot"_attr = value);
        span.set("late"_attr = value);
        span.set(std::string("run time"), value);
        span.add_event("event", "in event"_attr = value);
    }
    const auto span = recorded.span("span");
    CAPTURE(line);
    CHECK(span.attributes.size() == 3);
    CHECK(span.attributes["slot"] == expected);
    CHECK(span.attributes["late"] == expected);
    CHECK(span.attributes["run time"] == expected);
    REQUIRE(span.events.size() == 1);
    CHECK(span.events[0].attributes["in event"] == expected);
    CHECK(span.dropped_attributes_count == 0);
}
#define CHECK_ARRIVES(value, ...) check_arrives(value, any_value(__VA_ARGS__), __LINE__)

enum class colour : std::uint8_t { red, green };
enum plain_enum { minus_two = -2, three = 3 };
enum class wide : std::uint64_t { greatest = ~std::uint64_t{0} };
enum class flag : bool { off, on };

struct point {
    int x, y;
};
auto to_attribute_value(const point& p) { return nanotel::map("x"_attr = p.x, "y"_attr = p.y); }

struct celsius {
    double degrees;
};
double to_attribute_value(const celsius& c) { return c.degrees; }

struct order_id {
    int number;
};
std::string to_attribute_value(const order_id& id) {
    return "order number " + std::to_string(id.number) +
           " of this long year"; // longer than std::string's own room
}

struct basket {
    std::vector<order_id> orders;
};
std::vector<order_id> to_attribute_value(const basket& b) { return b.orders; }

struct label {
    std::string text;
};
const std::string& to_attribute_value(const label& l) { return l.text; }

any_value::bytes byte_values(std::initializer_list<std::uint8_t> values) { return any_value::bytes(values); }

} // namespace

TEST_CASE("bools and integers of every width and sign arrive") {
    CHECK_ARRIVES(true, true);
    CHECK_ARRIVES(false, false);
    CHECK_ARRIVES(static_cast<signed char>(-128), -128);
    CHECK_ARRIVES(static_cast<unsigned char>(255), 255);
    CHECK_ARRIVES(static_cast<short>(-32768), -32768);
    CHECK_ARRIVES(static_cast<unsigned short>(65535), 65535);
    CHECK_ARRIVES(std::numeric_limits<int>::min(), std::numeric_limits<int>::min());
    CHECK_ARRIVES(std::numeric_limits<unsigned>::max(), 4294967295LL);
    CHECK_ARRIVES(std::numeric_limits<long>::min(), std::numeric_limits<std::int64_t>::min());
    CHECK_ARRIVES(std::numeric_limits<long>::max(), std::numeric_limits<std::int64_t>::max());
    CHECK_ARRIVES(std::numeric_limits<long long>::min(), std::numeric_limits<std::int64_t>::min());
    CHECK_ARRIVES(0ul, 0);
    CHECK_ARRIVES(std::uint64_t{std::numeric_limits<std::int64_t>::max()},
                  std::numeric_limits<std::int64_t>::max());
    // OTLP has no unsigned integer: what is beyond the signed range is a decimal text.
    CHECK_ARRIVES(std::uint64_t{1} << 63, "9223372036854775808");
    CHECK_ARRIVES(std::numeric_limits<unsigned long>::max(), "18446744073709551615");
    CHECK_ARRIVES(std::numeric_limits<unsigned long long>::max(), "18446744073709551615");
    CHECK_ARRIVES(std::vector<std::uint64_t>({1, ~std::uint64_t{0}}), list{1, "18446744073709551615"});
}

TEST_CASE("enumerators arrive as their integers") {
    CHECK_ARRIVES(colour::green, 1);
    CHECK_ARRIVES(minus_two, -2);
    CHECK_ARRIVES(three, 3);
    CHECK_ARRIVES(wide::greatest, "18446744073709551615");
    CHECK_ARRIVES(flag::on, 1);
    CHECK_ARRIVES(std::vector<colour>({colour::red, colour::green}), list{0, 1});
}

TEST_CASE("floating-point numbers arrive to the last bit, infinities and NaN too") {
    using limits = std::numeric_limits<double>;
    CHECK_ARRIVES(0.1, 0.1);
    CHECK_ARRIVES(0.1f, static_cast<double>(0.1f));
    CHECK_ARRIVES(0.25L, 0.25);
    CHECK_ARRIVES(3.0, 3.0);
    CHECK_ARRIVES(limits::max(), limits::max());
    CHECK_ARRIVES(limits::lowest(), limits::lowest());
    CHECK_ARRIVES(limits::min(), limits::min());
    CHECK_ARRIVES(limits::denorm_min(), limits::denorm_min());
    CHECK_ARRIVES(limits::epsilon(), limits::epsilon());
    CHECK_ARRIVES(limits::infinity(), limits::infinity());
    CHECK_ARRIVES(-limits::infinity(), -limits::infinity());
    CHECK_ARRIVES(limits::quiet_NaN(), limits::quiet_NaN());
    CHECK_ARRIVES(std::numeric_limits<float>::infinity(), limits::infinity());

    recording recorded;
    {
        NANOTEL_SCOPED_SPAN("zero", "minus"_attr = -0.0);
    }
    CHECK(std::signbit(*recorded.span("zero").attributes["minus"].get_if<double>()));
}

// Fails where a buffer is read beyond its end.
TEST_CASE("a buffer without a zero is a text to its last character") {
    recording recorded;
    char full[4] = {'f', 'u', 'l', 'l'};
    {
        NANOTEL_SCOPED_SPAN("buffers", "full"_attr = full);
    }
    CHECK(recorded.span("buffers").attributes["full"] == "full");
}

TEST_CASE("strings of every kind arrive") {
    const std::string text = "a text that is longer than thirty-two bytes, so that no short way takes it";
    char buffer[32] = "in a buffer";
    char* const pointer = buffer;
    const char* const null = nullptr;
    CHECK_ARRIVES(text, text);
    CHECK_ARRIVES(std::string_view(text).substr(2, 4), "text");
    CHECK_ARRIVES(text.c_str(), text);
    CHECK_ARRIVES(pointer, "in a buffer");
    CHECK_ARRIVES(buffer, "in a buffer");
    CHECK_ARRIVES("literal", "literal");
    CHECK_ARRIVES("", "");
    CHECK_ARRIVES(null, "");
    CHECK_ARRIVES(std::string(), "");
    CHECK_ARRIVES(nanotel::text("nanotel::text"), "nanotel::text");
    CHECK_ARRIVES(std::vector<char>({'a', 'b'}), "ab");
    CHECK_ARRIVES(std::string_view("with\0NUL", 8), std::string_view("with\0NUL", 8));
    CHECK_ARRIVES(std::string("\0", 1), std::string_view("\0", 1));
    CHECK_ARRIVES("quote \" backslash \\ newline \n bell \a", "quote \" backslash \\ newline \n bell \a");
    CHECK_ARRIVES("κόσμε 世界 🚀", "κόσμε 世界 🚀");
    CHECK_ARRIVES("cut \xe4\xb8", "cut \xef\xbf\xbd");
    for (std::size_t size = 0; size < 80; ++size) {
        const std::string part(size, static_cast<char>('a' + size % 26));
        CHECK_ARRIVES(part, part);
    }
}

TEST_CASE("literals of every length arrive from a slot and from set") {
    recording recorded;
    {
        NANOTEL_SPAN(span, "span", "0"_attr = "", "1"_attr = "1", "7"_attr = "1234567", "8"_attr = "12345678",
                     "9"_attr = "123456789", "32"_attr = "12345678901234567890123456789012",
                     "33"_attr = "123456789012345678901234567890123");
        span.set("late"_attr = "12345678901234567890123456789012");
    }
    const auto attributes = recorded.span("span").attributes;
    CHECK(attributes["0"] == "");
    CHECK(attributes["1"] == "1");
    CHECK(attributes["7"] == "1234567");
    CHECK(attributes["8"] == "12345678");
    CHECK(attributes["9"] == "123456789");
    CHECK(attributes["32"] == "12345678901234567890123456789012");
    CHECK(attributes["33"] == "123456789012345678901234567890123");
    CHECK(attributes["late"] == "12345678901234567890123456789012");
}

TEST_CASE("bytes arrive as bytes") {
    const unsigned char raw[] = {0, 255, 16, 32};
    for (std::size_t size = 0; size <= 4; ++size)
        CHECK_ARRIVES((nanotel::bytes{raw, size}), any_value::bytes(raw, raw + size));
    CHECK_ARRIVES(std::vector<std::byte>({std::byte{1}, std::byte{254}}), byte_values({1, 254}));
    CHECK_ARRIVES((std::array<std::byte, 3>{std::byte{7}}), byte_values({7, 0, 0}));
    CHECK_ARRIVES(std::vector<std::byte>(), byte_values({}));
    CHECK_ARRIVES(std::vector<unsigned char>({1, 254}), list{1, 254}); // numbers
}

TEST_CASE("arrays of every element arrive") {
    CHECK_ARRIVES(std::vector<int>({1, -2, 3}), list{1, -2, 3});
    CHECK_ARRIVES(std::vector<bool>({true, false, true}), list{true, false, true});
    CHECK_ARRIVES((std::array<double, 2>{0.5, -0.0}), list{0.5, -0.0});
    CHECK_ARRIVES(std::vector<float>({0.5f}), list{0.5});
    CHECK_ARRIVES(std::vector<std::string>({"a", "", "a longer text that is not short"}),
                  list{"a", "", "a longer text that is not short"});
    CHECK_ARRIVES(std::vector<std::string_view>({"a", "b"}), list{"a", "b"});
    CHECK_ARRIVES(std::list<const char*>({"a", nullptr}), list{"a", ""});
    CHECK_ARRIVES(std::vector<nanotel::text>({"a"}), list{"a"});
    CHECK_ARRIVES(std::vector<std::vector<std::byte>>({{std::byte{9}}, {}}),
                  list{byte_values({9}), byte_values({})});
    CHECK_ARRIVES(std::vector<std::vector<int>>({{1, 2}, {}, {3}}), list{list{1, 2}, list{}, list{3}});
    CHECK_ARRIVES(std::vector<std::vector<bool>>({{true}, {false, true}}),
                  list{list{true}, list{false, true}});
    CHECK_ARRIVES((std::vector<std::map<std::string, int>>({{{"a", 1}}, {}})),
                  list{attribute_list{{"a", 1}}, attribute_list{}});
    CHECK_ARRIVES((std::vector<std::vector<std::vector<std::string>>>({{{"deep"}}})),
                  list{any_value(list{any_value(list{"deep"})})});
    CHECK_ARRIVES(std::vector<int>(), list{});
    CHECK_ARRIVES(std::vector<std::string>(), list{});
}

TEST_CASE("arrays of the language and lists in braces arrive") {
    recording recorded;
    const int numbers[] = {1, 2, 3};
    const double fractions[] = {0.5};
    const char* const names[] = {"a", "b"};
    const bool flags[] = {true, false};
    const std::pair<const char*, int> pairs[] = {{"x", 1}, {"y", 2}};
    {
        NANOTEL_SPAN(span, "span", "numbers"_attr = numbers, "fractions"_attr = fractions,
                     "names"_attr = names, "flags"_attr = flags, "pairs"_attr = pairs);
        span.set("ints"_attr = {1, 2}, "texts"_attr = {"c", "d"}, "strings"_attr = {std::string("e")});
        span.set("braced pairs"_attr = {std::pair{"k", 1.5}});
        span.set("run time", numbers);
        span.set("run time pairs", pairs);
        span.set("run time literal", "literal");
    }
    const auto attributes = recorded.span("span").attributes;
    CHECK(attributes["numbers"] == list{1, 2, 3});
    CHECK(attributes["fractions"] == list{0.5});
    CHECK(attributes["names"] == list{"a", "b"});
    CHECK(attributes["flags"] == list{true, false});
    CHECK(attributes["pairs"] == attribute_list{{"x", 1}, {"y", 2}});
    CHECK(attributes["ints"] == list{1, 2});
    CHECK(attributes["texts"] == list{"c", "d"});
    CHECK(attributes["strings"] == list{"e"});
    CHECK(attributes["braced pairs"] == attribute_list{{"k", 1.5}});
    CHECK(attributes["run time"] == list{1, 2, 3});
    CHECK(attributes["run time pairs"] == attribute_list{{"x", 1}, {"y", 2}});
    CHECK(attributes["run time literal"] == "literal");
}

TEST_CASE("maps arrive with values of every kind") {
    CHECK_ARRIVES((std::map<std::string, int>({{"a", 1}, {"b", -2}})), attribute_list{{"a", 1}, {"b", -2}});
    CHECK_ARRIVES((std::map<std::string, std::string>({{"", "empty key"}, {"k", ""}})),
                  attribute_list{{"", "empty key"}, {"k", ""}});
    CHECK_ARRIVES((std::unordered_map<std::string, bool>({{"one", true}})), attribute_list{{"one", true}});
    CHECK_ARRIVES((std::vector<std::pair<const char*, double>>({{"d", 0.5}, {"e", 1.0}})),
                  attribute_list{{"d", 0.5}, {"e", 1.0}});
    CHECK_ARRIVES((std::map<std::string, std::vector<int>>({{"v", {1, 2}}})),
                  attribute_list{{"v", list{1, 2}}});
    CHECK_ARRIVES((std::map<std::string, std::map<std::string, int>>({{"m", {{"n", 1}}}})),
                  attribute_list{{"m", attribute_list{{"n", 1}}}});
    CHECK_ARRIVES((std::map<std::string, int>()), attribute_list{});
    // Keys are unique in a map: the last of two counts.
    CHECK_ARRIVES((std::vector<std::pair<std::string, int>>({{"a", 1}, {"b", 2}, {"a", 3}})),
                  attribute_list{{"a", 3}, {"b", 2}});
}

TEST_CASE("mixed arrays and maps arrive") {
    CHECK_ARRIVES(nanotel::array(1, 2.5, "m", true, std::string("s"), colour::green),
                  list{1, 2.5, "m", true, "s", 1});
    CHECK_ARRIVES(nanotel::array(), list{});
    CHECK_ARRIVES(nanotel::map(), attribute_list{});
    CHECK_ARRIVES(nanotel::array(nanotel::array(), nanotel::map()), list{list{}, attribute_list{}});
    CHECK_ARRIVES(nanotel::map("id"_attr = 7, "name"_attr = "Ada", "id"_attr = 8),
                  attribute_list{{"id", 8}, {"name", "Ada"}});
    CHECK_ARRIVES(nanotel::map("list"_attr = nanotel::array(1, nanotel::map("deep"_attr = 0.5)),
                               "map"_attr = std::map<std::string, bool>{{"b", true}}, "last"_attr = -1),
                  attribute_list{{"list", list{1, attribute_list{{"deep", 0.5}}}},
                                 {"map", attribute_list{{"b", true}}},
                                 {"last", -1}});
}

TEST_CASE("types with to_attribute_value arrive, whatever it returns") {
    CHECK_ARRIVES((point{1, -2}), attribute_list{{"x", 1}, {"y", -2}});
    CHECK_ARRIVES(celsius{36.6}, 36.6);
    CHECK_ARRIVES(label{"kept where it is"}, "kept where it is");
    // What it returns by value lives as long as the attribute.
    CHECK_ARRIVES(order_id{7}, "order number 7 of this long year");
    CHECK_ARRIVES((basket{{{1}, {2}}}),
                  list{"order number 1 of this long year", "order number 2 of this long year"});
    CHECK_ARRIVES(std::vector<order_id>({{3}}), list{"order number 3 of this long year"});
    CHECK_ARRIVES((std::map<std::string, order_id>({{"k", {4}}})),
                  attribute_list{{"k", "order number 4 of this long year"}});
    CHECK_ARRIVES(nanotel::array(order_id{5}, celsius{1.5}), list{"order number 5 of this long year", 1.5});
    CHECK_ARRIVES(nanotel::map("m"_attr = order_id{6}),
                  attribute_list{{"m", "order number 6 of this long year"}});
}

TEST_CASE("typed keys take their type and every integer for an integer") {
    static constexpr nanotel::typed_key<"user.id", std::string_view> user_id{};
    static constexpr nanotel::typed_key<"http.status", std::int64_t> status{};
    recording recorded;
    {
        NANOTEL_SPAN(span, "span", user_id = "ada", status = 200u);
        span.add_event("event", user_id = std::string("bob"), status = static_cast<short>(404));
    }
    const auto span = recorded.span("span");
    CHECK(span.attributes == attribute_list{{"user.id", "ada"}, {"http.status", 200}});
    CHECK(span.events.at(0).attributes == attribute_list{{"user.id", "bob"}, {"http.status", 404}});
}
