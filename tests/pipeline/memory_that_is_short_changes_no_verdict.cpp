// SPDX-License-Identifier: MIT
#include "exporters/diagnostics_heard.hpp"
#include "support/failing_memory.hpp"

#include <nanotel/pipeline/fan_out.hpp>
#include <nanotel/pipeline/sender.hpp>

#include <doctest/doctest.h>

using namespace nanotel_test;
using namespace nanotel::detail;
using nanotel::export_outcome;
using nanotel::export_result;
using namespace std::chrono_literals;

namespace {

byte_buffer body_of(const char* text) {
    byte_buffer body;
    REQUIRE(body.append(text, 1));
    return body;
}

// Fails six times, then takes everything; and when it has answered, there is no memory until it is asked
// again.
struct greedy final : nanotel::exporter {
    int attempts = 0;

    export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
        granted = unlimited;
        export_result result;
        if (++attempts <= 6) result.outcome = export_outcome::retryable;
        granted = 0;
        return result;
    }
    std::string_view name() const noexcept override { return "greedy"; }
    std::string description() const override { return "here"; }
};

} // namespace

// Fails where a diagnostic that cannot be said changes what becomes of a payload.
TEST_CASE("a payload is kept or delivered also where there is no memory to say so") {
    const diagnostics_heard heard;
    payload_queue queue{queue_options{}};
    send_turns turns;
    sender_options how;
    how.breaking.first_pause = 1ms;
    how.breaking.greatest_pause = 4ms;
    sender sending(std::make_shared<greedy>(), "greedy here", queue, turns, how);
    CHECK(queue.push(body_of("1"), 1));
    CHECK(queue.push(body_of("2"), 2));
    sending.start();
    CHECK(queue.wait_until_settled(2, std::chrono::steady_clock::now() + 60s));
    CHECK(queue.snapshot().delivered == 3);
    CHECK(queue.snapshot().dropped_by.total() == 0);
    queue.close();
    sending.join();
}

// Fails where the queues that have a body already count it as dropped as well.
TEST_CASE("a body for several destinations counts once for each, whenever memory runs short") {
    bool through = false;
    for (long allocations = 0; allocations < 20; ++allocations) {
        CAPTURE(allocations);
        payload_queue roomy({}), full({.bytes = 1});
        CHECK(full.push(body_of("x"), 1));
        fan_out to;
        to.add(roomy);
        to.add(full);
        byte_buffer body = body_of("y");
        granted = allocations;
        to.push(std::move(body), 10, nanotel::signal::traces);
        through = granted > 0;
        granted = unlimited;
        for (const payload_queue* queue : {&roomy, &full}) {
            const auto s = queue->snapshot();
            CHECK(s.recorded == (queue == &full ? 11 : 10));
            CHECK(s.recorded == s.queued + s.dropped_by.total());
        }
    }
    CHECK(through);
}
