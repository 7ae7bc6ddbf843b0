// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

#include <thread>

using namespace nanotel_test;
using nanotel::export_outcome;
using nanotel::export_result;

namespace {

using clock_type = std::chrono::steady_clock;

template <class F>
std::chrono::nanoseconds time_of(F&& f) {
    const auto begin = clock_type::now();
    f();
    return clock_type::now() - begin;
}

} // namespace

TEST_CASE("shutdown sends what is left, ends recording, and has nothing to do a second time") {
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>();
    auto telemetry = nanotel::start(quiet_options(exporter));
    record_spans(10);
    const auto ended = telemetry.shutdown(long_enough);
    CHECK(ended);
    CHECK(ended.delivered == 10);
    CHECK(exporter->calls() == 1);
    record_spans(10);
    CHECK(counts().recorded == 10);
    CHECK_FALSE(nanotel::current_context().is_valid());
    const auto again = telemetry.shutdown(long_enough);
    CHECK(again);
    CHECK(again.delivered == 0);
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed);
    CHECK(flushed.undelivered == 0);
    CHECK(exporter->calls() == 1);
    check_adds_up(counts());
}

TEST_CASE("shutdown does not wait for the schedule delay") {
    // The delay is an hour. A request that was lost between two looks of the collector thread would wait it
    // out.
    for (int i = 0; i < 200; ++i) {
        auto telemetry = nanotel::start(quiet_options(std::make_shared<scripted_exporter>()));
        record_spans(1);
        CHECK(telemetry.shutdown(long_enough).delivered == 1);
    }
}

TEST_CASE("a blocked send is interrupted at the deadline of a shutdown, and all is counted") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    std::shared_ptr<scripted_exporter> exporter;
    exporter = std::make_shared<scripted_exporter>([&](auto&) {
        exporter->block();
        return export_result{.outcome = export_outcome::retryable, .message = "interrupted"};
    });
    auto telemetry = nanotel::start(quiet_options(exporter));
    record_spans(3);
    static_cast<void>(telemetry.flush(1ms));
    REQUIRE(exporter->wait_for_calls(1));
    record_spans(4);
    nanotel::flush_result ended;
    CHECK(time_of([&] { ended = telemetry.shutdown(50ms); }) < long_enough);
    CHECK_FALSE(ended.complete);
    CHECK(ended.dropped == 7);
    CHECK(ended.undelivered == 0);
    CHECK(counts().dropped_by.shut_down == 7);
    CHECK(diagnostics.heard("7 spans were not delivered before the deadline"));
    check_adds_up(counts());
}

TEST_CASE("a shutdown without any time interrupts a send that has just begun or is about to") {
    const counts_since counts;
    std::uint64_t recorded = 0;
    for (int i = 0; i < 100; ++i) {
        std::shared_ptr<scripted_exporter> exporter;
        exporter = std::make_shared<scripted_exporter>([&](auto&) {
            exporter->block();
            return export_result{.outcome = export_outcome::retryable};
        });
        auto telemetry = nanotel::start(quiet_options(exporter));
        record_spans(1);
        ++recorded;
        CHECK(time_of([&] { telemetry.shutdown(0ms); }) < long_enough);
    }
    const auto s = counts();
    CHECK(s.dropped_by.shut_down == recorded);
    check_adds_up(s);
}

TEST_CASE("an interrupt that came just before a send began is repeated") {
    // The first finds nothing to interrupt; the send begins after it.
    struct late_beginner final : nanotel::exporter {
        std::mutex mutex;
        std::condition_variable changed;
        int interrupts = 0;
        bool entered = false;
        bool heeded = false;
        export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
            std::unique_lock lock(mutex);
            entered = true;
            changed.notify_all();
            changed.wait(lock, [&] { return interrupts >= 1; });
            const int before = interrupts;
            changed.wait_for(lock, long_enough, [&] { return interrupts > before; });
            heeded = interrupts > before;
            return {.outcome = export_outcome::retryable};
        }
        void interrupt() noexcept override {
            const std::lock_guard lock(mutex);
            ++interrupts;
            changed.notify_all();
        }
        std::string_view name() const noexcept override { return "late"; }
        std::string description() const override { return "late"; }
    };
    const counts_since counts;
    auto exporter = std::make_shared<late_beginner>();
    auto telemetry = nanotel::start(quiet_options(exporter));
    record_spans(1);
    static_cast<void>(telemetry.flush(1ms));
    {
        std::unique_lock lock(exporter->mutex);
        REQUIRE(exporter->changed.wait_for(lock, long_enough, [&] { return exporter->entered; }));
    }
    telemetry.shutdown(0ms);
    {
        const std::lock_guard lock(exporter->mutex);
        CHECK(exporter->heeded);
    }
    CHECK(counts().dropped_by.shut_down == 1);
    check_adds_up(counts());
}

