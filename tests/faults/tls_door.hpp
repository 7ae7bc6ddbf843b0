// SPDX-License-Identifier: MIT
// A TLS server that hands what it is sent to a plain port, and certificates for it.
#pragma once

#include <doctest/doctest.h>

#include <httplib.h>

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nanotel_test {

/// A certificate that signs itself, made anew for each test so that none ever expires in the tree.
class self_signed {
public:
    explicit self_signed(const char* subject_alternative_name, long valid_for_seconds = 3600)
        : key_(::EVP_EC_gen("P-256"), &::EVP_PKEY_free), certificate_(::X509_new(), &::X509_free) {
        // Two authorities of one name would be taken for one.
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
        ::X509_set_issuer_name(x, ::X509_get_subject_name(x));
        X509_EXTENSION* const names =
            ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_alternative_name);
        ::X509_add_ext(x, names, -1);
        ::X509_EXTENSION_free(names);
        REQUIRE(::X509_sign(x, key_.get(), ::EVP_sha256()) > 0);
    }
    X509* certificate() const { return certificate_.get(); }
    EVP_PKEY* key() const { return key_.get(); }

private:
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

/// Makes this process trust these, through the variable that OpenSSL reads, for as long as it lives.
class trusted {
public:
    explicit trusted(std::initializer_list<const self_signed*> all) {
        char name[] = "/tmp/nanotel-test-XXXXXX";
        const int descriptor = ::mkstemp(name);
        REQUIRE(descriptor >= 0);
        path_ = name;
        std::FILE* const file = ::fdopen(descriptor, "w");
        for (const self_signed* each : all) REQUIRE(::PEM_write_X509(file, each->certificate()) == 1);
        std::fclose(file);
        ::setenv("SSL_CERT_FILE", name, 1);
    }
    trusted(const trusted&) = delete;
    trusted& operator=(const trusted&) = delete;
    ~trusted() {
        ::unsetenv("SSL_CERT_FILE");
        std::remove(path_.c_str());
    }

private:
    std::string path_;
};

/// A port of 127.0.0.1 that nobody else is given while servers come and go on it.
class held_port {
public:
    held_port() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        allow_others(socket_);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, generic, size) != 0 || ::getsockname(socket_, generic, &size) != 0)
            throw std::runtime_error("no free port on 127.0.0.1");
        number_ = ntohs(address.sin_port);
    }
    held_port(const held_port&) = delete;
    held_port& operator=(const held_port&) = delete;
    ~held_port() { ::close(socket_); }
    int number() const { return number_; }
    /// What lets one that does not listen hold the port while another does.
    static void allow_others(int socket) {
        const int on = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }

private:
    int socket_ = -1;
    int number_ = 0;
};

class tls_door {
public:
    tls_door(const self_signed& identity, int plain_port, const held_port& port)
        : server_(identity.certificate(), identity.key()), behind_("127.0.0.1", plain_port) {
        server_.set_keep_alive_max_count(1); // its end would wait for connections that are kept
        server_.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
            const auto answer = behind_.Post(request.path, request.body, "application/json");
            response.status = answer ? answer->status : 502;
            response.set_content(answer ? answer->body : "", "application/json");
        });
        server_.set_socket_options([](auto socket) { held_port::allow_others(static_cast<int>(socket)); });
        if (!server_.bind_to_port("127.0.0.1", port.number()))
            throw std::runtime_error("the TLS server cannot have its port");
        thread_ = std::thread([this] { server_.listen_after_bind(); });
        while (!server_.is_running()) std::this_thread::yield();
    }
    tls_door(const tls_door&) = delete;
    tls_door& operator=(const tls_door&) = delete;
    ~tls_door() {
        server_.stop();
        thread_.join();
    }

private:
    httplib::SSLServer server_;
    httplib::Client behind_;
    std::thread thread_;
};

} // namespace nanotel_test

#endif
