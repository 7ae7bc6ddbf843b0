// SPDX-License-Identifier: MIT
// What the instrumentation of HTTP servers and clients can be told.
#pragma once

#include <nanotel/core/config.hpp>

#include <string>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// The keys of signatures and credentials in the queries of large clouds.
inline std::vector<std::string> sensitive_query_keys() {
    return {"AWSAccessKeyId",       "Signature", "X-Amz-Signature", "X-Amz-Credential",
            "X-Amz-Security-Token", "sig",       "X-Goog-Signature"};
}

/// Options of httplib_server and httplib_client. Each list stands in place of its default.
struct http_instrumentation_options {
    /// Keys whose values become REDACTED in url.query and url.full (Semantic Conventions, "url.full"). They
    /// are compared with case, after percent-decoding.
    std::vector<std::string> redacted_query_keys = sensitive_query_keys();
    /// Headers to record as http.request.header.<name> and http.response.header.<name>. None by default,
    /// since headers carry secrets.
    std::vector<std::string> request_headers{};
    std::vector<std::string> response_headers{};
    /// Methods that are told apart; any other counts as _OTHER. Empty:
    /// OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS, a list with commas, or else those of RFC 9110 with PATCH and
    /// QUERY.
    std::vector<std::string> known_methods{};
};

} // namespace nanotel::inline NANOTEL_ABI
