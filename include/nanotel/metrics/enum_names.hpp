// SPDX-License-Identifier: MIT
// The names of an enum's enumerators, read from what the compiler prints of them, or listed by the user.
#pragma once

#include <nanotel/core/text.hpp>

#include <cstdint>
#include <type_traits>

// Enumerators are looked for among the values from 0 to this, exclusive, and where the underlying type is
// signed from -16 up. Others need nanotel_labels(). The same for the whole program.
#ifndef NANOTEL_ENUM_LIMIT
#define NANOTEL_ENUM_LIMIT 64
#endif

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

template <class E>
struct enum_entry {
    E value;
    text name;
};

// What nanotel_labels() returns.
template <class E, std::uint32_t N>
struct enum_list {
    static constexpr std::uint32_t count = N;
    enum_entry<E> entries[N == 0 ? 1 : N]{};
};

} // namespace detail

/// Names the values of an enum that is the domain of a label, in place of the names of its enumerators. What
/// is not listed counts as "_OTHER"; values of one name share a series. The list stands beside the enum,
/// before its first use:
///
///     constexpr auto nanotel_labels(payment) {
///         return nanotel::label_names<payment>({{payment::card, "credit card"}, {payment::cash, "cash"}});
///     }
template <class E, std::size_t N>
constexpr auto label_names(const detail::enum_entry<E> (&entries)[N]) noexcept {
    detail::enum_list<E, N> list{};
    for (std::size_t i = 0; i < N; ++i) list.entries[i] = entries[i];
    return list;
}

