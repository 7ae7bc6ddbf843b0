// SPDX-License-Identifier: MIT
// A span type declared once: its name, its kind, its attributes with their types. Uses are checked when
// compiling.
#pragma once

#ifdef NANOTEL_DISABLED
#include <nanotel/trace/disabled_span.hpp>
#else
#include <nanotel/trace/span.hpp>
#endif

namespace nanotel::inline NANOTEL_ABI {

/// An attribute that must be given where a span of the schema begins.
template <fixed_string Key, class Type>
struct required {
    static constexpr bool is_required = true;
    static constexpr text name() noexcept { return Key.view(); }
    using stored = detail::written_value<detail::value_of<Type>>;
    static_assert(Key.length > 0, "nanotel: an attribute key must not be empty");
    static_assert(
        !detail::reserved_key(Key.view()),
        "nanotel: attribute keys that begin with \"otel.\" are reserved by the OpenTelemetry specification");
};

/// An attribute that may be given at the begin or set later.
template <fixed_string Key, class Type>
struct optional : required<Key, Type> {
    static constexpr bool is_required = false;
};

namespace detail {

template <class Field, class A>
constexpr bool same_key() noexcept {
    return Field::name() == A::key_type::name();
}

template <class Wanted, class Given>
inline constexpr bool stores_as =
    std::is_same_v<Wanted, Given> ||
    (std::is_integral_v<Wanted> && std::is_integral_v<Given> && !std::is_same_v<Wanted, bool> &&
     !std::is_same_v<Given, bool>) ||
    (type_of<Wanted>() == value_type::array && type_of<Given>() == value_type::array) ||
    (type_of<Wanted>() == value_type::map && type_of<Given>() == value_type::map);

// One instantiation for each check, with the key in its name: the compiler's first lines then name the
// mistake.
template <class A, class... Fields>
constexpr void check_attribute() noexcept {
    constexpr bool known = (same_key<Fields, A>() || ...);
    static_assert(known, "nanotel: this span's schema declares no attribute with this key");
    if constexpr (known) {
        constexpr bool fits =
            ((!same_key<Fields, A>() ||
              stores_as<typename Fields::stored, written_value<typename A::value_stored>>) &&
             ...);
        static_assert(
            fits, "nanotel: the value of this attribute has another type than the span's schema declares");
    }
}
template <class Field, class... A>
constexpr void check_required() noexcept {
    static_assert(!Field::is_required || (same_key<Field, A>() || ...),
                  "nanotel: an attribute that the span's schema requires is not given where the span begins");
}

} // namespace detail

template <class Schema>
class schema_span;

/// A span type: `inline constexpr nanotel::span_schema<"charge card", nanotel::span_kind::client,
/// nanotel::required<"payment.amount", double>, nanotel::optional<"payment.retries", int>> charge;`, used as
/// `NANOTEL_SPAN(span, charge, "payment.amount"_attr = 9.99)`. Unknown keys, wrong types and required
/// attributes left out are compile errors. No cost at run time.
template <fixed_string Name, span_kind Kind, class... Fields>
struct span_schema {
    static_assert(Name.length > 0, "nanotel: a span name must not be empty");
    using span_type = schema_span<span_schema>;

    static constexpr named_span described() noexcept { return {Name.view(), Kind}; }

    template <class... A>
    static constexpr void check_begin() noexcept {
        (detail::check_attribute<A, Fields...>(), ...);
        (detail::check_required<Fields, A...>(), ...);
    }
    template <class... A>
    static constexpr void check_set() noexcept {
        (detail::check_attribute<A, Fields...>(), ...);
    }
};

/// A span of a schema. Where a plain `nanotel::span&` is asked for it is one, and unchecked there.
template <class Schema>
class schema_span : public span {
public:
    using span::span;
    using schema = Schema;

    template <class... Key, class... Value>
    void set(const attribute<Key, Value>&... attributes) noexcept {
        Schema::template check_set<attribute<Key, Value>...>();
        span::set(attributes...);
    }
};

namespace detail {

template <fixed_string Name, span_kind Kind, class... Fields>
constexpr named_span describe(const span_schema<Name, Kind, Fields...>&) {
    return span_schema<Name, Kind, Fields...>::described();
}

template <class What>
struct span_for_type {
    using type = span;
};
template <fixed_string Name, span_kind Kind, class... Fields>
struct span_for_type<span_schema<Name, Kind, Fields...>> {
    using type = schema_span<span_schema<Name, Kind, Fields...>>;
};
template <class What>
using span_for = typename span_for_type<std::remove_cvref_t<What>>::type;

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
