// SPDX-License-Identifier: MIT
// Attributes `user_agent.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Name of the user-agent extracted from original. Usually refers to the browser's name.
/// Type string; development.
inline constexpr typed_key<"user_agent.name", text> user_agent_name{};

/// Value of the HTTP User-Agent header sent by the client.
/// Type string; stable.
inline constexpr typed_key<"user_agent.original", text> user_agent_original{};

/// Human readable operating system name.
/// Type string; development.
inline constexpr typed_key<"user_agent.os.name", text> user_agent_os_name{};

/// The version string of the operating system as defined in Version Attributes.
/// Type string; development.
inline constexpr typed_key<"user_agent.os.version", text> user_agent_os_version{};

/// Specifies the category of synthetic traffic, such as tests or bots.
/// Type string; development. Well-known values are in user_agent_synthetic_type_values.
inline constexpr typed_key<"user_agent.synthetic.type", text> user_agent_synthetic_type{};

namespace user_agent_synthetic_type_values {
/// Bot source.
inline constexpr text bot{"bot"};
/// Synthetic test source.
inline constexpr text test{"test"};
} // namespace user_agent_synthetic_type_values

/// Version of the user-agent extracted from original. Usually refers to the browser's version.
/// Type string; development.
inline constexpr typed_key<"user_agent.version", text> user_agent_version{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
