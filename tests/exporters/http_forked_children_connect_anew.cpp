// SPDX-License-Identifier: MIT
#include "loopback.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>

using namespace nanotel_test;
using nanotel::export_outcome;

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
