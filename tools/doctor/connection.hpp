// SPDX-License-Identifier: MIT
// The steps below HTTP: a name, a connection, a TLS session. Each says what it found, or what to mend.
#pragma once

#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/sigpipe_guard.hpp>
#include <nanotel/exporters/tls.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace nanotel_doctor {

struct finding {
    bool well = false;
    std::string text{};
    std::string cure{};
};

class open_socket {
public:
    explicit open_socket(int descriptor = -1) noexcept : descriptor_(descriptor) {}
    open_socket(open_socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    open_socket& operator=(open_socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~open_socket() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int descriptor() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

struct address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
    std::string text{};
};

inline std::string system_error_text(int error) { return std::generic_category().message(error); }

inline address socket_address(const std::string& path) {
    address made;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    const std::size_t size = std::min(path.size(), sizeof local.sun_path - 1);
    std::memcpy(local.sun_path, path.data(), size);
    const bool abstract = path[0] == '@';
    if (abstract) local.sun_path[0] = '\0';
    std::memcpy(&made.bytes, &local, sizeof local);
    made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + (abstract ? 0 : 1));
    made.text = "unix:" + path;
    return made;
}

/// The addresses of a host. Takes as long as the resolver does (resolv.conf).
inline finding look_up(const std::string& host, std::uint16_t port, std::vector<address>& into) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &first);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(error == 0 ? first : nullptr,
                                                                   &::freeaddrinfo);
    if (error != 0)
        return {false, host + " has no address (" + ::gai_strerror(error) + ")",
                error == EAI_AGAIN
                    ? "see whether this machine reaches its name servers (/etc/resolv.conf)"
                    : "check the spelling; in a container, its network; or write an address instead"};
    std::string names;
    for (const addrinfo* one = all.get(); one; one = one->ai_next) {
        char text[NI_MAXHOST]{};
        ::getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
        address made;
        std::memcpy(&made.bytes, one->ai_addr, one->ai_addrlen);
        made.size = one->ai_addrlen;
        made.text = (one->ai_family == AF_INET6 ? "[" + std::string(text) + "]" : std::string(text)) + ":" +
                    std::to_string(port);
        into.push_back(std::move(made));
        names += (names.empty() ? "" : ", ") + std::string(text);
    }
    return {true, names == host ? host + " is an address" : host + " is " + names};
}

