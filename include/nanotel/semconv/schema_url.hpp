// SPDX-License-Identifier: MIT
// Which release of the conventions the constants are of.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// For the schema URL of an instrumentation scope whose names are these constants.
inline constexpr char schema_url[] = "https://opentelemetry.io/schemas/1.44.0";

} // namespace nanotel::inline NANOTEL_ABI::semconv
