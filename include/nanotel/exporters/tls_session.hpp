// SPDX-License-Identifier: MIT
// TLS over a socket that does not wait.
#pragma once

#include <arpa/inet.h> // inet_pton
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility> // move

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/http_fault.hpp>
#include <nanotel/exporters/tls.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// What became of one attempt to read or to write.
enum class io : std::uint8_t {
    some,   ///< some bytes went through
    later,  ///< none yet: wait for what is wanted
    closed, ///< the other side sends no more
    failed, ///< the connection is broken
};

struct io_result {
    io what = io::failed;
    std::size_t size = 0;
    short wants = 0; ///< the events of poll to wait for
};

#ifdef MSG_NOSIGNAL
inline constexpr int no_sigpipe = MSG_NOSIGNAL;
#else
inline constexpr int no_sigpipe = 0; // there the socket has the option
#endif

/// How OpenSSL reads and writes a socket here: its own way would raise SIGPIPE in the application.
struct socket_without_sigpipe {
    [[nodiscard]] static bio_pointer make(int socket) {
        static BIO_METHOD* const method = make_method();
        bio_pointer made(method != nullptr ? ::BIO_new(method) : nullptr);
        if (!made) return made;
        ::BIO_set_data(made.get(), reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
        ::BIO_set_init(made.get(), 1);
        return made;
    }

private:
    static BIO_METHOD* make_method() {
        BIO_METHOD* const method =
            ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without SIGPIPE");
        if (method == nullptr) return method;
        ::BIO_meth_set_write(method, &write);
        ::BIO_meth_set_read(method, &read);
        ::BIO_meth_set_ctrl(method, &control);
        return method;
    }

    static int write(BIO* to, const char* from, int size) {
        BIO_clear_retry_flags(to);
        const auto put =
            ::send(socket_of(to), from, static_cast<std::size_t>(size), MSG_DONTWAIT | no_sigpipe);
        if (put < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(to);
        return static_cast<int>(put);
    }

    static int read(BIO* from, char* to, int size) {
        BIO_clear_retry_flags(from);
        const auto got = ::recv(socket_of(from), to, static_cast<std::size_t>(size), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(from);
        return static_cast<int>(got);
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static int socket_of(BIO* of) {
        return static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(of)));
    }
};

/// One session; false as a condition where there is none. Belongs to one thread.
class tls_session {
public:
    explicit operator bool() const noexcept { return session_ != nullptr; }

    /// A session with a host on a connected socket; false where memory is refused.
    [[nodiscard]] bool begin(SSL_CTX& context, int socket, std::string host) {
        close();
        ssl_pointer session(::SSL_new(&context));
        bio_pointer bytes = socket_without_sigpipe::make(socket);
        if (!session || !bytes) return false;
        ::SSL_set_bio(session.get(), bytes.get(), bytes.get());
        static_cast<void>(bytes.release()); // the session frees it
        if (host.ends_with('.')) host.pop_back();
        unsigned char address[16];
        const bool is_address = ::inet_pton(AF_INET, host.c_str(), address) == 1 ||
                                ::inet_pton(AF_INET6, host.c_str(), address) == 1;
        X509_VERIFY_PARAM* const wanted = ::SSL_get0_param(session.get());
        if (is_address ? ::X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) != 1
                       : ::X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) != 1 ||
                             SSL_set_tlsext_host_name(session.get(), host.c_str()) != 1)
            return false;
        ::X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        session_ = std::move(session);
        return true;
    }

    [[nodiscard]] io_result shake_hands() noexcept {
        return result_of(1, [&] { return ::SSL_connect(session_.get()); });
    }

    [[nodiscard]] io_result read(char* to, std::size_t size) noexcept {
        return result_of(0, [&] { return ::SSL_read(session_.get(), to, at_once(size)); });
    }

    [[nodiscard]] io_result write(const char* from, std::size_t size) noexcept {
        return result_of(0, [&] { return ::SSL_write(session_.get(), from, at_once(size)); });
    }

    /// Whether there is nothing to read but what TLS says to itself.
    [[nodiscard]] bool is_idle() noexcept {
        char byte;
        return result_of(0, [&] { return ::SSL_peek(session_.get(), &byte, 1); }).what == io::later;
    }

    /// Why a handshake has failed.
    [[nodiscard]] http_fault handshake_fault(std::string& detail) {
        const long verified = ::SSL_get_verify_result(session_.get());
        if (verified != X509_V_OK && ::SSL_get_verify_mode(session_.get()) != SSL_VERIFY_NONE) {
            detail = verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH
                         ? "it is for another host name"
                         : ::X509_verify_cert_error_string(verified);
            return http_fault::tls_certificate;
        }
        if (const http_fault refused = refusal(detail); refused != http_fault::none) return refused;
        if (const char* const reason = ::ERR_reason_error_string(error_)) detail = reason;
        return http_fault::tls;
    }

    /// A server that does not accept the client's certificate says so in an alert: in TLS 1.3 only after the
    /// handshake, when it is read for the first time. None where there was no such alert.
    [[nodiscard]] http_fault refusal(std::string& detail) {
        if (ERR_GET_LIB(error_) != ERR_LIB_SSL) return http_fault::none;
        switch (ERR_GET_REASON(error_)) {
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
            if (const char* const reason = ::ERR_reason_error_string(error_)) detail = reason;
            return http_fault::tls_refused;
        default:
            return http_fault::none;
        }
    }

    /// Says goodbye if that can be said at once.
    void close() noexcept {
        if (session_ && ::SSL_is_init_finished(session_.get()) != 0 && !broken_) {
            ::ERR_clear_error();
            ::SSL_shutdown(session_.get());
            ::ERR_clear_error();
        }
        session_.reset();
        broken_ = false;
        error_ = 0;
    }

    void abandon() noexcept { static_cast<void>(session_.release()); }

private:
    static int at_once(std::size_t size) noexcept {
        return static_cast<int>(size < 1U << 20 ? size : 1U << 20);
    }

    template <class Attempt>
    io_result result_of(std::size_t fixed_size, Attempt attempt) noexcept {
        ::ERR_clear_error();
        const int result = attempt();
        if (result > 0) return {io::some, fixed_size != 0 ? 0 : static_cast<std::size_t>(result), 0};
        switch (::SSL_get_error(session_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return {io::later, 0, POLLIN};
        case SSL_ERROR_WANT_WRITE:
            return {io::later, 0, POLLOUT};
        case SSL_ERROR_ZERO_RETURN:
            return {io::closed, 0, 0};
        default:
            broken_ = true; // OpenSSL forbids SSL_shutdown after this
            error_ = ::ERR_peek_error();
            ::ERR_clear_error();
            return {io::failed, 0, 0};
        }
    }

    ssl_pointer session_;
    unsigned long error_ = 0; ///< the first of what failed last
    bool broken_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
