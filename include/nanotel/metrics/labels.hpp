// SPDX-License-Identifier: MIT
// The labels of an instrument: keys whose values are known when compiling, so that a set of values is an
// index of a dense array. Nothing is hashed and nothing looked up.
#pragma once

#include <nanotel/core/attribute.hpp>
#include <nanotel/metrics/enum_names.hpp>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// What a value outside of its label's domain counts as, as the semantic conventions call the unknown.
inline constexpr text other_label{"_OTHER", 6};

struct label_value {
    text string;
    value_type type;
    std::uint64_t bits; // of what is no string
};

struct label_domain {
    text key;
    const label_value* values;
    std::uint32_t size;
};

template <std::uint32_t N>
struct label_value_array {
    label_value values[N]{};
};

constexpr label_value string_label(text string) noexcept { return {string, value_type::string, 0}; }

// Not constexpr, so that calling them when compiling is an error that shows their names.
inline void this_label_value_is_not_in_the_list_of_its_label() {}
inline void nanotel_labels_has_this_enumerator_twice() {}

// The bytes of a text are compared by a call that compilers turn into a few instructions for a short
// constant.
constexpr bool same_text(text a, text b) noexcept {
    if (std::is_constant_evaluated()) return a == b;
    return a.size == b.size && __builtin_memcmp(a.data, b.data, a.size) == 0;
}

// Which of the values it is; as many as there are when it is none.
template <fixed_string... Values>
constexpr std::uint32_t position_among(text value) noexcept {
    std::uint32_t at = 0;
    static_cast<void>(((same_text(value, Values.view()) || (++at, false)) || ...));
    return at;
}
template <fixed_string... Values>
consteval bool all_differ() noexcept {
    std::uint32_t at = 0;
    return ((position_among<Values...>(Values.view()) == at++) && ...);
}

} // namespace detail

/// The domain of a label that is a short list of strings: `nanotel::label<"region", nanotel::one_of<"eu",
/// "us">>`. A literal is checked when compiling. A string of run time is compared with each of the list, and
/// counts as "_OTHER" when it is none of them.
template <fixed_string... Values>
class one_of {
    static_assert(sizeof...(Values) > 0, "nanotel: one_of needs a value");
    static_assert(detail::all_differ<Values...>(), "nanotel: one_of has a value twice");

    static constexpr std::uint32_t listed = sizeof...(Values);

public:
    /// The index of "_OTHER": the one after the list, or where the list has it.
    static constexpr std::uint32_t other = detail::position_among<Values...>(detail::other_label);

    template <std::size_t N>
    consteval one_of(const char (&literal)[N]) : index_(detail::position_among<Values...>(text(literal))) {
        if (index_ == listed && !(text(literal) == detail::other_label))
            detail::this_label_value_is_not_in_the_list_of_its_label();
    }
    template <class S>
        requires(std::convertible_to<const S&, text> && !std::is_array_v<S>)
    constexpr one_of(const S& value) noexcept : index_(detail::position_among<Values...>(value)) {
        if (index_ == listed) index_ = other;
    }
    template <std::size_t N>
    constexpr one_of(char (&buffer)[N]) noexcept : one_of(detail::array_text(buffer)) {}

    /// Which of the list it is.
    constexpr std::uint32_t index() const noexcept { return index_; }

    friend constexpr bool operator==(one_of, one_of) noexcept = default;

private:
    std::uint32_t index_;
};

/// The domain of a label that is an integer from First to Last; any other counts as "_OTHER".
template <std::int64_t First, std::int64_t Last>
class int_range {
    static_assert(First <= Last && Last - First < 65536,
                  "nanotel: int_range<first, last> has 1 to 65536 values");

public:
    static constexpr std::uint32_t other = static_cast<std::uint32_t>(Last - First + 1);

    template <class T>
        requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
    constexpr int_range(T value) noexcept {
        // What is below the first wraps to beyond the last. An unsigned value above the signed range would
        // wrap to a negative one.
        const std::uint64_t offset = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(First);
        bool is_inside = offset < other;
        if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8 && First < 0)
            is_inside = is_inside && value <= 0x7fff'ffff'ffff'ffff;
        index_ = is_inside ? static_cast<std::uint32_t>(offset) : other;
    }

    constexpr std::uint32_t index() const noexcept { return index_; }

    friend constexpr bool operator==(int_range, int_range) noexcept = default;

