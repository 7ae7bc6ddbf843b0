// SPDX-License-Identifier: MIT
// Counters: sums that only grow, and sums that go up and down.
#pragma once

#include <nanotel/metrics/synchronous.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A series of a counter, found once: an add costs what it costs without labels. Copyable; outlives views,
/// readers and threads, but not its instrument.
template <class Number = std::uint64_t>
class bound_counter : public detail::bound_instrument {
public:
    using detail::bound_instrument::bound_instrument;
    /// As counter::add.
    template <class T>
    [[gnu::always_inline]] void add(T amount) const noexcept {
        if (detail::is_increment<Number>(state_.instrument, amount)) [[likely]]
            detail::measure_bound<detail::adding<Number>>(state_, detail::number_bits<Number>(amount));
    }
};

/// A series of an up-down counter, as bound_counter.
template <class Number = std::int64_t>
class bound_up_down_counter : public detail::bound_instrument {
public:
    using detail::bound_instrument::bound_instrument;
    /// As up_down_counter::add.
    template <class T>
    [[gnu::always_inline]] void add(T amount) const noexcept {
        if (detail::is_finite_amount<Number>(state_.instrument, amount)) [[likely]]
            detail::measure_bound<detail::adding<Number>>(state_, detail::number_bits<Number>(amount));
    }
};

/// A sum that only grows (OpenTelemetry Metrics API, "Counter"): requests served, bytes sent.
/// `inline constinit nanotel::counter<> requests{"shop.requests", {.unit = "{request}"}};` at namespace
/// scope; usable before main and from every thread and static constructor. Number is an integer type, sent as
/// int64, or a floating-point type, sent as double. Labels declare domains known when compiling: see
/// nanotel::label.
template <class Number = std::uint64_t, class... Labels>
class counter : public detail::synchronous_instrument<Number, instrument_kind::counter, Labels...> {
    using base = detail::synchronous_instrument<Number, instrument_kind::counter, Labels...>;

public:
    using base::base;

    /// Adds an amount that is not negative to the series with these label values. About 2 ns; about
    /// 1 ns where nothing is started; about a microsecond the first time on a thread, with a lock. A negative
    /// amount is a compile error where it is a constant and the compiler optimises, else left out and
    /// reported.
    template <class T>
    [[gnu::always_inline]] void add(T amount, detail::label_argument<Labels>... labels) noexcept {
        if (detail::is_increment<Number>(&this->state_, amount)) [[likely]]
            this->template put<detail::adding<Number>>(detail::number_bits<Number>(amount), labels...);
    }
    /// The same with labels given as `"key"_attr = value`. About 15 ns with two labels that the thread has
    /// used before; their order does not matter.
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    [[gnu::always_inline]] void add(T amount, const attribute<Key, Value>&... labels) noexcept {
        if (detail::is_increment<Number>(&this->state_, amount)) [[likely]]
            detail::measure_labelled<detail::adding<Number>>(this->state_,
                                                             detail::number_bits<Number>(amount), labels...);
    }

    /// A handle to one series (OpenTelemetry Metrics API, "Bind"). At any time, also before start.
    bound_counter<Number> bind(detail::label_argument<Labels>... labels) noexcept {
        return bound_counter<Number>(this->bound(labels...));
    }
    template <class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    bound_counter<Number> bind(const attribute<Key, Value>&... labels) noexcept {
        return bound_counter<Number>(detail::bind_labels(this->state_, labels...));
    }
};

/// A sum that goes up and down (OpenTelemetry Metrics API, "UpDownCounter"): requests under way, items in a
/// queue. As counter otherwise.
template <class Number = std::int64_t, class... Labels>
class up_down_counter
    : public detail::synchronous_instrument<Number, instrument_kind::up_down_counter, Labels...> {
    using base = detail::synchronous_instrument<Number, instrument_kind::up_down_counter, Labels...>;

public:
    using base::base;

    /// Adds an amount, negative or not. Cost as counter::add.
    template <class T>
    [[gnu::always_inline]] void add(T amount, detail::label_argument<Labels>... labels) noexcept {
        if (detail::is_finite_amount<Number>(&this->state_, amount)) [[likely]]
            this->template put<detail::adding<Number>>(detail::number_bits<Number>(amount), labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    [[gnu::always_inline]] void add(T amount, const attribute<Key, Value>&... labels) noexcept {
        if (detail::is_finite_amount<Number>(&this->state_, amount)) [[likely]]
            detail::measure_labelled<detail::adding<Number>>(this->state_,
                                                             detail::number_bits<Number>(amount), labels...);
    }

    /// As counter::bind.
    bound_up_down_counter<Number> bind(detail::label_argument<Labels>... labels) noexcept {
        return bound_up_down_counter<Number>(this->bound(labels...));
    }
    template <class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    bound_up_down_counter<Number> bind(const attribute<Key, Value>&... labels) noexcept {
        return bound_up_down_counter<Number>(detail::bind_labels(this->state_, labels...));
    }
};

} // namespace nanotel::inline NANOTEL_ABI
