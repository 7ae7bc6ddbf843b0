// SPDX-License-Identifier: MIT
// A connection: TCP or a unix socket, through a proxy or not, in TLS or not. Nothing waits in it but what
// stands under a deadline, and nothing raises SIGPIPE.
#pragma once

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h> // TCP_NODELAY
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm> // min
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring> // memcpy
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error> // generic_category
#include <utility>      // exchange

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/answer_reader.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/http_fault.hpp>
#include <nanotel/exporters/proxy.hpp>
#include <nanotel/exporters/send_limits.hpp>
#include <nanotel/exporters/tls_session.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Belongs to one thread.
class network_stream {
public:
    network_stream() = default;
    network_stream(const network_stream&) = delete;
    network_stream& operator=(const network_stream&) = delete;
    ~network_stream() { close(); }

    [[nodiscard]] bool is_open() const noexcept { return socket_ >= 0; }

    /// Connects; what failed is in detail then, in words, without secrets. The resolver of host names has its
    /// own limits (resolv.conf) and knows no other. context is null where there is no TLS.
    [[nodiscard]] http_fault open(const endpoint& to, const std::optional<http_proxy>& via, SSL_CTX* context,
                                  const send_limits& limits, std::string& detail) {
        close();
        http_fault fault = connect(to, via, limits, detail);
        if (fault == http_fault::none && via && context != nullptr)
            fault = open_tunnel(to, *via, limits, detail);
        if (fault == http_fault::none && context != nullptr)
            fault = shake_hands(to, *context, limits, detail);
        if (fault != http_fault::none) close();
        return fault;
    }

    /// Whether an open connection waits for a request. What has come since the last answer is none to the
    /// next request: it is the end of the connection, or a 408 that says so.
    [[nodiscard]] bool is_idle() noexcept {
        if (tls_) return tls_.is_idle();
        char byte;
        return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
    }

    [[nodiscard]] io_result read(char* to, std::size_t size) noexcept {
        if (tls_) return tls_.read(to, size);
        const auto got = ::recv(socket_, to, size, MSG_DONTWAIT);
        if (got > 0) return {io::some, static_cast<std::size_t>(got), POLLIN};
        if (got == 0) return {io::closed, 0, POLLIN};
        return {errno == EAGAIN || errno == EINTR ? io::later : io::failed, 0, POLLIN};
    }

    /// With more to follow at once where that is said: TCP may wait for it to fill a packet.
    [[nodiscard]] io_result write(const char* from, std::size_t size, bool more_follows) noexcept {
        if (tls_) return tls_.write(from, size);
#ifdef MSG_MORE
        const int more = more_follows ? MSG_MORE : 0;
#else
        const int more = 0;
        static_cast<void>(more_follows);
#endif
        const auto put = ::send(socket_, from, size, MSG_DONTWAIT | no_sigpipe | more);
        if (put >= 0) return {io::some, static_cast<std::size_t>(put), POLLOUT};
        return {errno == EAGAIN || errno == EINTR ? io::later : io::failed, 0, POLLOUT};
    }

    /// After read or write has failed: what a server's TLS says no with; none when it was something else.
    [[nodiscard]] http_fault refusal(std::string& detail) noexcept { return tls_.refusal(detail); }

    [[nodiscard]] int socket() const noexcept { return socket_; }

    void close() noexcept {
        tls_.close();
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
    }

    /// In a forked child: closes its descriptor of a connection that is the parent's, without a word to the
    /// server. What the parent was in the middle of is left as it is, so this object is not used again.
    void abandon() noexcept {
        if (socket_ >= 0) ::close(std::exchange(socket_, -1));
        tls_.abandon();
    }

private:
    using time_point = send_limits::time_point;

    static std::string text_of(int error) { return std::generic_category().message(error); }

