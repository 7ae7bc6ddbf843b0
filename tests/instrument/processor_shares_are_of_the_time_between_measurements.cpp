// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <nanotel/instrument/process_usage.hpp>

namespace {

using nanotel::detail::process_usage;
using nanotel::detail::processor_share;

constexpr std::uint64_t second = 1'000'000'000;

process_usage used(double user, double system) {
    process_usage usage;
    usage.user_seconds = user;
    usage.system_seconds = system;
    return usage;
}

} // namespace

TEST_CASE("a share is the time used, of the time passed on all processors") {
    processor_share share;
    share.measure(used(10, 5), 100 * second, 1, 4);
    CHECK(!share.latest());
    share.measure(used(12, 5.5), 102 * second, 1, 4);
    REQUIRE(share.latest());
    CHECK(share.latest()->user == doctest::Approx(0.25));
    CHECK(share.latest()->system == doctest::Approx(0.0625));
    share.measure(used(12, 5.5), 103 * second, 1, 4);
    CHECK(share.latest()->user == 0);
    CHECK(share.latest()->system == 0);
}

TEST_CASE("readers that collect at about the same time are told the same share") {
    processor_share share;
    share.measure(used(0, 0), 1 * second, 1, 1);
    share.measure(used(0.5, 0), 2 * second, 1, 1);
    share.measure(used(0.5, 0), 2 * second, 1, 1);
    CHECK(share.latest()->user == doctest::Approx(0.5));
    share.measure(used(0.55, 0), 2 * second + processor_share::shortest_ns - 1, 1, 1);
    CHECK(share.latest()->user == doctest::Approx(0.5));
    // What was used meanwhile is not lost.
    share.measure(used(0.7, 0), 3 * second, 1, 1);
    CHECK(share.latest()->user == doctest::Approx(0.2));
}

TEST_CASE("a forked child begins anew") {
    processor_share share;
    share.measure(used(100, 50), 1 * second, 1, 1);
    share.measure(used(100.5, 50), 2 * second, 1, 1);
    share.measure(used(0.25, 0), 3 * second, 2, 1);
    CHECK(!share.latest());
    share.measure(used(0.5, 0), 4 * second, 2, 1);
    REQUIRE(share.latest());
    CHECK(share.latest()->user == doctest::Approx(0.25));
}

TEST_CASE("there is a processor") { CHECK(nanotel::detail::available_processors() >= 1); }
