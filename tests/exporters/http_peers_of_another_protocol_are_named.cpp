// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <string_view>

using namespace nanotel_test;
using namespace std::string_view_literals;
using nanotel::export_outcome;

namespace {

// What grpc-go sends as soon as it accepts: SETTINGS with MAX_FRAME_SIZE; what others send: an empty
// SETTINGS, GOAWAY.
constexpr auto settings = "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00"sv;
constexpr auto empty_settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"sv;
constexpr auto goaway = "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"sv;

} // namespace

TEST_CASE("a gRPC server is recognised by its HTTP/2 frames, and the diagnostic names port 4318") {
    for (const std::string_view frame : {settings, empty_settings, goaway})
        for (const std::size_t body_size : {std::size_t{2}, std::size_t{3'000'000}}) {
            CAPTURE(frame.size());
            CAPTURE(body_size);
            raw_peer peer([&](raw_connection& connection) {
                connection.write(frame);
                connection.wait_for_close();
            });
            const auto result = send(*exporter_to(peer.url()), std::string(body_size, ' '));
            CHECK(result.outcome == export_outcome::retryable);
            CHECK(result.message.find("speaks HTTP/2, as a gRPC receiver does") != std::string::npos);
            CHECK(result.message.find("http://127.0.0.1:4318/v1/traces") != std::string::npos);
        }
}

TEST_CASE("a frame that comes in pieces is recognised too") {
    raw_peer peer([&](raw_connection& connection) {
        connection.read_until("\r\n\r\n");
        for (const char byte : settings) connection.write({&byte, 1});
        connection.wait_for_close();
    });
    CHECK(send(*exporter_to(peer.url()), "{}").message.find("HTTP/2") != std::string::npos);
}

TEST_CASE("a port that wants TLS is named as such") {
    raw_peer peer([&](raw_connection& connection) {
        connection.read_until("\r\n\r\n");
        connection.write("\x15\x03\x01\x00\x02\x02\x46"sv); // alert: fatal, protocol_version
    });
    const auto result = send(*exporter_to(peer.url()), "{}");
    CHECK(result.outcome == export_outcome::retryable);
    CHECK(result.message.find("write https://") != std::string::npos);
}

TEST_CASE("something that is not HTTP at all gets a hint, and the data waits") {
    for (const std::string_view banner :
         {"SSH-2.0-OpenSSH_9.2\r\n"sv, "-ERR unknown command\r\n"sv, "HTTP/2.0 200 OK\r\n\r\n"sv,
          "H\r\n\r\n"sv, "HTTP/1.1 abc\r\n\r\n"sv, "HTTP/1.1\r\n\r\n"sv,
          "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"sv}) {
        CAPTURE(banner);
        raw_peer peer([&](raw_connection& connection) {
            connection.read_until("\r\n\r\n");
            connection.write(banner);
            connection.wait_for_close();
        });
        const auto result = send(*exporter_to(peer.url()), "{}");
        CHECK(result.outcome == export_outcome::retryable);
        CHECK(result.message.find("not HTTP") != std::string::npos);
        CHECK(result.message.find("4318") != std::string::npos);
    }
}

// Fails when the connection to the stranger is kept, too.
TEST_CASE("what is not taken while a stranger has the port is taken when the receiver is back") {
    std::atomic<bool> stranger{true};
    raw_peer peer([&](raw_connection& connection) {
        connection.read_request();
        connection.write(stranger.exchange(false) ? "SSH-2.0-OpenSSH_9.2\r\n" : answer("200 OK", "{}"));
        connection.wait_for_close();
    });
    const auto exporter = exporter_to(peer.url());
    CHECK(send(*exporter, "{}").outcome == export_outcome::retryable);
    CHECK(send(*exporter, "{}").outcome == export_outcome::delivered);
}

TEST_CASE("port 4317 gets a warning at construction, from code and from the environment") {
    const diagnostics_heard heard;
    SUBCASE("code") { CHECK(exporter_to("http://collector:4317") != nullptr); }
    SUBCASE("environment") {
        CHECK(nanotel::otlp_http({}, variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"}})));
    }
    SUBCASE("one signal") {
        CHECK(nanotel::otlp_http({},
                                 variables({{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://collector:4317"}})));
    }
    REQUIRE(heard.lines().size() == 1); // once, not for each signal
    CHECK(heard.lines()[0].find("warning: ") == 0);
    CHECK(heard.lines()[0].find("http://collector:4318") != std::string::npos);
}

TEST_CASE("port 4318 gets no warning") {
    const diagnostics_heard heard;
    CHECK(exporter_to("http://collector:4318") != nullptr);
    CHECK(heard.text().empty());
}
