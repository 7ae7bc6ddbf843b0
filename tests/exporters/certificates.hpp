#pragma once

#include <nanotel/exporters/sigpipe_guard.hpp>
#include <nanotel/exporters/tls.hpp>

#include "loopback.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace nanotel_test {

/// A certificate with its key, made anew for each test so that none ever expires in the tree. Signs itself
/// unless an issuer is given; may sign others in either case.
class certificate {
public:
    explicit certificate(const char* subject_alternative_name = "DNS:localhost",
                         const certificate* issuer = nullptr, long valid_for_seconds = 3600)
        : key_(::EVP_EC_gen("P-256")), certificate_(::X509_new()) {
        // Two certificates of one name would be taken for one.
        static std::atomic<long> made{0};
        const std::string name = "test " + std::to_string(++made);
        X509* const x = certificate_.get();
        ::X509_set_version(x, 2);
        ::ASN1_INTEGER_set(::X509_get_serialNumber(x), made);
        ::X509_gmtime_adj(::X509_getm_notBefore(x), -7200);
        ::X509_gmtime_adj(::X509_getm_notAfter(x), valid_for_seconds);
        ::X509_set_pubkey(x, key_.get());
        ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
        const certificate& signer = issuer != nullptr ? *issuer : *this;
        ::X509_set_issuer_name(x, ::X509_get_subject_name(signer.x509()));
        for (const auto& [kind, value] : {std::pair{NID_subject_alt_name, subject_alternative_name},
                                          {NID_basic_constraints, "critical,CA:TRUE"}}) {
            X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
            ::X509_add_ext(x, extension, -1);
            ::X509_EXTENSION_free(extension);
        }
        REQUIRE(::X509_sign(x, signer.key(), ::EVP_sha256()) > 0);
    }

    [[nodiscard]] X509* x509() const { return certificate_.get(); }
    [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }

    [[nodiscard]] std::string pem() const {
        return written([&](BIO* to) { return ::PEM_write_bio_X509(to, x509()); });
    }
    /// The key; encrypted with a password where one is given.
    [[nodiscard]] std::string key_pem(std::string password = "") const {
        return written([&](BIO* to) {
            return ::PEM_write_bio_PrivateKey(to, key(), password.empty() ? nullptr : ::EVP_aes_128_cbc(),
                                              reinterpret_cast<unsigned char*>(password.data()),
                                              static_cast<int>(password.size()), nullptr, nullptr);
        });
    }

private:
    template <class Write>
    static std::string written(Write write) {
        const nanotel::detail::bio_pointer memory(::BIO_new(::BIO_s_mem()));
        REQUIRE(write(memory.get()) == 1);
        char* data = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &data);
        return {data, static_cast<std::size_t>(size)};
    }

    nanotel::detail::key_pointer key_;
    nanotel::detail::x509_pointer certificate_;
};

