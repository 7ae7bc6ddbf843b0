// SPDX-License-Identifier: MIT
#include "loopback.hpp"
#include "own_files.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>

using namespace nanotel_test;
using nanotel::export_outcome;

namespace {

// What the child says of itself; 128 and a signal where one ended it, as its alarm where it hangs.
template <class Work>
int in_a_child(Work work) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(60);
        ::_exit(work());
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

TEST_CASE("after a fork parent and child each have a connection of their own") {
    http_peer peer;
    auto exporter = exporter_to(peer.url());
    REQUIRE(send(*exporter, R"({"from":"parent"})").outcome == export_outcome::delivered);

    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        int failures = 0;
        for (int i = 0; i < 3; ++i)
            failures += send(*exporter, R"({"from":"child"})").outcome != export_outcome::delivered;
        exporter->interrupt();
        exporter.reset();
        ::_exit(failures);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    // The end of the child has not closed the parent's connection.
    REQUIRE(send(*exporter, R"({"from":"parent"})").outcome == export_outcome::delivered);

    std::set<int> of_parent, of_child;
    for (const auto& request : peer.requests())
        (request.body.find("parent") != std::string::npos ? of_parent : of_child).insert(request.remote_port);
    CHECK(of_parent.size() == 1);
    CHECK(of_child.size() == 1);
    CHECK(of_parent != of_child);
}

TEST_CASE("a child that never sends may destroy the exporter without harm to the parent") {
    http_peer peer;
    auto exporter = exporter_to(peer.url());
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        exporter.reset();
        ::_exit(0);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    CHECK(peer.requests().at(0).remote_port == peer.requests().at(1).remote_port);
}

// Fails, by its alarm, where the child waits for a lock that the parent's send holds.
TEST_CASE("a child that is forked in the middle of its parent's TLS handshake sends by itself") {
    std::atomic<bool> parent_is_in_it{false};
    raw_peer mute([&](raw_connection& connection) {
        connection.read_until("\x03"); // of the version of TLS, in the client's first words
        parent_is_in_it = true;
        connection.wait_for_close();
    });
    http_peer good;
    // One exporter that the parent is in the middle of; its other signal goes to who answers.
    auto exporter = nanotel::otlp_http(
        {}, variables({{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", good.url() + "/v1/metrics"},
                       {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                        "https://127.0.0.1:" + std::to_string(mute.port()) + "/v1/traces"}}));
    std::thread parent([&] { static_cast<void>(send(*exporter, "{}")); });
    while (!parent_is_in_it) std::this_thread::yield();
    CHECK(in_a_child([&] {
              return send(*exporter, "{}", 1, nanotel::signal::metrics).outcome != export_outcome::delivered;
          }) == 0);
    CHECK(in_a_child([&] {
              exporter->interrupt();
              exporter->restart_in_child();
              exporter->interrupt();
              return send(*exporter, "{}", 1, nanotel::signal::metrics).outcome != export_outcome::delivered;
          }) == 0);
    CHECK(in_a_child([&] {
              exporter.reset();
              return 0;
          }) == 0);
    exporter->interrupt();
    parent.join();
    CHECK(good.requests().size() == 2);
}

TEST_CASE("a child that closed all descriptors keeps the files that it opened instead") {
    http_peer peer;
    auto exporter = exporter_to(peer.url());
    REQUIRE(send(*exporter, "{}").outcome == export_outcome::delivered);
    CHECK(in_a_child([&] {
              const own_files own;
              if (send(*exporter, "{}").outcome != export_outcome::delivered) return 1;
              return own.untouched() ? 0 : 2;
          }) == 0);
    CHECK(in_a_child([&] {
              const own_files own;
              exporter.reset();
              return own.untouched() ? 0 : 2;
          }) == 0);
    // And where it had connected itself.
    CHECK(in_a_child([&] {
              if (send(*exporter, "{}").outcome != export_outcome::delivered) return 1;
              const own_files own;
              if (send(*exporter, "{}").outcome != export_outcome::delivered) return 2;
              if (!own.untouched()) return 3;
              const own_files again;
              exporter.reset();
              return again.untouched() ? 0 : 4;
          }) == 0);
    CHECK(peer.requests().size() == 4);
}
