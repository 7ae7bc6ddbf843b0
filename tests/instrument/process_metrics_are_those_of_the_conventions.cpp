// SPDX-License-Identifier: MIT
#include "collected.hpp"

#include <nanotel/instrument/process.hpp>

#include <fstream>

namespace {

using nanotel_test::collecting;
using nanotel_test::collection;

enum class shape { counter, up_down_counter, gauge };

struct convention {
    std::string name;
    std::string unit;
    shape kind;
    bool integer;
    std::string key; // of its one attribute; empty: it has none
    std::vector<std::string> values;
};

// OpenTelemetry semantic conventions 1.44.0, model/process/metrics.yaml.
const std::vector<convention> conventions{
    {"process.cpu.time", "s", shape::counter, false, "cpu.mode", {"user", "system"}},
    {"process.cpu.utilization", "1", shape::gauge, false, "cpu.mode", {"user", "system"}},
    {"process.memory.usage", "By", shape::up_down_counter, true, "", {}},
    {"process.memory.virtual", "By", shape::up_down_counter, true, "", {}},
    {"process.disk.io", "By", shape::counter, true, "disk.io.direction", {"read", "write"}},
    {"process.thread.count", "{thread}", shape::up_down_counter, true, "", {}},
    {"process.unix.file_descriptor.count", "{file_descriptor}", shape::up_down_counter, true, "", {}},
    {"process.context_switches",
     "{context_switch}",
     shape::counter,
     true,
     "process.context_switch.type",
     {"voluntary", "involuntary"}},
    {"process.paging.faults",
     "{fault}",
     shape::counter,
     true,
     "system.paging.fault.type",
     {"minor", "major"}},
    {"process.uptime", "s", shape::gauge, false, "", {}},
};

// Some sandboxes hide it.
bool disk_is_told() {
    std::ifstream file("/proc/self/io");
    return file.get() != std::ifstream::traits_type::eof();
}

// As long as it takes until a utilization is told.
void let_time_pass() {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::nanoseconds(nanotel::detail::processor_share::shortest_ns);
    while (std::chrono::steady_clock::now() < end) {
    }
}

} // namespace

TEST_CASE("metrics of the process have the names, units, kinds and attributes of the conventions") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    let_time_pass();
    const collection all = telemetry.collect();
    std::size_t expected = 0;
    for (const convention& wanted : conventions) {
        CAPTURE(wanted.name);
        if (wanted.name == "process.disk.io" && !disk_is_told()) continue;
        ++expected;
        const auto* const metric = all.find(wanted.name);
        REQUIRE(metric != nullptr);
        CHECK(metric->unit == wanted.unit);
        CHECK(!metric->description.empty());
        CHECK(metric->kind == (wanted.kind == shape::gauge ? nanotel::finished_metric_kind::gauge
                                                           : nanotel::finished_metric_kind::sum));
        CHECK(metric->monotonic == (wanted.kind == shape::counter));
        CHECK(metric->scope.name == "nanotel.process");
        CHECK(metric->scope.version == NANOTEL_VERSION);
        CHECK(metric->points.size() == (wanted.key.empty() ? 1 : wanted.values.size()));
        for (const auto& point : metric->points)
            CHECK((point.value.get_if<std::int64_t>() != nullptr) == wanted.integer);
        if (wanted.key.empty()) CHECK(metric->find({}) != nullptr);
        for (const std::string& value : wanted.values) CHECK(metric->find({{wanted.key, value}}) != nullptr);
    }
    CHECK(all.metrics().size() == expected);
}

TEST_CASE("a utilization is told from the second measurement on") {
    auto process = nanotel::observe_process();
    collecting telemetry;
    // Unless this thread was held up for a tenth of a second, the call above was just now.
    const auto began = std::chrono::steady_clock::now();
    auto process_of_now = nanotel::observe_process();
    process.remove();
    const collection first = telemetry.collect();
    if (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(100))
        CHECK(first.find("process.cpu.utilization") == nullptr);
    let_time_pass();
    CHECK(telemetry.collect().find("process.cpu.utilization") != nullptr);
}
