// SPDX-License-Identifier: MIT
#include "certificates.hpp"
#include "diagnostics_heard.hpp"
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

using namespace nanotel_test;
using namespace std::string_view_literals;
using nanotel::export_outcome;
using nanotel::signal;

namespace {

constexpr std::string_view secret = "s3cret-marker";

/// All that one attempt lets be heard: diagnostics, the message, the description, what was thrown.
std::string heard_of(const nanotel::otlp_http_options& options,
                     const nanotel::environment& environment = variables(),
                     std::chrono::milliseconds time = patience, std::size_t body_size = 2) {
    const diagnostics_heard heard;
    std::string said;
    try {
        const auto exporter = nanotel::otlp_http(options, environment);
        said = exporter->description() + "\n";
        const std::string body(body_size, ' ');
        for (const auto kind : {signal::traces, signal::logs}) {
            const auto result = exporter->send({kind, body, 1}, in(time));
            CHECK((!result.message.empty() || result.outcome == export_outcome::delivered));
            said += result.message + "\n";
        }
    } catch (const std::exception& error) {
        said += error.what();
    }
    said += heard.text();
    CAPTURE(said);
    CHECK(said.find(secret) == std::string::npos);
    for (const char* encoded : {"czNjcmV0LW1hcmtlcg", "dTpzM2NyZXQtbWFya2Vy"}) // in base64, and behind "u:"
        CHECK(said.find(encoded) == std::string::npos);
    CHECK_FALSE(said.empty());
    return said;
}

/// A marker in all that is secret and can be set beside an endpoint.
std::string with_secrets(const std::string& endpoint, std::chrono::milliseconds time = patience,
                         std::size_t body_size = 2) {
    const std::string marker(secret);
    heard_of({.endpoint = endpoint + "/?token=" + marker, .headers = {{"Authorization", "Bearer " + marker}}},
             variables(), time, body_size);
    return heard_of(
        {},
        variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint + "/?" + marker},
                   {"OTEL_EXPORTER_OTLP_HEADERS", "Authorization=" + marker + ",X-Other=" + marker + "2"}}),
        time, body_size);
}

} // namespace

TEST_CASE("no answer says a secret, even one that repeats the request") {
    for (const char* status :
         {"200 OK", "301 Moved", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found",
          "407 Proxy", "413 Too Large", "429 Slow Down", "500 Broken", "503 Busy"}) {
        CAPTURE(status);
        for (const bool as_json : {true, false}) {
            raw_peer peer([&](raw_connection& connection) {
                for (std::string request; !(request = connection.read_request()).empty();) {
                    std::string line = request.substr(request.find("Authorization: "));
                    line.resize(line.find("\r\n"));
                    const std::string target = request.substr(5, request.find(" HTTP/") - 5);
                    // Where a part of it would be all that is shown.
                    const std::string echo = std::string(140 - line.size(), 'x') + target + line;
                    connection.write(answer(status,
                                            as_json ? R"({"message":")" + line +
                                                          R"(","partialSuccess":{"errorMessage":")" + echo +
                                                          "\"}}"
                                                    : echo,
                                            "Location: https://u:" + std::string(secret) + "@h" + target +
                                                "\r\nContent-Type: text/html\r\n"));
                }
            });
            with_secrets(peer.url());
        }
    }
}

// Fails where secrets are looked for in the body alone, or only in what is left of a message that was cut.
TEST_CASE("no answer says a secret that it has written with escapes") {
    const std::string escaped = R"(s3cret\u002dmarker)", key = R"({"message":")";
    for (const std::string& before : {std::string(), std::string(512 - secret.size() + 1, 'x')}) {
        raw_peer peer([&](raw_connection& connection) {
            while (!connection.read_request().empty())
                connection.write(answer("401 Unauthorized", key + before + escaped + "\"}"));
        });
        const std::string said =
            heard_of({.endpoint = peer.url(), .headers = {{"X-Key", std::string(secret)}}});
        CHECK(said.find("s3cret") == std::string::npos);
        CHECK(said.find("***") != std::string::npos);
    }
}

// Fails where the query is looked for as a whole, or as it is written.
TEST_CASE("no answer says the value of one of several parameters") {
    raw_peer peer([&](raw_connection& connection) {
        while (!connection.read_request().empty())
            connection.write(answer("403 Forbidden", "no such token: " + std::string(secret) + ", sorry"));
    });
    for (const char* query : {"tenant=a&token=s3cret-marker", "token=s3cret-marker&tenant=a",
                              "s3cret-marker&&=", "token=s3cret%2Dmarker", "a=%&token=s3cret-m%61rker"}) {
        CAPTURE(query);
        const std::string said = heard_of({.endpoint = peer.url() + "/?" + query});
        CHECK(said.find("no such token: ***, sorry") != std::string::npos);
    }
}

// Takes hours where the rest of the text moves with each secret.
TEST_CASE("a text of nothing but secrets is rid of them") {
    nanotel::detail::secret_list secrets;
    secrets.add("aabbaa");
    secrets.add("aabb");    // too short to be one
    secrets.add("xaabbaa"); // goes first
    std::string text = "aabbxaabbaab";
    secrets.hide(text);
    CHECK(text == "aabb***b");
    text = "<aabbaabbaa>"; // they overlap
    secrets.hide(text);
    CHECK(text == "<***bbaa>");
    text.clear();
    for (int i = 0; i < 10'000'000; ++i) text += "aabbaa";
    secrets.hide(text);
    CHECK(text.size() == 30'000'000);
    CHECK(text.find_first_not_of('*') == text.npos);
}

