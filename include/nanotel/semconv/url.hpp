// SPDX-License-Identifier: MIT
// Attributes `url.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/typed_key.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// Domain extracted from the `url.full`, such as "opentelemetry.io".
/// Type string; development.
inline constexpr typed_key<"url.domain", text> url_domain{};

/// The file extension extracted from the `url.full`, excluding the leading dot.
/// Type string; development.
inline constexpr typed_key<"url.extension", text> url_extension{};

/// The URI fragment component.
/// Type string; stable.
inline constexpr typed_key<"url.fragment", text> url_fragment{};

/// Absolute URL describing a network resource according to RFC3986.
/// Type string; stable.
inline constexpr typed_key<"url.full", text> url_full{};

/// Unmodified original URL as seen in the event source.
/// Type string; development.
inline constexpr typed_key<"url.original", text> url_original{};

/// The URI path component.
/// Type string; stable.
inline constexpr typed_key<"url.path", text> url_path{};

/// Port extracted from the `url.full`.
/// Type int; development.
inline constexpr typed_key<"url.port", std::int64_t> url_port{};

/// The URI query component.
/// Type string; stable.
inline constexpr typed_key<"url.query", text> url_query{};

/// The highest registered URL domain, stripped of the subdomain.
/// Type string; development.
inline constexpr typed_key<"url.registered_domain", text> url_registered_domain{};

/// The URI scheme component identifying the used protocol.
/// Type string; stable.
inline constexpr typed_key<"url.scheme", text> url_scheme{};

/// The subdomain portion of a fully qualified domain name includes all of the names except the hostname under
/// the registered_domain. In a partially qualified domain, or if the qualification level of the full name
/// cannot be determined, subdomain contains all of the names below the registered domain.
/// Type string; development.
inline constexpr typed_key<"url.subdomain", text> url_subdomain{};

/// The low-cardinality template of an absolute path reference.
/// Type string; development.
inline constexpr typed_key<"url.template", text> url_template{};

/// The effective top level domain (eTLD), also known as the domain suffix, is the last part of the domain
/// name. For example, the top level domain for example.com is `com`.
/// Type string; development.
inline constexpr typed_key<"url.top_level_domain", text> url_top_level_domain{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
