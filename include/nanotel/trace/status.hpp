// SPDX-License-Identifier: MIT
// Status codes and points in time.
#pragma once

#include <nanotel/core/config.hpp>

#include <concepts>
#include <cstdint>

namespace nanotel::inline NANOTEL_ABI {

/// Span status, with the numbers of OTLP (OpenTelemetry Trace API, "Set Status"). Ok is final.
enum class status_code : std::uint8_t { unset = 0, ok = 1, error = 2 };

/// A point in time that the application knows better than the library's clock: Unix time in nanoseconds.
/// Converts from any std::chrono::system_clock time point.
struct timestamp {
    std::uint64_t unix_nanoseconds = 0;

    constexpr timestamp() noexcept = default;
    constexpr explicit timestamp(std::uint64_t nanoseconds) noexcept : unix_nanoseconds(nanoseconds) {}
    /// Time points of clocks that do not count from the Unix epoch do not convert.
    template <class T>
        requires requires(const T& t) {
            t.time_since_epoch().count();
            typename T::period;
            T::clock::to_time_t(t);
        }
    constexpr timestamp(const T& point) noexcept
        : unix_nanoseconds(static_cast<std::uint64_t>(point.time_since_epoch().count()) *
                           static_cast<std::uint64_t>(T::period::num) *
                           (1'000'000'000u / static_cast<std::uint64_t>(T::period::den))) {
        static_assert(1'000'000'000 % T::period::den == 0,
                      "nanotel: the time point is finer than nanoseconds");
    }
};

} // namespace nanotel::inline NANOTEL_ABI
