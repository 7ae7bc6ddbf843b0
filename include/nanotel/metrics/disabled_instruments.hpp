// SPDX-License-Identifier: MIT
// With NANOTEL_DISABLED: everything that can be said of instruments still compiles and is checked, and
// nothing of it is there.
#pragma once

#include <nanotel/metrics/instrument.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// What the real instruments check of an amount.
template <class Number, class T>
constexpr void check_amount() noexcept {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool> && !character<T>,
                  "nanotel: an instrument measures integers or floating-point numbers");
    static_assert(!(std::is_integral_v<Number> && std::is_floating_point_v<T>),
                  "nanotel: this instrument counts integers, and the amount is a floating-point number; "
                  "declare it with <double>");
}

template <class Number>
struct disabled_bound {
    constexpr bool enabled() const noexcept { return false; }
    template <class T>
    constexpr void add(T) const noexcept {
        check_amount<Number, T>();
    }
    template <class T>
    constexpr void set(T) const noexcept {
        check_amount<Number, T>();
    }
    template <class T>
    constexpr void record(T) const noexcept {
        check_amount<Number, T>();
    }
};

template <class Number, class Bound, class... Labels>
class disabled_instrument {
    static_assert(is_measured_number<Number>,
                  "nanotel: an instrument measures an integer or a floating-point type");

public:
    constexpr disabled_instrument() noexcept = default;
    disabled_instrument(const disabled_instrument&) = delete;
    disabled_instrument& operator=(const disabled_instrument&) = delete;

    constexpr bool enabled() const noexcept { return false; }
    constexpr Bound bind(label_argument<Labels>...) const noexcept { return {}; }
    template <class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    constexpr Bound bind(const attribute<Key, Value>&...) const noexcept {
        return {};
    }

protected:
    template <class T>
    static constexpr void take(T, label_argument<Labels>...) noexcept {
        check_amount<Number, T>();
    }
};

} // namespace detail

template <class Number = std::uint64_t>
class bound_counter : public detail::disabled_bound<Number> {};
template <class Number = std::int64_t>
class bound_up_down_counter : public detail::disabled_bound<Number> {};
template <class Number = double>
class bound_gauge : public detail::disabled_bound<Number> {};
template <class Number = double>
class bound_histogram : public detail::disabled_bound<Number> {};

template <class Number = std::uint64_t, class... Labels>
class counter : public detail::disabled_instrument<Number, bound_counter<Number>, Labels...> {
public:
    constexpr explicit counter(const instrument_name&, const instrument_options& = {}) noexcept {}
    template <class T>
    constexpr void add(T amount, detail::label_argument<Labels>... labels) const noexcept {
        this->take(amount, labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    constexpr void add(T, const attribute<Key, Value>&...) const noexcept {
        detail::check_amount<Number, T>();
    }
};

template <class Number = std::int64_t, class... Labels>
class up_down_counter : public detail::disabled_instrument<Number, bound_up_down_counter<Number>, Labels...> {
public:
    constexpr explicit up_down_counter(const instrument_name&, const instrument_options& = {}) noexcept {}
    template <class T>
    constexpr void add(T amount, detail::label_argument<Labels>... labels) const noexcept {
        this->take(amount, labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    constexpr void add(T, const attribute<Key, Value>&...) const noexcept {
        detail::check_amount<Number, T>();
    }
};

template <class Number = double, class... Labels>
class gauge : public detail::disabled_instrument<Number, bound_gauge<Number>, Labels...> {
public:
    constexpr explicit gauge(const instrument_name&, const instrument_options& = {}) noexcept {}
    template <class T>
    constexpr void set(T value, detail::label_argument<Labels>... labels) const noexcept {
        this->take(value, labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    constexpr void set(T, const attribute<Key, Value>&...) const noexcept {
        detail::check_amount<Number, T>();
    }
};

template <class Number = double, class... Labels>
class histogram : public detail::disabled_instrument<Number, bound_histogram<Number>, Labels...> {
public:
    constexpr explicit histogram(const instrument_name&, const histogram_options& = {}) noexcept {}
    template <class T>
    constexpr void record(T value, detail::label_argument<Labels>... labels) const noexcept {
        this->take(value, labels...);
    }
    template <class T, class... Key, class... Value>
        requires(sizeof...(Key) > 0 && sizeof...(Labels) == 0)
    constexpr void record(T, const attribute<Key, Value>&...) const noexcept {
        detail::check_amount<Number, T>();
    }
};

template <class Number = double, class... Labels>
class exponential_histogram : public histogram<Number, Labels...> {
public:
    constexpr explicit exponential_histogram(const instrument_name& name,
                                             const instrument_options& = {}) noexcept
        : histogram<Number, Labels...>(name) {}
};

class timer {
public:
    explicit timer(const bound_histogram<double>&) noexcept {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;
    ~timer() {}
    void stop() noexcept {}
    void cancel() noexcept {}
};

template <class Number>
class observer {
public:
    template <class T, class... Key, class... Value>
    void observe(T, const attribute<Key, Value>&...) const noexcept {
        static_assert(std::is_arithmetic_v<T>, "nanotel: an instrument measures numbers");
    }
};

class callback_guard {
public:
    constexpr callback_guard() noexcept = default;
    callback_guard(callback_guard&&) noexcept {}
    callback_guard& operator=(callback_guard&&) noexcept { return *this; }
    ~callback_guard() {}
    void remove() noexcept {}
};

namespace detail {
template <class Number>
class disabled_observable {
public:
    constexpr explicit disabled_observable(const instrument_name&, const instrument_options& = {}) noexcept {}
    disabled_observable(const disabled_observable&) = delete;
    disabled_observable& operator=(const disabled_observable&) = delete;
    template <class F>
    [[nodiscard]] callback_guard observe(F) noexcept {
        static_assert(
            requires(F f, const observer<Number>& o) { f(o); },
            "nanotel: a callback takes a const nanotel::observer<Number>&");
        return {};
    }
};
} // namespace detail

template <class Number = std::uint64_t>
class observable_counter : public detail::disabled_observable<Number> {
    using detail::disabled_observable<Number>::disabled_observable;
};
template <class Number = std::int64_t>
class observable_up_down_counter : public detail::disabled_observable<Number> {
    using detail::disabled_observable<Number>::disabled_observable;
};
template <class Number = double>
class observable_gauge : public detail::disabled_observable<Number> {
    using detail::disabled_observable<Number>::disabled_observable;
};

} // namespace nanotel::inline NANOTEL_ABI
