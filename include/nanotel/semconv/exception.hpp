// SPDX-License-Identifier: MIT
// Attributes `exception.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The exception message.
/// Type string; stable.
inline constexpr typed_key<"exception.message", text> exception_message{};

/// A stacktrace as a string in the natural representation for the language runtime. The representation is to
/// be determined and documented by each language SIG.
/// Type string; stable.
inline constexpr typed_key<"exception.stacktrace", text> exception_stacktrace{};

/// The type of the exception (its fully-qualified class name, if applicable). The dynamic type of the
/// exception should be preferred over the static type in languages that support it.
/// Type string; stable.
inline constexpr typed_key<"exception.type", text> exception_type{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
