// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

using namespace nanotel_test;
using namespace nanotel::literals;
using nanotel::export_outcome;
using nanotel::export_result;

TEST_CASE("delivered") {
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>();
    auto telemetry = nanotel::start(quiet_options(exporter));
    record_spans(10);
    CHECK(counts().recorded == 10);
    CHECK(counts().queued == 10);
    check_adds_up(counts());
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed);
    CHECK(flushed.complete);
    CHECK(flushed.delivered == 10);
    CHECK(flushed.undelivered == 0);
    CHECK(counts().delivered == 10);
    CHECK(counts().queued == 0);
    CHECK(counts().exports == 1);
    CHECK(counts().bytes_delivered == exporter->bodies().at(0).size());
    check_adds_up(counts());
    // Nothing new: nothing is sent.
    CHECK(telemetry.flush(long_enough));
    CHECK(exporter->calls() == 1);
}

TEST_CASE("rejected") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    auto telemetry = nanotel::start(quiet_options(std::make_shared<scripted_exporter>([](auto&) {
        return export_result{.outcome = export_outcome::rejected, .message = "no such tenant"};
    })));
    record_spans(7);
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed.complete);
    CHECK_FALSE(flushed); // nothing is left behind, but not all was delivered
    CHECK(flushed.dropped == 7);
    CHECK(counts().dropped_by.rejected == 7);
    CHECK(counts().exports == 0);
    CHECK(diagnostics.heard("no such tenant"));
    check_adds_up(counts());
}

TEST_CASE("partial success") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    auto telemetry = nanotel::start(quiet_options(std::make_shared<scripted_exporter>(
        [](auto&) { return export_result{.rejected_items = 3, .message = "three were too old"}; })));
    record_spans(7);
    CHECK(telemetry.flush(long_enough).delivered == 4);
    CHECK(counts().dropped_by.rejected == 3);
    CHECK(diagnostics.heard("3 of 7 spans"));
    check_adds_up(counts());
}

TEST_CASE("partial success that claims more than there was") {
    const counts_since counts;
    auto telemetry = nanotel::start(quiet_options(
        std::make_shared<scripted_exporter>([](auto&) { return export_result{.rejected_items = 1000}; })));
    record_spans(7);
    CHECK(telemetry.flush(long_enough).dropped == 7);
    CHECK(counts().dropped_by.rejected == 7);
    check_adds_up(counts());
}

TEST_CASE("retryable, then delivered, with the same bytes") {
    const counts_since counts;
    std::atomic<int> attempts{0};
    auto exporter = std::make_shared<scripted_exporter>([&](auto&) {
        return export_result{.outcome =
                                 ++attempts < 3 ? export_outcome::retryable : export_outcome::delivered};
    });
    auto telemetry = nanotel::start(quiet_options(exporter));
    record_spans(5);
    CHECK(telemetry.flush(long_enough));
    CHECK(counts().retries == 2);
    CHECK(counts().delivered == 5);
    const auto bodies = exporter->bodies();
    REQUIRE(bodies.size() == 3);
    CHECK(bodies[0] == bodies[1]);
    CHECK(bodies[1] == bodies[2]);
    check_adds_up(counts());
}

TEST_CASE("retryable beyond the limit of retries") {
    const counts_since counts;
    auto options = quiet_options(std::make_shared<scripted_exporter>(
        [](auto&) { return export_result{.outcome = export_outcome::retryable}; }));
    options.retry_limit = 200ms;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(5);
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed.complete);
    CHECK(flushed.dropped == 5);
    CHECK(counts().dropped_by.undeliverable == 5);
    CHECK(counts().retries >= 1);
    check_adds_up(counts());
}

TEST_CASE("a wait that the destination asks for is beyond the limit of retries") {
    const counts_since counts;
    auto exporter = std::make_shared<scripted_exporter>([](auto&) {
        return export_result{.outcome = export_outcome::retryable, .retry_after = std::chrono::hours(2)};
    });
    auto options = quiet_options(exporter);
    options.retry_limit = 60s;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(5);
    CHECK(telemetry.flush(long_enough).dropped == 5); // at once, not after two hours
    CHECK(exporter->calls() == 1);
    CHECK(counts().dropped_by.undeliverable == 5);
    check_adds_up(counts());
}

