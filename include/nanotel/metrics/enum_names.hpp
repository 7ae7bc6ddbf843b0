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
    enum_entry<E> entries[N]{};
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
consteval std::int64_t ones_up_to(std::int64_t limit) noexcept {
    std::int64_t ones = 0;
    while (2 * ones + 1 <= limit) ones = 2 * ones + 1;
    return ones;
}

template <class Integer>
consteval enum_range fixed_range() noexcept {
    constexpr std::int64_t limit = NANOTEL_ENUM_LIMIT;
    static_assert(limit >= 1 && limit <= 4096, "nanotel: NANOTEL_ENUM_LIMIT is from 1 to 4096");
    constexpr std::int64_t most = std::is_same_v<Integer, bool> ? 1
                                  : sizeof(Integer) > 1         ? limit
                                  : std::is_signed_v<Integer>   ? 127
                                                                : 255;
    return {std::is_signed_v<Integer> ? -16 : 0, most < limit - 1 ? most : limit - 1};
}
template <class E>
consteval enum_range probed_range() noexcept {
    constexpr enum_range range = fixed_range<std::underlying_type_t<E>>();
    if constexpr (has_fixed_type<E>)
        return range;
    else if constexpr (has_enum_value<E, range.last>)
        return {first_enum_value<E, range.first>(), range.last};
    else
        return {first_enum_value<E, range.first>(), last_enum_value<E, ones_up_to(range.last)>()};
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

struct named_integer {
    std::int64_t value;
    const char* name;
    std::size_t size;
};

template <std::uint32_t Most>
struct named_integers {
    bool is_understood = false;
    std::uint32_t count = 0;
    std::size_t characters = 0;
    named_integer entries[Most]{};
};

// Where the element that begins at `at` ends. What stands in brackets belongs to a scope, as "int, ','" in
// "box<int, ','>::card".
consteval std::size_t end_of_element(const char* all, std::size_t at, std::size_t end) noexcept {
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
constexpr bool is_identifier(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// The first enumerator and the first value without a name are taken apart with care; the others begin alike,
// so that little more than their ends need be read: each step costs whoever compiles. What does not fit is
// not understood, and nothing is guessed.
template <std::uint32_t Most>
consteval named_integers<Most> scan_enum(text printed, std::int64_t first) noexcept {
    named_integers<Most> scan;
    const char* const all = printed.data;
    const std::size_t end = printed.size - 2; // of "}]" or ">]"
    std::size_t at = 0;
    while (at < end && all[at] != '[') ++at;
    while (at < end && all[at] != '{' && all[at] != '<') ++at;
    ++at;
    std::size_t scope = 0; // characters before a name, when one has been seen
    std::size_t type = 0;  // characters between the parentheses of "(type)1", likewise
    bool has_scope = false;
    for (std::uint32_t i = 0; i < Most; ++i) {
        if (at >= end) return scan;
        std::size_t name = 0; // of no name as yet
        std::size_t stop = 0;
        if (type != 0 && all[at] == '(' && at + type + 2 < end && all[at + type + 1] == ')' &&
            all[at + type + 2] <= '9') {
            stop = at + type + 3;
            while (stop < end && all[stop] != ',') ++stop;
        } else if (has_scope && (type != 0 || all[at] != '(')) {
            name = stop = at + scope;
            while (stop < end && all[stop] != ',') ++stop;
        } else {
            stop = end_of_element(all, at, end);
            name = stop;
            while (name > at && is_identifier(all[name - 1])) --name;
            if (name > at && (all[name - 1] == ')' || all[name - 1] == '-')) {
                const std::size_t close = name - (all[name - 1] == '-' ? 2 : 1);
                if (all[at] != '(' || close <= at + 1) return scan;
                type = close - at - 1;
                name = 0;
            } else {
                has_scope = true;
                scope = name - at;
            }
        }
        if (name != 0) {
            if (name >= stop) return scan;
            scan.entries[scan.count++] = {first + i, all + name, stop - name};
            scan.characters += stop - name;
        }
        if (stop != end && all[stop + 1] != ' ') return scan;
        at = stop + 2;
    }
    scan.is_understood = at == end + 2;
    return scan;
}

// The names alone, so that the long text above is in no program.
template <std::size_t Size>
struct enum_characters {
    char all[Size + 1]{};
};
template <std::size_t Size>
consteval enum_characters<Size> copy_names(const named_integer* entries, std::uint32_t count) noexcept {
    enum_characters<Size> copy;
    std::size_t size = 0;
    for (std::uint32_t i = 0; i < count; ++i)
        for (std::size_t k = 0; k < entries[i].size; ++k) copy.all[size++] = entries[i].name[k];
    return copy;
}

// The values of an enum that have a name, ascending or as they are listed.
template <class E>
struct enum_names {
    static constexpr bool is_listed = false;
    static constexpr enum_range range = probed_range<E>();
    static constexpr std::uint32_t most = static_cast<std::uint32_t>(range.last - range.first + 1);
    static constexpr auto list =
        scan_enum<most>(print_enum<E, range.first>(offsets_below<static_cast<int>(most)>{}), range.first);
    static_assert(list.is_understood, "nanotel: the names of this enum cannot be read from what the compiler "
                                      "prints of it: list them in nanotel_labels()");
    static_assert(!list.is_understood || list.count > 0,
                  "nanotel: this enum has no enumerator from 0 to NANOTEL_ENUM_LIMIT: list its values in "
                  "nanotel_labels()");
    static constexpr auto copied = copy_names<list.characters>(list.entries, list.count);
    static constexpr const char* characters = copied.all;
};

template <class E, std::uint32_t N>
consteval named_integers<N> integers_of(const enum_list<E, N>& listed) noexcept {
    named_integers<N> list;
    list.count = N;
    for (std::uint32_t i = 0; i < N; ++i)
        list.entries[i] = {to_integer(listed.entries[i].value), listed.entries[i].name.data,
                           listed.entries[i].name.size};
    return list;
}
consteval bool values_differ(const named_integer* entries, std::uint32_t count) noexcept {
    for (std::uint32_t i = 0; i < count; ++i)
        for (std::uint32_t k = 0; k < i; ++k)
            if (entries[k].value == entries[i].value) return false;
    return true;
}
template <class E>
    requires has_label_names<E>
struct enum_names<E> {
    static constexpr bool is_listed = true;
    static constexpr auto list = integers_of<E>(nanotel_labels(E{}));
    static_assert(values_differ(list.entries, list.count), "nanotel: nanotel_labels() has a value twice");
    static constexpr const char* characters = nullptr; // where the user has them
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
