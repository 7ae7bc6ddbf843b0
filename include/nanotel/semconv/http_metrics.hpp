// SPDX-License-Identifier: MIT
// Metrics `http.*`: names, units and descriptions for instruments.
// Made by tools/semconv/generate from the OpenTelemetry semantic conventions 1.44.0, which are licensed
// under Apache-2.0.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::semconv::metrics {

/// Number of active HTTP requests.
/// Up-down counter; development.
struct http_client_active_requests {
    static constexpr char name[] = "http.client.active_requests";
    static constexpr char unit[] = "{request}";
    static constexpr char description[] = "Number of active HTTP requests.";
};

/// The duration of the successfully established outbound HTTP connections.
/// Histogram; development.
struct http_client_connection_duration {
    static constexpr char name[] = "http.client.connection.duration";
    static constexpr char unit[] = "s";
    static constexpr char description[] =
        "The duration of the successfully established outbound HTTP connections.";
};

/// Number of outbound HTTP connections that are currently active or idle on the client.
/// Up-down counter; development.
struct http_client_open_connections {
    static constexpr char name[] = "http.client.open_connections";
    static constexpr char unit[] = "{connection}";
    static constexpr char description[] =
        "Number of outbound HTTP connections that are currently active or idle on the client.";
};

/// Size of HTTP client request bodies.
/// Histogram; development.
struct http_client_request_body_size {
    static constexpr char name[] = "http.client.request.body.size";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "Size of HTTP client request bodies.";
};

/// Duration of HTTP client requests.
/// Histogram; stable.
struct http_client_request_duration {
    static constexpr char name[] = "http.client.request.duration";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "Duration of HTTP client requests.";
};

/// Size of HTTP client response bodies.
/// Histogram; development.
struct http_client_response_body_size {
    static constexpr char name[] = "http.client.response.body.size";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "Size of HTTP client response bodies.";
};

/// Number of active HTTP server requests.
/// Up-down counter; development.
struct http_server_active_requests {
    static constexpr char name[] = "http.server.active_requests";
    static constexpr char unit[] = "{request}";
    static constexpr char description[] = "Number of active HTTP server requests.";
};

/// Size of HTTP server request bodies.
/// Histogram; development.
struct http_server_request_body_size {
    static constexpr char name[] = "http.server.request.body.size";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "Size of HTTP server request bodies.";
};

/// Duration of HTTP server requests.
/// Histogram; stable.
struct http_server_request_duration {
    static constexpr char name[] = "http.server.request.duration";
    static constexpr char unit[] = "s";
    static constexpr char description[] = "Duration of HTTP server requests.";
};

/// Size of HTTP server response bodies.
/// Histogram; development.
struct http_server_response_body_size {
    static constexpr char name[] = "http.server.response.body.size";
    static constexpr char unit[] = "By";
    static constexpr char description[] = "Size of HTTP server response bodies.";
};

} // namespace nanotel::inline NANOTEL_ABI::semconv::metrics