TEST_CASE("an exporter that throws loses its payload and nothing else") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    std::atomic<int> attempts{0};
    auto telemetry =
        nanotel::start(quiet_options(std::make_shared<scripted_exporter>([&](auto&) -> export_result {
            switch (++attempts) {
            case 1:
                throw std::runtime_error("the disk is gone");
            case 2:
                throw 5;
            case 3:
                throw std::bad_alloc();
            default:
                return {};
            }
        })));
    for (int i = 1; i <= 4; ++i) {
        record_spans(i);
        CHECK(telemetry.flush(long_enough).complete);
    }
    CHECK(diagnostics.heard("the disk is gone"));
    CHECK(counts().dropped_by.undeliverable == 1 + 2);
    CHECK(counts().dropped_by.out_of_memory == 3);
    CHECK(counts().delivered == 4);
    check_adds_up(counts());
}

namespace {

// Until so many spans have come to the queue, or found no room there, however long the collector thread
// takes.
void wait_until_pushed(nanotel::telemetry& telemetry, std::uint64_t spans) {
    while (telemetry.stats().destinations.at(0).spans.recorded < spans)
        CHECK_FALSE(telemetry.flush(1ms).complete);
}

} // namespace

TEST_CASE("a queue that is full by items drops the newest") {
    const counts_since counts;
    std::shared_ptr<scripted_exporter> exporter;
    exporter = std::make_shared<scripted_exporter>([&](auto&) {
        exporter->block();
        return export_result{};
    });
    auto options = quiet_options(exporter);
    options.max_queue_size = 5;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(2); // under way
    CHECK_FALSE(telemetry.flush(1ms).complete);
    REQUIRE(exporter->wait_for_calls(1));
    record_spans(5); // waits
    wait_until_pushed(telemetry, 7);
    record_spans(3); // beyond
    wait_until_pushed(telemetry, 10);
    CHECK_FALSE(telemetry.flush(1ms).complete);
    check_adds_up(counts());
    exporter->release();
    CHECK(telemetry.flush(long_enough).complete);
    CHECK(counts().delivered == 7);
    CHECK(counts().dropped_by.queue_full == 3);
    check_adds_up(counts());
}

TEST_CASE("a queue that is full by bytes drops the newest") {
    const counts_since counts;
    std::shared_ptr<scripted_exporter> exporter;
    exporter = std::make_shared<scripted_exporter>([&](auto&) {
        exporter->block();
        return export_result{};
    });
    auto options = quiet_options(exporter);
    options.max_queue_bytes = 2000;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(1);
    static_cast<void>(telemetry.flush(1ms));
    REQUIRE(exporter->wait_for_calls(1));
    record_spans(2); // about 900 bytes
    wait_until_pushed(telemetry, 3);
    record_spans(50); // 10 KiB
    wait_until_pushed(telemetry, 53);
    check_adds_up(counts());
    exporter->release();
    CHECK(telemetry.flush(long_enough).complete);
    CHECK(counts().delivered == 3);
    CHECK(counts().dropped_by.queue_full == 50);
    check_adds_up(counts());
}

TEST_CASE("a ring that is full drops and counts, and the flush says so") {
    const counts_since counts;
    std::shared_ptr<scripted_exporter> exporter = std::make_shared<scripted_exporter>();
    auto options = quiet_options(exporter);
    options.ring_bytes = options.max_ring_bytes = 16 << 10;
    options.max_all_rings_bytes = 16 << 10;
    auto telemetry = nanotel::start(std::move(options));
    record_spans(200'000);
    CHECK(telemetry.flush(long_enough).complete);
    const auto s = counts();
    CHECK(s.recorded == 200'000);
    CHECK(s.dropped_by.ring_full > 0);
    CHECK(s.dropped_by.ring_full == s.dropped);
    CHECK(s.delivered + s.dropped == 200'000);
    check_adds_up(s);
}

TEST_CASE("two threads cannot make an exporter send twice at once") {
    auto exporter = std::make_shared<scripted_exporter>();
    auto telemetry = nanotel::start(quiet_options(exporter));
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                record_spans(1);
                CHECK(telemetry.flush(long_enough).complete);
            }
        });
    for (std::thread& t : threads) t.join();
    CHECK_FALSE(exporter->overlapped);
}
