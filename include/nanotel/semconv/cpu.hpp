// SPDX-License-Identifier: MIT
// Attributes `cpu.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The logical CPU number [0..n-1].
/// Type int; development.
inline constexpr typed_key<"cpu.logical_number", std::int64_t> cpu_logical_number{};

/// The mode of the CPU.
/// Type string; release candidate. Well-known values are in cpu_mode_values.
inline constexpr typed_key<"cpu.mode", text> cpu_mode{};

namespace cpu_mode_values {
/// User.
inline constexpr text user{"user"};
/// System.
inline constexpr text system{"system"};
/// Nice.
inline constexpr text nice{"nice"};
/// Idle.
inline constexpr text idle{"idle"};
/// IO Wait.
inline constexpr text iowait{"iowait"};
/// Interrupt.
inline constexpr text interrupt{"interrupt"};
/// Steal.
inline constexpr text steal{"steal"};
} // namespace cpu_mode_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
