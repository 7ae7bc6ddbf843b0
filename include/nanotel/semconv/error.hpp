// SPDX-License-Identifier: MIT
// Attributes `error.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Describes a class of error the operation ended with.
/// Type string; stable. Well-known values are in error_type_values.
inline constexpr typed_key<"error.type", text> error_type{};

namespace error_type_values {
/// A fallback error value to be used when the instrumentation doesn't define a custom value.
inline constexpr text other{"_OTHER"};
} // namespace error_type_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
