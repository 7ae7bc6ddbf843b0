// SPDX-License-Identifier: MIT
// Attributes `telemetry.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The name of the auto instrumentation agent or distribution, if used.
/// Type string; stable.
inline constexpr typed_key<"telemetry.distro.name", text> telemetry_distro_name{};

/// The version string of the auto instrumentation agent or distribution, if used.
/// Type string; stable.
inline constexpr typed_key<"telemetry.distro.version", text> telemetry_distro_version{};

/// The language of the telemetry SDK.
/// Type string; stable. Well-known values are in telemetry_sdk_language_values.
inline constexpr typed_key<"telemetry.sdk.language", text> telemetry_sdk_language{};

namespace telemetry_sdk_language_values {
/// C++.
inline constexpr text cpp{"cpp"};
/// .NET.
inline constexpr text dotnet{"dotnet"};
/// Erlang/Elixir.
inline constexpr text erlang{"erlang"};
/// Go.
inline constexpr text go{"go"};
/// Java.
inline constexpr text java{"java"};
/// Kotlin.
inline constexpr text kotlin{"kotlin"};
/// Node.js.
inline constexpr text nodejs{"nodejs"};
/// PHP.
inline constexpr text php{"php"};
/// Python.
inline constexpr text python{"python"};
/// Ruby.
inline constexpr text ruby{"ruby"};
/// Rust.
inline constexpr text rust{"rust"};
/// Swift.
inline constexpr text swift{"swift"};
/// Browser.
inline constexpr text webjs{"webjs"};
} // namespace telemetry_sdk_language_values

/// The name of the telemetry SDK as defined above.
/// Type string; stable.
inline constexpr typed_key<"telemetry.sdk.name", text> telemetry_sdk_name{};

/// The version string of the telemetry SDK.
/// Type string; stable.
inline constexpr typed_key<"telemetry.sdk.version", text> telemetry_sdk_version{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
