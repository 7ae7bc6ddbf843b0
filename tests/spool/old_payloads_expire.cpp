// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"

using namespace nanotel_test;
using namespace std::chrono_literals;

namespace {

spool_options an_hour(const temporary_folder& here) { return {.directory = here.path, .max_age = 1h}; }

} // namespace

TEST_CASE("what waited for the whole age is removed, and no sooner") {
    const temporary_folder here;
    spool one(an_hour(here), "here", test_clock);
    one.put(signal::traces, 10, "a");
    let_pass(30min);
    one.put(signal::metrics, 5, "b");
    CHECK(one.expire(test_now()).files == 0);
    let_pass(30min - 1s);
    CHECK(one.expire(test_now()).files == 0);
    let_pass(1s);
    const auto first = one.oldest();
    REQUIRE(first);
    const spool::tally expired = one.expire(test_now());
    CHECK(expired.files == 1);
    CHECK(expired.items[0] == 10);
    CHECK(expired.items[1] == 0);
    CHECK(expired.bytes == first->bytes);
    CHECK_FALSE(one.remove(*first));
    CHECK(one.waiting().files == 1);
    CHECK(one.waiting().items[1] == 5);
    CHECK(names(folder_of(an_hour(here)), ".otlp").size() == 1);
    CHECK(next_body(one) == "b");
}

TEST_CASE("what others left is as old as its name says, also after a restart") {
    const temporary_folder here;
    {
        spool one(an_hour(here), "here", test_clock);
        one.put(signal::traces, 1, "a");
        let_pass(20min);
        one.put(signal::traces, 1, "b");
    }
    let_pass(20min);
    spool two(an_hour(here), "here", test_clock);
    CHECK(two.take_over().files == 2); // take_over() removes nothing for its age
    CHECK(two.expire(test_now()).files == 0);
    let_pass(20min);
    CHECK(two.expire(test_now()).files == 1);
    CHECK(next_body(two) == "b");
}

TEST_CASE("a clock that is set forward makes nothing older") {
    const temporary_folder here;
    {
        spool one(an_hour(here), "here", test_clock);
        one.put(signal::traces, 1, "left");
    }
    spool two(an_hour(here), "here", test_clock);
    two.take_over();
    two.put(signal::traces, 1, "own");
    let_pass(10min);
    test_wall += std::chrono::nanoseconds(24h * 365).count();
    CHECK(two.expire(test_now()).files == 0);
    // And where it was wrong when they were found, what it says now counts.
    spool three(an_hour(here), "elsewhere", test_clock);
    three.put(signal::traces, 1, "own");
    CHECK(two.waiting().files == 2);
    let_pass(50min);
    CHECK(two.expire(test_now()).files == 2);
    CHECK(three.expire(test_now()).files == 0);
    let_pass(10min);
    CHECK(three.expire(test_now()).files == 1);
}

TEST_CASE("a clock that was wrong when files were found takes nothing") {
    const temporary_folder here;
    {
        spool one(an_hour(here), "here", test_clock);
        one.put(signal::traces, 1, "left");
    }
    test_wall += std::chrono::nanoseconds(24h * 365).count();
    spool two(an_hour(here), "here", test_clock);
    two.take_over();
    test_wall -= std::chrono::nanoseconds(24h * 365).count(); // put right
    CHECK(two.expire(test_now()).files == 0);
    let_pass(1h);
    CHECK(two.expire(test_now()).files == 1);
}

TEST_CASE("a clock that is set back keeps nothing for ever") {
    const temporary_folder here;
    spool one(an_hour(here), "here", test_clock);
    one.put(signal::traces, 1, "a");
    test_wall -= std::chrono::nanoseconds(24h * 365).count();
    let_pass(1h - 1s);
    CHECK(one.expire(test_now()).files == 0);
    let_pass(1s);
    CHECK(one.expire(test_now()).files == 1);
}

TEST_CASE("a file from the future expires from when it was found") {
    const temporary_folder here;
    const std::int64_t now = test_wall;
    {
        spool one(an_hour(here), "here", test_clock);
        test_wall += std::chrono::nanoseconds(24h * 365 * 100).count();
        one.put(signal::traces, 1, "future");
    }
    test_wall = now;
    spool two(an_hour(here), "here", test_clock);
    CHECK(two.take_over().files == 1);
    let_pass(1h - 1s);
    CHECK(two.expire(test_now()).files == 0);
    let_pass(1s);
    CHECK(two.expire(test_now()).files == 1);
    CHECK(names(folder_of(an_hour(here)), ".otlp").empty());
}

TEST_CASE("extreme ages and times do not overflow") {
    const temporary_folder here;
    spool one({.directory = here.path, .max_age = std::chrono::seconds::max()}, "here", test_clock);
    const std::int64_t now = test_wall;
    test_wall = -5; // before 1970
    CHECK(one.put(signal::traces, 1, "a") == outcome::written);
    test_wall = now;
    CHECK(one.expire(std::chrono::system_clock::time_point::max()).files == 0);
    CHECK(one.expire(std::chrono::system_clock::time_point::min()).files == 0);
    // A name that says the year 2554.
    std::filesystem::rename(folder_of({.directory = here.path}) + "/" +
                                names(folder_of({.directory = here.path}), ".otlp")[0],
                            folder_of({.directory = here.path}) +
                                "/18446744073709551615-0000000001-00000000deadbeef-traces-1.otlp");
    spool two({.directory = here.path, .max_age = 0s}, "here", test_clock);
    CHECK(two.take_over().files == 1);
    CHECK(two.expire(test_now()).files == 1); // an age of zero keeps nothing
}
