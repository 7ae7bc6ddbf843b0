// SPDX-License-Identifier: MIT
// What a log statement is given: arguments of its text, which are copied and formatted later, and attributes.
#pragma once

#include <nanotel/core/attribute.hpp>

#include <string.h> // strnlen

#include <fmt/format.h>

#include <string>
#include <string_view>

/// A nanotel::text is formatted as the characters that it is.
template <>
struct fmt::formatter<nanotel::text> : fmt::formatter<fmt::string_view> {
    template <class Context>
    auto format(nanotel::text value, Context& context) const {
        return fmt::formatter<fmt::string_view>::format(fmt::string_view(value.data, value.size), context);
    }
};

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// What a slot of a log record holds beside the types of attributes. The key of a slot without a name is an
// argument of the text.
namespace argument_type {
inline constexpr value_type character{0x101};
inline constexpr value_type single{0x102}; // a float, whose shortest text is not that of its double
inline constexpr value_type pointer{0x103};
inline constexpr value_type formatted{0x104}; // the whole text, formatted on the caller's side
inline constexpr value_type nothing{0x105};   // an argument that is in that text, or told by sections
inline constexpr value_type held_back{
    0x106}; // how many records the limit of the site held back; 0 is not told
} // namespace argument_type

// An exception as an argument of a log statement.
template <class Exception>
struct logged_exception {
    const Exception* object; // null: whatever is being handled
};
template <class T>
inline constexpr bool is_exception_argument = false;
template <class E>
inline constexpr bool is_exception_argument<logged_exception<E>> = true;

struct held_back_count {
    std::uint64_t count;
};

// Neither of them stands for a place in the text.
template <class T>
inline constexpr bool is_beside_text =
    is_attribute<T> || is_exception_argument<T> || std::is_same_v<T, held_back_count>;

template <class T>
inline constexpr bool is_std_string = false;
template <class Traits, class Allocator>
inline constexpr bool is_std_string<std::basic_string<char, Traits, Allocator>> = true;
template <class Traits>
inline constexpr bool is_std_string<std::basic_string_view<char, Traits>> = true;

template <class T>
inline constexpr bool is_text_argument =
    is_std_string<T> || std::is_same_v<T, text> || std::is_same_v<T, fmt::string_view> ||
    std::is_same_v<std::decay_t<T>, const char*> || std::is_same_v<std::decay_t<T>, char*>;
template <class T>
inline constexpr bool is_text_argument<const T> = is_text_argument<T>;

template <class T>
inline constexpr bool is_integer_argument = std::is_integral_v<T> && !character<T> && sizeof(T) <= 8;

// Formatting a copy of it later gives what formatting it now would.
template <class T>
inline constexpr bool is_copied_argument =
    std::is_same_v<T, bool> || std::is_same_v<T, char> || is_integer_argument<T> ||
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, void*> ||
    std::is_same_v<T, const void*> || std::is_same_v<T, std::nullptr_t> || is_text_argument<T>;

// Whether fmt can format it at all.
template <class T>
inline constexpr bool is_formattable_argument =
    is_copied_argument<T> || fmt::is_formattable<const T, char>::value;

template <class T>
constexpr value_type argument_type_of() noexcept {
    if constexpr (is_attribute<T>)
        return type_of<typename T::value_stored>();
    else if constexpr (std::is_same_v<T, held_back_count>)
        return argument_type::held_back;
    else if constexpr (std::is_same_v<T, bool>)
        return value_type::boolean;
    else if constexpr (std::is_same_v<T, char>)
        return argument_type::character;
    else if constexpr (is_integer_argument<T>)
        return std::is_signed_v<T> ? value_type::signed_integer : value_type::unsigned_integer;
    else if constexpr (std::is_same_v<T, float>)
        return argument_type::single;
    else if constexpr (std::is_same_v<T, double>)
        return value_type::floating;
    else if constexpr (is_text_argument<T>)
        return value_type::string;
    else if constexpr (is_copied_argument<T>)
        return argument_type::pointer;
    else
        return argument_type::nothing;
}

// A literal nearly always, of which this is a constant; a buffer without a zero is a text to its last
// element.
template <std::size_t N>
text text_of_array(const char (&characters)[N]) noexcept {
#if __has_builtin(__builtin_strnlen) // g++, which knows the function by this name alone where -std is strict
    return {characters, __builtin_strnlen(characters, N)};
#else
    return {characters, ::strnlen(characters, N)};
#endif
}

// The value that is written into the slot: one of those of attributes, a word for all else of fixed size.
template <class T>
constexpr decltype(auto) slot_value(const T& argument) noexcept {
    if constexpr (is_attribute<T>)
        return (argument.value); // no copy
    else if constexpr (std::is_same_v<T, held_back_count>)
        return argument.count;
    else if constexpr (std::is_same_v<T, char>)
        return std::uint64_t{static_cast<unsigned char>(argument)};
    else if constexpr (std::is_same_v<T, bool> || is_integer_argument<T>)
        return static_cast<std::uint64_t>(argument);
    else if constexpr (std::is_same_v<T, float>)
        return std::uint64_t{__builtin_bit_cast(std::uint32_t, argument)};
    else if constexpr (std::is_same_v<T, double>)
        return __builtin_bit_cast(std::uint64_t, argument);
    else if constexpr (std::is_same_v<T, std::nullptr_t>)
        return std::uint64_t{0};
    else if constexpr (std::is_same_v<T, void*> || std::is_same_v<T, const void*>)
        return std::uint64_t{reinterpret_cast<std::uintptr_t>(argument)};
    else if constexpr (std::is_array_v<T>)
        return text_of_array(argument);
    else if constexpr (std::is_same_v<T, fmt::string_view>)
        return text(argument.data(), argument.size());
    else if constexpr (std::is_pointer_v<T>)
        return argument ? text(argument) : text("(null)");
    else if constexpr (is_text_argument<T>)
        return text(argument);
    else
        return std::uint64_t{0};
}

// What the place of an argument is checked as. Those that are copied become one of a few, so that the check
// is compiled once for many statements; text is no pointer, whatever it was given as.
template <class T>
struct checked_argument {
    using type = T;
};
template <class T>
    requires is_copied_argument<T>
struct checked_argument<T> {
    static constexpr auto choose() noexcept {
        if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, char>)
            return T{};
        else if constexpr (is_integer_argument<T>)
            return std::conditional_t<std::is_signed_v<T>, long long, unsigned long long>{};
        else if constexpr (std::is_floating_point_v<T>)
            return 0.0;
        else if constexpr (is_text_argument<T>)
            return fmt::string_view{};
        else
            return static_cast<const void*>(nullptr);
    }
    using type = decltype(choose());
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
