// SPDX-License-Identifier: MIT
#include "spool/spool_support.hpp"
#include "support/failing_memory.hpp"

using namespace nanotel_test;

namespace {

struct result {
    bool refused = false; // memory ran short on the way
    bool all_there = false;
};

// A spool that takes over, writes and delivers, and from some allocation on has no memory.
result run(long allocations) {
    const temporary_folder here;
    {
        spool before(here, "here");
        for (const char* body : {"1", "2", "3"}) before.put(signal::traces, 1, body);
    }
    std::vector<std::string> expected{"1", "2", "3"};
    spool one(here, "here");
    byte_buffer body;

    granted = allocations;
    const bool first = one.put(signal::traces, 1, "4") == outcome::written;
    spool::tally found = one.take_over();
    const bool second = one.put(signal::traces, 1, "5") == outcome::written;
    const auto next = one.oldest();
    const bool read = next && one.read(*next, body) == content::intact;
    const bool removed = read && one.remove(*next);
    one.expire(std::chrono::system_clock::now());
    const bool refused = granted <= 0;
    granted = unlimited;

    if (first) expected.push_back("4");
    if (second) expected.push_back("5");
    if (removed) std::erase(expected, std::string(body.data(), body.size()));
    if (one.waiting().files != found.files + first + second - removed) return {refused, false};
    found = one.take_over(); // what was not to be had then
    std::vector<std::string> bodies = all_bodies(one);
    std::sort(bodies.begin(), bodies.end());
    return {refused, bodies == expected && names(folder_of(here), ".otlp").empty()};
}

} // namespace

TEST_CASE("wherever memory runs short, every payload is on disk or with the caller, once") {
    long refusals = 0;
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {});
    for (long allocations = 0; allocations < 1000; ++allocations) {
        const result got = run(allocations);
        CAPTURE(allocations);
        CHECK(got.all_there);
        if (!got.refused) break;
        ++refusals;
    }
    nanotel::set_diagnostic_handler(nullptr);
    CHECK(refusals > 10);
    CHECK(refusals < 1000);
}
