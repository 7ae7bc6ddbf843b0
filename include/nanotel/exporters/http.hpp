// SPDX-License-Identifier: MIT
// The OTLP/HTTP exporter: OTLP JSON to a Collector or any OTLP backend. Includes cpp-httplib.
#pragma once

#include <unistd.h> // getpid

#include <algorithm> // min, none_of
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/gzip.hpp>
#include <nanotel/exporters/http_connection.hpp>
#include <nanotel/exporters/http_options.hpp>
#include <nanotel/exporters/response.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

/// What a request that got no answer means for its payload. where and limit are for the message.
[[nodiscard]] inline export_result judge_fault(const http_exchange& exchange, const endpoint& to,
                                               std::chrono::milliseconds limit) {
    endpoint usual = to;
    usual.port = 4318;
    export_result result{.outcome = export_outcome::retryable, .message = to.text()};
    switch (exchange.fault) {
    case http_fault::none:
        break;
    case http_fault::name:
        result.message +=
            " cannot be reached: the host name \"" + to.host + "\" has no address; check the endpoint";
        break;
    case http_fault::connect:
        result.message += " cannot be reached: nothing accepts connections there; start a Collector, or set "
                          "OTEL_EXPORTER_OTLP_ENDPOINT or .endpoint to one that runs";
        break;
    case http_fault::tls:
        result.message += " failed in the TLS handshake; check that the port speaks TLS, else write http://";
        break;
    case http_fault::tls_certificate:
        result.message += " has a certificate that is not trusted (" +
                          (exchange.detail.empty() ? "verification failed" : exchange.detail) +
                          "); renew it, or have this machine trust its authority";
        break;
    case http_fault::write:
        result.message += " closed the connection while the body was being sent";
        break;
    case http_fault::read:
        result.message += " closed the connection without a whole answer";
        break;
    case http_fault::deadline:
        result.message += " did not answer within " + std::to_string(limit.count()) + " ms";
        break;
    case http_fault::interrupted:
        result.message += " was given up before it answered";
        break;
    case http_fault::peer_is_http2:
        result.outcome = export_outcome::rejected;
        result.message +=
            " speaks HTTP/2, as a gRPC receiver does; OTLP over HTTP is mostly on port 4318: " + usual.text();
        break;
    case http_fault::peer_is_tls:
        result.outcome = export_outcome::rejected;
        result.message += " speaks TLS; write https:// in the endpoint";
        break;
    case http_fault::peer_is_unknown:
        result.outcome = export_outcome::rejected;
        result.message +=
            " answers in something that is not HTTP; a Collector takes OTLP over HTTP on port 4318: " +
            usual.text();
        break;
    case http_fault::answer_too_large:
        result.outcome = export_outcome::rejected;
        result.message += " answered with more than 4 MiB, which no OTLP receiver does; check the endpoint";
        break;
    }
    if (to.port == 4317 && exchange.fault != http_fault::peer_is_http2)
        result.message +=
            " (port 4317 is where a Collector speaks gRPC; OTLP over HTTP: " + usual.text() + ")";
    return result;
}

class otlp_http_exporter final : public exporter {
public:
    otlp_http_exporter(const otlp_http_options& options, const environment& variables) {
        const otlp_http_resolver resolver(options, variables, http_has_tls);
        for (const signal kind : {signal::traces, signal::metrics, signal::logs})
            routes_[static_cast<std::size_t>(kind)] = route(kind, resolver.resolve(kind));
        connect_routes();
    }

    ~otlp_http_exporter() override {
        if (::getpid() != owner_) abandon_connections();
        for (const auto& connection : connections_) delete connection.load(std::memory_order_relaxed);
    }