/// A file that holds a text for as long as it lives.
class file_with {
public:
    explicit file_with(const std::string& text) {
        char name[] = "/tmp/nanotel-test-XXXXXX";
        const int descriptor = ::mkstemp(name);
        REQUIRE(descriptor >= 0);
        path_ = name;
        REQUIRE(::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        ::close(descriptor);
    }
    file_with(const file_with&) = delete;
    file_with& operator=(const file_with&) = delete;
    ~file_with() { std::remove(path_.c_str()); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// The other end of a TLS session, in which a test says exactly what it does.
class tls_connection {
public:
    tls_connection(raw_connection& below, SSL_CTX& context) : below_(below), session_(::SSL_new(&context)) {
        ::fcntl(below.descriptor(), F_SETFL, ::fcntl(below.descriptor(), F_GETFL) | O_NONBLOCK);
        ::SSL_set_fd(session_.get(), below.descriptor());
    }

    bool accept() {
        return attempt([&] { return ::SSL_accept(session_.get()); }) > 0;
    }
    bool write(std::string_view text) {
        while (!text.empty()) {
            const int put = attempt(
                [&] { return ::SSL_write(session_.get(), text.data(), static_cast<int>(text.size())); });
            if (put <= 0) return false;
            text.remove_prefix(static_cast<std::size_t>(put));
        }
        return true;
    }
    /// Reads until the text is there or there is no more.
    std::string read_until(std::string_view end) {
        while (received_.find(end) == received_.npos && read_some()) {
        }
        return received_;
    }
    /// Reads a whole request with Content-Length.
    std::string read_request() {
        read_until("\r\n\r\n");
        const auto head = received_.find("\r\n\r\n");
        const auto length = received_.find("Content-Length: ");
        if (head == received_.npos || length == received_.npos) return received_;
        const std::size_t wanted = head + 4 + std::stoul(received_.substr(length + 16));
        while (received_.size() < wanted && read_some()) {
        }
        return std::exchange(received_, {});
    }
    /// Stays until the other side closes or the test is over.
    void wait_for_close() {
        while (read_some()) received_.clear();
    }
    [[nodiscard]] bool over() const { return below_.over(); }
    /// What the client has shown of itself.
    [[nodiscard]] bool has_client_certificate() const {
        return nanotel::detail::x509_pointer(::SSL_get1_peer_certificate(session_.get())) != nullptr;
    }
    void say_goodbye() { ::SSL_shutdown(session_.get()); }
    /// Ends the connection and then resets it: whatever the other side writes next raises SIGPIPE there.
    void end_and_reset() {
        ::shutdown(below_.descriptor(), SHUT_WR);
        below_.reset();
    }

private:
    bool read_some() {
        char bytes[16384];
        const int got = attempt([&] { return ::SSL_read(session_.get(), bytes, sizeof bytes); });
        if (got > 0) received_.append(bytes, static_cast<std::size_t>(got));
        return got > 0;
    }

    template <class Attempt>
    int attempt(Attempt once) {
        for (;;) {
            ::ERR_clear_error();
            const int result = once();
            if (result > 0) return result;
            const int error = ::SSL_get_error(session_.get(), result);
            const short events = error == SSL_ERROR_WANT_READ    ? POLLIN
                                 : error == SSL_ERROR_WANT_WRITE ? POLLOUT
                                                                 : 0;
            if (events == 0 || below_.over()) return -1;
            pollfd waiting{below_.descriptor(), events, 0};
            ::poll(&waiting, 1, 10);
        }
    }

    const nanotel::detail::sigpipe_guard no_sigpipe_;
    raw_connection& below_;
    std::unique_ptr<SSL, nanotel::detail::openssl_free<&::SSL_free>> session_;
    std::string received_;
};

/// A TLS server that does on each connection what the test says, once the handshake is over.
class tls_peer {
public:
    using script = std::function<void(tls_connection&)>;

    /// Clients must show a certificate that the authority signed, where there is one.
    explicit tls_peer(const certificate& own, script play, const certificate* authority = nullptr)
        : context_(::SSL_CTX_new(::TLS_server_method())),
          peer_([this, play = std::move(play)](raw_connection& below) {
              tls_connection connection(below, *context_);
              handshake_ = connection.accept();
              if (handshake_) play(connection);
          }) {
        REQUIRE(::SSL_CTX_use_certificate(context_.get(), own.x509()) == 1);
        REQUIRE(::SSL_CTX_use_PrivateKey(context_.get(), own.key()) == 1);
        if (authority == nullptr) return;
        ::SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        REQUIRE(::X509_STORE_add_cert(::SSL_CTX_get_cert_store(context_.get()), authority->x509()) == 1);
    }

    [[nodiscard]] std::string url() const { return "https://localhost:" + std::to_string(peer_.port()); }
    [[nodiscard]] int port() const { return peer_.port(); }
    [[nodiscard]] int connections() const { return peer_.connections(); }
    [[nodiscard]] SSL_CTX* context() { return context_.get(); }

private:
    std::unique_ptr<SSL_CTX, nanotel::detail::openssl_free<&::SSL_CTX_free>> context_;
    std::atomic<bool> handshake_{false};
    raw_peer peer_; // its thread ends first
};

} // namespace nanotel_test
