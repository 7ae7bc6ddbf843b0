// SPDX-License-Identifier: MIT
// Instruments that are asked for their values when a reader collects.
#pragma once

#include <nanotel/metrics/measuring.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// Where a callback reports to.
struct observation_sink {
    void (*add)(observation_sink&, const instrument_state&, const label_set&, std::uint64_t bits) noexcept;
};

} // namespace detail

/// What a callback reports to, during its call and no longer.
template <class Number>
class observer {
public:
    observer(const detail::instrument_state& instrument, detail::observation_sink& observations) noexcept
        : instrument_(instrument), observations_(observations) {}
    observer(const observer&) = delete;
    observer& operator=(const observer&) = delete;

    /// The present value of the series with these labels: of a counter the whole sum so far, not what was
    /// added. Of two values for a series the last counts.
    template <class T, class... Key, class... Value>
    void observe(T value, const attribute<Key, Value>&... labels) const noexcept {
        static_assert(std::is_arithmetic_v<T>, "nanotel: an instrument measures numbers");
        detail::with_label_set(
            detail::no_slot, detail::site_keys<attribute<Key, Value>...>,
            [&](const detail::label_set& set) {
                observations_.add(observations_, instrument_, set, detail::number_bits<Number>(value));
            },
            labels.value...);
    }

private:
    const detail::instrument_state& instrument_;
    detail::observation_sink& observations_;
};

/// Removes a callback when it goes; after that the callback does not run any more, for which it waits, if
/// need be. Movable.
class callback_guard {
public:
    constexpr callback_guard() noexcept = default;
    explicit callback_guard(detail::callback_state* callback) noexcept : callback_(callback) {}
    callback_guard(callback_guard&& other) noexcept : callback_(other.callback_) {
        other.callback_ = nullptr;
    }
    callback_guard& operator=(callback_guard&& other) noexcept {
        if (this != &other) {
            remove();
            callback_ = other.callback_;
            other.callback_ = nullptr;
        }
        return *this;
    }
    ~callback_guard() { remove(); }

    /// Removes it now, also from within the callback itself.
    void remove() noexcept {
        if (!callback_) return;
        detail::callback_state* const callback = callback_;
        callback_ = nullptr;
        detail::remove_callback(*callback);
    }

private:
    detail::callback_state* callback_ = nullptr;
};

namespace detail {

template <class Number, class F>
struct callback_of : callback_state {
    F function;
    explicit callback_of(F f) : callback_state{}, function(static_cast<F&&>(f)) {}
};

template <class Number, instrument_kind Kind>
class observable_instrument {
    static_assert(is_measured_number<Number>,
                  "nanotel: an instrument measures an integer or a floating-point type");

public:
    constexpr explicit observable_instrument(const instrument_name& name,
                                             const instrument_options& options = {}) noexcept
        : state_(Kind, std::is_integral_v<Number>, name, options) {}
    observable_instrument(const observable_instrument&) = delete;
    observable_instrument& operator=(const observable_instrument&) = delete;

    /// Registers a callback, `[](const auto& observer) { observer.observe(value, "key"_attr = …); }`, which
    /// runs at each collection of each reader on a thread of the library, for as long as the guard lives: one
    /// callback after another, the oldest first, but beside one that takes long the others go on. One that
    /// throws is reported and loses what it had yet to say; one that takes longer than the export timeout, or
    /// a second where a scrape asks, is left behind, and not called again before it has returned. It must not
    /// wait for flush or shutdown. Throws std::bad_alloc.
    template <class F>
    [[nodiscard]] callback_guard observe(F function) {
        static_assert(
            requires(const observer<Number>& o) { function(o); },
            "nanotel: a callback takes a const nanotel::observer<Number>&");
        auto* const made = new callback_of<Number, F>(static_cast<F&&>(function));
        made->call = [](callback_state& self, observation_sink& observations) {
            static_cast<callback_of<Number, F>&>(self).function(
                observer<Number>(*self.instrument, observations));
        };
        made->destroy = [](callback_state& self) noexcept {
            delete static_cast<callback_of<Number, F>*>(&self);
        };
        made->instrument = &state_;
        made->is_plain_memory = alignof(callback_of<Number, F>) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
        add_callback(this_module, *made);
        return callback_guard(made);
    }

private:
    instrument_state state_;
};

} // namespace detail

/// A sum that only grows and that something else keeps (OpenTelemetry Metrics API, "Asynchronous Counter"):
/// page faults, bytes of a device. Must outlive the guards of its callbacks.
template <class Number = std::uint64_t>
class observable_counter : public detail::observable_instrument<Number, instrument_kind::observable_counter> {
public:
    using detail::observable_instrument<Number, instrument_kind::observable_counter>::observable_instrument;
};

/// A sum that goes up and down and that something else keeps: resident memory, open descriptors.
template <class Number = std::int64_t>
class observable_up_down_counter
    : public detail::observable_instrument<Number, instrument_kind::observable_up_down_counter> {
public:
    using detail::observable_instrument<Number,
                                        instrument_kind::observable_up_down_counter>::observable_instrument;
};

/// A value that is not summed and that something else keeps: a temperature, a fill level.
template <class Number = double>
class observable_gauge : public detail::observable_instrument<Number, instrument_kind::observable_gauge> {
public:
    using detail::observable_instrument<Number, instrument_kind::observable_gauge>::observable_instrument;
};

} // namespace nanotel::inline NANOTEL_ABI
