// SPDX-License-Identifier: MIT
#include "diagnostics_heard.hpp"
#include "prometheus_client.hpp"

#include <string>

using namespace nanotel_test;

namespace {

bool answers(const std::string& host, int port) {
    httplib::Client client(host, port);
    client.set_connection_timeout(patience.count());
    client.set_read_timeout(patience.count());
    const auto answer = client.Get("/metrics");
    return answer && answer->status == 200;
}

bool has_ipv6() {
    const int socket = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool bound =
        socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    if (socket >= 0) ::close(socket);
    return bound;
}

std::shared_ptr<nanotel::prometheus_reader>
reader_of(given_source& source, nanotel::prometheus_options options,
          std::vector<std::pair<std::string, std::string>> set = {}) {
    auto reader = nanotel::prometheus_exporter(std::move(options), variables(std::move(set)));
    reader->start(source);
    return reader;
}

} // namespace

TEST_SUITE_BEGIN("concurrent");

// Fails when the host is not looked at, or brackets are taken for a part of it.
TEST_CASE("the host is an address or a name") {
    given_source source;
    for (const char* const host : {"", "localhost", "LOCALHOST", "127.0.0.1", "0.0.0.0"}) {
        CAPTURE(host);
        CHECK(answers("127.0.0.1", reader_of(source, {.host = host, .port = 0})->port()));
    }
    // All of 127.0.0.0/8 is this machine, but only one address of it is listened to.
    CHECK(!answers("127.0.0.2", reader_of(source, {.port = 0})->port()));
    CHECK(answers("127.0.0.2", reader_of(source, {.host = "0.0.0.0", .port = 0})->port()));
    if (!has_ipv6()) return;
    for (const char* const host : {"::1", "[::1]", "::"}) {
        CAPTURE(host);
        CHECK(answers("::1", reader_of(source, {.host = host, .port = 0})->port()));
    }
}

// Fails when a variable is not read, when it wins over the code, or when a bad one is taken or silent.
TEST_CASE("the environment says where, and the code wins over it") {
    given_source source;
    {
        const auto reader = reader_of(
            source, {},
            {{"OTEL_EXPORTER_PROMETHEUS_HOST", " 127.0.0.2 "}, {"OTEL_EXPORTER_PROMETHEUS_PORT", "0"}});
        CHECK(answers("127.0.0.2", reader->port()));
        CHECK(!answers("127.0.0.1", reader->port()));
    }
    {
        const auto reader = reader_of(
            source, {.host = "127.0.0.1", .port = 0},
            {{"OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.2"}, {"OTEL_EXPORTER_PROMETHEUS_PORT", "1"}});
        CHECK(answers("127.0.0.1", reader->port()));
    }
    const diagnostics_heard heard;
    const auto ignored =
        nanotel::prometheus_exporter({}, variables({{"OTEL_EXPORTER_PROMETHEUS_PORT", "65536"}}));
    CHECK(heard.text() ==
          "warning: OTEL_EXPORTER_PROMETHEUS_PORT=\"65536\" is ignored. Allowed: an integer, 0 "
          "to 65535. Used instead: 9464\n");
}

// Fails when two may listen on one port, as with SO_REUSEPORT, or when the diagnostic does not say which port
// and what to do.
TEST_CASE("a port that is taken is said, and the program goes on") {
    const diagnostics_heard heard;
    given_source source;
    const auto first = reader_of(source, {.port = 0});
    const int port = first->port();
    REQUIRE(port != 0);
    const auto second = reader_of(source, {.port = static_cast<std::uint16_t>(port)});
    CHECK(second->port() == 0);
    CHECK(heard.text() ==
          "error: prometheus: no metrics can be scraped from localhost:" + std::to_string(port) +
              ": Address already in use; end the program that listens there, or set "
              "OTEL_EXPORTER_PROMETHEUS_PORT or .port to another one (0: any that is free)\n");
    CHECK(answers("127.0.0.1", port));
    second->stop();

    // And is free again once its owner has stopped, also after it has answered.
    first->stop();
    second->start(source);
    CHECK(second->port() == port);
    CHECK(answers("127.0.0.1", port));
}

// Fails when these are taken for a port that is taken.
TEST_CASE("a host that is not ours is said") {
    const diagnostics_heard heard;
    given_source source;
    CHECK(reader_of(source, {.host = "192.0.2.1", .port = 0})->port() == 0);
    CHECK(heard.text().find(
              "no metrics can be scraped from 192.0.2.1:0: Cannot assign requested address; set "
              "OTEL_EXPORTER_PROMETHEUS_HOST or .host to an address of this machine") != std::string::npos);
    CHECK(reader_of(source, {.host = "no such host", .port = 0})->port() == 0);
    CHECK(heard.text().find("from no such host:0: the host name has no address") != std::string::npos);
}

// Fails when a path that no request can have is found out by the first scrape.
TEST_CASE("a path that cannot be is an exception") {
    for (const char* const path : {"", "metrics", "/metrics?x", "/a b", "/a#b"}) {
        CAPTURE(path);
        CHECK_THROWS_AS((void)nanotel::prometheus_exporter({.path = path}, variables()),
                        std::invalid_argument);
    }
}

TEST_SUITE_END();
