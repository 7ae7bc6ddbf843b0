// SPDX-License-Identifier: MIT
// Attributes `client.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Client address - domain name if available without reverse DNS lookup; otherwise, IP address or UNIX domain
/// socket name.
/// Type string; stable.
inline constexpr typed_key<"client.address", text> client_address{};

/// Client port number.
/// Type int; stable.
inline constexpr typed_key<"client.port", std::int64_t> client_port{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
