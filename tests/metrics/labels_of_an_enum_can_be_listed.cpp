// SPDX-License-Identifier: MIT
#include <nanotel/metrics/labels.hpp>

#include <string>
#include <vector>

#include <doctest/doctest.h>

using nanotel::label;

namespace listed {

enum class payment { card, cash, voucher };
constexpr auto nanotel_labels(payment) {
    return nanotel::label_names<payment>({{payment::cash, "cash"}, {payment::card, "credit card"}});
}

// Several values of one name, with gaps: a table.
enum class status { ok = 200, created = 201, not_found = 404, failed = 500, bad_gateway = 502 };
constexpr auto nanotel_labels(status) {
    return nanotel::label_names<status>({{status::ok, "2xx"},
                                         {status::failed, "5xx"},
                                         {status::created, "2xx"},
                                         {status::not_found, "_OTHER"},
                                         {status::bad_gateway, "5xx"}});
}

// Too wide for a table.
enum class code : unsigned { ok = 0, access = 0x8007'0005, handle = 0x8007'0006 };
constexpr auto nanotel_labels(code) {
    return nanotel::label_names<code>({{code::ok, "ok"}, {code::access, "access"}, {code::handle, "handle"}});
}

enum class wide : long long {
    lowest = -0x7fff'ffff'ffff'ffff - 1,
    zero = 0,
    highest = 0x7fff'ffff'ffff'ffff
};
constexpr auto nanotel_labels(wide) {
    return nanotel::label_names<wide>(
        {{wide::lowest, "lowest"}, {wide::zero, ""}, {wide::highest, "highest"}});
}

class cart {
public:
    enum kind { large = 1'000, small = 1'001 };
    friend constexpr auto nanotel_labels(kind) {
        return nanotel::label_names<kind>({{large, "L"}, {small, "S"}});
    }
};

} // namespace listed

namespace {

template <class E>
std::vector<std::string> names_of() {
    const auto& domain = nanotel::detail::label_domains<label<"k", E>>[0];
    std::vector<std::string> names;
    for (std::uint32_t i = 0; i < domain.size; ++i)
        names.emplace_back(domain.values[i].string.data, domain.values[i].string.size);
    return names;
}
using list = std::vector<std::string>;

template <class E>
std::uint32_t index_of(E value) {
    return nanotel::detail::label_index<label<"k", E>>(value);
}

} // namespace

TEST_CASE("a list names the values in its order, and what it leaves out has no name") {
    CHECK(names_of<listed::payment>() == list{"cash", "credit card", "_OTHER"});
    CHECK(index_of(listed::payment::cash) == 0);
    CHECK(index_of(listed::payment::card) == 1);
    CHECK(index_of(listed::payment::voucher) == 2);
    CHECK(index_of(static_cast<listed::payment>(-1)) == 2);
    CHECK(index_of(static_cast<listed::payment>(3)) == 2);
}

TEST_CASE("values of one name are one label value") {
    CHECK(names_of<listed::status>() == list{"2xx", "5xx", "_OTHER"});
    CHECK(index_of(listed::status::ok) == 0);
    CHECK(index_of(listed::status::created) == 0);
    CHECK(index_of(listed::status::failed) == 1);
    CHECK(index_of(listed::status::bad_gateway) == 1);
    CHECK(index_of(listed::status::not_found) == 2);
    for (const int unknown : {0, 199, 202, 403, 501, 503, -200, 0x7fff'ffff})
        CHECK(index_of(static_cast<listed::status>(unknown)) == 2);
}

TEST_CASE("the values may lie as far apart as their type allows") {
    CHECK(names_of<listed::code>() == list{"ok", "access", "handle", "_OTHER"});
    CHECK(index_of(listed::code::ok) == 0);
    CHECK(index_of(listed::code::access) == 1);
    CHECK(index_of(listed::code::handle) == 2);
    for (const unsigned unknown : {1u, 0x8007'0004u, 0x8007'0007u, 0xffff'ffffu})
        CHECK(index_of(static_cast<listed::code>(unknown)) == 3);
    CHECK(names_of<listed::wide>() == list{"lowest", "", "highest", "_OTHER"});
    CHECK(index_of(listed::wide::lowest) == 0);
    CHECK(index_of(listed::wide::zero) == 1);
    CHECK(index_of(listed::wide::highest) == 2);
    CHECK(index_of(static_cast<listed::wide>(-1)) == 3);
}

TEST_CASE("the list of an enum in a class is a friend") {
    CHECK(names_of<listed::cart::kind>() == list{"L", "S", "_OTHER"});
    CHECK(index_of(listed::cart::small) == 1);
}
