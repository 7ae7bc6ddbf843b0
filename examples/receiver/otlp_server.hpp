// SPDX-License-Identifier: MIT
// The HTTP side: takes OTLP requests, checks them and answers like the Collector.
#pragma once

#include "session.hpp"
#include "strict_check.hpp"

#include <httplib.h>

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace receiver {

namespace detail {

inline void answer_status(httplib::Response& response, int http, int code, std::string_view message) {
    response.status = http;
    response.set_content(fmt::format(R"({{"code":{},"message":"{}"}})", code, message), "application/json");
}

[[nodiscard]] inline bool is_json_type(std::string_view type) {
    type = type.substr(0, type.find(';'));
    while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
    return type == "application/json";
}

inline void receive(session& run, signal kind, const httplib::Request& request, httplib::Response& response) {
    constexpr int invalid_argument = 3; // google.rpc.Code
    thread_local strict_check check;
    violation_log found;
    check_result result;
    const auto type = request.get_header_value("Content-Type");
    const auto encoding = request.get_header_value("Content-Encoding");
    // cpp-httplib has inflated the body by now, also from encodings that no Collector takes.
    if (!encoding.empty() && encoding != "identity" && encoding != "gzip") {
        found.add(rule::content_encoding, std::string_view("Content-Encoding"), encoding);
    }
    if (!is_json_type(type)) {
        found.add(rule::content_type, std::string_view("Content-Type"), type);
        answer_status(response, 415, invalid_argument,
                      "unsupported media type, supported: [application/json]");
    } else {
        result = check.body(found, kind, request.body);
        if (request.body.size() > strict_check::largest_body) {
            answer_status(response, 400, invalid_argument, "request body too large");
        } else if (!result.is_json) {
            answer_status(response, 400, invalid_argument, "the body is not valid JSON");
        } else {
            response.set_content("{}", "application/json");
        }
    }
    run.add(kind, request.body.size(), std::move(result), std::move(found));
}

} // namespace detail

/// Sets up the routes of an OTLP receiver. Bodies that break a rule and can be read are taken all the same:
/// the receiver is there to count and to name what is wrong, not to make the sender try again.
inline void serve_otlp(httplib::Server& server, session& run) {
    server.Post("/v1/traces", [&](const auto& q, auto& a) { detail::receive(run, signal::traces, q, a); });
    server.Post("/v1/metrics", [&](const auto& q, auto& a) { detail::receive(run, signal::metrics, q, a); });
    server.Post("/v1/logs", [&](const auto& q, auto& a) { detail::receive(run, signal::logs, q, a); });
    // What cpp-httplib refuses by itself, such as a body that is no gzip, never reaches a route.
    server.set_error_handler([&](const httplib::Request& request, httplib::Response& response) {
        if (!response.body.empty() || request.method != "POST" || !request.path.starts_with("/v1/")) return;
        if (response.status == 404) return;
        violation_log found;
        found.add(rule::unreadable_body, std::string_view(request.path),
                  fmt::format("HTTP {}", response.status));
        run.add(std::move(found));
    });
    server.set_tcp_nodelay(true);
    server.set_keep_alive_max_count(static_cast<std::size_t>(-1)); // a sender keeps its connection for good
    server.set_keep_alive_timeout(60);
    server.new_task_queue = [] { return new httplib::ThreadPool(16); }; // a connection holds a thread
}

} // namespace receiver
