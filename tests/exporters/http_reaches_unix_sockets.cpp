// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;
using nanotel::signal;

namespace {

/// A folder for sockets that goes with it.
class folder {
public:
    folder() {
        char name[] = "/tmp/nanotel-test-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path_ = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        ::unlink(socket().c_str());
        ::rmdir(path_.c_str());
    }
    [[nodiscard]] std::string socket() const { return path_ + "/otel.sock"; }

private:
    std::string path_;
};

sockaddr_un address_of(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    return address;
}

} // namespace

TEST_CASE("a unix socket is reached by its path or by its abstract name, and kept alive") {
    const folder here;
    // The abstract one is of this process alone: its name holds that of the folder.
    const std::string names[] = {here.socket(), '\0' + here.socket()};
    for (const std::string& name : names) {
        std::string requests;
        {
            raw_peer peer(
                [&](raw_connection& connection) {
                    for (std::string one; !(one = connection.read_request()).empty();) {
                        requests += one;
                        connection.write(answer("200 OK", "{}"));
                    }
                },
                address_of(name), offsetof(sockaddr_un, sun_path) + name.size() + (name.front() != '\0'));
            const std::string url =
                name.front() == '\0' ? "unix:@" + here.socket() : "unix://" + here.socket();
            {
                const auto exporter =
                    nanotel::otlp_http({}, variables({{"OTEL_EXPORTER_OTLP_ENDPOINT", url},
                                                      {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", url},
                                                      {"http_proxy", "http://proxy.invalid"}}));
                CHECK(exporter->description().find(here.socket()) != std::string::npos);
                for (const auto kind : {signal::traces, signal::metrics, signal::logs}) {
                    const auto result = send(*exporter, std::string(1'000'000, ' '), 1, kind);
                    CHECK(result.message == "");
                    CHECK(result.outcome == export_outcome::delivered);
                }
            }
            CHECK(peer.connections() == 1);
        }
        for (const char* path : {"traces", "metrics", "logs"})
            CHECK(requests.find("POST /v1/" + std::string(path) + " HTTP/1.1\r\n") != std::string::npos);
        CHECK(requests.find("Host: localhost\r\n") != std::string::npos);
        CHECK(requests.find("Host: /") == std::string::npos);
    }
}

TEST_CASE("a socket that is not there, or that nobody listens on, is retryable") {
    const folder here;
    const auto missing = send(*exporter_to("unix:" + here.socket()), "{}");
    CHECK(missing.outcome == export_outcome::retryable);
    CHECK(missing.message.starts_with("unix:" + here.socket() +
                                      " cannot be reached: nothing accepts connections"));
    {
        const raw_peer gone([](raw_connection&) {}, address_of(here.socket()), sizeof(sockaddr_un));
    }
    CHECK(send(*exporter_to("unix:" + here.socket()), "{}").outcome == export_outcome::retryable);
}
