// SPDX-License-Identifier: MIT
#include "certificates.hpp"
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

/// Makes this process trust one certificate through the variable that OpenSSL reads, for as long as it lives.
class trusted {
public:
    explicit trusted(const certificate& made) : file_(made.pem()) {
        ::setenv("SSL_CERT_FILE", file_.path().c_str(), 1);
    }
    trusted(const trusted&) = delete;
    trusted& operator=(const trusted&) = delete;
    ~trusted() { ::unsetenv("SSL_CERT_FILE"); }

private:
    file_with file_;
};

nanotel::export_result result_of(const certificate& made) {
    httplib::SSLServer server(made.x509(), made.key());
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
    const certificate made("DNS:localhost");
    const trusted trust(made);
    const auto result = result_of(made);
    CHECK(result.message == "");
    CHECK(result.outcome == export_outcome::delivered);
}

TEST_CASE("https with a certificate that nobody vouches for is not used, and the reason is said") {
    const auto result = result_of(certificate("DNS:localhost"));
    CHECK(result.outcome == export_outcome::retryable); // it may be mended while the data waits
    CHECK(result.message.find("has a certificate that is not trusted (self") != std::string::npos);
}

TEST_CASE("https with a certificate for another name is not used") {
    const certificate made("DNS:elsewhere.example");
    const trusted trust(made);
    const auto result = result_of(made);
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("(it is for another host name)") != std::string::npos);
}

TEST_CASE("https with a certificate that has expired is not used") {
    const certificate made("DNS:localhost", nullptr, -3600);
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
    const certificate made("DNS:localhost");
    const trusted trust(made);
    std::atomic<bool> over{false};
    httplib::SSLServer server(made.x509(), made.key());
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

// Fails when the end of the exporter says goodbye without a guard.
TEST_CASE("a TLS connection that its peer has reset raises no SIGPIPE at the end of the exporter") {
    const certificate made("DNS:localhost");
    const trusted trust(made);
    std::atomic<bool> delivered{false}, gone{false};
    tls_peer peer(made, [&](tls_connection& connection) {
        connection.read_request();
        connection.write(answer("200 OK", "{}"));
        while (!delivered && !connection.over()) std::this_thread::yield();
        connection.end_and_reset();
        gone = true;
    });
    auto exporter = exporter_to(peer.url());
    const auto result = send(*exporter, "{}");
    CHECK(result.message == "");
    delivered = true;
    while (!gone) std::this_thread::yield();
    static std::atomic<int> raised{0};
    const auto before = ::signal(SIGPIPE, [](int) { ++raised; });
    exporter.reset();
    ::signal(SIGPIPE, before);
    CHECK(raised == 0);
}
