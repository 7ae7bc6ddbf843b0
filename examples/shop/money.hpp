// SPDX-License-Identifier: MIT
// Amounts of money, in cents, as every shop should have them.
#pragma once

#include <cstdint>

namespace shop {

using cents = std::int64_t;

/// Rounds half up, as bills do.
[[nodiscard]] constexpr cents percent_of(cents amount, int percent) { return (amount * percent + 50) / 100; }

/// For telemetry and JSON, where amounts are decimal numbers.
[[nodiscard]] constexpr double in_euros(cents amount) { return static_cast<double>(amount) / 100.0; }

} // namespace shop
