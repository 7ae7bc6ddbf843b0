// SPDX-License-Identifier: MIT
// What a request that got no answer means for its payload, and what to do about it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/http_connection.hpp>
#include <nanotel/exporters/http_fault.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// What a message says about the kind of server that should be there.
struct server_words {
    std::uint16_t port = 4318;
    std::string_view kind = "OTLP receiver";
    std::string_view usual = "a Collector takes OTLP over HTTP on port 4318: "; ///< and the URL
    std::string_view start = "start a Collector, or set OTEL_EXPORTER_OTLP_ENDPOINT or .endpoint to one that "
                             "runs";
    std::string_view trust = ".tls.certificate_file or OTEL_EXPORTER_OTLP_CERTIFICATE names its file";
    std::string_view client = ".tls.client_certificate_file or OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, and "
                              "the key to it";
    std::uint16_t wrong_port = 4317;
    std::string_view on_wrong_port = "is where a Collector speaks gRPC; OTLP over HTTP: "; ///< and the URL
};

/// limit is the time that the request had, for the message.
[[nodiscard]] inline export_result judge_fault(const http_exchange& exchange,
                                               const http_destination& destination,
                                               std::chrono::milliseconds limit,
                                               const server_words& words = {}) {
    const endpoint& to = destination.to;
    endpoint usual = to;
    usual.port = words.port;
    const auto text_of = [](std::string_view part) { return std::string(part); };
    const std::string why = exchange.detail.empty() ? "" : " (" + exchange.detail + ")";
    export_result result{.outcome = export_outcome::retryable, .message = to.text()};
    std::string& text = result.message;
    if (destination.via) text += ", by the proxy " + destination.via->text() + ",";
    const std::string other = to.socket.empty() ? "; " + text_of(words.usual) + usual.text() : "";
    switch (exchange.fault) {
    case http_fault::none:
        break;
    case http_fault::name:
        text += " cannot be reached: the host name \"" + (destination.via ? destination.via->host : to.host) +
                "\" has no address" + why + "; check the " + (destination.via ? "proxy" : "endpoint");
        break;
    case http_fault::refused:
        text += destination.via
                    ? " cannot be reached: nothing accepts connections where the proxy should be" + why +
                          "; check http_proxy, https_proxy or .proxy"
                    : " cannot be reached: nothing accepts connections there; " + text_of(words.start);
        break;
    case http_fault::connect:
        text += " cannot be reached" + why + "; check the " + (destination.via ? "proxy" : "endpoint") +
                ", and whether a firewall drops what is sent there";
        break;
    case http_fault::proxy:
        text += " cannot be reached: the proxy makes no connection" + why;
        break;
    case http_fault::tls:
        text += " failed in the TLS handshake" + why + "; check that the port speaks TLS, else write http://";
        break;
    case http_fault::tls_certificate:
        text += " has a certificate that is not trusted" + (why.empty() ? " (verification failed)" : why) +
                "; renew it, or have its authority trusted: " + text_of(words.trust);
        break;
    case http_fault::tls_refused:
        text += " does not accept this client" + why +
                "; it may want another certificate, or one at all: " + text_of(words.client);
        break;
    case http_fault::write:
        text += " closed the connection while the body was being sent";
        break;
    case http_fault::read:
        text += " closed the connection without a whole answer";
        break;
    case http_fault::deadline:
        text += " did not answer within " + std::to_string(limit.count()) + " ms";
        break;
    case http_fault::interrupted:
        text += " was given up before it answered";
        break;
    // What answers is no OTLP receiver, and so has refused nothing: during a redeploy another service may
    // hold the port for a while.
    case http_fault::peer_is_http2:
        text += " speaks HTTP/2, as a gRPC receiver does" + other;
        break;
    case http_fault::peer_is_tls:
        text += " speaks TLS; write https:// in the endpoint";
        break;
    case http_fault::peer_is_unknown:
        text += " answers in something that is not HTTP" + other;
        break;
    case http_fault::answer_too_large:
        result.outcome = export_outcome::rejected;
        text +=
            " answered with more than 4 MiB, which no " + text_of(words.kind) + " does; check the endpoint";
        break;
    }
    if (to.port == words.wrong_port && exchange.fault != http_fault::peer_is_http2)
        text += " (port " + std::to_string(words.wrong_port) + " " + text_of(words.on_wrong_port) +
                usual.text() + ")";
    return result;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
