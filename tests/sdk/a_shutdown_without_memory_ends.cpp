// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"
#include "support/failing_memory.hpp"

#include <nanotel/nanotel.hpp>

using namespace nanotel_test;

namespace {

constinit nanotel::observable_gauge<> level{"shutdown.level"};
constinit nanotel::counter<> calls{"shutdown.calls"};

} // namespace

// Fails where an allocation that is refused on the way, as that of a thread for the last callbacks, lets the
// shutdown go out by an exception: spans are left, and the next start waits for its end for ever.
TEST_CASE("a shutdown ends, and sends what is left, whenever memory runs short") {
    const diagnostics_of_test diagnostics;
    const auto guard = level.observe([](const auto& o) { o.observe(1); });
    bool through = false;
    for (long allocations = 0; !through; ++allocations) {
        CAPTURE(allocations);
        REQUIRE(allocations < 1'000);
        auto exporter = std::make_shared<scripted_exporter>();
        auto telemetry = nanotel::start(quiet_options(exporter));
        record_spans(3);
        calls.add(1);
        granted = allocations;
        const auto result = telemetry.shutdown(long_enough);
        through = granted > 0;
        granted = unlimited;
        CHECK(result.complete);
        CHECK(exporter->calls() >= 1);
        if (!through) continue;
        CHECK(result.dropped == 0);
        CHECK(result.delivered >= 3);
    }
}
