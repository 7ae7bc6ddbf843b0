// SPDX-License-Identifier: MIT
#include "certificates.hpp"
#include "diagnostics_heard.hpp"
#include "forward_proxy.hpp"
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

constexpr const char* basic = "Basic dXNlcjpzM2NyZXQ="; // user:s3cret

std::string wants_credentials(const std::string& head) {
    return head.find(std::string("Proxy-Authorization: ") + basic) != head.npos
               ? ""
               : "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                 "Content-Length: 0\r\n\r\n";
}

} // namespace

TEST_CASE("http goes through a proxy as a request in absolute form") {
    http_peer server;
    forward_proxy proxy(server.port(), &wants_credentials);
    // The proxy resolves the name, not the exporter: this one has no address.
    const auto exporter = nanotel::otlp_http(
        {}, variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.invalid:4318/base?k=v"},
                       {"http_proxy", proxy.url("user:s3cret")}}));
    for (int i = 0; i < 2; ++i) {
        const auto result = send(*exporter, "{}");
        CHECK(result.message == "");
        CHECK(result.outcome == export_outcome::delivered);
    }
    REQUIRE(proxy.heads().size() == 2);
    CHECK(proxy.heads()[0].starts_with("POST http://collector.invalid:4318/base/v1/traces?k=v HTTP/1.1\r\n"));
    CHECK(proxy.heads()[0].find("Host: collector.invalid:4318\r\n") != std::string::npos);
    CHECK(server.requests().at(1).body == "{}");
}

TEST_CASE("https goes through a tunnel, in which the proxy's credentials are not") {
    const certificate made("DNS:collector.invalid");
    std::string request;
    tls_peer server(made, [&](tls_connection& connection) {
        while (!(request = connection.read_request()).empty()) connection.write(answer("200 OK", "{}"));
    });
    const file_with authority(made.pem());
    forward_proxy proxy(server.port(), &wants_credentials);
    {
        const auto exporter = nanotel::otlp_http({.endpoint = "https://collector.invalid:4318",
                                                  .headers = {{"Authorization", "Bearer for-the-server"}},
                                                  .tls = {.certificate_file = authority.path()},
                                                  .proxy = proxy.url("user:s3cret")},
                                                 variables());
        for (const std::size_t size : {2, 1'000'000}) {
            const auto result = send(*exporter, std::string(size, ' '));
            CHECK(result.message == "");
            CHECK(request.find("Bearer for-the-server") != std::string::npos);
            CHECK(request.find("dXNlcjpzM2NyZXQ=") == std::string::npos);
            CHECK(request.starts_with("POST /v1/traces HTTP/1.1\r\n"));
        }
    }
    REQUIRE(proxy.heads().size() == 1); // kept alive
    CHECK(proxy.heads()[0].starts_with("CONNECT collector.invalid:4318 HTTP/1.1\r\n"));
    CHECK(proxy.heads()[0].find("for-the-server") == std::string::npos);
}

TEST_CASE("a proxy that says no is named, without credentials") {
    http_peer server;
    const diagnostics_heard heard;
    const auto result_of = [&](const std::string& endpoint, const forward_proxy& proxy) {
        return send(
            *nanotel::otlp_http({.endpoint = endpoint, .proxy = proxy.url("user:wr0ng")}, variables()), "{}");
    };
    for (const char* endpoint : {"http://collector.invalid:4318", "https://collector.invalid:4318"}) {
        CAPTURE(endpoint);
        forward_proxy closed(server.port(), &wants_credentials);
        const auto unauthorised = result_of(endpoint, closed);
        CAPTURE(unauthorised.message);
        CHECK(unauthorised.outcome != export_outcome::delivered);
        CHECK(unauthorised.message.find("407") != std::string::npos);
        CHECK(unauthorised.message.find("http://user:password@host:port") != std::string::npos);
        CHECK(unauthorised.message.find("wr0ng") == std::string::npos);

        forward_proxy busy(server.port(), [](const std::string&) {
            return std::string("HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
        });
        const auto refused = result_of(endpoint, busy);
        CAPTURE(refused.message);
        CHECK(refused.outcome == export_outcome::retryable);
        const bool in_the_open = std::string(endpoint).starts_with("http:");
        CHECK(refused.message.find(in_the_open ? "answered 503" : "proxy " + busy.url()) !=
              std::string::npos);
    }
    const closed_port nobody;
    const auto result = send(
        *nanotel::otlp_http({.endpoint = "http://collector.invalid", .proxy = nobody.url()}, variables()),
        "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("nothing accepts connections where the proxy should be") != std::string::npos);
    CHECK(heard.text().empty());
}

TEST_CASE("the option wins over the environment, and an empty one over both") {
    http_peer server;
    const auto set = variables({{"http_proxy", "http://proxy.invalid:1"}, {"no_proxy", "127.0.0.1"}});
    forward_proxy proxy(server.port());
    CHECK(send(*nanotel::otlp_http({.endpoint = server.url(), .proxy = proxy.url()}, set), "{}").message ==
          "");
    CHECK(proxy.heads().size() == 1); // for this host, too: the code has said so
    CHECK(send(*nanotel::otlp_http({.endpoint = server.url(), .proxy = ""}, set), "{}").message == "");
    const auto lost = send(*nanotel::otlp_http({.endpoint = "http://collector.invalid"}, set), "{}");
    CHECK(lost.message.find("the host name \"proxy.invalid\" has no address") != std::string::npos);
    CHECK(lost.message.find("check the proxy") != std::string::npos);
    CHECK_THROWS_WITH_AS(
        (void)nanotel::otlp_http({.proxy = "socks5://u:s3cret@h"}, variables()),
        "otlp_http: .proxy \"socks5://***@h\" is no proxy that is spoken to in http://; no other is "
        "supported",
        std::invalid_argument);
}

TEST_SUITE_BEGIN("timing");

TEST_CASE("the deadline holds for a proxy that stays silent") {
    raw_peer silent([](raw_connection& connection) { connection.wait_for_close(); });
    for (const char* endpoint : {"http://collector.invalid:4318", "https://collector.invalid:4318"}) {
        const auto exporter = nanotel::otlp_http({.endpoint = endpoint, .proxy = silent.url()}, variables());
        const auto begin = std::chrono::steady_clock::now();
        const auto result =
            exporter->send({nanotel::signal::traces, "{}", 1}, begin + std::chrono::milliseconds{150});
        CHECK(result.outcome == export_outcome::retryable);
        CHECK(result.message.find("did not answer within") != std::string::npos);
        CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{5});
    }
}

TEST_SUITE_END();
