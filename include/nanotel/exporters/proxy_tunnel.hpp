// SPDX-License-Identifier: MIT
// A tunnel through an HTTP proxy (RFC 9110, section 9.3.6) for cpp-httplib before 0.18, whose own locks a
// mutex twice when a proxy closes the connection with its answer, takes every answer but 407 for a yes, and
// sends the proxy's credentials through the tunnel as well.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/answer_peek.hpp> // inspect_answer_head
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/httplib.hpp>
#include <nanotel/exporters/proxy.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Why a proxy makes no tunnel, by the status that it answered with.
[[nodiscard]] inline std::string proxy_problem(int status) {
    if (status == 407)
        return "407: it wants credentials, or others; write them as http://user:password@host:port";
    return "it answered " + std::to_string(status);
}

/// Asks for a tunnel on a connected socket. Empty when there is one, else why there is none. Waits for as
/// long as the socket does.
[[nodiscard]] inline std::string open_tunnel(int socket, const endpoint& to, const http_proxy& via) {
    std::string request = "CONNECT " + to.authority() + " HTTP/1.1\r\nHost: " + to.authority() + "\r\n";
    if (!via.user.empty()) request += "Proxy-Authorization: Basic " + basic_credentials(via) + "\r\n";
    request += "\r\n";
    const std::string closed = "it closed the connection";
    for (std::string_view rest = request; !rest.empty();) {
        const auto put = ::send(socket, rest.data(), rest.size(), 0);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return closed;
        rest.remove_prefix(static_cast<std::size_t>(put));
    }
    for (std::string head;;) {
        // Not a byte more than the head: what follows belongs to TLS. The ninth tells HTTP from what is not.
        char byte;
        const auto got = ::recv(socket, &byte, 1, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return closed;
        head += byte;
        if (byte != '\n' && head.size() != 9 && head.size() < longest_answer_head) continue;
        const answer_head answer = inspect_answer_head(head);
        if (answer.state == answer_head_state::partial) continue;
        if (answer.state != answer_head_state::complete) return "it answers in something that is not HTTP";
        return answer.status / 100 == 2 ? "" : proxy_problem(answer.status);
    }
}

/// Whether cpp-httplib lets a client make its own connections; where it does not, its tunnels are mended.
inline constexpr bool tunnels_are_ours = !std::is_final_v<httplib::SSLClient>;

/// A client whose connections are tunnels through a proxy.
template <class Secure>
class tunnelled : public Secure {
public:
    using Secure::Secure;

    void go_through(const http_proxy& via, const endpoint& to) {
        via_ = via;
        to_ = to;
    }

    /// Why the last connection was not made; empty when that was not up to the proxy.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
    using socket_type = typename Secure::Socket;

    bool create_and_connect_socket(socket_type& socket, httplib::Error& error) override {
        problem_.clear();
        this->proxy_host_ = via_.host;
        this->proxy_port_ = via_.port;
        const bool connected = httplib::ClientImpl::create_and_connect_socket(socket, error);
        this->proxy_host_.clear(); // from here on there seems to be none
        this->proxy_port_ = -1;
        if (!connected) return false;
        problem_ = open_tunnel(static_cast<int>(socket.sock), to_, via_);
        if (problem_.empty()) return true;
        this->shutdown_socket(socket);
        this->close_socket(socket);
        error = httplib::Error::Connection;
        return false;
    }

    http_proxy via_;
    endpoint to_;
    std::string problem_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
