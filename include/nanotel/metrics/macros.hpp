// SPDX-License-Identifier: MIT
// The macros of metrics: what they are given is evaluated only where somebody collects it, and with
// NANOTEL_DISABLED they vanish.
#pragma once

#include <nanotel/core/config.hpp>

#ifndef NANOTEL_DISABLED

#include <type_traits>

namespace nanotel::inline NANOTEL_ABI {

template <class Number, class... Labels>
class counter;
template <class Number>
class bound_counter;

namespace detail {

template <class Instrument>
inline constexpr bool only_grows = false;
template <class Number, class... Labels>
inline constexpr bool only_grows<counter<Number, Labels...>> = true;
template <class Number>
inline constexpr bool only_grows<bound_counter<Number>> = true;

double nanotel_is_no_constant(); // never defined

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI

// Internal. The whole conditional is a constant only where the amount is one and is negative. Whatever else
// the amount is, a variable of a structured binding or a co_await, is not looked at, nor evaluated once more.
#define NANOTEL_DETAIL_CHECK_ADD(instrument, amount)                                                         \
    static_assert(!::nanotel::detail::only_grows<::std::remove_cvref_t<decltype((instrument))>> ||           \
                      !__builtin_constant_p(static_cast<double>(amount) < 0.0                                \
                                                ? 1.0                                                        \
                                                : ::nanotel::detail::nanotel_is_no_constant()),              \
                  "nanotel: a counter only grows, and this adds a negative constant to it; use a "           \
                  "nanotel::up_down_counter")

/// Public. counter.add(amount, labels…), evaluated only where the instrument is enabled. A negative constant
/// for a counter is a compile error. Function form: add.
#define NANOTEL_ADD(instrument, amount, ...)                                                                 \
    do {                                                                                                     \
        NANOTEL_DETAIL_CHECK_ADD(instrument, amount);                                                        \
        if ((instrument).enabled()) (instrument).add((amount)__VA_OPT__(, ) __VA_ARGS__);                    \
    } while (false)

/// Public. The same for gauge.set(value, labels…).
#define NANOTEL_GAUGE_SET(instrument, value, ...)                                                            \
    do {                                                                                                     \
        if ((instrument).enabled()) (instrument).set((value)__VA_OPT__(, ) __VA_ARGS__);                     \
    } while (false)

/// Public. The same for histogram.record(value, labels…).
#define NANOTEL_RECORD(instrument, value, ...)                                                               \
    do {                                                                                                     \
        if ((instrument).enabled()) (instrument).record((value)__VA_OPT__(, ) __VA_ARGS__);                  \
    } while (false)

/// Public. Records how long the rest of the scope takes, in seconds, into a nanotel::histogram<double>.
/// Labels of finite domains cost nothing; those of `"key"_attr = value` are copied where the scope begins.
/// Function form: nanotel::timer.
#define NANOTEL_TIME(instrument, ...)                                                                        \
    [[maybe_unused]] const ::nanotel::timer NANOTEL_DETAIL_PASTE(nanotel_timer_, __COUNTER__) {              \
        (instrument).bind(__VA_ARGS__)                                                                       \
    }

#else

#define NANOTEL_ADD(instrument, amount, ...)                                                                 \
    (false ? static_cast<void>((instrument).add((amount)__VA_OPT__(, ) __VA_ARGS__)) : static_cast<void>(0))
#define NANOTEL_GAUGE_SET(instrument, value, ...)                                                            \
    (false ? static_cast<void>((instrument).set((value)__VA_OPT__(, ) __VA_ARGS__)) : static_cast<void>(0))
#define NANOTEL_RECORD(instrument, value, ...)                                                               \
    (false ? static_cast<void>((instrument).record((value)__VA_OPT__(, ) __VA_ARGS__)) : static_cast<void>(0))
#define NANOTEL_TIME(instrument, ...)                                                                        \
    if constexpr (false) static_cast<void>((instrument).bind(__VA_ARGS__));                                  \
    static_assert(true)

#endif
