// SPDX-License-Identifier: MIT
// Makes a client of cpp-httplib for a destination, whichever version of it there is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/httplib.hpp>
#include <nanotel/exporters/proxy.hpp>
#include <nanotel/exporters/proxy_tunnel.hpp>
#include <nanotel/exporters/tls.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// What one connection serves, and how it gets there.
struct http_destination {
    endpoint to; ///< its path and query do not count
    std::optional<http_proxy> via;
    tls_settings tls;

    [[nodiscard]] bool serves(const http_destination& other) const {
        return to.origin() == other.to.origin() && via == other.via && tls == other.tls;
    }
};

template <class Secure>
std::unique_ptr<Secure> make_secure_client(const http_destination& destination) {
    const auto& [host, port] = std::pair(destination.to.host, int{destination.to.port});
    const std::string &certificate = destination.tls.certificate, &key_text = destination.tls.key;
    if (certificate.empty()) return std::make_unique<Secure>(host, port);
    if constexpr (std::is_constructible_v<Secure, std::string, int, X509*, EVP_PKEY*>) {
        const auto chain = certificates_of(certificate);
        const key_pointer key = key_of(key_text);
        return std::make_unique<Secure>(host, port, chain.at(0).get(), key.get());
    } else { // cpp-httplib 0.3x and newer
        return std::make_unique<Secure>(host, port,
                                        typename Secure::PemMemory{certificate.data(), certificate.size(),
                                                                   key_text.data(), key_text.size(),
                                                                   nullptr});
    }
}

template <class Secure>
std::unique_ptr<Secure> make_tunnelled_client(const http_destination& destination) {
    if constexpr (tunnels_are_ours) {
        if (destination.via) {
            auto client = make_secure_client<tunnelled<Secure>>(destination);
            client->go_through(*destination.via, destination.to);
            return client;
        }
    }
    return make_secure_client<Secure>(destination);
}

template <class Secure>
std::string tunnel_problem(const httplib::ClientImpl& of) {
    if constexpr (tunnels_are_ours)
        if (const auto* const through = dynamic_cast<const tunnelled<Secure>*>(&of))
            return through->problem();
    return {};
}

template <class Secure>
SSL_CTX* context_of(Secure& of) {
    if constexpr (requires { of.ssl_context(); })
        return of.ssl_context();
    else
        return static_cast<SSL_CTX*>(of.tls_context());
}

template <class Client>
void send_paths_as_they_are(Client& to) {
    if constexpr (requires { to.set_path_encode(false); })
        to.set_path_encode(false);
    else
        to.set_url_encode(false); // its name up to cpp-httplib 0.2x
}

/// Throws std::runtime_error when OpenSSL does not take the settings.
[[nodiscard]] inline std::unique_ptr<httplib::ClientImpl>
make_http_client(const http_destination& destination) {
    const endpoint& to = destination.to;
    if (!to.socket.empty()) {
        std::string name = to.socket;
        if (name.front() == '@') name.front() = '\0'; // an abstract one
        auto local = std::make_unique<httplib::ClientImpl>(name, 80);
        local->set_address_family(AF_UNIX);
        local->set_keep_alive(true);
        send_paths_as_they_are(*local);
        return local;
    }
    std::unique_ptr<httplib::ClientImpl> made;
    // By host and port, not by URL: cpp-httplib 0.11 reads no path in a URL and no letters in an IPv6
    // address.
    if (to.tls) {
        auto secure = make_tunnelled_client<httplib::SSLClient>(destination);
        secure->enable_server_certificate_verification(destination.tls.verify);
        configure_tls(context_of(*secure), destination.tls);
        // A folder that is none keeps cpp-httplib from trusting those of the system as well.
        if (!destination.tls.authorities.empty()) secure->set_ca_cert_path("", "/dev/null");
        made = std::move(secure);
    } else {
        made = std::make_unique<httplib::ClientImpl>(to.host, to.port);
    }
    if (destination.via && !(to.tls && tunnels_are_ours)) {
        made->set_proxy(destination.via->host, destination.via->port);
        if (!destination.via->user.empty() || !destination.via->password.empty())
            made->set_proxy_basic_auth(destination.via->user, destination.via->password);
    }
    made->set_keep_alive(true);
    made->set_tcp_nodelay(true);
    send_paths_as_they_are(*made);
    return made;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
