// SPDX-License-Identifier: MIT
// Attributes `deployment.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Name of the deployment environment (aka deployment tier).
/// Type string; stable. Well-known values are in deployment_environment_name_values.
inline constexpr typed_key<"deployment.environment.name", text> deployment_environment_name{};

namespace deployment_environment_name_values {
/// Production environment.
inline constexpr text production{"production"};
/// Staging environment.
inline constexpr text staging{"staging"};
/// Testing environment.
inline constexpr text test{"test"};
/// Development environment.
inline constexpr text development{"development"};
} // namespace deployment_environment_name_values

/// The ID of the deployment.
/// Type string; development.
inline constexpr typed_key<"deployment.id", text> deployment_id{};

/// The name of the deployment.
/// Type string; development.
inline constexpr typed_key<"deployment.name", text> deployment_name{};

/// The status of the deployment.
/// Type string; development. Well-known values are in deployment_status_values.
inline constexpr typed_key<"deployment.status", text> deployment_status{};

namespace deployment_status_values {
/// Failed.
inline constexpr text failed{"failed"};
/// Succeeded.
inline constexpr text succeeded{"succeeded"};
} // namespace deployment_status_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
