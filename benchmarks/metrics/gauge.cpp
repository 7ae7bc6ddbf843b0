// SPDX-License-Identifier: MIT
// What it costs to set a gauge that one thread sets.
#include "measuring.hpp"

namespace bench {
namespace {

constinit nanotel::gauge<> level{"bench.level"};

const auto set_level = [] {
    return [](int i) {
        level.set(0.5 * i);
        asm volatile("" ::: "memory");
    };
};

const add set({.name = "gauge/set",
               .library = "nanotel",
               .unit = "ns",
               .repetitions = 200,
               .check =
                   [] {
                       const auto metric = measured_by("bench.level", [] {
                           const auto operation = set_level();
                           for (int i = 0; i < 10; ++i) operation(i);
                       });
                       require(metric.points.size() == 1 && metric.points[0].value == 4.5,
                               "the gauge is not what it was set to");
                   },
               .sample =
                   [] {
                       auto telemetry = start_measuring();
                       return time_one_thread(set_level);
                   },
               .floor = "metrics/floor"});

} // namespace
} // namespace bench
