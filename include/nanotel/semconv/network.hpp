// SPDX-License-Identifier: MIT
// Attributes `network.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// The ISO 3166-1 alpha-2 2-character country code associated with the mobile carrier network.
/// Type string; development.
inline constexpr typed_key<"network.carrier.icc", text> network_carrier_icc{};

/// The mobile carrier country code.
/// Type string; development.
inline constexpr typed_key<"network.carrier.mcc", text> network_carrier_mcc{};

/// The mobile carrier network code.
/// Type string; development.
inline constexpr typed_key<"network.carrier.mnc", text> network_carrier_mnc{};

/// The name of the mobile carrier.
/// Type string; development.
inline constexpr typed_key<"network.carrier.name", text> network_carrier_name{};

/// The state of network connection.
/// Type string; development. Well-known values are in network_connection_state_values.
inline constexpr typed_key<"network.connection.state", text> network_connection_state{};

namespace network_connection_state_values {
inline constexpr text closed{"closed"};
inline constexpr text close_wait{"close_wait"};
inline constexpr text closing{"closing"};
inline constexpr text established{"established"};
inline constexpr text fin_wait_1{"fin_wait_1"};
inline constexpr text fin_wait_2{"fin_wait_2"};
inline constexpr text last_ack{"last_ack"};
inline constexpr text listen{"listen"};
inline constexpr text syn_received{"syn_received"};
inline constexpr text syn_sent{"syn_sent"};
inline constexpr text time_wait{"time_wait"};
} // namespace network_connection_state_values

/// This describes more details regarding the connection.type. It may be the type of cell technology
/// connection, but it could be used for describing details about a Wi-Fi connection.
/// Type string; development. Well-known values are in network_connection_subtype_values.
inline constexpr typed_key<"network.connection.subtype", text> network_connection_subtype{};

namespace network_connection_subtype_values {
/// GPRS.
inline constexpr text gprs{"gprs"};
/// EDGE.
inline constexpr text edge{"edge"};
/// UMTS.
inline constexpr text umts{"umts"};
/// CDMA.
inline constexpr text cdma{"cdma"};
/// EVDO Rel. 0.
inline constexpr text evdo_0{"evdo_0"};
/// EVDO Rev. A.
inline constexpr text evdo_a{"evdo_a"};
/// CDMA2000 1XRTT.
inline constexpr text cdma2000_1xrtt{"cdma2000_1xrtt"};
/// HSDPA.
inline constexpr text hsdpa{"hsdpa"};
/// HSUPA.
inline constexpr text hsupa{"hsupa"};
/// HSPA.
inline constexpr text hspa{"hspa"};
/// IDEN.
inline constexpr text iden{"iden"};
/// EVDO Rev. B.
inline constexpr text evdo_b{"evdo_b"};
/// LTE.
inline constexpr text lte{"lte"};
/// EHRPD.
inline constexpr text ehrpd{"ehrpd"};
/// HSPAP.
inline constexpr text hspap{"hspap"};
/// GSM.
inline constexpr text gsm{"gsm"};
/// TD-SCDMA.
inline constexpr text td_scdma{"td_scdma"};
/// IWLAN.
inline constexpr text iwlan{"iwlan"};
/// 5G NR (New Radio).
inline constexpr text nr{"nr"};
/// 5G NRNSA (New Radio Non-Standalone).
inline constexpr text nrnsa{"nrnsa"};
/// LTE CA.
inline constexpr text lte_ca{"lte_ca"};
} // namespace network_connection_subtype_values

/// The internet connection type.
/// Type string; development. Well-known values are in network_connection_type_values.
inline constexpr typed_key<"network.connection.type", text> network_connection_type{};

namespace network_connection_type_values {
/// Wi-Fi.
inline constexpr text wifi{"wifi"};
inline constexpr text wired{"wired"};
inline constexpr text cell{"cell"};
inline constexpr text unavailable{"unavailable"};
inline constexpr text unknown{"unknown"};
} // namespace network_connection_type_values

/// The network interface name.
/// Type string; release candidate.
inline constexpr typed_key<"network.interface.name", text> network_interface_name{};

/// The direction of traffic from the perspective of the observing host's physical or virtual network
/// interface. It should not be used to represent the logical direction of a stateful connection or network
/// flow.
/// Type string; release candidate. Well-known values are in network_io_direction_values.
inline constexpr typed_key<"network.io.direction", text> network_io_direction{};

namespace network_io_direction_values {
inline constexpr text transmit{"transmit"};
inline constexpr text receive{"receive"};
} // namespace network_io_direction_values

/// Local address of the network connection - IP address or UNIX domain socket name.
/// Type string; stable.
inline constexpr typed_key<"network.local.address", text> network_local_address{};

/// Local port number of the network connection.
/// Type int; stable.
inline constexpr typed_key<"network.local.port", std::int64_t> network_local_port{};

/// Peer address of the network connection - IP address or UNIX domain socket name.
/// Type string; stable.
inline constexpr typed_key<"network.peer.address", text> network_peer_address{};

/// Peer port number of the network connection.
/// Type int; stable.
inline constexpr typed_key<"network.peer.port", std::int64_t> network_peer_port{};

/// OSI application layer or non-OSI equivalent.
/// Type string; stable.
inline constexpr typed_key<"network.protocol.name", text> network_protocol_name{};

/// The actual version of the protocol used for network communication.
/// Type string; stable.
inline constexpr typed_key<"network.protocol.version", text> network_protocol_version{};

/// OSI transport layer or inter-process communication method.
/// Type string; stable. Well-known values are in network_transport_values.
inline constexpr typed_key<"network.transport", text> network_transport{};

namespace network_transport_values {
/// TCP.
inline constexpr text tcp{"tcp"};
/// UDP.
inline constexpr text udp{"udp"};
/// Named or anonymous pipe.
inline constexpr text pipe{"pipe"};
/// UNIX domain socket.
inline constexpr text unix_{"unix"};
/// QUIC.
inline constexpr text quic{"quic"};
} // namespace network_transport_values

/// OSI network layer or non-OSI equivalent.
/// Type string; stable. Well-known values are in network_type_values.
inline constexpr typed_key<"network.type", text> network_type{};

namespace network_type_values {
/// IPv4.
inline constexpr text ipv4{"ipv4"};
/// IPv6.
inline constexpr text ipv6{"ipv6"};
} // namespace network_type_values

} // namespace nanotel::inline NANOTEL_ABI::semconv
