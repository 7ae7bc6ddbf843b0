// SPDX-License-Identifier: MIT
// Attributes `disk.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The disk IO operation direction.
/// Type string; release candidate. Well-known values are in disk_io_direction_values.
inline constexpr typed_key<"disk.io.direction", text> disk_io_direction{};

namespace disk_io_direction_values {
inline constexpr text read{"read"};
inline constexpr text write{"write"};
} // namespace disk_io_direction_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
