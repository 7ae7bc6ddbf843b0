// SPDX-License-Identifier: MIT
// Gauges: the value that was set last.
#pragma once

#include <nanotel/metrics/synchronous.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A series of a gauge, as bound_counter.
template <class Number = double>
class bound_gauge : public detail::bound_instrument {
public:
    using detail::bound_instrument::bound_instrument;
    /// As gauge::set.
    template <class T>
    [[gnu::always_inline]] void set(T value) const noexcept {
        detail::check_amount<Number, T>();
        detail::measure_bound<detail::measurement::set>(state_, detail::number_bits<Number>(value));
    }
};

/// A value that is not summed (OpenTelemetry Metrics API, "Gauge"): a temperature, a fill level. All threads
/// share the word of a series, and the last to set it counts, also where views make one series of several
/// label sets. Where several views make different series of them, each setting draws a number that all
/// threads share, by the longer way that nanotel::view tells of. As counter otherwise.
template <class Number = double, class... Labels>
class gauge : public detail::synchronous_instrument<Number, instrument_kind::gauge, Labels...> {
    using base = detail::synchronous_instrument<Number, instrument_kind::gauge, Labels...>;

public:
    using base::base;

    /// Sets the value of the series with these labels. About 2 ns where one thread sets it, else what a
    /// shared word costs.
    template <class T>
    [[gnu::always_inline]] void set(T value, detail::label_argument<Labels>... labels) noexcept {
        detail::check_amount<Number, T>();
        this->template put<detail::measurement::set>(detail::number_bits<Number>(value), labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    [[gnu::always_inline]] void set(T value, const attribute<Key, Value>&... labels) noexcept {
        detail::check_amount<Number, T>();
        detail::measure_labelled<detail::measurement::set>(this->state_, detail::number_bits<Number>(value),
                                                           labels...);
    }

    /// As counter::bind.
    bound_gauge<Number> bind(detail::label_argument<Labels>... labels) noexcept {
        return bound_gauge<Number>(this->bound(labels...));
    }
    template <class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    bound_gauge<Number> bind(const attribute<Key, Value>&... labels) noexcept {
        return bound_gauge<Number>(detail::bind_labels(this->state_, labels...));
    }
};

} // namespace nanotel::inline NANOTEL_ABI
