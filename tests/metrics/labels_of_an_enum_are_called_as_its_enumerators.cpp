// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using nanotel::label;

namespace named {
enum class payment { card, cash, voucher };
enum state : int { closed, open };
enum plain { low, high };
enum plain_and_negative { behind = -3, ahead = 4 };
inline namespace v1 {
enum class versioned { first, second };
}
struct cart {
    enum class item { book, pen };
    enum size : unsigned { small, large };
};
template <class T, char C>
struct box {
    enum class lid { shut, ajar };
    enum seal : long { wax, tape };
};
namespace {
enum class hidden { here, there = 7, everywhere = 9 };
enum hidden_plain : int { one, two, ten = 10, eleven };
} // namespace
} // namespace named

enum class global_of_labels { only };
enum global_plain_of_labels : short { single_one };
namespace {
enum class unnamed_scope { a, c = 2, e = 4 };
enum unnamed_scope_plain : int { f, h = 2, j = 4 };
// The type is as long as what stands before its enumerators and one of them.
enum longer_than_the_namespace : int { k, bcdefghijklmnopqrst = 3 };
} // namespace
namespace named {
enum class truth : bool { no, yes };
enum class letter : char { nul, tab = 9, newline, space = 32 };
enum class small_unsigned : unsigned char { none, top = 63, beyond = 255 };
enum class wide : unsigned long long { none, one, far = 1ull << 40 };
enum class flags { read = 1, write = 2, run = 4, all = 7 };
enum class below { far = -17, sixteen = -16, two = -2, one, zero };
enum class edge { first, last = NANOTEL_ENUM_LIMIT - 1, beyond = NANOTEL_ENUM_LIMIT };
enum class aliased { get, fetch = get, put, store = put };
enum class unordered { third = 3, second = 2, first = 1 };
enum class umlaut { größe, straße };
enum class names_as_digits { _0, _1x, x2_ = 5 };
enum class full { // every value up to the limit of the probe but one
    v0,
    v1,
    v2,
    v3,
    v4,
    v5,
    v6,
    v7,
    v8,
    v9,
    v10,
    v11,
    v12,
    v13,
    v14,
    v15,
    v16,
    v17,
    v18,
    v19,
    v20,
    v21,
    v22,
    v23,
    v24,
    v25,
    v26,
    v27,
    v28,
    v29,
    v30,
    v31,
    v32,
    v33,
    v34,
    v35,
    v36,
    v37,
    v38,
    v39,
    v40,
    v41,
    v42,
    v43,
    v44,
    v45,
    v46,
    v47,
    v48,
    v49,
    v50,
    v51,
    v52,
    v53,
    v54,
    v55,
    v56,
    v57,
    v58,
    v59,
    v60,
    v61,
    v62,
};
enum class http_method { get, post, _OTHER };
enum class other_in_the_middle { before, _OTHER, after };
} // namespace named

namespace {

template <class E>
std::vector<std::string> names_of() {
    const auto& domain = nanotel::detail::label_domains<label<"k", E>>[0];
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < domain.size; ++i) {
        CHECK(domain.values[i].type == nanotel::value_type::string);
        names.emplace_back(domain.values[i].string.data, domain.values[i].string.size);
    }
    return names;
}
using list = std::vector<std::string>;

template <class E>
void check_indexes(std::initializer_list<E> ascending) {
    std::uint32_t expected = 0;
    for (const E value : ascending) CHECK(nanotel::detail::label_index<label<"k", E>>(value) == expected++);
}

template <class T>
list names_of_a_local_enum(T, char) {
    enum class local { a, c = 2, e = 4 };
    check_indexes({local::a, local::c, local::e});
    return names_of<local>();
}

list names_of_an_enum_as_long_as_its_scope() {
    // clang prints "(anonymous namespace)::" before an enumerator, and only the 19 letters in a cast.
    enum class as_long_as_the_scop { a, c = 2, e = 4 };
    return names_of<as_long_as_the_scop>();
}

} // namespace

TEST_CASE("the names stand in the order of their values, and what has none comes last") {
    CHECK(names_of<named::payment>() == list{"card", "cash", "voucher", "_OTHER"});
    check_indexes({named::payment::card, named::payment::cash, named::payment::voucher});
    CHECK(names_of<named::unordered>() == list{"first", "second", "third", "_OTHER"});
    check_indexes({named::unordered::first, named::unordered::second, named::unordered::third});
}

TEST_CASE("the scope of an enum is no part of the names") {
    CHECK(names_of<named::state>() == list{"closed", "open", "_OTHER"});
    CHECK(names_of<named::versioned>() == list{"first", "second", "_OTHER"});
    CHECK(names_of<named::cart::item>() == list{"book", "pen", "_OTHER"});
    CHECK(names_of<named::cart::size>() == list{"small", "large", "_OTHER"});
    CHECK(names_of<named::hidden>() == list{"here", "there", "everywhere", "_OTHER"});
    CHECK(names_of<named::hidden_plain>() == list{"one", "two", "ten", "eleven", "_OTHER"});
    CHECK(names_of<global_of_labels>() == list{"only", "_OTHER"});
    CHECK(names_of<global_plain_of_labels>() == list{"single_one", "_OTHER"});
    CHECK(names_of<unnamed_scope>() == list{"a", "c", "e", "_OTHER"});
    CHECK(names_of<unnamed_scope_plain>() == list{"f", "h", "j", "_OTHER"});
    CHECK(names_of<longer_than_the_namespace>() == list{"k", "bcdefghijklmnopqrst", "_OTHER"});
    static_cast<void>(bcdefghijklmnopqrst);
}