    http_fault connect(const endpoint& to, const std::optional<http_proxy>& via, const send_limits& limits,
                       std::string& detail) {
        if (!to.socket.empty()) {
            sockaddr_un address{};
            address.sun_family = AF_UNIX;
            const bool abstract = to.socket.front() == '@'; // begins with a zero, and has none at its end
            std::memcpy(address.sun_path + abstract, to.socket.data() + abstract,
                        to.socket.size() - abstract);
            const auto size = offsetof(sockaddr_un, sun_path) + to.socket.size() + !abstract;
            return connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size),
                           limits, limits.deadline(), detail);
        }
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        addrinfo* found = nullptr;
        const std::string& host = via ? via->host : to.host;
        const int error =
            ::getaddrinfo(host.c_str(), std::to_string(via ? via->port : to.port).c_str(), &hints, &found);
        if (error != 0) {
            detail = error == EAI_SYSTEM ? text_of(errno) : ::gai_strerror(error);
            return http_fault::name;
        }
        const std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })> addresses(
            found);
        std::ptrdiff_t left = 0;
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next) ++left;
        http_fault fault = http_fault::connect;
        for (const addrinfo* one = found; one != nullptr; one = one->ai_next, --left) {
            // An address that does not answer leaves time for the others.
            const auto now = std::chrono::steady_clock::now();
            fault = connect(one->ai_family, one->ai_addr, one->ai_addrlen, limits,
                            now + (limits.deadline() - now) / left, detail);
            if (fault == http_fault::none || fault == http_fault::interrupted) break;
        }
        return fault;
    }

    http_fault connect(int family, const sockaddr* address, socklen_t size, const send_limits& limits,
                       time_point until, std::string& detail) {
        if (socket_ >= 0) ::close(socket_);
        socket_ = ::socket(family, SOCK_STREAM, 0);
        if (socket_ < 0) {
            detail = text_of(errno);
            return http_fault::connect;
        }
        ::fcntl(socket_, F_SETFD, FD_CLOEXEC);
        ::fcntl(socket_, F_SETFL, ::fcntl(socket_, F_GETFL) | O_NONBLOCK);
        const int on = 1;
        if (family != AF_UNIX) ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
#ifdef SO_NOSIGPIPE
        ::setsockopt(socket_, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
        int error = ::connect(socket_, address, size) == 0 ? 0 : errno;
        while (family == AF_UNIX && error == EAGAIN) { // others wait to be accepted
            short nothing = 0;
            const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds{5};
            const http_fault fault = limits.wait(-1, nothing, std::min(soon, until));
            if (fault == http_fault::interrupted || std::chrono::steady_clock::now() >= until) return fault;
            error = ::connect(socket_, address, size) == 0 ? 0 : errno;
        }
        if (error == EINPROGRESS || error == EINTR) {
            short events = POLLOUT;
            if (const http_fault fault = limits.wait(socket_, events, until); fault != http_fault::none)
                return fault;
            socklen_t length = sizeof error;
            if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
        }
        if (error == 0) return http_fault::none;
        detail = text_of(error);
        // A unix socket whose server is gone, or has not come yet, is refused or not there.
        return error == ECONNREFUSED || error == ENOENT ? http_fault::refused : http_fault::connect;
    }

    /// Asks a proxy for a connection (RFC 9110, section 9.3.6).
    http_fault open_tunnel(const endpoint& to, const http_proxy& via, const send_limits& limits,
                           std::string& detail) {
        std::string request = "CONNECT " + to.authority() + " HTTP/1.1\r\nHost: " + to.authority() + "\r\n";
        if (!via.authorization.empty()) request += "Proxy-Authorization: " + via.authorization + "\r\n";
        request += "\r\n";
        for (std::string_view rest = request; !rest.empty();) {
            const io_result put = write(rest.data(), rest.size(), false);
            rest.remove_prefix(put.size);
            if (put.what == io::failed) return http_fault::proxy;
            short events = put.wants;
            if (put.what != io::later) continue;
            if (const http_fault fault = limits.wait(socket_, events); fault != http_fault::none)
                return fault;
        }
        std::string head;
        for (;;) {
            // Not a byte more than the head: what follows belongs to TLS. The ninth tells HTTP from what is
            // not.
            char byte;
            const io_result got = read(&byte, 1);
            if (got.what == io::some) {
                head += byte;
                if (byte != '\n' && head.size() != 9 && head.size() < longest_answer_head) continue;
                const answer_head answer = inspect_answer_head(head);
                if (answer.state == answer_head_state::partial) continue;
                if (answer.state == answer_head_state::complete && answer.status / 100 == 2)
                    return http_fault::none;
                detail =
                    answer.state != answer_head_state::complete ? "it answers in something that is not HTTP"
                    : answer.status == 407
                        ? "407: it wants credentials, or others; write them as http://user:password@host:port"
                        : "it answered " + std::to_string(answer.status);
                return http_fault::proxy;
            }
            if (got.what != io::later) {
                detail = "it closed the connection";
                return http_fault::proxy;
            }
            short events = got.wants;
            if (const http_fault fault = limits.wait(socket_, events); fault != http_fault::none)
                return fault;
        }
    }

    http_fault shake_hands(const endpoint& to, SSL_CTX& context, const send_limits& limits,
                           std::string& detail) {
        if (!tls_.begin(context, socket_, to.host)) {
            detail = "no memory";
            return http_fault::tls;
        }
        for (;;) {
            const io_result step = tls_.shake_hands();
            if (step.what == io::some) return http_fault::none;
            if (step.what != io::later) return tls_.handshake_fault(detail);
            short events = step.wants;
            if (const http_fault fault = limits.wait(socket_, events); fault != http_fault::none)
                return fault;
        }
    }

    int socket_ = -1;
    tls_session tls_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
