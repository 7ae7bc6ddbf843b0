// SPDX-License-Identifier: MIT
// Histograms: how measured values are distributed; and the timer that records how long a scope took.
#pragma once

#include <nanotel/metrics/synchronous.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A series of a histogram, as bound_counter.
template <class Number = double>
class bound_histogram : public detail::bound_instrument {
public:
    using detail::bound_instrument::bound_instrument;
    /// As histogram::record.
    template <class T>
    [[gnu::always_inline]] void record(T value) const noexcept {
        detail::check_amount<Number, T>();
        detail::measure_bound<detail::measurement::record>(state_, detail::number_bits<double>(value));
    }
};

/// A distribution (OpenTelemetry Metrics API, "Histogram"): durations, sizes. Explicit buckets where the
/// options or nothing else says otherwise; exponential_histogram, a view or
/// OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION make it exponential. Values are kept as double.
/// NaN and infinities are counted aside, and are in no bucket, sum, minimum or maximum.
template <class Number = double, class... Labels>
class histogram : public detail::synchronous_instrument<Number, instrument_kind::histogram, Labels...> {
    using base = detail::synchronous_instrument<Number, instrument_kind::histogram, Labels...>;

public:
    constexpr explicit histogram(const instrument_name& name, const histogram_options& options = {}) noexcept
        : base(name, {options.unit, options.description, options.scope}), bounds_(options.bounds) {
        this->state_.bounds = bounds_.values;
        this->state_.bound_count = bounds_.count;
        this->state_.has_bounds = bounds_.given;
    }

    /// Records a value. About 6 ns with 15 bounds.
    template <class T>
    [[gnu::always_inline]] void record(T value, detail::label_argument<Labels>... labels) noexcept {
        detail::check_amount<Number, T>();
        this->template put<detail::measurement::record>(detail::number_bits<double>(value), labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    [[gnu::always_inline]] void record(T value, const attribute<Key, Value>&... labels) noexcept {
        detail::check_amount<Number, T>();
        detail::measure_labelled<detail::measurement::record>(this->state_,
                                                              detail::number_bits<double>(value), labels...);
    }

    /// As counter::bind.
    bound_histogram<Number> bind(detail::label_argument<Labels>... labels) noexcept {
        return bound_histogram<Number>(this->bound(labels...));
    }
    template <class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    bound_histogram<Number> bind(const attribute<Key, Value>&... labels) noexcept {
        return bound_histogram<Number>(detail::bind_labels(this->state_, labels...));
    }

private:
    bucket_bounds bounds_;
};

/// A histogram whose buckets follow the data: at most 160, each up to the same factor (OpenTelemetry Metrics
/// Data Model, "ExponentialHistogram"), unless a view says otherwise. About 5 ns a record.
template <class Number = double, class... Labels>
class exponential_histogram : public histogram<Number, Labels...> {
public:
    constexpr explicit exponential_histogram(const instrument_name& name,
                                             const instrument_options& options = {}) noexcept
        : histogram<Number, Labels...>(name, {options.unit, options.description, options.scope, {}}) {
        this->state_.exponential = true;
    }
};

/// Records how long it lives, in seconds, into a bound histogram when it goes. Not to be shared between
/// threads; it may end on another one than it began on. Costs two readings of the processor's counter.
class timer {
public:
    explicit timer(const bound_histogram<double>& into) noexcept
        : into_(into), begin_(detail::timer_ticks()) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() { stop(); }

    /// Ends it now; the object then records nothing more.
    void stop() noexcept {
        if (begin_ == 0) return;
        if (const double seconds = detail::seconds_since(begin_); seconds >= 0) into_.record(seconds);
        begin_ = 0;
    }
    /// Ends it without recording.
    void cancel() noexcept { begin_ = 0; }

private:
    bound_histogram<double> into_;
    std::uint64_t begin_; // ticks; 0: nothing to record
};

} // namespace nanotel::inline NANOTEL_ABI
