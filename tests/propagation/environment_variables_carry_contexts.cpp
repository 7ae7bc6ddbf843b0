// SPDX-License-Identifier: MIT
// TRACEPARENT, TRACESTATE and BAGGAGE of a process, and of its children.
#include <nanotel/propagation/environment.hpp>

#include <support/child_process.hpp>

#include <algorithm>

#include <doctest/doctest.h>

namespace {

const nanotel::context remote{
    nanotel::trace_id{{1, 2}},         nanotel::span_id{3}, 3, true, nanotel::trace_state::parse("a=1"),
    nanotel::baggage().set("k", "x y")};

std::vector<std::string> sorted(std::vector<std::string> entries) {
    std::sort(entries.begin(), entries.end());
    return entries;
}

} // namespace

TEST_CASE("a child is given the current context in place of what its parent was given") {
    const char* const before[] = {"PATH=/bin", "TRACEPARENT=old", "TRACESTATE=old=1", "TRACEPARENTS=other",
                                  nullptr};
    const std::string parent = "TRACEPARENT=00-01000000000000000200000000000000-0300000000000000-03";
    const nanotel::child_environment given(remote, before);
    CHECK(sorted(given.entries()) ==
          sorted({"BAGGAGE=k=x%20y", "PATH=/bin", parent, "TRACEPARENTS=other", "TRACESTATE=a=1"}));
    std::size_t count = 0;
    while (given.data()[count]) ++count;
    CHECK(count == given.entries().size());

    // A tracestate of another trace does not stay behind.
    nanotel::context without = remote;
    without.trace_state = {};
    without.baggage = {};
    const nanotel::child_environment other(without, before);
    CHECK(sorted(other.entries()) == sorted({"PATH=/bin", parent, "TRACEPARENTS=other"}));

    // Without a context it is that of the parent.
    const nanotel::child_environment nothing(nanotel::new_root, before);
    CHECK(nothing.entries() == std::vector<std::string>(before, before + 4));
    CHECK(nanotel::child_environment(remote, nullptr).entries().size() == 3);
}

TEST_CASE("a process reads what it was started within") {
    CHECK_FALSE(nanotel::extract(nanotel::environment_carrier{}).is_valid());
    const nanotel::context_scope attached(remote);
    const nanotel::child_environment given;
    const nanotel_test::temporary_folder folder;
    const std::string log = folder / "said";
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::string argument = "echo $TRACEPARENT $TRACESTATE $BAGGAGE > " + log;
        std::string shell = "sh", option = "-c";
        char* const arguments[] = {shell.data(), option.data(), argument.data(), nullptr};
        ::execve("/bin/sh", arguments, given.data());
        ::_exit(127);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(nanotel_test::read_file(log) ==
          "00-01000000000000000200000000000000-0300000000000000-03 a=1 k=x%20y\n");

    for (const std::string& entry : given.entries()) {
        const auto equals = entry.find('=');
        ::setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
    }
    CHECK(nanotel::extract(nanotel::environment_carrier{}) == remote);
    for (const char* name : {"TRACEPARENT", "TRACESTATE", "BAGGAGE"}) ::unsetenv(name);
}
