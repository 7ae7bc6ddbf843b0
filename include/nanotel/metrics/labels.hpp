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

// Not constexpr, so that calling it when compiling is an error that shows its name.
inline void this_label_value_is_not_in_the_list_of_its_label() {}

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
    constexpr one_of(char (&buffer)[N]) noexcept : one_of(detail::buffer_text(buffer)) {}

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
    static_assert(std::is_enum_v<D>,
                  "nanotel: the domain of a label is bool, an enum, nanotel::one_of<...> or "
                  "nanotel::int_range<...>");
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

// How the values of an enum are numbered, for as many as have a name.
template <std::uint32_t Count>
struct enum_numbering {
    label_value values[Count + 1]{};
    std::uint32_t index[Count]{}; // of each that has a name
    std::uint32_t other = 0;      // the number of different names
    std::int64_t first = 0;
    std::int64_t last = 0;
    bool is_contiguous = true; // the index is the value less the first
};

template <std::uint32_t Count>
consteval enum_numbering<Count> number_enum(const named_integer* entries, const char* characters,
                                            bool is_listed) noexcept {
    enum_numbering<Count> all;
    constexpr std::uint32_t none = Count; // of "_OTHER" until the names are counted
    all.first = all.last = entries[0].value;
    for (std::uint32_t i = 0; i < Count; ++i) {
        const named_integer& entry = entries[i];
        if (entry.value < all.first) all.first = entry.value;
        if (entry.value > all.last) all.last = entry.value;
        // Not a test of the pointer, which the undefined-behaviour sanitizer of g++ 12 makes no constant.
        const text name(is_listed ? entry.name : characters, entry.size);
        if (!is_listed) characters += entry.size;
        std::uint32_t at = all.other;
        if (is_listed) {
            at = 0;
            while (at < all.other && !(all.values[at].string == name)) ++at;
        }
        if (name == other_label) at = none;
        if (at == all.other) all.values[all.other++] = string_label(name);
        all.index[i] = at;
    }
    all.values[all.other] = string_label(other_label);
    for (std::uint32_t i = 0; i < Count; ++i) {
        if (all.index[i] == none) all.index[i] = all.other;
        const auto offset =
            static_cast<std::uint64_t>(entries[i].value) - static_cast<std::uint64_t>(all.first);
        if (offset != all.index[i]) all.is_contiguous = false;
    }
    return all;
}

// The widest span of an enum's values that has a table of all of them.
inline constexpr std::uint64_t most_enum_table = 4096;

template <class Index, std::uint32_t Size>
struct enum_table {
    Index index[Size]{};
};
template <class Index, std::uint32_t Size, std::uint32_t Count>
consteval enum_table<Index, Size> tabulate(const named_integer* entries,
                                           const enum_numbering<Count>& numbering) noexcept {
    enum_table<Index, Size> table;
    for (Index& each : table.index) each = static_cast<Index>(numbering.other);
    for (std::uint32_t i = 0; i < Count; ++i)
        table.index[static_cast<std::uint64_t>(entries[i].value) -
                    static_cast<std::uint64_t>(numbering.first)] = static_cast<Index>(numbering.index[i]);
    return table;
}

template <class E>
    requires(std::is_enum_v<E>)
struct domain_traits<E> {
    using names = enum_names<E>;
    static constexpr std::uint32_t count = names::list.count;
    static constexpr auto numbering =
        number_enum<count>(names::list.entries, names::characters, names::is_listed);
    static constexpr std::uint32_t size = numbering.other + 1;
    static constexpr const label_value* values = numbering.values;
    static constexpr std::uint64_t span =
        static_cast<std::uint64_t>(numbering.last) - static_cast<std::uint64_t>(numbering.first);

    // Of any value, also one that no enumerator has: that is a compare more than a cast, and no index lies
    // beyond the array.
    [[gnu::always_inline]] static constexpr std::uint32_t index(E value) noexcept {
        using word = std::conditional_t<(sizeof(E) > 4), std::uint64_t, std::uint32_t>;
        const word offset = static_cast<word>(to_integer(value)) - static_cast<word>(numbering.first);
        if constexpr (numbering.is_contiguous)
            return offset < numbering.other ? static_cast<std::uint32_t>(offset) : numbering.other;
        else if constexpr (span < most_enum_table)
            return offset <= span ? table<static_cast<std::uint32_t>(span) + 1>.index[offset]
                                  : numbering.other;
        else
            return search(to_integer(value));
    }

private:
    template <std::uint32_t Size>
    static constexpr auto table =
        tabulate<std::conditional_t<(size > 256), std::uint16_t, std::uint8_t>, Size>(names::list.entries,
                                                                                      numbering);

    static constexpr std::uint32_t search(std::int64_t value) noexcept {
        for (std::uint32_t i = 0; i < count; ++i)
            if (names::list.entries[i].value == value) return numbering.index[i];
        return numbering.other;
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

// Saturated: whoever indexes an array has a limit of its own, far below.
constexpr std::uint32_t saturated_product(std::uint32_t a, std::uint32_t b) noexcept {
    const std::uint64_t product = std::uint64_t{a} * b;
    return product < 0xffff'ffff ? static_cast<std::uint32_t>(product) : 0xffff'ffff;
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
    std::uint32_t product = 1;
    ((product = saturated_product(product, label_size<Labels>)), ...);
    return product;
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
