// SPDX-License-Identifier: MIT
// The text of a log statement, checked against its arguments when compiling.
#pragma once

#include <nanotel/log/argument.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// How many arguments a text asks for; 0 where it names them, or is not of the syntax, of which fmt tells.
constexpr std::size_t places_in(fmt::string_view format) noexcept {
    std::size_t automatic = 0, numbered = 0;
    const auto size = format.size();
    const auto at = [&](std::size_t i) { return i < size ? format.data()[i] : '\0'; };
    bool inside = false; // of a place, where further ones give width and precision
    for (std::size_t i = 0; i < size; ++i) {
        if (at(i) == '}') {
            if (!inside && at(i + 1) == '}') ++i;
            inside = false;
        } else if (at(i) == '{') {
            if (!inside && at(i + 1) == '{') {
                ++i;
                continue;
            }
            const bool nested = inside;
            std::size_t number = 0, end = i + 1;
            for (; at(end) >= '0' && at(end) <= '9' && end < i + 8; ++end)
                number = 10 * number + static_cast<std::size_t>(at(end) - '0');
            if (at(end) != '}' && at(end) != ':') return 0;
            if (end == i + 1)
                ++automatic;
            else if (number + 1 > numbered)
                numbered = number + 1;
            inside = true;
            if (nested) i = end; // to behind its closing brace, still inside the outer one
        }
    }
    return automatic > numbered ? automatic : numbered;
}

// Not constexpr, and named as what is wrong: compilers say it in their first lines.
inline void nanotel_the_text_of_this_log_statement_asks_for_more_arguments_than_it_has() noexcept {}

// Takes the text only for its places to be counted, before fmt looks at it and says what is wrong at length.
template <class... Checked>
struct counted_format {
    template <class Text>
        requires std::is_convertible_v<const Text&, fmt::string_view>
    consteval counted_format(const Text& literal) {
        // What stands in a place of the application's own types is for their formatters to know.
        if ((is_copied_argument<Checked> && ...) && places_in(literal) > sizeof...(Checked))
            nanotel_the_text_of_this_log_statement_asks_for_more_arguments_than_it_has();
    }
};

// Takes any text, where another error has been told.
struct unchecked_format {
    fmt::string_view characters;
    constexpr unchecked_format(const char* given) noexcept : characters(given) {}
    operator fmt::string_view() const noexcept { return characters; }
};

template <class... T>
struct type_list {};

template <class Checked, class... A>
struct format_of;
template <class... Checked>
struct format_of<type_list<Checked...>> {
    using type = fmt::format_string<Checked...>;
    using counted = counted_format<Checked...>;
};
template <class... Checked, class First, class... Rest>
struct format_of<type_list<Checked...>, First, Rest...>
    : std::conditional_t<is_beside_text<First>, format_of<type_list<Checked...>, Rest...>,
                         format_of<type_list<Checked..., typename checked_argument<First>::type>, Rest...>> {
};

template <bool AllFormattable, class... A>
struct format_where_formattable : format_of<type_list<>, A...> {};
template <class... A>
struct format_where_formattable<false, A...> {
    static_assert(
        ((!std::is_pointer_v<A> || is_formattable_argument<A>) && ...),
        "nanotel: a log statement does not follow a pointer, which may lead nowhere by the time it is "
        "formatted: pass what it points to, or static_cast<const void*>(pointer) for the address");
    static_assert(
        ((std::is_pointer_v<A> || is_beside_text<A> || is_formattable_argument<A>) && ...),
        "nanotel: an argument of a log statement is a bool, a number, a character, a string, a const void*, "
        "or of a type with a fmt::formatter; write an attribute as \"key\"_attr = value");
    using type = unchecked_format;
    using counted = unchecked_format;
};

template <class... A>
using format_for = format_where_formattable<((is_beside_text<A> || is_formattable_argument<A>) && ...), A...>;

// The text of a statement with these arguments, which is given twice: to be counted and to be checked.
template <class... A>
using log_places = typename format_for<A...>::counted;
template <class... A>
using log_format = typename format_for<A...>::type;

} // namespace nanotel::inline NANOTEL_ABI::detail
