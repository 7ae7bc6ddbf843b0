// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <netinet/tcp.h> // TCP_NODELAY

#include <set>
#include <string>

using namespace nanotel_test;

TEST_CASE("an OTLP/HTTP request has the path, headers and body that the specification asks for") {
    http_peer peer;
    const auto exporter = exporter_to(peer.url());
    const std::string body = R"({"resourceSpans":[{}]})";
    for (const auto kind : {nanotel::signal::traces, nanotel::signal::metrics, nanotel::signal::logs})
        CHECK(send(*exporter, body, 1, kind).outcome == nanotel::export_outcome::delivered);

    const auto requests = peer.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].path == "/v1/traces");
    CHECK(requests[1].path == "/v1/metrics");
    CHECK(requests[2].path == "/v1/logs");
    std::set<int> connections;
    for (const auto& request : requests) {
        CHECK(request.method == "POST");
        CHECK(request.body == body);
        CHECK(request.get_header_value("Content-Type") == "application/json");
        CHECK(request.get_header_value("Content-Length") == std::to_string(body.size()));
        CHECK(request.get_header_value("User-Agent") == "nanotel/" NANOTEL_VERSION
                                                        " OTel-OTLP-Exporter-Cpp/" NANOTEL_VERSION);
        CHECK(request.get_header_value("Host") == "127.0.0.1:" + std::to_string(peer.port()));
        CHECK_FALSE(request.has_header("Content-Encoding"));
        CHECK_FALSE(request.has_header("Transfer-Encoding"));
        CHECK(request.get_header_value("Expect").empty());
        CHECK(request.get_header_value("Connection") != "close");
        connections.insert(request.remote_port);
    }
    CHECK(connections.size() == 1); // kept alive, and shared by the signals
    CHECK(exporter->name() == "otlp_http");
    CHECK(exporter->description() == peer.url());
}

TEST_CASE("a body of many pieces arrives whole") {
    http_peer peer;
    const auto exporter = exporter_to(peer.url());
    std::string body(5 * 1024 * 1024 + 17, ' ');
    for (std::size_t i = 0; i < body.size(); i += 1021) body[i] = static_cast<char>('a' + i % 26);
    REQUIRE(send(*exporter, body).outcome == nanotel::export_outcome::delivered);
    REQUIRE(send(*exporter, "{}").outcome == nanotel::export_outcome::delivered);
    CHECK(peer.requests().at(0).body == body);
    CHECK(peer.requests().at(1).body == "{}");
}

// cpp-httplib asks first from 1 KiB on, in newer versions, and waits for an answer that this peer does not
// give.
TEST_CASE("a large body comes with its head, unasked") {
    std::string request;
    raw_peer peer([&](raw_connection& connection) {
        request = connection.read_request();
        connection.write(answer("200 OK", "{}"));
        connection.wait_for_close();
    });
    const std::string body(100'000, ' ');
    REQUIRE(send(*exporter_to(peer.url()), body).outcome == nanotel::export_outcome::delivered);
    CHECK(request.ends_with("\r\n\r\n" + body));
    CHECK(request.find("100-continue") == std::string::npos);
}

TEST_CASE("the socket sends at once what it is given") {
    http_peer peer;
    const auto exporter = exporter_to(peer.url());
    REQUIRE(send(*exporter, "{}").outcome == nanotel::export_outcome::delivered);
    int found = 0;
    for (int descriptor = 3; descriptor < 1024; ++descriptor) { // its own of all that this process has
        sockaddr_in to{};
        socklen_t size = sizeof to;
        if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&to), &size) != 0 ||
            to.sin_family != AF_INET || ntohs(to.sin_port) != peer.port())
            continue;
        ++found;
        int on = 0;
        size = sizeof on;
        CHECK(::getsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, &size) == 0);
        CHECK(on != 0);
    }
    CHECK(found > 0);
}

TEST_CASE("the path of the endpoint is kept and used as it is") {
    http_peer peer;
    SUBCASE("a base path with a slash at its end") {
        const auto exporter = exporter_to(peer.url() + "/otlp/");
        REQUIRE(send(*exporter, "{}").outcome == nanotel::export_outcome::delivered);
        CHECK(peer.requests().at(0).path == "/otlp/v1/traces");
    }
    SUBCASE("a per-signal endpoint without a path, and another with a query and an escape") {
        const auto exporter = nanotel::otlp_http(
            {},
            variables({{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", peer.url()},
                       {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", peer.url() + "/a%2Fb+c/in?token=s3cret&x=%20"},
                       {"OTEL_EXPORTER_OTLP_ENDPOINT", peer.url() + "/base"}}));
        for (const auto kind : {nanotel::signal::traces, nanotel::signal::metrics, nanotel::signal::logs})
            REQUIRE(send(*exporter, "{}", 1, kind).outcome == nanotel::export_outcome::delivered);
        CHECK(peer.requests().at(0).target == "/");
        CHECK(peer.requests().at(1).target == "/base/v1/metrics");
        CHECK(peer.requests().at(2).target == "/a%2Fb+c/in?token=s3cret&x=%20");
        CHECK(exporter->description().find("s3cret") == std::string::npos);
    }
}
