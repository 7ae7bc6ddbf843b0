// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <random>

#if defined(__GNUC__) && !defined(__clang__) // GCC bug 105562 and its kin, in the destructors of variants
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

using namespace nanotel::literals;
using nanotel::any_value;
using nanotel::attribute_list;
using nanotel_test::hex;
using nanotel_test::recording;

namespace {

// What a decoder that follows the Unicode standard ("U+FFFD Substitution of Maximal Subparts") makes of
// bytes; written from its table 3-7, not from the library.
std::string sanitised(std::string_view bytes) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        const auto lead = static_cast<unsigned char>(bytes[i]);
        std::size_t follow = 0;
        unsigned char low = 0x80, high = 0xbf;
        if (lead < 0x80) {
            out += bytes[i++];
            continue;
        }
        if (lead >= 0xc2 && lead <= 0xdf)
            follow = 1;
        else if (lead >= 0xe0 && lead <= 0xef) {
            follow = 2;
            if (lead == 0xe0) low = 0xa0;
            if (lead == 0xed) high = 0x9f;
        } else if (lead >= 0xf0 && lead <= 0xf4) {
            follow = 3;
            if (lead == 0xf0) low = 0x90;
            if (lead == 0xf4) high = 0x8f;
        }
        std::size_t length = 1;
        while (length <= follow && i + length < bytes.size()) {
            const auto next = static_cast<unsigned char>(bytes[i + length]);
            if (next < low || next > high) break;
            low = 0x80;
            high = 0xbf;
            ++length;
        }
        if (follow != 0 && length == follow + 1)
            out += bytes.substr(i, length);
        else
            out += "\xef\xbf\xbd";
        i += length;
    }
    return out;
}

struct generator {
    std::mt19937_64 random;

    std::uint64_t bits() { return random(); }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random() % bound); }
    bool boolean() { return below(2) == 0; }

    std::int64_t integer() {
        using limits = std::numeric_limits<std::int64_t>;
        switch (below(4)) {
        case 0:
            return static_cast<std::int64_t>(bits());
        case 1:
            return static_cast<std::int64_t>(below(2000)) - 1000;
        case 2:
            return std::int64_t{1} << below(63);
        default:
            return boolean() ? limits::min() + static_cast<std::int64_t>(below(2))
                             : limits::max() - static_cast<std::int64_t>(below(2));
        }
    }
    double real() {
        using limits = std::numeric_limits<double>;
        switch (below(8)) {
        case 0:
            return std::bit_cast<double>(bits()); // any pattern: NaN, subnormal, infinite
        case 1:
            return std::bit_cast<double>(bits() & 0x800fffffffffffffull); // subnormal
        case 2:
            return static_cast<double>(integer());
        case 3:
            return static_cast<double>(below(100000)) / 100;
        case 4:
            return boolean() ? limits::infinity() : -limits::infinity();
        case 5:
            return boolean() ? limits::max() : limits::denorm_min();
        case 6:
            return boolean() ? 0.0 : -0.0;
        default:
            return limits::quiet_NaN();
        }
    }
    void append_character(std::string& to) {
        std::uint32_t c;
        switch (below(5)) {
        case 0:
            c = static_cast<std::uint32_t>(below(0x20));
            break;
        case 1:
            c = static_cast<std::uint32_t>(0x20 + below(0x60));
            break;
        case 2:
            c = static_cast<std::uint32_t>(0x80 + below(0x780));
            break;
        case 3:
            c = static_cast<std::uint32_t>(0x800 + below(0xf800));
            if (c >= 0xd800 && c < 0xe000) c = 0x2028; // no surrogates, but what is special to JavaScript
            break;
        default:
            c = static_cast<std::uint32_t>(0x10000 + below(0x100000));
        }
        if (c < 0x80) {
            to += static_cast<char>(c);
        } else if (c < 0x800) {
            to += static_cast<char>(0xc0 | c >> 6);
            to += static_cast<char>(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            to += static_cast<char>(0xe0 | c >> 12);
            to += static_cast<char>(0x80 | (c >> 6 & 0x3f));
            to += static_cast<char>(0x80 | (c & 0x3f));
        } else {
            to += static_cast<char>(0xf0 | c >> 18);
            to += static_cast<char>(0x80 | (c >> 12 & 0x3f));
            to += static_cast<char>(0x80 | (c >> 6 & 0x3f));
            to += static_cast<char>(0x80 | (c & 0x3f));
        }
    }
    std::string string() {
        std::string made;
        const std::size_t length = below(20) == 0 ? below(3000) : below(40);
        const auto kind = below(4);
        for (std::size_t i = 0; i < length; ++i) {
            if (kind == 0)
                made += static_cast<char>('a' + below(26));
            else if (kind == 1 || (kind == 2 && below(4) != 0))
                append_character(made);
            else
                made += static_cast<char>(bits()); // mostly not UTF-8
        }
        return made;
    }
    std::string name() {
        std::string made = string();
        return made.empty() ? "n" : made;
    }
    template <class Make>
    auto list(Make make) {
        std::vector<decltype(make())> made(below(5));
        for (auto&& one : made) one = make();
        return made;
    }
    template <class Make>
    auto map(Make make) {
        std::map<std::string, decltype(make())> made;
        for (std::size_t i = below(4); i > 0; --i) made[string()] = make();
        return made;
    }
};

