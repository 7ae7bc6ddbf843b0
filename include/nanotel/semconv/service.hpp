// SPDX-License-Identifier: MIT
// Attributes `service.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The operational criticality of the service.
/// Type string; alpha. Well-known values are in service_criticality_values.
inline constexpr typed_key<"service.criticality", text> service_criticality{};

namespace service_criticality_values {
/// Service is business-critical; downtime directly impacts revenue, user experience, or core functionality.
inline constexpr text critical{"critical"};
/// Service is important but has degradation tolerance or fallback mechanisms.
inline constexpr text high{"high"};
/// Service provides supplementary functionality; degradation has limited user impact.
inline constexpr text medium{"medium"};
/// Service is non-essential to core operations; used for background tasks or internal tools.
inline constexpr text low{"low"};
} // namespace service_criticality_values

/// The string ID of the service instance.
/// Type string; stable.
inline constexpr typed_key<"service.instance.id", text> service_instance_id{};

/// Logical name of the service.
/// Type string; stable.
inline constexpr typed_key<"service.name", text> service_name{};

/// A namespace for `service.name`.
/// Type string; stable.
inline constexpr typed_key<"service.namespace", text> service_namespace{};

/// Logical name of the service on the other side of the connection. SHOULD be equal to the actual
/// `service.name` resource attribute of the remote service if any.
/// Type string; development.
inline constexpr typed_key<"service.peer.name", text> service_peer_name{};

/// Logical namespace of the service on the other side of the connection. SHOULD be equal to the actual
/// `service.namespace` resource attribute of the remote service if any.
/// Type string; development.
inline constexpr typed_key<"service.peer.namespace", text> service_peer_namespace{};

/// The version string of the service component. The format is not defined by these conventions.
/// Type string; stable.
inline constexpr typed_key<"service.version", text> service_version{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
