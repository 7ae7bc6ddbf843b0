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
#include <new> // in place
#include <string>
#include <string_view>
#include <utility>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/gzip.hpp>
#include <nanotel/exporters/http_connection.hpp>
#include <nanotel/exporters/http_failure.hpp>
#include <nanotel/exporters/http_options.hpp>
#include <nanotel/exporters/response.hpp>
#include <nanotel/exporters/secrets.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

class otlp_http_exporter final : public exporter {
public:
    otlp_http_exporter(const otlp_http_options& options, const environment& variables) {
        const otlp_http_resolver resolver(options, variables);
        for (const signal kind : {signal::traces, signal::metrics, signal::logs})
            routes_[static_cast<std::size_t>(kind)] = route(kind, resolver.resolve(kind));
        connect_routes();
    }

    ~otlp_http_exporter() override {
        if (::getpid() != owner_.load(std::memory_order_relaxed)) abandon_connections();
        for (const auto& connection : connections_) delete connection.load(std::memory_order_relaxed);
    }

    export_result send(const payload& body, std::chrono::steady_clock::time_point deadline) override {
        using namespace std::chrono;
        const route& way = routes_[static_cast<std::size_t>(body.kind)];
        try {
            if (::getpid() != owner_.load(std::memory_order_relaxed)) connect_in_child();
            const auto begin = steady_clock::now();
            if (deadline <= begin)
                return {.outcome = export_outcome::retryable,
                        .message = way.where + " was not tried: the deadline had passed before"};
            if (way.timeout.count() > 0) deadline = std::min(deadline, begin + way.timeout);
            std::string_view bytes = body.body;
            const bool compressed =
                way.gzip && bytes.size() >= least_gzip_size && compressor_.compress(bytes, compressed_);
            if (compressed) bytes = compressed_;
            http_connection& connection = *connections_[way.connection].load(std::memory_order_relaxed);
            http_exchange exchange = connection.post(
                way.request_target, compressed ? way.headers_with_gzip : way.headers, bytes, deadline);
            way.secrets.hide(exchange.answer.body);
            way.secrets.hide(exchange.answer.location);
            if (exchange.fault != http_fault::none)
                return judge_fault(exchange, way.destination, ceil<milliseconds>(deadline - begin));
            return judge_answer(exchange.answer, body, way.where, system_clock::now(), way.secrets);
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

    /// A send of the parent's may have been compressing, and may hold what an interrupt would wait for.
    void restart_in_child() noexcept override {
        if (::getpid() != owner_.load(std::memory_order_relaxed)) abandon_connections();
        new (&compressor_) gzip_compressor;
        new (&compressed_) std::string;
    }

    void interrupt() noexcept override {
        if (::getpid() != owner_.load(std::memory_order_relaxed)) return; // what there is is the parent's
        for (const auto& connection : connections_)
            if (auto* const open = connection.load(std::memory_order_acquire)) open->interrupt();
    }

private:
    /// One signal's way out, prepared so that a send builds nothing.
    struct route {
        route() = default;
        route(signal kind, const otlp_http_target& target)
            : destination{target.to, target.via, target.tls}, where(target.to.text()), base(where),
              request_target(target.to.request_target()), headers(target.headers), timeout(target.timeout),
              gzip(target.compression == compression::gzip) {
            if (const std::string path = "/v1/" + std::string(to_string(kind)); base.ends_with(path))
                base.resize(base.size() - path.size());
            for (const auto& [name, value] : headers) secrets.add_header_value(value);
            secrets.add_query(target.to.query);
            if (target.via) {
                secrets.add(target.via->password);
                if (!target.via->user.empty()) secrets.add(basic_credentials(*target.via));
            }
            headers.emplace_back("Content-Type", "application/json");
            if (std::none_of(headers.begin(), headers.end(), [](const auto& header) {
                    return equal_ignoring_case(header.first, "User-Agent");
                }))
                headers.emplace_back("User-Agent",
                                     "nanotel/" NANOTEL_VERSION " OTel-OTLP-Exporter-Cpp/" NANOTEL_VERSION);
            headers_with_gzip = headers;
            headers_with_gzip.emplace_back("Content-Encoding", "gzip");
        }

        http_destination destination;
        std::string where; ///< for diagnostics
        std::string base;  ///< the same without /v1/traces: what the signals have in common
        std::string request_target;
        http_headers headers;
        http_headers headers_with_gzip;
        secret_list secrets; ///< what no diagnostic may say
        std::chrono::milliseconds timeout{};
        bool gzip = false;
        std::size_t connection = 0; ///< signals with the same destination share one
    };

    void connect_routes() {
        std::size_t made = 0;
        for (std::size_t i = 0; i < routes_.size(); ++i) {
            std::size_t same = 0;
            while (same < i && !routes_[same].destination.serves(routes_[i].destination)) ++same;
            routes_[i].connection = same < i ? routes_[same].connection : made;
            // Release pairs with the acquire in interrupt, which may run while a child starts anew.
            if (same == i)
                connections_[made++].store(new http_connection(routes_[i].destination),
                                           std::memory_order_release);
        }
    }

    /// After a fork the connections belong to the parent: two processes on one would mix their requests.
    void connect_in_child() {
        abandon_connections();
        connect_routes();
        owner_.store(::getpid(), std::memory_order_relaxed);
    }

    void abandon_connections() noexcept {
        for (auto& connection : connections_)
            if (auto* const parents = connection.exchange(nullptr)) parents->abandon(); // and never deleted
    }

    std::array<route, 3> routes_;
    std::array<std::atomic<http_connection*>, 3> connections_{};
    gzip_compressor compressor_;
    std::string compressed_;
    // The process that the connections belong to. Relaxed: another thread that interrupts a child's first
    // send may read either; where it reads the parent's, it has come before that send.
    std::atomic<int> owner_{::getpid()};
};

} // namespace detail

/// An exporter that posts OTLP JSON over HTTP/1.1, kept alive, with certificates verified. Throws
/// std::invalid_argument, with what to write instead, for options that cannot work, files that cannot be used
/// among them; a bad environment variable is reported once and ignored. Makes no connection before the first
/// send.
[[nodiscard]] inline std::shared_ptr<exporter> otlp_http(otlp_http_options options = {},
                                                         const environment& variables = {}) {
    return std::make_shared<detail::otlp_http_exporter>(options, variables);
}

} // namespace nanotel::inline NANOTEL_ABI
