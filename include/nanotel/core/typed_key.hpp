// SPDX-License-Identifier: MIT
// Attribute keys that know the type of their values.
#pragma once

#include <nanotel/core/attribute.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// As the type of a typed_key: an array, list or range of values of one type.
template <class Element>
struct array_of {};

namespace detail {

// What an array consists of; void for everything that is no array of one type.
template <class V>
struct element_of {
    using type = void;
};
template <class T>
struct element_of<borrowed_array<T>> {
    using type = written_value<value_of<T>>;
};
template <class R>
struct element_of<borrowed_range<R>> {
    using type = written_value<value_of<std::remove_cvref_t<decltype(*std::declval<const R&>().begin())>>>;
};

// Whether a value that is stored as Given is one of Type. Integers of every width are one type.
template <class Type, class Given>
struct is_value_of {
    using wanted = written_value<value_of<Type>>;
    static constexpr bool both_integers = std::is_integral_v<Given> && std::is_integral_v<wanted> &&
                                          !std::is_same_v<wanted, bool> && !std::is_same_v<Given, bool>;
    static constexpr bool value = both_integers || std::is_same_v<Given, wanted>;
};
template <class Element, class Given>
struct is_value_of<array_of<Element>, Given> : is_value_of<Element, typename element_of<Given>::type> {};

} // namespace detail

/// A key whose value type is fixed, as the constants of the semantic conventions are: another type is an
/// error. Unlike a literal it may begin with "otel.".
template <fixed_string Name, class Type>
struct typed_key {
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
    template <class T, std::size_t N>
    constexpr auto operator=(const T (&value)[N]) const noexcept {
        return make(value);
    }
    template <class T>
    constexpr auto operator=(std::initializer_list<T> value) const noexcept {
        return make(value);
    }

private:
    template <class T>
    static constexpr auto make(const T& value) noexcept {
        using given = detail::written_value<decltype((key<Name>{} = value).value)>;
        static_assert(detail::is_value_of<Type, given>::value,
                      "nanotel: the value of this attribute has another type than its key declares");
        return key<Name>{} = value;
    }
};

} // namespace nanotel::inline NANOTEL_ABI