TEST_CASE("no broken connection says a secret") {
    const closed_port nobody;
    with_secrets(nobody.url());
    with_secrets("http://collector.invalid");
    with_secrets("https://collector.invalid");
    for (const std::string_view reply :
         {""sv, "HTTP/1.1 200"sv, "SSH-2.0\r\n\r\n"sv, "\x15\x03\x01\x00\x02\x02\x46"sv,
          "\x00\x00\x00\x04\x00\x00\x00\x00\x00"sv,
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"sv}) {
        raw_peer peer([&](raw_connection& connection) {
            connection.read_request();
            connection.write(reply);
            connection.write(reply.size() > 30 ? std::string(5'000'000, 'x') : "");
        });
        with_secrets(peer.url());
        with_secrets("https://127.0.0.1:" + std::to_string(peer.port()), std::chrono::milliseconds{30});
    }
    raw_peer resets([](raw_connection& connection) { connection.reset(); });
    with_secrets(resets.url(), patience, 5'000'000);
    raw_peer silent([](raw_connection& connection) { connection.wait_for_close(); });
    with_secrets(silent.url(), std::chrono::milliseconds{30});
    with_secrets(silent.url(), std::chrono::milliseconds{-1});
}

TEST_CASE("no certificate and no file says a secret") {
    const certificate stranger, expired("DNS:localhost", nullptr, -3600), client;
    for (const certificate* one : {&stranger, &expired}) {
        tls_peer peer(*one, [](tls_connection&) {});
        with_secrets(peer.url());
    }
    tls_peer demanding(stranger, [](tls_connection&) {}, &client);
    const std::string marker(secret);
    heard_of({.endpoint = demanding.url(),
              .headers = {{"Authorization", marker}},
              .tls = {.verify_server = false}});
    const file_with text("-----BEGIN PRIVATE KEY-----\n" + marker + "\n-----END PRIVATE KEY-----\n"),
        encrypted(client.key_pem(marker)), certificates(client.pem());
    for (const file_with* key : {&text, &encrypted})
        heard_of({.endpoint = "https://h",
                  .tls = {.certificate_file = key->path(),
                          .client_certificate_file = certificates.path(),
                          .client_key_file = key->path()}});
    heard_of({.endpoint = "https://h",
              .tls = {.client_certificate_file = certificates.path(), .client_key_file = text.path()}});
}

TEST_CASE("no proxy says a secret") {
    const closed_port nobody;
    const std::string marker(secret), user = "u:" + marker + "@", port = nobody.url().substr(7);
    for (const std::string& endpoint : {std::string("http://h"), std::string("https://h")}) {
        for (const std::string& proxy :
             {"http://" + user + port, user + port, "socks5://" + user + port, "http://" + user,
              "http://" + user + "h:0", "http://" + user + "proxy.invalid", "http://" + marker + "@" + port,
              "http://" + user + "h%zz", "http://u:" + marker + "%zz@h",
              "http://u:" + marker + "/" + marker + "@h:x"}) {
            CAPTURE(proxy);
            heard_of({.endpoint = endpoint, .proxy = proxy});
            heard_of({.endpoint = endpoint}, variables({{"http_proxy", proxy}, {"HTTPS_PROXY", proxy}}),
                     std::chrono::milliseconds{0});
        }
        // A proxy that repeats what it was asked.
        raw_peer echo([](raw_connection& connection) {
            std::string request = connection.read_until("\r\n\r\n");
            request.erase(0, request.find("Proxy-Authorization:")); // the beginning is what is repeated of it
            connection.write("HTTP/1.1 407 No\r\nConnection: close\r\n\r\n" + request);
        });
        heard_of({.endpoint = endpoint, .proxy = "http://" + user + echo.url().substr(7)});
    }
}

TEST_CASE("no setting that is wrong says a secret") {
    const std::string marker(secret);
    for (const std::string& endpoint :
         {"http://user:" + marker + "@h", marker + "@h", "ftp://u:" + marker + "@h",
          "http://u:" + marker + "/x@h:1", "http://h:x/?" + marker, "http://h /?" + marker,
          "http://h/?" + marker + "#f", "http://h$/?t=" + marker}) {
        CAPTURE(endpoint);
        heard_of({.endpoint = endpoint});
        heard_of({}, variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint}}), std::chrono::milliseconds{0});
    }
    for (const std::string& header : {marker + "\r\nx: y", marker + "\x7f", marker + '\0'})
        heard_of({.headers = {{"x", header}}});
    heard_of({.headers = {{"content-type", marker}}});
    for (const std::string& headers : {"x=" + marker + "%0a", "x=" + marker + "%zz", "x=" + marker + ",y",
                                       "=" + marker, "content-length=" + marker, "x=1," + marker})
        heard_of({}, variables({{"OTEL_EXPORTER_OTLP_HEADERS", headers}}), std::chrono::milliseconds{0});
}
