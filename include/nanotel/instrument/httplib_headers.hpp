// SPDX-License-Identifier: MIT
// How the instrumentation of cpp-httplib reads and writes headers.
#pragma once

#include <nanotel/instrument/without_throwing.hpp>
#include <nanotel/nanotel.hpp>

#include <httplib.h>

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// https where the connection that brought the request was encrypted.
template <class Request>
std::string_view scheme_of([[maybe_unused]] const Request& request) noexcept {
    if constexpr (requires { request.ssl; })
        if (request.ssl) return "https";
    return "http";
}

// The pattern that matched, where this release of cpp-httplib tells it.
template <class Request>
std::string_view route_of([[maybe_unused]] const Request& request) noexcept {
    if constexpr (requires { request.matched_route; }) return request.matched_route;
    return {};
}

// Whether this release may take the connection over.
template <class Server>
bool may_become_websocket([[maybe_unused]] const httplib::Request& request) {
    if constexpr (requires { typename Server::WebSocketHandler; })
        return request.method == "GET" && request.has_header("Sec-WebSocket-Key") &&
               request.has_header("Upgrade");
    return false;
}

// -1: not told, or no number.
inline std::int64_t content_length(const httplib::Headers& headers) {
    const auto found = headers.find("Content-Length");
    if (found == headers.end()) return -1;
    const std::string& digits = found->second;
    std::int64_t size = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    return error == std::errc() && end == digits.data() + digits.size() && size >= 0 ? size : -1;
}

// Each of these headers that is there, as an array of its values.
inline void record_headers(span& to, std::string_view prefix, const httplib::Headers& headers,
                           const std::vector<std::string>& names) {
    if (names.empty() || !to.is_recording()) return;
    for (const std::string& name : names) {
        const auto [first, last] = headers.equal_range(name);
        if (first == last) continue;
        std::vector<std::string_view> values;
        for (auto it = first; it != last; ++it) values.emplace_back(it->second);
        std::string key(prefix);
        for (const char c : name) key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        to.set(key, values);
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