    export_result send(const payload& body, std::chrono::steady_clock::time_point deadline) override {
        using namespace std::chrono;
        const route& way = routes_[static_cast<std::size_t>(body.kind)];
        try {
            if (::getpid() != owner_) restart_in_child();
            const auto begin = steady_clock::now();
            if (deadline <= begin)
                return {.outcome = export_outcome::retryable,
                        .message = way.where + " was not tried: the deadline had passed before"};
            if (way.timeout.count() > 0) deadline = std::min(deadline, begin + way.timeout);
            std::string_view bytes = body.body;
            const bool compressed = way.gzip && compressor_.compress(bytes, compressed_);
            if (compressed) bytes = compressed_;
            http_connection& connection = *connections_[way.connection].load(std::memory_order_relaxed);
            const http_exchange exchange = connection.post(
                way.request_target, compressed ? way.headers_with_gzip : way.headers, bytes, deadline);
            if (exchange.fault != http_fault::none)
                return judge_fault(exchange, way.to, ceil<milliseconds>(deadline - begin));
            return judge_answer(exchange.answer, body, way.where, system_clock::now());
        } catch (const std::exception& problem) { // no memory, no thread: later there may be some
            return {.outcome = export_outcome::retryable,
                    .message = way.where + " was not tried: " + problem.what()};
        } catch (...) {
            return {.outcome = export_outcome::retryable, .message = way.where + " was not tried"};
        }
    }

    std::string_view name() const noexcept override { return "otlp_http"; }

    std::string description() const override {
        std::string text;
        for (const route& way : routes_)
            if (text.find(way.base) == text.npos) text += (text.empty() ? "" : ", ") + way.base;
        return text;
    }

    void interrupt() noexcept override {
        for (const auto& connection : connections_)
            if (auto* const open = connection.load(std::memory_order_acquire)) open->interrupt();
    }

private:
    /// One signal's way out, prepared so that a send builds nothing.
    struct route {
        route() = default;
        route(signal kind, const otlp_http_target& target)
            : to(target.to), where(to.text()), base(where), request_target(to.request_target()),
              headers(target.headers), timeout(target.timeout),
              gzip(target.compression == compression::gzip) {
            if (const std::string path = "/v1/" + std::string(to_string(kind)); base.ends_with(path))
                base.resize(base.size() - path.size());
            headers.emplace_back("Content-Type", "application/json");
            if (std::none_of(headers.begin(), headers.end(), [](const auto& header) {
                    return equal_ignoring_case(header.first, "User-Agent");
                }))
                headers.emplace_back("User-Agent",
                                     "nanotel/" NANOTEL_VERSION " OTel-OTLP-Exporter-Cpp/" NANOTEL_VERSION);
            headers_with_gzip = headers;
            headers_with_gzip.emplace_back("Content-Encoding", "gzip");
        }

        endpoint to;
        std::string where; ///< for diagnostics
        std::string base;  ///< the same without /v1/traces: what the signals have in common
        std::string request_target;
        http_headers headers;
        http_headers headers_with_gzip;
        std::chrono::milliseconds timeout{};
        bool gzip = false;
        std::size_t connection = 0; ///< signals with the same origin share one
    };

    void connect_routes() {
        std::size_t made = 0;
        for (std::size_t i = 0; i < routes_.size(); ++i) {
            std::size_t same = 0;
            while (same < i && routes_[same].to.origin() != routes_[i].to.origin()) ++same;
            routes_[i].connection = same < i ? routes_[same].connection : made;
            // Release pairs with the acquire in interrupt, which may run while a child starts anew.
            if (same == i)
                connections_[made++].store(new http_connection(routes_[i].to), std::memory_order_release);
        }
    }

    /// After a fork the connections belong to the parent: two processes on one would mix their requests.
    void restart_in_child() {
        abandon_connections();
        connect_routes();
        owner_ = ::getpid();
    }

    void abandon_connections() noexcept {
        for (auto& connection : connections_)
            if (auto* const parents = connection.exchange(nullptr)) parents->abandon(); // and never deleted
    }

    std::array<route, 3> routes_;
    std::array<std::atomic<http_connection*>, 3> connections_{};
    gzip_compressor compressor_;
    std::string compressed_;
    int owner_ = ::getpid();
};

} // namespace detail

/// An exporter that posts OTLP JSON over HTTP/1.1, kept alive, with certificates verified. Throws
/// std::invalid_argument, with what to write instead, for options that cannot work; a bad environment
/// variable is reported once and ignored. Makes no connection before the first send.
[[nodiscard]] inline std::shared_ptr<exporter> otlp_http(otlp_http_options options = {},
                                                         const environment& variables = {}) {
    return std::make_shared<detail::otlp_http_exporter>(options, variables);
}

} // namespace nanotel::inline NANOTEL_ABI
