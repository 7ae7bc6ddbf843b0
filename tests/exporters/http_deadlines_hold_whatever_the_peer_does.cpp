// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace nanotel_test;
using namespace std::chrono_literals;
using nanotel::export_outcome;

namespace {

// Without the deadline each of these would last until the peer gives up, which it never does.
constexpr auto limit = 150ms;
constexpr auto far_too_long = 5s;

void check_that_it_ends(const raw_peer::script& play, std::size_t body_size = 2) {
    raw_peer peer(play);
    const auto exporter = nanotel::otlp_http({.endpoint = peer.url(), .timeout = limit}, variables());
    const std::string body(body_size, ' ');
    const auto begin = std::chrono::steady_clock::now();
    const auto result = send(*exporter, body);
    const auto lasted = std::chrono::steady_clock::now() - begin;
    CAPTURE(result.message);
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("did not answer within 150 ms") != std::string::npos);
    CHECK(lasted >= limit);
    CHECK(lasted < far_too_long);
}

/// A port of this machine where no connection completes: nobody accepts, and all places to wait in are taken.
class full_port {
public:
    explicit full_port(in_addr_t host = INADDR_LOOPBACK, int port = 0)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(host);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        socklen_t size = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener_, generic, size) == 0);
        REQUIRE(::listen(listener_, 0) == 0);
        REQUIRE(::getsockname(listener_, generic, &size) == 0);
        port_ = ntohs(address.sin_port);
        for (int i = 0; i < 64 && !full_; ++i) {
            const int waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
            waiting_.push_back(waiting);
            pollfd connected{waiting, POLLOUT, 0};
            full_ = ::connect(waiting, generic, size) != 0 && ::poll(&connected, 1, 100) == 0;
        }
    }
    full_port(const full_port&) = delete;
    full_port& operator=(const full_port&) = delete;
    ~full_port() {
        for (const int each : waiting_) ::close(each);
        ::close(listener_);
    }
    [[nodiscard]] bool is_full() const { return full_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    int listener_;
    int port_ = 0;
    bool full_ = false;
    std::vector<int> waiting_;
};

void drip(raw_connection& connection, const std::string& text) {
    for (const char byte : text) {
        if (!connection.write({&byte, 1}) || connection.over()) return;
        std::this_thread::sleep_for(5ms); // slow is what this peer is
    }
}

} // namespace

TEST_SUITE_BEGIN("timing");

TEST_CASE("a connection that never completes") {
    const full_port port;
    REQUIRE(port.is_full());
    const auto exporter = nanotel::otlp_http({.endpoint = port.url(), .timeout = limit}, variables());
    const auto begin = std::chrono::steady_clock::now();
    const auto result = send(*exporter, "{}");
    const auto lasted = std::chrono::steady_clock::now() - begin;
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message == port.url() +
                                "/v1/traces cannot be reached (nothing answered within 50 ms); check the "
                                "endpoint, and whether a firewall drops what is sent there");
    CHECK(lasted >= limit / 3);
    CHECK(lasted < far_too_long);
}

// Fails when the first address may have all of the time.
TEST_CASE("the next address of a host is tried where the first one swallows all") {
    http_peer peer;
    const full_port port(INADDR_LOOPBACK + 1, peer.port());
    REQUIRE(port.is_full());
    constexpr auto time = 3s;
    const auto exporter = nanotel::otlp_http(
        {.endpoint = "http://two-addresses.test:" + std::to_string(peer.port()), .timeout = time},
        variables());
    const auto begin = std::chrono::steady_clock::now();
    const auto result = send(*exporter, "{}");
    const auto lasted = std::chrono::steady_clock::now() - begin;
    CHECK(result.message == "");
    CHECK(result.outcome == export_outcome::delivered);
    CHECK(lasted >= time / 3); // the first one was tried
    CHECK(lasted < time);
}

