// SPDX-License-Identifier: MIT
// What the instruments that measure where the program stands have in common.
#pragma once

#include <nanotel/metrics/measuring.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Beyond as many combinations the labels are looked up as run-time labels are, instead of indexing an array.
inline constexpr std::uint32_t most_dense_combinations = 4096;

#if defined(__has_attribute)
#if __has_attribute(error)
[[gnu::error("nanotel: a counter only grows, and this adds a negative constant to it; use a "
             "nanotel::up_down_counter")]]
#endif
#endif
// noexcept: clang says nothing of a call that has to unwind.
void nanotel_a_counter_only_grows_and_this_adds_a_negative_constant() noexcept;

template <class Number>
inline constexpr measurement adding =
    std::is_integral_v<Number> ? measurement::add_integer : measurement::add_double;

template <class Number, class T>
constexpr void check_amount() noexcept {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !character<T>,
                  "nanotel: an instrument measures integers or floating-point numbers");
    static_assert(!(std::is_integral_v<Number> && std::is_floating_point_v<T>),
                  "nanotel: this instrument counts integers, and the amount is a floating-point number; "
                  "declare it with <double>");
}

// Whether a double instrument can take the amount: a sum would never recover from one that is not finite.
template <class Number, class T>
[[gnu::always_inline]] inline bool is_finite_amount(const instrument_state* instrument, T amount) noexcept {
    check_amount<Number, T>();
    if constexpr (std::is_floating_point_v<T>) {
        if (!(amount - amount == 0)) [[unlikely]] {
            if (instrument) reject_measurement(*instrument, static_cast<double>(amount));
            return false;
        }
    }
    return true;
}

template <class Number, class T>
[[gnu::always_inline]] inline bool is_increment(const instrument_state* instrument, T amount) noexcept {
    check_amount<Number, T>();
    if constexpr (std::is_signed_v<T>) {
        if (__builtin_constant_p(amount < 0) && amount < 0)
            nanotel_a_counter_only_grows_and_this_adds_a_negative_constant();
        // One compare for what is negative, NaN or infinite.
        bool fits;
        if constexpr (std::is_floating_point_v<T>)
            fits = amount >= 0 && amount - amount == 0;
        else
            fits = amount >= 0;
        if (!fits) [[unlikely]] {
            if (instrument) reject_measurement(*instrument, static_cast<double>(amount));
            return false;
        }
    }
    return true;
}

// A label value of a finite domain as an attribute value.
template <class Label>
consteval bool has_values_of_one_type() noexcept {
    const label_domain& domain = label_domains<Label>[0];
    for (std::uint32_t i = 1; i < domain.size; ++i)
        if (domain.values[i].type != domain.values[0].type) return false;
    return true;
}
template <class Label>
constexpr auto label_as_attribute(std::uint32_t index) noexcept {
    constexpr const label_domain& domain = label_domains<Label>[0];
    static_assert(has_values_of_one_type<Label>(),
                  "nanotel: beyond 4096 combinations of labels, none may be a nanotel::int_range; give the "
                  "number as \"key\"_attr = value");
    if constexpr (domain.values[0].type == value_type::boolean)
        return domain.values[index].bits != 0;
    else if constexpr (domain.values[0].type == value_type::signed_integer)
        return static_cast<std::int64_t>(domain.values[index].bits);
    else
        return domain.values[index].string;
}
template <class Label>
struct label_key {
    static constexpr text name() noexcept { return Label::key(); }
};
template <class Label, class Value>
constexpr attribute<label_key<Label>, Value> attribute_of_label(Value value) noexcept {
    return {value};
}

[[gnu::always_inline]] inline bool is_enabled(const instrument_state& instrument) noexcept {
    const std::uint32_t start = recording_enabled.load_relaxed();
    return start != 0 && start != instrument.dropped_in.load_relaxed();
}

template <class Number, instrument_kind Kind, class... Labels>
class synchronous_instrument {
    static_assert(is_measured_number<Number>,
                  "nanotel: an instrument measures an integer or a floating-point type");

public:
    constexpr explicit synchronous_instrument(const instrument_name& name,
                                              const instrument_options& options = {}) noexcept
        : state_(Kind, std::is_integral_v<Number>, name, options) {
        state_.domains = label_domains<Labels...>;
        state_.domain_count = sizeof...(Labels);
        state_.combinations = is_dense ? label_combinations<Labels...> : 1;
        if (!is_dense) state_.domain_count = 0;
    }
    synchronous_instrument(const synchronous_instrument&) = delete;
    synchronous_instrument& operator=(const synchronous_instrument&) = delete;

    /// Whether a measurement goes anywhere (OpenTelemetry Metrics API, "Enabled"): telemetry is started, and
    /// some reader's view keeps this instrument. Two loads.
    [[nodiscard]] bool enabled() const noexcept { return is_enabled(state_); }

protected:
    static constexpr bool is_dense = label_combinations<Labels...> <= most_dense_combinations;

    template <measurement What>
    [[gnu::always_inline]] void put(std::uint64_t bits, label_argument<Labels>... labels) noexcept {
        if constexpr (is_dense)
            measure<What, sizeof...(Labels) != 0>(state_, label_index<Labels...>(labels...), bits);
        else
            measure_labelled<What>(
                state_, bits,
                attribute_of_label<Labels>(label_as_attribute<Labels>(label_index<Labels>(labels)))...);
    }
    bound_state bound(label_argument<Labels>... labels) noexcept {
        if constexpr (is_dense)
            return bound_state(state_, label_index<Labels...>(labels...));
        else
            return bind_labels(state_, attribute_of_label<Labels>(
                                           label_as_attribute<Labels>(label_index<Labels>(labels)))...);
    }

    instrument_state state_;
};

class bound_instrument {
public:
    constexpr bound_instrument() noexcept = default;
    explicit bound_instrument(bound_state&& state) noexcept : state_(static_cast<bound_state&&>(state)) {}

    /// Whether a measurement goes anywhere, as the instrument's.
    [[nodiscard]] bool enabled() const noexcept {
        return state_.instrument && is_enabled(*state_.instrument);
    }

protected:
    bound_state state_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
