// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

nanotel::export_result result_of(const raw_peer::script& play) {
    raw_peer peer(play);
    return send(*exporter_to(peer.url()), "{}");
}

void write_for_ever(raw_connection& connection, const std::string& piece) {
    while (!connection.over() && connection.write(piece)) {
    }
}

} // namespace

TEST_CASE("an answer of more than 4 MiB is a final failure, and one of 4 MiB is read") {
    constexpr std::size_t largest = 4 * 1024 * 1024;
    CHECK(result_of([](raw_connection& connection) {
              connection.read_request();
              connection.write(answer("200 OK", std::string(largest, ' ')));
              connection.wait_for_close();
          }).outcome == export_outcome::delivered);
    for (const bool with_length : {true, false}) {
        CAPTURE(with_length);
        const auto result = result_of([&](raw_connection& connection) {
            connection.read_request();
            if (with_length)
                connection.write(answer("200 OK", std::string(largest + 1, ' ')));
            else
                connection.write("HTTP/1.1 200 OK\r\n\r\n" + std::string(largest + 1, ' '));
            connection.wait_for_close();
        });
        CHECK(result.outcome == export_outcome::rejected);
        CHECK(result.message.find("more than 4 MiB") != std::string::npos);
    }
}

TEST_CASE("an answer without an end is cut off") {
    const auto result = result_of([](raw_connection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        write_for_ever(connection, "10000\r\n" + std::string(0x10000, 'x') + "\r\n");
    });
    CHECK(result.outcome == export_outcome::rejected);
    CHECK(result.message.find("more than 4 MiB") != std::string::npos);
}

TEST_CASE("a head without an end is cut off before a parser sees it") {
    // A status line of a megabyte would end cpp-httplib's regular expression in a stack overflow.
    for (const char* begin :
         {"HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "}) {
        CAPTURE(begin);
        const auto result = result_of([&](raw_connection& connection) {
            connection.read_request();
            connection.write(begin);
            write_for_ever(connection, std::string(65536, 'x'));
        });
        CHECK(result.outcome == export_outcome::rejected);
    }
    const auto result = result_of([](raw_connection& connection) {
        connection.read_request();
        connection.write("HTTP/1.1 200 OK\r\n");
        write_for_ever(connection, "A: b\r\n");
    });
    CHECK(result.outcome == export_outcome::rejected);
}

TEST_CASE("nonsense in lengths and chunks ends the request, not the program") {
    for (const char* head :
         {"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
          "HTTP/1.1 200 OK\r\n: \r\n:::\r\nno colon\r\n\r\n",
          "HTTP/1.1 999 ?\r\nContent-Length: 0\r\n\r\n"}) {
        CAPTURE(head);
        const auto result = result_of([&](raw_connection& connection) {
            connection.read_request();
            connection.write(head);
        });
        // Each has an outcome; which one depends on how much of the nonsense the HTTP library tolerates.
        CHECK(to_string(result.outcome) != "unknown");
    }
}

TEST_CASE("a body that claims to be compressed and is not") {
    const auto result = result_of([](raw_connection& connection) {
        connection.read_request();
        connection.write(answer("200 OK", "this is not gzip", "Content-Encoding: gzip\r\n"));
        connection.wait_for_close();
    });
    CHECK(to_string(result.outcome) != "unknown");
}