namespace detail {

template <class E>
concept has_label_names = requires { nanotel_labels(E{}); };

template <class E>
constexpr std::int64_t to_integer(E value) noexcept {
    return static_cast<std::int64_t>(static_cast<std::underlying_type_t<E>>(value));
}

// --- Which values may be probed ---

// An enum without a fixed underlying type has no values beyond the bits of its enumerators. In a constant
// expression g++ and, until 19, clang have a warning for that, though clang's is an error unless told; a
// later clang refuses, and has_enum_value is false.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#ifdef __clang__
#if __has_warning("-Wenum-constexpr-conversion")
#pragma GCC diagnostic ignored "-Wenum-constexpr-conversion"
#endif
#endif
template <class E, std::int64_t Value, class = void>
inline constexpr bool has_enum_value = false;
template <class E, std::int64_t Value>
inline constexpr bool
    has_enum_value<E, Value, std::void_t<std::integral_constant<E, static_cast<E>(Value)>>> = true;

template <class E>
inline constexpr bool has_fixed_type = requires { E{std::underlying_type_t<E>{}}; };

// The values probed are those from `first` to `last`.
struct enum_range {
    std::int64_t first;
    std::int64_t last;
};

template <class E, std::int64_t Last>
consteval std::int64_t last_enum_value() noexcept {
    if constexpr (Last == 0 || has_enum_value<E, Last>)
        return Last;
    else
        return last_enum_value<E, Last / 2>();
}
template <class E, std::int64_t First>
consteval std::int64_t first_enum_value() noexcept {
    if constexpr (First == 0 || has_enum_value<E, First>)
        return First;
    else
        return first_enum_value<E, First / 2>();
}

// Of all ones, as the last value of an enum without a fixed type is.
consteval std::int64_t ones_below(std::int64_t limit) noexcept {
    std::int64_t ones = 0;
    while (2 * ones + 1 < limit) ones = 2 * ones + 1;
    return ones;
}

template <class E>
consteval enum_range probed_range() noexcept {
    using integer = std::underlying_type_t<E>;
    constexpr std::int64_t limit = NANOTEL_ENUM_LIMIT;
    static_assert(limit >= 1 && limit <= 4096, "nanotel: NANOTEL_ENUM_LIMIT is from 1 to 4096");
    constexpr std::int64_t first = std::is_signed_v<integer> ? -16 : 0;
    if constexpr (!has_fixed_type<E>) {
        if constexpr (has_enum_value<E, limit - 1>)
            return {first_enum_value<E, first>(), limit - 1};
        else
            return {first_enum_value<E, first>(), last_enum_value<E, ones_below(limit)>()};
    } else {
        constexpr std::int64_t most = std::is_same_v<integer, bool> ? 1
                                      : sizeof(integer) > 1         ? limit
                                      : std::is_signed_v<integer>   ? 127
                                                                    : 255;
        return {first, most < limit - 1 ? most : limit - 1};
    }
}

// --- What the compiler prints of them ---

// One function for all values: "… [with auto ...Values = {ns::payment::card, (ns::payment)1}]" is g++'s,
// "… [Values = <ns::payment::card, (ns::payment)1>]" clang's.
template <auto... Values>
constexpr text printed_values() noexcept {
    return {__PRETTY_FUNCTION__, sizeof(__PRETTY_FUNCTION__) - 1};
}

template <class Integer, Integer... Offsets>
struct offset_list {};
#if defined(__has_builtin) && __has_builtin(__make_integer_seq)
template <int Count>
using offsets_below = __make_integer_seq<offset_list, int, Count>;
#else
template <int Count>
using offsets_below = offset_list<int, __integer_pack(Count)...>;
#endif

template <class E, std::int64_t First, int... Offsets>
consteval text print_enum(offset_list<int, Offsets...>) noexcept {
    // A scoped enum in a class template has no enumerators for clang until a name is looked up in it.
    static_cast<void>(requires { E::nanotel_no_such_name; });
    return printed_values<static_cast<E>(First + Offsets)...>();
}

#pragma GCC diagnostic pop

struct printed_name {
    std::int64_t value;
    std::size_t begin;
    std::size_t size;
};

template <std::uint32_t Most>
struct enum_scan {
    bool is_understood = false;
    std::uint32_t count = 0;
    std::size_t characters = 0;
    printed_name names[Most]{};
};

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_identifier(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// Where the element that begins at `at` ends. What stands in brackets belongs to a scope, as "int, ','" in
// "box<int, ','>::card".
consteval std::size_t end_of_element(text all, std::size_t at, std::size_t end) noexcept {
    std::size_t depth = 0;
    for (; at < end; ++at) {
        const char c = all[at];
        if (c == '\'') {
            for (++at; at < end && all[at] != '\''; ++at) at += all[at] == '\\';
        } else if (c == '(' || c == '<' || c == '{' || c == '[')
            ++depth;
        else if ((c == ')' || c == '>' || c == '}' || c == ']') && depth > 0)
            --depth;
        else if (c == ',' && depth == 0)
            break;
    }
    return at < end ? at : end;
}

// The first enumerator and the first value without a name are taken apart with care; the others begin alike,
// so that no more than their ends need be read. What does not fit is not understood, and nothing is guessed.
template <std::uint32_t Most>
consteval enum_scan<Most> scan_enum(text all, std::int64_t first) noexcept {
    enum_scan<Most> scan;
    std::size_t at = 0;
    while (at < all.size && all[at] != '[') ++at;
    while (at < all.size && all[at] != '{' && all[at] != '<') ++at;
    if (all.size < 2 || ++at >= all.size - 2) return scan;
    const std::size_t end = all.size - 2;
    std::size_t scope = 0; // characters before a name, when one has been seen
    std::size_t type = 0;  // characters between the parentheses of "(type)1", likewise
    bool has_scope = false;
    for (std::uint32_t i = 0; i < Most; ++i) {
        std::size_t name = 0;
        std::size_t stop = 0;
        bool is_named = true;
        if (type != 0 && all[at] == '(' && at + type + 2 < end && all[at + type + 1] == ')' &&
            (is_digit(all[at + type + 2]) || all[at + type + 2] == '-')) {
            is_named = false;
            stop = at + type + 3;
            while (stop < end && is_digit(all[stop])) ++stop;
        } else if (has_scope && (type != 0 || all[at] != '(')) {
            name = stop = at + scope;
            while (stop < end && is_identifier(all[stop])) ++stop;
        } else {
            stop = end_of_element(all, at, end);
            name = stop;
            while (name > at && is_identifier(all[name - 1])) --name;
            if (name > at && (all[name - 1] == ')' || all[name - 1] == '-')) {
                is_named = false;
                const std::size_t close = name - (all[name - 1] == '-' ? 2 : 1);
                if (all[at] != '(' || close <= at + 1) return scan;
                type = close - at - 1;
            } else {
                has_scope = true;
                scope = name - at;
            }
        }
        if (is_named) {
            if (name >= stop || is_digit(all[name])) return scan;
            scan.names[scan.count++] = {first + i, name, stop - name};
            scan.characters += stop - name;
        }
        const bool is_last = i + 1 == Most;
        if (is_last ? stop != end : stop + 2 >= end || all[stop] != ',' || all[stop + 1] != ' ') return scan;
        at = stop + 2;
    }
    scan.is_understood = true;
    return scan;
}

template <class E>
struct enum_reflection {
    static constexpr enum_range range = probed_range<E>();
    static constexpr std::uint32_t most = static_cast<std::uint32_t>(range.last - range.first + 1);
    static constexpr text printed = print_enum<E, range.first>(offsets_below<static_cast<int>(most)>{});
    static constexpr enum_scan<most> scan = scan_enum<most>(printed, range.first);
};

// The names alone, so that the long text above is in no program.
template <std::size_t Size>
struct enum_characters {
    char characters[Size == 0 ? 1 : Size]{};
};

template <class E>
consteval auto copy_characters() noexcept {
    using reflection = enum_reflection<E>;
    enum_characters<reflection::scan.characters> copy;
    std::size_t size = 0;
    for (std::uint32_t i = 0; i < reflection::scan.count; ++i)
        for (std::size_t k = 0; k < reflection::scan.names[i].size; ++k)
            copy.characters[size++] = reflection::printed[reflection::scan.names[i].begin + k];
    return copy;
}
template <class E>
inline constexpr auto enum_characters_of = copy_characters<E>();

template <class E>
consteval auto list_enum() noexcept {
    if constexpr (has_label_names<E>) {
        return nanotel_labels(E{});
    } else {
        constexpr const auto& scan = enum_reflection<E>::scan;
        static_assert(scan.is_understood, "nanotel: the names of this enum cannot be read from what the "
                                          "compiler prints of it: list them in nanotel_labels()");
        static_assert(!scan.is_understood || scan.count > 0,
                      "nanotel: this enum has no enumerator from 0 to NANOTEL_ENUM_LIMIT: list its values in "
                      "nanotel_labels()");
        enum_list<E, scan.count> list{};
        const char* name = enum_characters_of<E>.characters;
        for (std::uint32_t i = 0; i < scan.count; ++i) {
            list.entries[i] = {static_cast<E>(scan.names[i].value), text(name, scan.names[i].size)};
            name += scan.names[i].size;
        }
        return list;
    }
}

// The values of an enum that have a name: as they are listed, or ascending.
template <class E>
inline constexpr auto enum_entries = list_enum<E>();

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
