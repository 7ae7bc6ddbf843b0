// SPDX-License-Identifier: MIT
// `"key"_attr = value`: an attribute whose key is part of its type and whose value has one of a few stored
// forms.
#pragma once

#include <nanotel/core/fixed_string.hpp>

#include <cstdint>
#include <initializer_list>
#include <type_traits>

namespace nanotel::inline NANOTEL_ABI {

/// What an attribute value is on the wire (OpenTelemetry Common, "AnyValue").
enum class value_type : std::uint16_t {
    boolean = 1,
    signed_integer,
    unsigned_integer, ///< above the signed range it is sent as a decimal string, as the specification asks
    floating,
    string,
    bytes,
    array,
    map,
    type_name, ///< internal: a mangled C++ type name, sent as the string it spells
};

/// Borrowed bytes, sent as base64.
struct bytes {
    const void* data = nullptr;
    std::size_t size = 0;
};

/// Implement `to_attribute_value(const T&)` beside T, returning any accepted type, to make T an attribute
/// value.
namespace detail {

template <class T>
concept has_conversion = requires(const T& v) { to_attribute_value(v); };

// Not a range of itself, as std::filesystem::path is: there would be no end to it.
template <class R>
concept range_like = requires(const R& r) {
    r.begin() != r.end();
    *r.begin();
    requires !std::is_same_v<std::remove_cvref_t<decltype(*r.begin())>, R>;
};

template <class P>
concept pair_like = requires(const P& p) {
    text(p.first);
    p.second;
};

template <class B>
concept byte_like = std::is_same_v<std::remove_cv_t<B>, std::byte>;

template <class R>
concept byte_range = requires(const R& r) {
    requires byte_like<std::remove_pointer_t<decltype(r.data())>>;
    r.size();
};

template <class T>
concept character = std::is_same_v<T, char> || std::is_same_v<T, wchar_t> || std::is_same_v<T, char8_t> ||
                    std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;

// What may lie beyond the signed range. An enumerator counts as its underlying integer.
template <class T>
constexpr bool is_unsigned_word() noexcept {
    if constexpr (std::is_enum_v<T>)
        return is_unsigned_word<std::underlying_type_t<T>>();
    else
        return std::is_integral_v<T> && std::is_unsigned_v<T> && sizeof(T) == 8;
}
template <class T>
concept unsigned_word = is_unsigned_word<T>();

// Ranges and maps are walked while the call that takes them runs: the attribute only points to them.
template <class Range>
struct borrowed_range {
    const Range* range;
};
template <class T>
struct borrowed_array {
    const T* data;
    std::size_t count;
    const T* begin() const noexcept { return data; }
    const T* end() const noexcept { return data + count; }
};

template <class... T>
struct value_list {};
template <class First, class... Rest>
struct value_list<First, Rest...> {
    First first;
    [[no_unique_address]] value_list<Rest...> rest;
};
// A C++ type's mangled name; the encoder spells it out, away from the application's threads.
struct type_name {
    const char* data;
    std::size_t size;
};
template <class List>
struct mixed_array {
    List values;
};
template <class List>
struct mixed_map {
    List attributes;
};
// What to_attribute_value() returned by value: nobody else keeps it until it is written.
template <class T>
struct owned_value {
    T owned;
};

// A type that no attribute can hold becomes this one, so that the static_assert that names the mistake is the
// only error.
struct unsupported_value {};

template <class T>
constexpr auto to_value(const T& v) noexcept {
    if constexpr (has_conversion<T>) {
        using converted = decltype(to_attribute_value(v));
        if constexpr (std::is_reference_v<converted> || std::is_arithmetic_v<converted> ||
                      std::is_enum_v<converted>)
            return to_value(to_attribute_value(v));
        else
            return owned_value<converted>{to_attribute_value(v)};
    } else if constexpr (std::is_same_v<T, bool>)
        return v;
    else if constexpr (character<T>)
        return unsupported_value{};
    else if constexpr (unsigned_word<T>)
        return static_cast<std::uint64_t>(v);
    else if constexpr (std::is_enum_v<T> || (std::is_integral_v<T> && sizeof(T) <= 8))
        return static_cast<std::int64_t>(v);
    else if constexpr (std::is_floating_point_v<T>)
        return static_cast<double>(v);
    else if constexpr (std::is_same_v<T, text> || std::is_same_v<T, bytes> || std::is_same_v<T, type_name>)
        return v;
    else if constexpr (std::is_same_v<T, const char*> || std::is_same_v<T, char*> || string_like<T>)
        return text(v);
    else if constexpr (byte_range<T>)
        return bytes{v.data(), v.size()};
    else if constexpr (range_like<T>)
        return borrowed_range<T>{&v};
    else
        return unsupported_value{};
}
template <class List>
constexpr auto to_value(const mixed_array<List>& v) noexcept {
    return v;
}
template <class List>
constexpr auto to_value(const mixed_map<List>& v) noexcept {
    return v;
}
template <class T>
constexpr auto to_value(const borrowed_array<T>& v) noexcept {
    return v;
}

// By value, so that a variable whose address nobody takes keeps its register, also where NANOTEL_DISABLED
// leaves the attribute to be compiled and not run.
template <class T>
concept passed_by_value = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_pointer_v<T>;

template <class T>
using value_of = decltype(to_value(std::declval<const T&>()));

// What is written of a stored value.
template <class V>
struct written_as {
    using type = V;
};
template <class T>
struct written_as<owned_value<T>> : written_as<value_of<T>> {};
template <class V>
using written_value = typename written_as<V>::type;

// A const char array is a literal nearly always: its length is a constant once this is inlined. Should it be
// a buffer after all, the length is that of the text in it, which has to end with a zero.
template <std::size_t N>
constexpr text array_text(const char (&characters)[N]) noexcept {
    const std::size_t length = __builtin_strlen(characters);
    return {characters, length < N ? length : N - 1};
}
// Of one that is no literal: a text without a zero goes to its last element.
template <std::size_t N>
constexpr text buffer_text(const char (&characters)[N]) noexcept {
    std::size_t length = 0;
    while (length < N && characters[length] != '\0') ++length;
    return {characters, length};
}

template <class V>
constexpr value_type type_of() noexcept {
    if constexpr (requires(const V& v) { v.owned; })
        return type_of<written_value<V>>();
    else if constexpr (std::is_same_v<V, bool>)
        return value_type::boolean;
    else if constexpr (std::is_same_v<V, std::int64_t>)
        return value_type::signed_integer;
    else if constexpr (std::is_same_v<V, std::uint64_t>)
        return value_type::unsigned_integer;
    else if constexpr (std::is_same_v<V, double>)
        return value_type::floating;
    else if constexpr (std::is_same_v<V, text>)
        return value_type::string;
    else if constexpr (std::is_same_v<V, bytes>)
        return value_type::bytes;
    else if constexpr (std::is_same_v<V, type_name>)
        return value_type::type_name;
    else if constexpr (requires(const V& v) { v.attributes; })
        return value_type::map;
    else if constexpr (
        requires(const V& v) { requires pair_like<decltype(*v.range->begin())>; } ||
        requires(const V& v) { requires pair_like<decltype(*v.begin())>; })
        return value_type::map;
    else
        return value_type::array;
}

template <class V>
inline constexpr bool fixed_size_value = std::is_arithmetic_v<V>;

template <class V>
inline constexpr bool bytes_value =
    std::is_same_v<V, text> || std::is_same_v<V, bytes> || std::is_same_v<V, type_name>;

constexpr bool reserved_key(text key) noexcept {
    return key.size >= 5 && key[0] == 'o' && key[1] == 't' && key[2] == 'e' && key[3] == 'l' && key[4] == '.';
}

} // namespace detail

/// An attribute: a key known at compile time and a value in its stored form. Made by `"key"_attr = value`.
/// Strings, bytes, ranges and maps are borrowed until the call that takes the attribute returns.
template <class Key, class Value>
struct attribute {
    using key_type = Key;
    using value_stored = Value;
    Value value;
};

/// A key known at compile time; assigning a value to it makes an attribute. Costs nothing by itself.
template <fixed_string Name>
struct key {
    static constexpr text name() noexcept { return Name.view(); }

