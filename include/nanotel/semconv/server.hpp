// SPDX-License-Identifier: MIT
// Attributes `server.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Server domain name if available without reverse DNS lookup; otherwise, IP address or UNIX domain socket
/// name.
/// Type string; stable.
inline constexpr typed_key<"server.address", text> server_address{};

/// Server port number.
/// Type int; stable.
inline constexpr typed_key<"server.port", std::int64_t> server_port{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
