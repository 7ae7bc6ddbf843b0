// SPDX-License-Identifier: MIT
// One request that a server answers: its span and its share of the server's metrics, for whatever HTTP
// library.
#pragma once

#include <nanotel/instrument/exception_name.hpp>
#include <nanotel/instrument/http_text.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/semconv/client.hpp>
#include <nanotel/semconv/error.hpp>
#include <nanotel/semconv/http.hpp>
#include <nanotel/semconv/http_metrics.hpp>
#include <nanotel/semconv/network.hpp>
#include <nanotel/semconv/schema_url.hpp>
#include <nanotel/semconv/server.hpp>
#include <nanotel/semconv/url.hpp>
#include <nanotel/semconv/user_agent.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constinit const instrumentation_scope http_server_scope{"nanotel.http.server", NANOTEL_VERSION,
                                                               semconv::schema_url};

// Semantic Conventions, "HTTP metrics", with the bounds that they advise.
inline constinit histogram<> http_server_durations{
    semconv::metrics::http_server_request_duration::name,
    {.unit = semconv::metrics::http_server_request_duration::unit,
     .description = semconv::metrics::http_server_request_duration::description,
     .scope = &http_server_scope,
     .bounds = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}}};
inline constinit up_down_counter<> http_server_active{
    semconv::metrics::http_server_active_requests::name,
    {.unit = semconv::metrics::http_server_active_requests::unit,
     .description = semconv::metrics::http_server_active_requests::description,
     .scope = &http_server_scope}};

// What a server knows of a request before it is routed. Borrowed until the exchange has begun.
struct http_request_facts {
    std::string_view method;       // as the client wrote it
    std::string_view target;       // path and query, still encoded
    std::string_view scheme;       // "http" or "https"
    std::string_view authority;    // what the client believes to talk to
    std::string_view client;       // address, and port where it is known, of who began
    std::string_view peer_address; // of who is connected
    int peer_port = -1;
    std::string_view user_agent;
    std::string_view version; // of the protocol, as "1.1"
    std::int64_t body_size = -1;
};

// Lives on the thread that answers, while it answers. `methods` must outlive it.
class http_server_exchange {
public:
    http_server_exchange(const http_request_facts& facts, const context& parent,
                         const std::vector<std::string>& methods,
                         const std::vector<std::string>& redacted_keys)
        : method_(known_method(facts.method, methods)), scheme_(facts.scheme), version_(facts.version),
          began_(timer_ticks()),
          span_(
              span_options{
                  .name = name(), .kind = span_kind::server, .parent = &parent, .scope = &http_server_scope},
              semconv::http_request_method = method_, semconv::url_scheme = scheme_) {
        if (span_.is_recording()) describe(facts, redacted_keys);
        // Last, since nobody would take it back were there no memory for the rest.
        if (http_server_active.enabled()) {
            counted_in_ = recording_enabled.load_relaxed();
            http_server_active.add(1, semconv::http_request_method = method_, semconv::url_scheme = scheme_);
        }
    }
    ~http_server_exchange() {
        // Another start counts from zero, and would go below it.
        if (counted_in_ != 0 && counted_in_ == recording_enabled.load_relaxed())
            http_server_active.add(-1, semconv::http_request_method = method_, semconv::url_scheme = scheme_);
    }
    http_server_exchange(const http_server_exchange&) = delete;
    http_server_exchange& operator=(const http_server_exchange&) = delete;

    nanotel::span& span() noexcept { return span_; }

    // The pattern that chose the handler.
    void set_route(std::string_view route) {
        route_ = route;
        if (!span_.is_recording()) return;
        std::string whole(name());
        whole.append(1, ' ').append(route);
        span_.update_name(whole);
        span_.set(semconv::http_route = route);
    }
    bool has_route() const noexcept { return !route_.empty(); }
    std::string_view route() const noexcept { return route_; }

    // Within a handler of the exception that left the application's code. What it means for the outcome, the
    // status of the response says: an application may answer an exception with 404.
    void tell_exception(const std::exception& e) {
        span_.record_exception(e);
        exception_ = name_of_current_exception();
    }
    void tell_unknown_exception() {
        exception_ = name_of_current_exception();
        if (const std::type_info* const type = abi::__cxa_current_exception_type())
            span_.record_exception(exception_description{exception_in_flight(), type->name(), {}, false});
    }

    // The response is as it will be sent. The span ends with this object.
    void finish(int status, std::int64_t body_size) {
        span_.set(semconv::http_response_status_code = status);
        if (body_size >= 0) span_.set(semconv::http_response_body_size = body_size);
        std::string error;
        if (status >= 500) {
            error = exception_.empty() ? std::to_string(status) : exception_;
            span_.set(semconv::error_type = error);
            span_.set_status(status_code::error);
        }
        if (began_ == 0) return;
        const double seconds = seconds_since(began_);
        if (!(seconds >= 0)) return;
        const auto record = [&](const auto&... more) {
            http_server_durations.record(seconds, semconv::http_request_method = method_,
                                         semconv::url_scheme = scheme_,
                                         semconv::http_response_status_code = status,
                                         semconv::network_protocol_version = version_, more...);
        };
        const auto with_route = [&](const auto&... more) {
            if (route_.empty())
                record(more...);
            else
                record(semconv::http_route = route_, more...);
        };
        if (error.empty())
            with_route();
        else
            with_route(semconv::error_type = error);
    }

private:
    // In place of a method that is not told apart its span is called after the protocol.
    std::string_view name() const noexcept { return method_ == other_method ? "HTTP" : method_; }

    void describe(const http_request_facts& facts, const std::vector<std::string>& redacted_keys) {
        if (method_ == other_method) span_.set(semconv::http_request_method_original = facts.method);
        std::string_view query = facts.target.substr(0, facts.target.find('#'));
        const bool has_query = query.find('?') != query.npos;
        span_.set(semconv::url_path = take_until(query, '?'),
                  semconv::network_protocol_version = facts.version);
        if (has_query && !query.empty()) {
            const std::string redacted = redacted_query(query, redacted_keys);
            span_.set(semconv::url_query = redacted);
        }
        if (const host_and_port server = split_authority(facts.authority); !server.host.empty())
            span_.set(semconv::server_address = server.host,
                      semconv::server_port = server.port >= 0 ? server.port : default_port(facts.scheme));
        if (!facts.peer_address.empty()) span_.set(semconv::network_peer_address = facts.peer_address);
        if (facts.peer_port >= 0) span_.set(semconv::network_peer_port = facts.peer_port);
        if (const host_and_port client = split_authority(facts.client); !client.host.empty()) {
            span_.set(semconv::client_address = client.host);
            if (client.port >= 0) span_.set(semconv::client_port = client.port);
        }
        if (!facts.user_agent.empty()) span_.set(semconv::user_agent_original = facts.user_agent);
        if (facts.body_size >= 0) span_.set(semconv::http_request_body_size = facts.body_size);
    }

    std::string_view method_;
    std::string_view scheme_;
    std::string version_;
    std::string route_;
    std::string exception_;
    std::uint64_t began_;          // ticks; 0: nothing is started
    std::uint32_t counted_in_ = 0; // the number of the start; 0: in none
    nanotel::span span_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