private:
    std::uint32_t index_;
};

namespace detail {

// --- Domains: what add() takes, how many values there are, which they are, and the index of one ---

template <class D>
struct domain_traits {
    static_assert(std::is_enum_v<D>, "nanotel: the domain of a label is bool, an enum, nanotel::one_of<…> or "
                                     "nanotel::int_range<…>");
};

template <>
struct domain_traits<bool> {
    static constexpr std::uint32_t size = 2;
    static constexpr label_value values[size]{{{}, value_type::boolean, 0}, {{}, value_type::boolean, 1}};
    static constexpr std::uint32_t index(bool value) noexcept { return value ? 1 : 0; }
};

template <fixed_string... Values>
struct domain_traits<one_of<Values...>> {
    using domain = one_of<Values...>;
    static constexpr std::uint32_t size = sizeof...(Values) + (domain::other == sizeof...(Values) ? 1 : 0);
    static constexpr label_value values[sizeof...(Values) + 1]{string_label(Values.view())...,
                                                               string_label(other_label)};
    static constexpr std::uint32_t index(domain value) noexcept { return value.index(); }
};

template <std::int64_t First, std::uint32_t Count>
consteval label_value_array<Count + 1> integer_labels() noexcept {
    label_value_array<Count + 1> all;
    for (std::uint32_t i = 0; i < Count; ++i)
        all.values[i] = {{}, value_type::signed_integer, static_cast<std::uint64_t>(First + i)};
    all.values[Count] = string_label(other_label);
    return all;
}
template <std::int64_t First, std::int64_t Last>
struct domain_traits<int_range<First, Last>> {
    using domain = int_range<First, Last>;
    static constexpr std::uint32_t size = domain::other + 1;
    static constexpr auto array = integer_labels<First, domain::other>();
    static constexpr const label_value* values = array.values;
    static constexpr std::uint32_t index(domain value) noexcept { return value.index(); }
};

// Which name each entry of an enum's list has, and where its values lie.
template <std::uint32_t Count>
struct enum_order {
    std::uint32_t names = 0; // that differ; "_OTHER" comes after them
    std::uint32_t index[Count]{};
    text name[Count]{};
    std::int64_t first = 0;
    std::int64_t last = 0;
    bool is_contiguous = true; // the index is the value less the first
};

template <class E, bool IsListed = has_label_names<E>>
consteval auto order_enum() noexcept {
    constexpr const auto& list = enum_entries<E>;
    constexpr std::uint32_t count = list.count;
    enum_order<count> order;
    std::uint32_t others = count; // until they are counted
    order.first = order.last = to_integer(list.entries[0].value);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::int64_t value = to_integer(list.entries[i].value);
        if (value < order.first) order.first = value;
        if (value > order.last) order.last = value;
        const text name = list.entries[i].name;
        std::uint32_t at = IsListed ? 0 : order.names;
        while (at < order.names && !(order.name[at] == name)) ++at;
        if (name == other_label) at = others;
        if (at == order.names) order.name[order.names++] = name;
        order.index[i] = at;
        if (IsListed)
            for (std::uint32_t k = 0; k < i; ++k)
                if (list.entries[k].value == list.entries[i].value)
                    nanotel_labels_has_this_enumerator_twice();
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        if (order.index[i] == others) order.index[i] = order.names;
        const auto offset = static_cast<std::uint64_t>(to_integer(list.entries[i].value)) -
                            static_cast<std::uint64_t>(order.first);
        if (offset != order.index[i]) order.is_contiguous = false;
    }
    return order;
}

// The widest span of an enum's values that has a table of all of them.
inline constexpr std::uint64_t most_enum_table = 4096;

template <class Index, std::uint32_t Size>
struct enum_table {
    Index index[Size]{};
};

template <class E>
    requires(std::is_enum_v<E>)
struct domain_traits<E> {
    static constexpr auto order = order_enum<E>();
    static constexpr std::uint32_t other = order.names;
    static constexpr std::uint32_t size = other + 1;
    static constexpr auto array = [] {
        label_value_array<size> all;
        for (std::uint32_t i = 0; i < other; ++i) all.values[i] = string_label(order.name[i]);
        all.values[other] = string_label(other_label);
        return all;
    }();
    static constexpr const label_value* values = array.values;

