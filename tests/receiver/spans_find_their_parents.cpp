// SPDX-License-Identifier: MIT
// The store counts spans without a parent and spans that came twice, in whatever order they come.
#include "../../examples/receiver/span_store.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace {

receiver::received_span make(std::uint64_t trace, std::uint64_t span, std::uint64_t parent,
                             std::uint64_t start = 1, std::uint64_t end = 2) {
    receiver::received_span s;
    s.trace = {trace, 1};
    s.span = span;
    s.parent = parent;
    s.start = start;
    s.end = end;
    return s;
}

} // namespace

TEST_CASE("a parent may come before or after its children") {
    receiver::span_store store;
    store.add({make(1, 11, 10), make(1, 12, 11)});
    store.add({make(1, 10, 0)});
    const auto kin = store.count_kinship();
    CHECK(kin.orphans == 0);
    CHECK(kin.duplicates == 0);
}

TEST_CASE("a parent of another trace is no parent") {
    receiver::span_store store;
    store.add({make(1, 10, 0), make(2, 11, 10), make(1, 13, 12)});
    CHECK(store.count_kinship().orphans == 2);
}

TEST_CASE("a span that comes three times is two duplicates") {
    receiver::span_store store;
    store.add({make(1, 10, 0), make(1, 11, 10), make(2, 10, 0)});
    store.add({make(1, 10, 0)});
    store.add({make(1, 10, 0)});
    CHECK(store.count_kinship().duplicates == 2);
}

TEST_CASE("ids beyond the bound are counted") {
    receiver::span_store store({.ids = 2, .details = 100, .spans_of_a_trace = 10, .slow_traces = 1});
    store.add({make(1, 10, 0), make(1, 11, 10), make(1, 12, 10)});
    CHECK(store.beyond_ids() == 1);
    CHECK(store.count_kinship().orphans == 0);
}

TEST_CASE("slow traces outlive quick ones, and what is forgotten is counted") {
    receiver::span_store store({.ids = 100'000, .details = 100, .spans_of_a_trace = 10, .slow_traces = 2});
    constexpr std::uint64_t traces = 1'000;
    for (std::uint64_t i = 1; i <= traces; ++i) {
        const std::uint64_t end = i == 3 ? 9'000 : i == 500 ? 8'000 : i == 700 ? 7'000 : 100 + i;
        store.add({make(i, 1, 0, 1, end)});
    }
    const auto slow = store.slowest(2);
    REQUIRE(slow.size() == 2);
    CHECK(slow[0]->id[0] == 3);
    CHECK(slow[1]->id[0] == 500);
    CHECK(store.forgotten_details() + store.slowest(traces).size() == traces);
    CHECK(store.slowest(traces).size() <= 101);
}

TEST_CASE("a trace without end keeps a bounded number of spans") {
    receiver::span_store store({.ids = 100'000, .details = 100, .spans_of_a_trace = 10, .slow_traces = 2});
    for (std::uint64_t i = 1; i <= 50; ++i) store.add({make(1, i, 0)});
    REQUIRE(store.slowest(1).size() == 1);
    CHECK(store.slowest(1)[0]->spans.size() == 10);
    CHECK(store.slowest(1)[0]->beyond == 40);
}
