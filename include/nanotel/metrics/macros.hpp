// SPDX-License-Identifier: MIT
// The macros of metrics: what they are given is evaluated only where somebody collects it, and with
// NANOTEL_DISABLED they vanish.
#pragma once

#include <nanotel/core/config.hpp>

#ifndef NANOTEL_DISABLED

/// Public. counter.add(amount, labels…), evaluated only where the instrument is enabled. A negative constant
/// for a counter is a compile error. Function form: add.
#define NANOTEL_ADD(instrument, amount, ...)                                                                 \
    do {                                                                                                     \
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