TEST_CASE("a long deadline is no reason to connect for long") {
    const full_port port;
    REQUIRE(port.is_full());
    const auto result = exporter_to(port.url())->send({nanotel::signal::traces, "{}", 1}, in(1h));
    CHECK(result.message.find("(nothing answered within 3000 ms)") != std::string::npos);
}

TEST_CASE("a peer that stays silent") {
    check_that_it_ends([](raw_connection& connection) { connection.wait_for_close(); });
}

TEST_CASE("a peer that reads nothing of a large body") {
    check_that_it_ends(
        [](raw_connection& connection) {
            while (!connection.over()) std::this_thread::sleep_for(1ms);
        },
        64 * 1024 * 1024);
}

TEST_CASE("a peer that drips its head byte by byte") {
    check_that_it_ends([](raw_connection& connection) {
        connection.read_request();
        drip(connection, "HTTP/1.1 200 OK\r\nX: " + std::string(10'000, 'x'));
    });
}

TEST_CASE("a peer that drips header after header") {
    check_that_it_ends([](raw_connection& connection) {
        connection.read_request();
        std::string headers = "HTTP/1.1 200 OK\r\n";
        for (int i = 0; i < 2000; ++i) headers += "A: b\r\n";
        drip(connection, headers);
    });
}

TEST_CASE("a peer that drips its body byte by byte") {
    check_that_it_ends([](raw_connection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        drip(connection, std::string(100'000, ' '));
    });
}

TEST_CASE("a peer that drips chunks") {
    raw_peer peer([](raw_connection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (!connection.over() && connection.write("1\r\n \r\n")) std::this_thread::sleep_for(5ms);
    });
    const auto begin = std::chrono::steady_clock::now();
    // The status is there, so that either verdict is right: what counts is that there is one.
    CHECK(exporter_to(peer.url())->send({nanotel::signal::traces, "{}", 1}, begin + limit).outcome !=
          export_outcome::rejected);
    CHECK(std::chrono::steady_clock::now() - begin < far_too_long);
}

TEST_CASE("a short deadline after a long one") {
    raw_peer peer([](raw_connection& connection) {
        connection.read_request();
        connection.write(answer("200 OK", "{}"));
        connection.wait_for_close();
    });
    const auto exporter = exporter_to(peer.url());
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    const auto begin = std::chrono::steady_clock::now();
    CHECK(exporter->send({nanotel::signal::traces, "{}", 1}, begin + limit).outcome ==
          export_outcome::retryable);
    CHECK(std::chrono::steady_clock::now() - begin < far_too_long);
}

TEST_CASE("the deadline of the pipeline holds when the timeout of the exporter is longer") {
    raw_peer peer([](raw_connection& connection) { connection.wait_for_close(); });
    const auto exporter = nanotel::otlp_http({.endpoint = peer.url(), .timeout = 1h}, variables());
    const auto begin = std::chrono::steady_clock::now();
    const auto result = exporter->send({nanotel::signal::traces, "{}", 1}, begin + limit);
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("did not answer within ") != std::string::npos);
    CHECK(std::chrono::steady_clock::now() - begin < far_too_long);
}

TEST_CASE("a timeout of zero is no limit, and a deadline at the end of time is none either") {
    http_peer peer;
    const auto exporter = nanotel::otlp_http({.endpoint = peer.url(), .timeout = 0ms}, variables());
    CHECK(exporter->send({nanotel::signal::traces, "{}", 1}, std::chrono::steady_clock::time_point::max())
              .outcome == export_outcome::delivered);
}

TEST_CASE("a deadline that has passed ends at once, and the next send works") {
    http_peer peer;
    const auto exporter = exporter_to(peer.url());
    const auto begin = std::chrono::steady_clock::now();
    const auto result = exporter->send({nanotel::signal::traces, "{}", 1}, begin - 1s);
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message == peer.url() + "/v1/traces was not tried: the deadline had passed before");
    CHECK(peer.requests().empty());
    CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
}

TEST_SUITE_END();