/// 0, or the errno of what went wrong.
inline int connect_in_time(const address& to, std::chrono::milliseconds limit, open_socket& into) {
    open_socket made(::socket(to.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (made.descriptor() < 0) return errno;
    if (::connect(made.descriptor(), reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0) {
        if (errno != EINPROGRESS) return errno;
        pollfd waiting{made.descriptor(), POLLOUT, 0};
        if (::poll(&waiting, 1, static_cast<int>(limit.count())) <= 0) return ETIMEDOUT;
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(made.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return error;
    }
    into = std::move(made);
    return 0;
}

/// The first of the addresses that accepts a connection.
inline finding reach(const std::vector<address>& addresses, std::chrono::milliseconds limit,
                     open_socket& into) {
    std::string failures;
    int last = 0;
    for (const address& each : addresses) {
        const auto begin = std::chrono::steady_clock::now();
        last = connect_in_time(each, limit, into);
        const auto took =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
        if (last == 0)
            return {true, each.text + " accepts connections, after " + std::to_string(took.count()) + " ms" +
                              (failures.empty() ? "" : "; but not " + failures)};
        failures += (failures.empty() ? "" : ", ") + each.text + " (" + system_error_text(last) + ")";
    }
    std::string cure = "see whether a firewall or a route stands between";
    if (last == ECONNREFUSED)
        cure =
            "nothing listens there: start a Collector, or check the port and the address that it listens at";
    else if (last == ENOENT)
        cure = "there is no such socket: see whether the receiver runs, and where it makes it";
    else if (last == EACCES)
        cure = "give this user the right to write to the socket";
    else if (last == ETIMEDOUT)
        cure = "no answer at all, as a firewall makes it: see whether the port is open from here";
    return {false, "no connection to " + failures, cure};
}

inline std::string name_text(const X509_NAME* name) {
    const nanotel::detail::bio_pointer memory(::BIO_new(::BIO_s_mem()));
    ::X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

inline std::string time_text(const ASN1_TIME* time) {
    std::tm parts{};
    char text[32]{};
    if (::ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown time";
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts);
    return text;
}

inline std::string cure_of_certificate(long problem, const std::string& host) {
    switch (problem) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return "it was made for another name: write one of its names in the endpoint, or have it made for " +
               host;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return "renew it, or see whether this machine's clock is right";
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return "see whether this machine's clock is right";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return "have this machine trust its authority: --certificate FILE, OTEL_EXPORTER_OTLP_CERTIFICATE, "
               "or the "
               "system's ca-certificates; and see whether the server sends its whole chain";
    default:
        return "have another certificate made";
    }
}

/// A handshake on a connection, after which it is closed.
inline finding shake_hands(const open_socket& connection, const std::string& host,
                           const nanotel::detail::tls_settings& settings, std::chrono::milliseconds limit) {
    using namespace nanotel::detail;
    const sigpipe_guard no_sigpipe;
    const timeval longest{limit.count() / 1000, limit.count() % 1000 * 1000};
    const int descriptor = connection.descriptor();
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &longest, sizeof longest);

    const std::unique_ptr<SSL_CTX, openssl_free<&::SSL_CTX_free>> context(
        ::SSL_CTX_new(::TLS_client_method()));
    if (settings.authorities.empty()) ::SSL_CTX_set_default_verify_paths(context.get());
    if (!settings.certificate.empty()) {
        ::SSL_CTX_use_certificate(context.get(), certificates_of(settings.certificate)[0].get());
        ::SSL_CTX_use_PrivateKey(context.get(), key_of(settings.key).get());
    }
    configure_tls(context.get(), settings);
    const std::unique_ptr<SSL, openssl_free<&::SSL_free>> session(::SSL_new(context.get()));
    ::SSL_set_fd(session.get(), descriptor);
    in6_addr ignored{};
    if (::inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
        ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1) {
        ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session.get()), host.c_str());
    } else {
        ::SSL_set_tlsext_host_name(session.get(), host.c_str());
        ::SSL_set1_host(session.get(), host.c_str());
    }
    // What is wrong is told below, with the certificate.
    ::SSL_set_verify(session.get(), SSL_VERIFY_NONE, nullptr);
    ::ERR_clear_error();
    if (const int result = ::SSL_connect(session.get()); result != 1) {
        const int kind = ::SSL_get_error(session.get(), result);
        std::string detail;
        if (refuses_client(detail))
            return {false, "the server does not accept who we are (" + detail + ")",
                    "give it a certificate that it knows: --client-certificate and --client-key"};
        const char* const reason = ::ERR_reason_error_string(::ERR_peek_last_error());
        if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
            return {false, "no handshake within " + std::to_string(limit.count()) + " ms",
                    "see whether this port speaks TLS; else write http://"};
        return {false,
                std::string("the handshake failed (") + (reason ? reason : "the connection was closed") + ")",
                "see whether this port speaks TLS; else write http://"};
    }
    const x509_pointer shown(::SSL_get1_peer_certificate(session.get()));
    std::string text = ::SSL_get_version(session.get());
    if (shown)
        text += ", the certificate of " + name_text(::X509_get_subject_name(shown.get())) + ", by " +
                name_text(::X509_get_issuer_name(shown.get())) + ", until " +
                time_text(::X509_get0_notAfter(shown.get()));
    if (const long problem = ::SSL_get_verify_result(session.get()); problem != X509_V_OK)
        return {false, text + ": " + ::X509_verify_cert_error_string(problem),
                cure_of_certificate(problem, host)};
    int days = 0, seconds = 0;
    if (shown && ::ASN1_TIME_diff(&days, &seconds, nullptr, ::X509_get0_notAfter(shown.get())) == 1 &&
        days < 14)
        text += "; renew it soon";
    return {true, text};
}

} // namespace nanotel_doctor