// What is expected of each value, built beside it.
any_value expected(bool v) { return v; }
any_value expected(std::int64_t v) { return v; }
any_value expected(std::uint64_t v) {
    if (v >> 63) return std::to_string(v);
    return v;
}
any_value expected(double v) { return v; }
any_value expected(const std::string& v) { return sanitised(v); }
any_value expected(const std::vector<std::byte>& v) {
    any_value::bytes made;
    for (const std::byte b : v) made.push_back(static_cast<std::uint8_t>(b));
    return made;
}
template <class T>
any_value expected(const std::map<std::string, T>& v);
template <class T>
any_value expected(const std::vector<T>& v) {
    any_value::array made;
    for (const auto& one : v) made.push_back(expected(static_cast<const T&>(one)));
    return made;
}
template <class T>
any_value expected(const std::map<std::string, T>& v) {
    attribute_list made;
    for (const auto& [key, value] : v) made.emplace_back(sanitised(key), expected(value));
    return made;
}

// Calls `use(value, what is expected of it)` for a random value of a random type.
template <class Use>
void with_value(generator& g, Use use) {
    const auto plainly = [&](const auto& value) { use(value, expected(value)); };
    switch (g.below(14)) {
    case 0:
        return plainly(g.boolean());
    case 1:
        return plainly(g.integer());
    case 2:
        return plainly(g.bits());
    case 3:
        return plainly(g.real());
    case 4:
        return plainly(g.string());
    case 5:
        return plainly(g.list([&] { return static_cast<std::byte>(g.bits()); }));
    case 6:
        return plainly(g.list([&] { return g.integer(); }));
    case 7:
        return plainly(g.list([&] { return g.boolean(); }));
    case 8:
        return plainly(g.list([&] { return g.string(); }));
    case 9:
        return plainly(g.list([&] { return g.list([&] { return g.real(); }); }));
    case 10:
        return plainly(g.map([&] { return g.string(); }));
    case 11:
        return plainly(g.map([&] { return g.list([&] { return g.map([&] { return g.integer(); }); }); }));
    case 12: {
        const std::string text = g.string();
        const double real = g.real();
        const auto deep = g.list([&] { return g.map([&] { return g.boolean(); }); });
        return use(nanotel::array(text, real, nanotel::array(), nanotel::map("deep"_attr = deep)),
                   any_value(any_value::array{expected(text), expected(real), any_value::array{},
                                              attribute_list{{"deep", expected(deep)}}}));
    }
    default: {
        const std::int64_t integer = g.integer();
        const auto list = g.list([&] { return g.string(); });
        return use(
            nanotel::map("i"_attr = integer, "l"_attr = list, "a"_attr = nanotel::array(integer, list)),
            any_value(attribute_list{
                {"i", integer},
                {"l", expected(list)},
                {"a", any_value::array{expected(integer), expected(list)}},
            }));
    }
    }
}

void put(attribute_list& list, const std::string& key, const any_value& value) {
    attribute_list changed;
    bool found = false;
    for (const auto& [k, v] : list) {
        changed.emplace_back(k, k == key ? value : v);
        found = found || k == key;
    }
    if (!found) changed.emplace_back(key, value);
    list = changed;
}

