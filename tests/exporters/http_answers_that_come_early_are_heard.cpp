// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

constexpr std::size_t large = 16 * 1024 * 1024;

} // namespace

TEST_CASE("a server that refuses a body before it has read it is understood") {
    raw_peer peer([](raw_connection& connection) {
        connection.read_until("\r\n\r\n");
        connection.write(answer("413 Content Too Large", R"({"message":"at most 1 MiB"})"));
        // Reads no more of the body, so that a client which goes on writing waits until its deadline.
        while (!connection.over()) std::this_thread::yield();
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto result = send(*exporter_to(peer.url()), std::string(large, ' '));
    CHECK(std::chrono::steady_clock::now() - begin <
          std::chrono::seconds{5}); // heard, not waited out: that takes 10 s
    CHECK(result.outcome == export_outcome::rejected);
    CHECK(result.split);
    CHECK(result.message.find("at most 1 MiB") != std::string::npos);
}

TEST_CASE("also when it closes at once") {
    raw_peer peer([](raw_connection& connection) {
        connection.read_until("\r\n\r\n");
        connection.write(answer("503 Busy", "", "Retry-After: 9\r\n"));
        connection.close();
    });
    const auto result = send(*exporter_to(peer.url()), std::string(large, ' '));
    CHECK(result.outcome == export_outcome::retryable);
    // The reset may overtake the answer; when it does not, what it says is heard.
    if (result.message.find("answered 503") != std::string::npos) {
        CHECK(result.retry_after == std::chrono::seconds{9});
    }
}

TEST_CASE("a server that says yes before the end is sent the rest") {
    bool whole = false;
    {
        raw_peer peer([&](raw_connection& connection) {
            connection.read_until("\r\n\r\n");
            connection.write(answer("200 OK", "{}"));
            whole = connection.read_request().size() > large;
            connection.wait_for_close();
        });
        const auto exporter = exporter_to(peer.url());
        CHECK(send(*exporter, std::string(large, ' ')).outcome == export_outcome::delivered);
    }
    CHECK(whole);
}
