// SPDX-License-Identifier: MIT
// Attributes `thread.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Current "managed" thread ID (as opposed to OS thread ID).
/// Type int; development.
inline constexpr typed_key<"thread.id", std::int64_t> thread_id{};

/// Current thread name.
/// Type string; development.
inline constexpr typed_key<"thread.name", text> thread_name{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
