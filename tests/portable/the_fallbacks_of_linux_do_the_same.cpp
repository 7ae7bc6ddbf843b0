// SPDX-License-Identifier: MIT
// Compiled with NANOTEL_PORTABLE: no futex, no membarrier, no getrandom, no wiped pages, no cycle counter.
#include "../sdk/scripted_exporter.hpp"

#include <set>

using namespace nanotel_test;
using namespace nanotel::literals;

static_assert(NANOTEL_DETAIL_LINUX == 0);
static_assert(!nanotel::detail::has_cycle_counter);

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("spans of several threads arrive once, with parents and times") {
    CHECK_FALSE(nanotel::detail::register_process_barrier());
    const counts_since counts;
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto options = quiet_options(memory);
    options.when_full = nanotel::full_ring_policy::block;
    options.block_timeout = std::chrono::hours(1);
    options.ring_bytes = options.max_ring_bytes = 16 << 10; // so that threads do wait for room
    const std::uint64_t begin = nanotel::detail::clock_nanoseconds(CLOCK_REALTIME);
    auto telemetry = nanotel::start(std::move(options));
    constexpr int threads = 4, rounds = 400;
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([] {
            for (int i = 0; i < rounds; ++i) {
                NANOTEL_SPAN(outer, "outer", "round"_attr = i);
                NANOTEL_SPAN(inner, "inner", "round"_attr = i);
            }
        });
    for (std::thread& w : workers) w.join();
    CHECK(telemetry.flush(long_enough));
    const auto spans = memory->spans();
    CHECK(spans.size() == threads * rounds * 2);
    std::set<std::string> ids;
    for (const auto& s : spans) {
        CHECK(ids.insert(s.span_id).second);
        CHECK(s.parent_span_id.empty() == (s.name == "outer"));
        CHECK(s.start_time_unix_nano + 1'000'000'000 > begin);
        CHECK(s.end_time_unix_nano >= s.start_time_unix_nano);
    }
    check_adds_up(counts());
    CHECK(telemetry.shutdown(long_enough));
    CHECK(counts().delivered == spans.size());
}

TEST_CASE("without a barrier a burst is found by short waits") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto options = quiet_options(memory);
    options.max_export_batch_size = 100;
    options.max_ring_bytes = options.ring_bytes;
    options.when_full = nanotel::full_ring_policy::block;
    options.block_timeout = std::chrono::hours(1);
    auto telemetry = nanotel::start(std::move(options));
    record_spans(1200);
    CHECK(memory->wait_for(700, std::chrono::duration_cast<std::chrono::milliseconds>(long_enough)));
}

TEST_SUITE_END();
