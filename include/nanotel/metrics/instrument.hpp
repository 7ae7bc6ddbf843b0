// SPDX-License-Identifier: MIT
// What every instrument says of itself: its name, unit, kind and labels, checked when compiling.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/core/scope.hpp>
#include <nanotel/metrics/labels.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The kinds of instruments (OpenTelemetry Metrics API, "Instrument").
enum class instrument_kind : std::uint8_t {
    counter,
    up_down_counter,
    histogram,
    gauge,
    observable_counter,
    observable_up_down_counter,
    observable_gauge,
};

namespace detail {

constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// OpenTelemetry Metrics API, "Instrument name syntax".
constexpr bool is_instrument_name(text name) noexcept {
    if (name.size == 0 || name.size > 255 || !is_letter(name[0])) return false;
    for (std::size_t i = 1; i < name.size; ++i) {
        const char c = name[i];
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '.' && c != '-' && c != '/')
            return false;
    }
    return true;
}
// OpenTelemetry Metrics API, "Instrument unit".
constexpr bool is_instrument_unit(text unit) noexcept {
    if (unit.size > 63) return false;
    for (std::size_t i = 0; i < unit.size; ++i)
        if (static_cast<unsigned char>(unit[i]) >= 0x80) return false;
    return true;
}

// Called where a constant is wrong: no constant expression may, and the compiler names them in its error.
// Defined, since clang 14 compiles the constructors of members to calls.
inline void
nanotel_an_instrument_name_has_1_to_255_characters_of_letters_digits_underscore_dot_minus_slash_and_begins_with_a_letter() {
}
inline void nanotel_an_instrument_unit_has_at_most_63_ASCII_characters() {}
inline void nanotel_bucket_bounds_are_finite_and_ascending() {}

} // namespace detail

/// The name of an instrument: a literal, checked when compiling, or at_run_time(…), checked when it first
/// measures; a name that is none then makes the instrument record nothing and a diagnostic.
struct instrument_name {
    text value;
    bool checked = true;

    template <std::size_t N>
    consteval instrument_name(const char (&literal)[N]) noexcept : value(literal, N - 1) {
        if (!detail::is_instrument_name(value))
            detail::
                nanotel_an_instrument_name_has_1_to_255_characters_of_letters_digits_underscore_dot_minus_slash_and_begins_with_a_letter();
    }
    /// The characters must live as long as the instrument.
    static constexpr instrument_name at_run_time(text name) noexcept { return {name, false}; }

private:
    constexpr instrument_name(text name, bool known) noexcept : value(name), checked(known) {}
};

/// The unit of an instrument, as UCUM writes it ("s", "By", "{request}"); a literal or at_run_time(…).
struct instrument_unit {
    text value;
    bool checked = true;

    constexpr instrument_unit() noexcept = default;
    template <std::size_t N>
    consteval instrument_unit(const char (&literal)[N]) noexcept : value(literal, N - 1) {
        if (!detail::is_instrument_unit(value))
            detail::nanotel_an_instrument_unit_has_at_most_63_ASCII_characters();
    }
    /// The characters must live as long as the instrument.
    static constexpr instrument_unit at_run_time(text unit) noexcept { return {unit, false}; }

private:
    constexpr instrument_unit(text unit, bool known) noexcept : value(unit), checked(known) {}
};

/// What an instrument says of itself beside its name. The scope is that of the namespace where it is written
/// NANOTEL_SCOPE, else the unnamed one.
struct instrument_options {
    instrument_unit unit{};
    text description{};
    const instrumentation_scope* scope = &detail::default_scope;
};

/// Bounds of the buckets of a histogram, ascending and finite; bucket i holds what is above bound i - 1 and
/// not above bound i. At most 64 here; a view takes any number. None given: those of the specification, 0 to
/// 10000.
struct bucket_bounds {
    static constexpr std::uint32_t most = 64;
    double values[most]{};
    std::uint32_t count = 0;
    bool given = false;

    constexpr bucket_bounds() noexcept = default;
    template <class... T>
        requires(sizeof...(T) > 0 && sizeof...(T) <= most && (std::is_arithmetic_v<T> && ...))
    consteval bucket_bounds(T... bounds) noexcept
        : values{static_cast<double>(bounds)...}, count(sizeof...(T)), given(true) {
        for (std::uint32_t i = 0; i < count; ++i)
            if (!__builtin_isfinite(values[i]) || (i > 0 && !(values[i] > values[i - 1])))
                detail::nanotel_bucket_bounds_are_finite_and_ascending();
    }
};

/// What a histogram says of itself beside its name.
struct histogram_options {
    instrument_unit unit{};
    text description{};
    const instrumentation_scope* scope = &detail::default_scope;
    /// The advice for its buckets where no view says otherwise (OpenTelemetry Metrics API, "Instrument
    /// advisory parameters").
    bucket_bounds bounds{};
};

namespace detail {

// Beyond every slot, also with an index added to it.
inline constexpr std::uint32_t no_slot = 0x8000'0000;

// All that is not a template's business. Its address means nothing: the sdk copies what it says, and
// instruments that say the same are one.
struct instrument_state {
    // The first of as many slots as its labels have combinations; no_slot before the first measurement.
    // Relaxed: the number alone is used, and who registers it twice is given the same.
    atomic<std::uint32_t> slot{no_slot};
    atomic<std::uint32_t> dropped_in{}; // the start in which no reader wants it, see recording_enabled
    instrument_kind kind;
    bool integer;
    bool checked;
    bool exponential = false; // advice: which histogram it is where nothing else is said
    text name;
    text unit;
    text description;
    const instrumentation_scope* scope;
    const label_domain* domains = nullptr;
    std::uint32_t domain_count = 0;
    std::uint32_t combinations = 1;
    const double* bounds = nullptr; // advice of a histogram
    std::uint32_t bound_count = 0;
    bool has_bounds = false;

    constexpr instrument_state(instrument_kind what, bool integers, const instrument_name& called,
                               const instrument_options& options) noexcept
        : kind(what), integer(integers), checked(called.checked && options.unit.checked), name(called.value),
          unit(options.unit.value), description(options.description), scope(options.scope) {}
    instrument_state(const instrument_state&) = delete;
    instrument_state& operator=(const instrument_state&) = delete;
};

template <class Number>
inline constexpr bool is_measured_number =
    (std::is_integral_v<Number> && !std::is_same_v<Number, bool>) || std::is_floating_point_v<Number>;

// A measured number in the 8 bytes in which it travels: int64 or double.
template <class Number, class T>
constexpr std::uint64_t number_bits(T value) noexcept {
    if constexpr (std::is_integral_v<Number>)
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    else
        return __builtin_bit_cast(std::uint64_t, static_cast<double>(value));
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI

/// Public. The instrumentation scope of the namespace where it is written, for instrument_options::scope.
#define NANOTEL_SCOPE (&NANOTEL_DETAIL_SCOPE_HERE(0))
