// SPDX-License-Identifier: MIT
// Attributes `http.*`: keys with the types of their values.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/semconv/key_below.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv {

/// State of the HTTP connection in the HTTP connection pool.
/// Type string; development. Well-known values are in http_connection_state_values.
inline constexpr typed_key<"http.connection.state", text> http_connection_state{};

namespace http_connection_state_values {
/// Active state.
inline constexpr text active{"active"};
/// Idle state.
inline constexpr text idle{"idle"};
} // namespace http_connection_state_values

/// The size of the request payload body in bytes. This is the number of bytes transferred excluding headers
/// and is often, but not always, present as the Content-Length header. For requests using transport encoding,
/// this should be the compressed size.
/// Type int; development.
inline constexpr typed_key<"http.request.body.size", std::int64_t> http_request_body_size{};

/// HTTP request headers, `<key>` being the normalized HTTP Header name (lowercase), the value being the
/// header values.
/// Type string[] for each key, `http_request_header<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"http.request.header", Key>, array_of<text>> http_request_header{};

/// HTTP request method.
/// Type string; stable. Well-known values are in http_request_method_values.
inline constexpr typed_key<"http.request.method", text> http_request_method{};

namespace http_request_method_values {
/// CONNECT method.
inline constexpr text connect{"CONNECT"};
/// DELETE method.
inline constexpr text delete_{"DELETE"};
/// GET method.
inline constexpr text get{"GET"};
/// HEAD method.
inline constexpr text head{"HEAD"};
/// OPTIONS method.
inline constexpr text options{"OPTIONS"};
/// PATCH method.
inline constexpr text patch{"PATCH"};
/// POST method.
inline constexpr text post{"POST"};
/// PUT method.
inline constexpr text put{"PUT"};
/// TRACE method.
inline constexpr text trace{"TRACE"};
/// QUERY method (development).
inline constexpr text query{"QUERY"};
/// Any HTTP method that the instrumentation has no prior knowledge of.
inline constexpr text other{"_OTHER"};
} // namespace http_request_method_values

/// Original HTTP method sent by the client in the request line.
/// Type string; stable.
inline constexpr typed_key<"http.request.method_original", text> http_request_method_original{};

/// The ordinal number of request resending attempt (for any reason, including redirects).
/// Type int; stable.
inline constexpr typed_key<"http.request.resend_count", std::int64_t> http_request_resend_count{};

/// The total size of the request in bytes. This should be the total number of bytes sent over the wire,
/// including the request line (HTTP/1.1), framing (HTTP/2 and HTTP/3), headers, and request body if any.
/// Type int; development.
inline constexpr typed_key<"http.request.size", std::int64_t> http_request_size{};

/// The size of the response payload body in bytes. This is the number of bytes transferred excluding headers
/// and is often, but not always, present as the Content-Length header. For requests using transport encoding,
/// this should be the compressed size.
/// Type int; development.
inline constexpr typed_key<"http.response.body.size", std::int64_t> http_response_body_size{};

/// HTTP response headers, `<key>` being the normalized HTTP Header name (lowercase), the value being the
/// header values.
/// Type string[] for each key, `http_response_header<"key">`; stable.
template <fixed_string Key>
inline constexpr typed_key<key_below<"http.response.header", Key>, array_of<text>> http_response_header{};

/// The total size of the response in bytes. This should be the total number of bytes sent over the wire,
/// including the status line (HTTP/1.1), framing (HTTP/2 and HTTP/3), headers, and response body and trailers
/// if any.
/// Type int; development.
inline constexpr typed_key<"http.response.size", std::int64_t> http_response_size{};

/// HTTP response status code.
/// Type int; stable.
inline constexpr typed_key<"http.response.status_code", std::int64_t> http_response_status_code{};

/// The matched route template for the request. This MUST be low-cardinality and include all static path
/// segments, with dynamic path segments represented with placeholders.
/// Type string; stable.
inline constexpr typed_key<"http.route", text> http_route{};

} // namespace nanotel::inline NANOTEL_ABI::semconv
