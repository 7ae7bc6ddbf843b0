// SPDX-License-Identifier: MIT
// One request that a client makes: its span and its share of the client's metrics, for whatever HTTP library.
#pragma once

#include <nanotel/instrument/exception_name.hpp>
#include <nanotel/instrument/http_text.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/semconv/error.hpp>
#include <nanotel/semconv/http.hpp>
#include <nanotel/semconv/http_metrics.hpp>
#include <nanotel/semconv/network.hpp>
#include <nanotel/semconv/schema_url.hpp>
#include <nanotel/semconv/server.hpp>
#include <nanotel/semconv/url.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constinit const instrumentation_scope http_client_scope{"nanotel.http.client", NANOTEL_VERSION,
                                                               semconv::schema_url};

// Semantic Conventions, "HTTP metrics", with the bounds that they advise.
inline constinit histogram<> http_client_durations{
    semconv::metrics::http_client_request_duration::name,
    {.unit = semconv::metrics::http_client_request_duration::unit,
     .description = semconv::metrics::http_client_request_duration::description,
     .scope = &http_client_scope,
     .bounds = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}}};

// Where a client sends its requests to.
struct http_target {
    std::string scheme;
    std::string host; // an IPv6 address without its brackets
    int port = 0;

    // "https://shop.example:8443", or a host alone, which is asked by HTTP.
    static http_target of(std::string_view scheme_host_port) {
        http_target target{"http", {}, 0};
        if (const std::size_t end = scheme_host_port.find("://"); end != scheme_host_port.npos) {
            target.scheme = scheme_host_port.substr(0, end);
            scheme_host_port.remove_prefix(end + 3);
        }
        scheme_host_port = scheme_host_port.substr(0, scheme_host_port.find_first_of("/?#"));
        const host_and_port split = split_authority(scheme_host_port);
        target.host = split.host;
        target.port = split.port >= 0 ? split.port : default_port(target.scheme);
        return target;
    }

    // The beginning of every URL there.
    std::string origin() const {
        std::string text = scheme + "://";
        const bool is_ipv6 = host.find(':') != host.npos;
        text += is_ipv6 ? '[' + host + ']' : host;
        if (port != default_port(scheme)) text += ':' + std::to_string(port);
        return text;
    }
};

// Lives while the request does, on the thread that makes it. `target` and `methods` must outlive it.
class http_client_exchange {
public:
    http_client_exchange(std::string_view method, const http_target& target, std::string_view path,
                         const std::vector<std::string>& methods,
                         const std::vector<std::string>& redacted_keys)
        : target_(target), method_(known_method(method, methods)), began_(timer_ticks()),
          span_(span_options{.name = method_ == other_method ? std::string_view("HTTP") : method_,
                             .kind = span_kind::client,
                             .scope = &http_client_scope},
                semconv::http_request_method = method_, semconv::server_address = target.host,
                semconv::server_port = target.port) {
        if (!span_.is_recording()) return;
        // A path may be a whole URL, for a proxy.
        const std::string whole = path.find("://") < path.find_first_of("/?#")
                                      ? std::string(path)
                                      : target.origin() + std::string(path);
        const std::string url = url_without_secrets(whole, redacted_keys);
        span_.set(semconv::url_full = url);
        if (method_ == other_method) span_.set(semconv::http_request_method_original = method);
    }
    http_client_exchange(const http_client_exchange&) = delete;
    http_client_exchange& operator=(const http_client_exchange&) = delete;

    nanotel::span& span() noexcept { return span_; }

    // A response came, whatever it says. The span ends with this object.
    void finish(int status, std::string_view version, std::int64_t body_size) {
        span_.set(semconv::http_response_status_code = status);
        if (!version.empty()) span_.set(semconv::network_protocol_version = version);
        if (body_size >= 0 && method_ != "HEAD") span_.set(semconv::http_response_body_size = body_size);
        const std::string error = status >= 400 ? std::to_string(status) : std::string();
        if (!error.empty()) {
            span_.set(semconv::error_type = error);
            span_.set_status(status_code::error);
        }
        const auto with_version = [&](const auto&... more) {
            if (version.empty())
                record(semconv::http_response_status_code = status, more...);
            else
                record(semconv::http_response_status_code = status,
                       semconv::network_protocol_version = version, more...);
        };
        if (error.empty())
            with_version();
        else
            with_version(semconv::error_type = error);
    }
    // None came, for a reason of a few.
    void fail(std::string_view type, std::string_view description = {}) {
        span_.set(semconv::error_type = type);
        span_.set_status(status_code::error, description);
        record(semconv::error_type = type);
    }
    // The caller did not want it any more, which is no error.
    void cancel() { record(); }

private:
    template <class... A>
    void record(const A&... more) {
        if (began_ == 0) return;
        if (const double seconds = seconds_since(began_); seconds >= 0)
            http_client_durations.record(seconds, semconv::http_request_method = method_,
                                         semconv::server_address = target_.host,
                                         semconv::server_port = target_.port, more...);
    }

    const http_target& target_;
    std::string_view method_;
    std::uint64_t began_; // ticks; 0: nothing is started
    nanotel::span span_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