    template <detail::passed_by_value T>
    constexpr auto operator=(T value) const noexcept {
        return make(value);
    }
    template <class T>
        requires(!detail::passed_by_value<T>)
    constexpr auto operator=(const T& value) const noexcept {
        return make(value);
    }
    template <std::size_t N>
    constexpr auto operator=(const char (&value)[N]) const noexcept {
        return attribute<key, text>{detail::array_text(value)};
    }
    template <std::size_t N>
    constexpr auto operator=(char (&value)[N]) const noexcept {
        return attribute<key, text>{detail::buffer_text(value)};
    }
    template <class T, std::size_t N>
        requires(!detail::character<T>)
    constexpr auto operator=(const T (&value)[N]) const noexcept {
        return attribute<key, detail::borrowed_array<T>>{{value, N}};
    }
    template <class T>
    constexpr auto operator=(std::initializer_list<T> value) const noexcept {
        return attribute<key, detail::borrowed_array<T>>{{value.begin(), value.size()}};
    }

private:
    template <class T>
    static constexpr auto make(const T& value) noexcept {
        using stored = detail::value_of<T>;
        static_assert(
            !std::is_same_v<detail::written_value<stored>, detail::unsupported_value>,
            "nanotel: an attribute value is a bool, an integer, a floating-point number, a string, bytes, "
            "an enumerator, a range or a map of these, or a type with to_attribute_value()");
        return attribute<key, stored>{detail::to_value(value)};
    }
};

namespace detail {
// What `key = value` would store, for a key that is known only at run time.
template <class T>
constexpr auto stored_for_run_time_key(const T& value) noexcept {
    return (key<"k">{} = value).value;
}

template <class A>
inline constexpr bool is_attribute = false;
template <class Key, class Value>
inline constexpr bool is_attribute<attribute<Key, Value>> = true;

template <class First, class... Rest>
constexpr auto list_of(First first, Rest... rest) noexcept {
    if constexpr (sizeof...(Rest) == 0)
        return value_list<First>{first, {}};
    else
        return value_list<First, Rest...>{first, list_of(rest...)};
}
} // namespace detail

/// An array whose elements differ in type: `"point"_attr = nanotel::array(1, 2.5, "m")`.
template <class... T>
constexpr auto array(const T&... values) noexcept {
    if constexpr (sizeof...(T) == 0)
        return detail::mixed_array<detail::value_list<>>{};
    else {
        auto list = detail::list_of(detail::stored_for_run_time_key(values)...);
        return detail::mixed_array<decltype(list)>{list};
    }
}

/// A map as a value: `"user"_attr = nanotel::map("id"_attr = 7, "name"_attr = "Ada")`.
template <class... A>
    requires(detail::is_attribute<A> && ...)
constexpr auto map(const A&... attributes) noexcept {
    if constexpr (sizeof...(A) == 0)
        return detail::mixed_map<detail::value_list<>>{};
    else {
        auto list = detail::list_of(attributes...);
        return detail::mixed_map<decltype(list)>{list};
    }
}

namespace detail {
template <fixed_string Name>
inline constexpr key<Name> key_constant{};
}

inline namespace literals {
/// `"key"_attr`: a key known at compile time (OpenTelemetry Common, "Attribute").
template <fixed_string Name>
constexpr const auto& operator""_attr() noexcept {
    static_assert(Name.length > 0, "nanotel: an attribute key must not be empty");
    static_assert(
        !detail::reserved_key(Name.view()),
        "nanotel: attribute keys that begin with \"otel.\" are reserved by the OpenTelemetry specification");
    // A constant and no temporary: clang 14 crashes where it has to print this literal, which it would in
    // `const int n = in_span("name", "key"_attr = x, f)`.
    return detail::key_constant<Name>;
}
} // namespace literals

} // namespace nanotel::inline NANOTEL_ABI