TEST_CASE("a scope may hold what separates the names elsewhere") {
    CHECK(names_of<named::box<std::vector<int>, ','>::lid>() == list{"shut", "ajar", "_OTHER"});
    CHECK(names_of<named::box<int(int, int), '>'>::seal>() == list{"wax", "tape", "_OTHER"});
    CHECK(names_of<named::box<int[2], '\''>::lid>() == list{"shut", "ajar", "_OTHER"});
    CHECK(names_of<named::box<int, '('>::seal>() == list{"wax", "tape", "_OTHER"});
    CHECK(names_of<named::box<int, '\\'>::lid>() == list{"shut", "ajar", "_OTHER"});
}

TEST_CASE("an enum of a function or of a lambda has names too") {
    CHECK(names_of_a_local_enum(1, ',') == list{"a", "c", "e", "_OTHER"});
    const auto in_lambda = [](int, char) {
        enum class local { b = 1, d = 3 };
        struct inner {
            enum plain : int { x, z = 2 };
        };
        CHECK(names_of<inner::plain>() == list{"x", "z", "_OTHER"});
        return names_of<local>();
    };
    CHECK(names_of_an_enum_as_long_as_its_scope() == list{"a", "c", "e", "_OTHER"});
    CHECK(in_lambda(0, 'c') == list{"b", "d", "_OTHER"});
}

TEST_CASE("an enum whose underlying type the compiler chose has names too") {
    CHECK(names_of<named::plain>() == list{"low", "high", "_OTHER"});
    check_indexes({named::low, named::high});
    CHECK(names_of<named::plain_and_negative>() == list{"behind", "ahead", "_OTHER"});
    check_indexes({named::behind, named::ahead});
}

TEST_CASE("every underlying type will do") {
    CHECK(names_of<named::truth>() == list{"no", "yes", "_OTHER"});
    check_indexes({named::truth::no, named::truth::yes});
    CHECK(names_of<named::letter>() == list{"nul", "tab", "newline", "space", "_OTHER"});
    check_indexes({named::letter::nul, named::letter::tab, named::letter::newline, named::letter::space});
    CHECK(names_of<named::small_unsigned>() == list{"none", "top", "_OTHER"});
    CHECK(names_of<named::wide>() == list{"none", "one", "_OTHER"});
    check_indexes({named::wide::none, named::wide::one});
}

TEST_CASE("values may have gaps and be negative") {
    CHECK(names_of<named::flags>() == list{"read", "write", "run", "all", "_OTHER"});
    check_indexes({named::flags::read, named::flags::write, named::flags::run, named::flags::all});
    CHECK(names_of<named::below>() == list{"sixteen", "two", "one", "zero", "_OTHER"});
    check_indexes({named::below::sixteen, named::below::two, named::below::one, named::below::zero});
}

TEST_CASE("an enumerator beyond the limit has no name") {
    CHECK(names_of<named::edge>() == list{"first", "last", "_OTHER"});
    check_indexes({named::edge::first, named::edge::last});
    CHECK(nanotel::detail::label_index<label<"k", named::edge>>(named::edge::beyond) == 2);
    CHECK(nanotel::detail::label_index<label<"k", named::wide>>(named::wide::far) == 2);
    CHECK(nanotel::detail::label_index<label<"k", named::below>>(named::below::far) == 4);
    CHECK(nanotel::detail::label_index<label<"k", named::small_unsigned>>(named::small_unsigned::beyond) ==
          2);
}

TEST_CASE("of two enumerators of one value the first names it") {
    CHECK(names_of<named::aliased>() == list{"get", "put", "_OTHER"});
    CHECK(nanotel::detail::label_index<label<"k", named::aliased>>(named::aliased::fetch) == 0);
    CHECK(nanotel::detail::label_index<label<"k", named::aliased>>(named::aliased::store) == 1);
}

TEST_CASE("any identifier is a name") {
    CHECK(names_of<named::umlaut>() == list{"größe", "straße", "_OTHER"});
    CHECK(names_of<named::names_as_digits>() == list{"_0", "_1x", "x2_", "_OTHER"});
}

TEST_CASE("an enum may use all values that are looked at") {
    const list names = names_of<named::full>();
    REQUIRE(names.size() == 64);
    for (std::size_t i = 0; i < 63; ++i) {
        CHECK(names[i] == "v" + std::to_string(i));
        CHECK(nanotel::detail::label_index<label<"k", named::full>>(static_cast<named::full>(i)) == i);
    }
}

TEST_CASE("an enumerator called _OTHER is the one for what has no name") {
    CHECK(names_of<named::http_method>() == list{"get", "post", "_OTHER"});
    check_indexes({named::http_method::get, named::http_method::post, named::http_method::_OTHER});
    CHECK(nanotel::detail::label_index<label<"k", named::http_method>>(static_cast<named::http_method>(9)) ==
          2);
    CHECK(names_of<named::other_in_the_middle>() == list{"before", "after", "_OTHER"});
    check_indexes({named::other_in_the_middle::before, named::other_in_the_middle::after,
                   named::other_in_the_middle::_OTHER});
}