template <class Span>
void change(generator& g, Span& span, nanotel::finished_span& wanted, const nanotel::context& linked) {
    std::map<std::string, std::string> raw_keys; // by what they become: only one raw key for each
    for (std::size_t i = g.below(6); i > 0; --i) {
        switch (g.below(7)) {
        case 0:
            with_value(g, [&](const auto& value, const any_value& is) {
                span.set("late"_attr = value);
                put(wanted.attributes, "late", is);
            });
            break;
        case 1:
        case 2:
            with_value(g, [&](const auto& value, const any_value& is) {
                const std::string key = g.name();
                const auto [known, added] = raw_keys.try_emplace(sanitised(key), key);
                if (known->second != key || (!added && key == "late")) return;
                span.set(key, value);
                put(wanted.attributes, sanitised(key), is);
            });
            break;
        case 3:
            with_value(g, [&](const auto& value, const any_value& is) {
                const std::string name = g.string();
                const std::uint64_t time = g.bits() >> 1;
                span.add_event(name, nanotel::timestamp(time), "e"_attr = value, "n"_attr = i);
                wanted.events.push_back({time, sanitised(name), {{"e", is}, {"n", i}}, 0});
            });
            break;
        case 4:
            with_value(g, [&](const auto& value, const any_value& is) {
                span.add_link(linked, "l"_attr = value);
                wanted.links.push_back({hex(linked.trace_id), hex(linked.span_id), "", {{"l", is}}, 0, 0});
            });
            break;
        case 5: {
            const std::string text = g.string();
            span.set_status(nanotel::status_code::error, text);
            wanted.status = {nanotel::status_code::error, sanitised(text)};
            break;
        }
        default: {
            const std::string name = g.name();
            span.update_name(name);
            wanted.name = sanitised(name);
        }
        }
    }
}

void compare(const nanotel::finished_span& is, const nanotel::finished_span& wanted) {
    REQUIRE(is.name == wanted.name);
    REQUIRE(is.attributes == wanted.attributes);
    REQUIRE(is.dropped_attributes_count == 0);
    REQUIRE(is.status.code == wanted.status.code);
    REQUIRE(is.status.message == wanted.status.message);
    REQUIRE(is.trace_id == wanted.trace_id);
    REQUIRE(is.parent_span_id == wanted.parent_span_id);
    REQUIRE(is.events.size() == wanted.events.size());
    for (std::size_t i = 0; i < is.events.size(); ++i) {
        REQUIRE(is.events[i].name == wanted.events[i].name);
        REQUIRE(is.events[i].time_unix_nano == wanted.events[i].time_unix_nano);
        REQUIRE(is.events[i].attributes == wanted.events[i].attributes);
    }
    REQUIRE(is.links.size() == wanted.links.size());
    for (std::size_t i = 0; i < is.links.size(); ++i) {
        REQUIRE(is.links[i].trace_id == wanted.links[i].trace_id);
        REQUIRE(is.links[i].span_id == wanted.links[i].span_id);
        REQUIRE(is.links[i].attributes == wanted.links[i].attributes);
    }
}

} // namespace

TEST_CASE("random spans come out as they went in") {
    std::random_device device;
    const std::uint64_t seed = device();
    MESSAGE("seed " << seed);
    generator g{std::mt19937_64(seed)};
    recording recorded;
    std::map<std::string, nanotel::finished_span> wanted; // by span id
    const nanotel::context linked{nanotel::trace_id{{g.bits() | 1, g.bits()}}, nanotel::span_id{g.bits() | 1},
                                  1, false};

    const auto note = [&](const nanotel::context& parent,
                          const nanotel::context& context) -> nanotel::finished_span& {
        auto& one = wanted[hex(context.span_id)];
        one.trace_id = hex(context.trace_id);
        if (parent.is_valid()) one.parent_span_id = hex(parent.span_id);
        return one;
    };
    for (int round = 0; round < 4000; ++round) {
        const std::string outer_name = g.name();
        nanotel::span outer(outer_name);
        auto& of_outer = note({}, outer.context());
        of_outer.name = sanitised(outer_name);
        change(g, outer, of_outer, linked);
        const nanotel::context current = nanotel::current_context();
        with_value(g, [&](const auto& first, const any_value& is_first) {
            with_value(g, [&](const auto& second, const any_value& is_second) {
                NANOTEL_SPAN(span, "a \"name\" with\nescapes κ", "first"_attr = first,
                             "key \"\\\t€"_attr = second, "round"_attr = round);
                auto& of_span = note(current, span.context());
                of_span.name = "a \"name\" with\nescapes κ";
                of_span.attributes = {{"first", is_first}, {"key \"\\\t€", is_second}, {"round", round}};
                if (g.boolean()) change(g, span, of_span, linked);
            });
        });
        nanotel::detached_span detached("detached");
        auto& of_detached = note(current, detached.context());
        of_detached.name = "detached";
        change(g, detached, of_detached, linked);
    }
    const auto spans = recorded.spans();
    CHECK(spans.size() == wanted.size());
    CHECK(recorded.dropped() == 0);
    for (const auto& span : spans) {
        CAPTURE(span);
        compare(span, wanted.at(span.span_id));
    }
}