    // Any value, also one that no enumerator has: a compare more than a plain cast costs, and no index lies
    // beyond the array.
    [[gnu::always_inline]] static constexpr std::uint32_t index(E value) noexcept {
        using word = std::conditional_t<(sizeof(E) > 4), std::uint64_t, std::uint32_t>;
        const word offset = static_cast<word>(to_integer(value)) - static_cast<word>(order.first);
        if constexpr (order.is_contiguous)
            return offset < other ? static_cast<std::uint32_t>(offset) : other;
        else if constexpr (span < most_enum_table)
            return offset <= span ? table.index[offset] : other;
        else
            return search(value);
    }

private:
    static constexpr std::uint64_t span =
        static_cast<std::uint64_t>(order.last) - static_cast<std::uint64_t>(order.first);

    static constexpr auto table = [] {
        using index = std::conditional_t<(size > 256), std::uint16_t, std::uint8_t>;
        enum_table < index, span<most_enum_table ? static_cast<std::uint32_t>(span) + 1 : 1> all;
        if constexpr (span < most_enum_table) {
            for (index& each : all.index) each = static_cast<index>(other);
            for (std::uint32_t i = 0; i < enum_entries<E>.count; ++i) {
                const auto offset = static_cast<std::uint64_t>(to_integer(enum_entries<E>.entries[i].value)) -
                                    static_cast<std::uint64_t>(order.first);
                all.index[offset] = static_cast<index>(order.index[i]);
            }
        }
        return all;
    }();

    static constexpr std::uint32_t search(E value) noexcept {
        for (std::uint32_t i = 0; i < enum_entries<E>.count; ++i)
            if (enum_entries<E>.entries[i].value == value) return order.index[i];
        return other;
    }
};

} // namespace detail

/// A label of an instrument: a key, and the type whose values it takes. The type is bool, an enum, one_of<…>
/// or int_range<…>; add() and record() take the values in the order of the labels.
///
/// An enum's values are called as its enumerators are, without their scope, or as nanotel_labels() says. What
/// has no name, as `static_cast<payment>(77)`, counts as "_OTHER".
template <fixed_string Key, class Domain>
struct label {
    static_assert(Key.length > 0, "nanotel: the key of a label must not be empty");
    static_assert(
        !detail::reserved_key(Key.view()),
        "nanotel: label keys that begin with \"otel.\" are reserved by the OpenTelemetry specification");

    using domain = Domain;
    static constexpr text key() noexcept { return Key.view(); }
};

namespace detail {

template <class Label>
using label_traits = domain_traits<typename Label::domain>;

// What add() takes for a label.
template <class Label>
using label_argument = typename Label::domain;

template <class Label>
inline constexpr std::uint32_t label_size = label_traits<Label>::size;

template <class... Labels>
consteval std::uint32_t count_combinations() noexcept {
    constexpr std::uint64_t limit = 0xffff'ffff;
    std::uint64_t product = 1;
    // Saturated: whoever indexes an array has a limit of its own, far below.
    ((product = product * label_size<Labels> < limit ? product * label_size<Labels> : limit), ...);
    return static_cast<std::uint32_t>(product);
}
template <class... Labels>
consteval bool keys_differ() noexcept {
    const text keys[] = {Labels::key()..., {}};
    for (std::size_t i = 0; i < sizeof...(Labels); ++i)
        for (std::size_t k = 0; k < i; ++k)
            if (keys[i] == keys[k]) return false;
    return true;
}

// The sets of values that the labels can have; 1 without labels.
template <class... Labels>
inline constexpr std::uint32_t label_combinations = [] {
    static_assert(keys_differ<Labels...>(), "nanotel: two labels of an instrument have the same key");
    return count_combinations<Labels...>();
}();

template <class... Labels>
inline constexpr label_domain label_domains[sizeof...(Labels) + 1] = {
    label_domain{Labels::key(), label_traits<Labels>::values, label_size<Labels>}...,
    label_domain{{}, nullptr, 0}};

// The index of a set of values, below label_combinations. The last label varies fastest.
template <class... Labels>
[[gnu::always_inline]] constexpr std::uint32_t label_index(label_argument<Labels>... values) noexcept {
    std::uint32_t index = 0;
    ((index = index * label_size<Labels> + label_traits<Labels>::index(values)), ...);
    return index;
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
