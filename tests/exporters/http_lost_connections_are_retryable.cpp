// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

std::string check_retryable(const raw_peer::script& play, std::size_t body_size = 2) {
    raw_peer peer(play);
    const auto result = send(*exporter_to(peer.url()), std::string(body_size, ' '));
    CHECK(to_string(result.outcome) == "retryable");
    CHECK_FALSE(result.split);
    CHECK(result.message.find(peer.url() + "/v1/traces ") == 0);
    return result.message;
}

} // namespace

TEST_CASE("nobody listens") {
    const closed_port port;
    const auto result = send(*exporter_to(port.url()), "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("nothing accepts connections there; start a Collector") != std::string::npos);
}

TEST_CASE("a host name without an address") {
    // RFC 6761: a name below .invalid never has one.
    const auto result = send(*exporter_to("http://collector.invalid:4318"), "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("the host name \"collector.invalid\" has no address") != std::string::npos);
}

TEST_CASE("closed or reset before, during and after the request") {
    CHECK(check_retryable([](raw_connection& connection) { connection.close(); }).find("closed") !=
          std::string::npos);
    check_retryable([](raw_connection& connection) { connection.reset(); });
    check_retryable([](raw_connection& connection) { connection.reset(); }, 8 * 1024 * 1024);
    check_retryable(
        [](raw_connection& connection) {
            connection.read_until("\r\n\r\n");
            connection.reset();
        },
        8 * 1024 * 1024);
    CHECK(check_retryable([](raw_connection& connection) {
              connection.read_request();
              connection.close();
          }).find("closed the connection without a whole answer") != std::string::npos);
    check_retryable([](raw_connection& connection) {
        connection.read_request();
        connection.reset();
    });
}

TEST_CASE("closed in the middle of the answer") {
    for (const char* part :
         {"H", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n\r",
          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", "HTTP/1.1 100 Continue\r\n\r\n"}) {
        CAPTURE(part);
        check_retryable([&](raw_connection& connection) {
            connection.read_request();
            connection.write(part);
        });
    }
}

TEST_CASE("a connection that the server closed between two sends is made anew without a fault") {
    std::atomic<int> closed{0};
    raw_peer peer([&](raw_connection& connection) {
        connection.read_request();
        connection.write(answer("200 OK", "{}"));
        connection.close();
        ++closed;
    });
    const auto exporter = exporter_to(peer.url());
    for (int i = 1; i <= 3; ++i) {
        CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
        while (closed < i) {
        }
    }
    CHECK(peer.connections() == 3);
}

TEST_CASE("what a server says on an idle connection is no answer to the next request") {
    std::atomic<int> delivered{0}, said{0};
    raw_peer peer([&](raw_connection& connection) {
        connection.read_request();
        connection.write(answer("200 OK", "{}"));
        while (delivered == said && !connection.over()) {
        }
        connection.write("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n");
        connection.close();
        ++said;
    });
    const auto exporter = exporter_to(peer.url());
    for (int i = 1; i <= 3; ++i) {
        CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
        ++delivered;
        while (said < delivered) {
        }
    }
    CHECK(peer.connections() == 3);
}

TEST_CASE("an interim answer is passed over") {
    raw_peer peer([](raw_connection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 100 Continue\r\n\r\n" + answer("200 OK", "{}"));
        connection.wait_for_close();
    });
    CHECK(send(*exporter_to(peer.url()), "{}").outcome == export_outcome::delivered);
}
