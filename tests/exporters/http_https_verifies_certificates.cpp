// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT

#include <signal.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

/// A certificate that signs itself, for one address, made anew for each test so that none ever expires in the
/// tree.
class self_signed {
public:
    explicit self_signed(const char* subject_alternative_name, long valid_for_seconds = 3600)
        : key_(::EVP_EC_gen("P-256"), &::EVP_PKEY_free), certificate_(::X509_new(), &::X509_free) {
        X509* const x = certificate_.get();
        ::X509_set_version(x, 2);
        ::ASN1_INTEGER_set(::X509_get_serialNumber(x), 1);
        ::X509_gmtime_adj(::X509_getm_notBefore(x), -7200);
        ::X509_gmtime_adj(::X509_getm_notAfter(x), valid_for_seconds);
        ::X509_set_pubkey(x, key_.get());
        ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
        ::X509_set_issuer_name(x, ::X509_get_subject_name(x));
        X509_EXTENSION* const names =
            ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject_alternative_name);
        ::X509_add_ext(x, names, -1);
        ::X509_EXTENSION_free(names);
        REQUIRE(::X509_sign(x, key_.get(), ::EVP_sha256()) > 0);
    }

    [[nodiscard]] X509* certificate() const { return certificate_.get(); }
    [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }

private:
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

/// Makes this process trust one certificate through the variable that OpenSSL reads, for as long as it lives.
class trusted {
public:
    explicit trusted(const self_signed& made) {
        char name[] = "/tmp/nanotel-test-XXXXXX";
        const int descriptor = ::mkstemp(name);
        REQUIRE(descriptor >= 0);
        path_ = name;
        std::FILE* const file = ::fdopen(descriptor, "w");
        REQUIRE(::PEM_write_X509(file, made.certificate()) == 1);
        std::fclose(file);
        ::setenv("SSL_CERT_FILE", name, 1);
    }
    ~trusted() {
        ::unsetenv("SSL_CERT_FILE");
        std::remove(path_.c_str());
    }

private:
    std::string path_;
};

nanotel::export_result result_of(const self_signed& made) {
    httplib::SSLServer server(made.certificate(), made.key());
    REQUIRE(server.is_valid());
    server.Post("/v1/traces",
                [](const auto&, auto& response) { response.set_content("{}", "application/json"); });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread([&] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
    auto exporter = exporter_to("https://localhost:" + std::to_string(port));
    auto result = send(*exporter, "{}");
    if (result.outcome == export_outcome::delivered) result = send(*exporter, std::string(1'000'000, ' '));
    exporter.reset();
    server.stop();
    thread.join();
    return result;
}

} // namespace

TEST_CASE("https with a trusted certificate delivers") {
    const self_signed made("DNS:localhost");
    const trusted trust(made);
    const auto result = result_of(made);
    CHECK(result.message == "");
    CHECK(result.outcome == export_outcome::delivered);
}

TEST_CASE("https with a certificate that nobody vouches for is not used, and the reason is said") {
    const auto result = result_of(self_signed("DNS:localhost"));
    CHECK(result.outcome == export_outcome::retryable); // it may be mended while the data waits
    CHECK(result.message.find("has a certificate that is not trusted (self") != std::string::npos);
}

TEST_CASE("https with a certificate for another name is not used") {
    const self_signed made("DNS:elsewhere.example");
    const trusted trust(made);
    const auto result = result_of(made);
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("(it is for another host name)") != std::string::npos);
}

TEST_CASE("https with a certificate that has expired is not used") {
    const self_signed made("DNS:localhost", -3600);
    const trusted trust(made);
    const auto result = result_of(made);
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("(certificate has expired)") != std::string::npos);
}

TEST_CASE("https to a port that speaks plain HTTP says so") {
    raw_peer peer([](raw_connection& connection) {
        connection.read_until("\n");
        connection.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    const auto result = send(*exporter_to("https://127.0.0.1:" + std::to_string(peer.port())), "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("failed in the TLS handshake") != std::string::npos);
}

TEST_SUITE_BEGIN("timing");

TEST_CASE("the deadline holds in a TLS handshake that does not go on") {
    raw_peer peer([](raw_connection& connection) { connection.wait_for_close(); });
    const auto exporter = exporter_to("https://127.0.0.1:" + std::to_string(peer.port()));
    const auto begin = std::chrono::steady_clock::now();
    const auto result =
        exporter->send({nanotel::signal::traces, "{}", 1}, begin + std::chrono::milliseconds{150});
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("did not answer within") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

TEST_CASE("a TLS connection that is cut at the deadline raises no SIGPIPE") {
    const self_signed made("DNS:localhost");
    const trusted trust(made);
    std::atomic<bool> over{false};
    httplib::SSLServer server(made.certificate(), made.key());
    server.Post("/v1/traces", [&](const auto&, auto&) {
        while (!over) std::this_thread::yield();
    });
    const int port = server.bind_to_any_port("127.0.0.1");
    std::thread thread([&] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();

    // The default action would end the test program; cpp-httplib's server has it ignored.
    const auto before = ::signal(SIGPIPE, SIG_DFL);
    sigset_t set;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
    REQUIRE(::sigismember(&set, SIGPIPE) == 0);
    // TLS says goodbye on the connection that the deadline has cut.
    const auto exporter = exporter_to("https://localhost:" + std::to_string(port));
    CHECK(exporter->send({nanotel::signal::traces, "{}", 1}, in(std::chrono::milliseconds{150})).outcome ==
          export_outcome::retryable);
    ::sigpending(&set);
    CHECK(::sigismember(&set, SIGPIPE) == 0);
    ::pthread_sigmask(SIG_SETMASK, nullptr, &set);
    CHECK(::sigismember(&set, SIGPIPE) == 0);
    const bool untouched = ::signal(SIGPIPE, before) == SIG_DFL;
    CHECK(untouched);
    over = true;
    server.stop();
    thread.join();
}

TEST_SUITE_END();

#endif