TEST_CASE("an exporter that heeds nothing is left to itself") {
    const counts_since counts;
    // Lives longer than the test: nobody waits for it.
    static std::shared_ptr<scripted_exporter> deaf;
    deaf = std::make_shared<scripted_exporter>([](auto&) {
        deaf->block(false);
        return export_result{};
    });
    auto telemetry = nanotel::start(quiet_options(deaf));
    record_spans(3);
    static_cast<void>(telemetry.flush(1ms));
    REQUIRE(deaf->wait_for_calls(1));
    record_spans(2);
    CHECK(time_of([&] { telemetry.shutdown(10ms); }) < long_enough);
    CHECK(counts().dropped_by.shut_down == 5);
    CHECK(counts().queued == 0);
    check_adds_up(counts());
    // Another exporter serves meanwhile, and the late answer of the first counts for nothing.
    auto next = nanotel::start(quiet_options(std::make_shared<scripted_exporter>()));
    record_spans(4);
    deaf->release();
    CHECK(next.flush(long_enough).delivered == 4);
    next.shutdown(long_enough);
    CHECK(counts().delivered == 4);
    check_adds_up(counts());
}

TEST_CASE("a wait between attempts ends with the shutdown") {
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>(
        [](auto&) { return export_result{.outcome = export_outcome::retryable, .retry_after = 1h}; });
    auto options = quiet_options(exporter);
    options.retry_limit = std::chrono::hours(1);
    auto telemetry = nanotel::start(std::move(options));
    record_spans(3);
    static_cast<void>(telemetry.flush(1ms));
    REQUIRE(exporter->wait_for_calls(1));
    CHECK(time_of([&] { telemetry.shutdown(10ms); }) < long_enough);
    CHECK(counts().dropped == 3);
    check_adds_up(counts());
}

TEST_CASE("a flush returns at its deadline, whatever the exporter does") {
    const counts_since counts;
    std::shared_ptr<scripted_exporter> exporter;
    exporter = std::make_shared<scripted_exporter>([&](auto&) {
        exporter->block();
        return export_result{};
    });
    auto telemetry = nanotel::start(quiet_options(exporter));
    record_spans(3);
    nanotel::flush_result flushed;
    CHECK(time_of([&] { flushed = telemetry.flush(50ms); }) < long_enough);
    CHECK_FALSE(flushed);
    CHECK_FALSE(flushed.complete);
    CHECK(flushed.delivered == 0);
    CHECK(flushed.undelivered == 3);
    flushed = telemetry.flush(-1h);
    CHECK_FALSE(flushed.complete);
    exporter->release();
    CHECK(telemetry.flush(std::chrono::nanoseconds::max()));
    CHECK(counts().delivered == 3);
}

TEST_CASE("the guard shuts down when it goes, also when another takes its place") {
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>();
    {
        auto telemetry = nanotel::start(quiet_options(exporter));
        record_spans(2);
        nanotel::telemetry moved = std::move(telemetry);
        record_spans(1);
        CHECK(counts().delivered == 0);
    }
    CHECK(counts().delivered == 3);
    {
        auto telemetry = nanotel::start(quiet_options(exporter));
        record_spans(1);
        telemetry = nanotel::telemetry{};
        CHECK(counts().delivered == 4);
        record_spans(1);
        CHECK(counts().recorded == 4);
    }
    check_adds_up(counts());
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("flushes of several threads all end, though the schedule delay is an hour") {
    const counts_since counts;
    auto telemetry = nanotel::start(quiet_options(std::make_shared<scripted_exporter>()));
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 500; ++i) {
                record_spans(1);
                CHECK(telemetry.flush(long_enough).complete);
            }
        });
    for (std::thread& t : threads) t.join();
    CHECK(counts().delivered == 1500);
    check_adds_up(counts());
}

TEST_CASE("starts, flushes, counts and shutdowns of several threads do not disturb each other") {
    const diagnostics_of_test diagnostics; // swallows the warnings of second starts
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>();
    std::atomic<bool> done{false};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 60; ++i) {
                auto telemetry = nanotel::start(quiet_options(exporter));
                record_spans(20);
                telemetry.shutdown(long_enough);
            }
            done.store(true);
        });
    threads.emplace_back([&] {
        while (!done.load()) {
            const auto flushed = nanotel::telemetry{}.flush(long_enough);
            CHECK(flushed.delivered < 1'000'000); // no count goes back
            CHECK(flushed.dropped < 1'000'000);
        }
    });
    for (std::thread& t : threads) t.join();
    // What was recorded while one shut down and the other started waits for the next start.
    auto last = nanotel::start(quiet_options(exporter));
    CHECK(last.shutdown(long_enough).complete);
    CHECK(counts().queued == 0);
    CHECK(counts().dropped == 0);
    CHECK_FALSE(exporter->overlapped);
    check_adds_up(counts());
}

TEST_SUITE_END();
