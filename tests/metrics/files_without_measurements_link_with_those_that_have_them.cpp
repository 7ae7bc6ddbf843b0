// SPDX-License-Identifier: MIT
#include "measured_with_and_without.hpp"

#include <nanotel/exporters/memory.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>

using namespace std::chrono_literals;

namespace nanotel_test {

measured_with_and_without::results measure_enabled() { return measured_with_and_without::measure(); }

} // namespace nanotel_test

TEST_CASE("a file compiled with NANOTEL_DISABLED links with one that measures, and measures nothing") {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "shop", .exporter = memory});
    const auto without = nanotel_test::measure_disabled();
    CHECK(without.evaluated == 0); // compiled, and never run
    CHECK_FALSE(without.was_enabled);
    CHECK(telemetry.flush(30s).complete);
    CHECK(memory->metrics().empty());
    const auto with = nanotel_test::measure_enabled();
    CHECK(with.evaluated == 7);
    CHECK(with.was_enabled);
    CHECK(telemetry.flush(30s).complete);
    std::set<std::string> names;
    for (const auto& metric : memory->metrics()) names.insert(metric.name);
    CHECK(names ==
          std::set<std::string>{"duration", "level", "size", "temperature", "under.way", "work.done"});
}
