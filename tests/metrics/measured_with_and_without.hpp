// SPDX-License-Identifier: MIT
// The same measurements, for a file that measures and one that does not. Internal linkage: see
// trace/with_and_without.hpp.
#pragma once

#include <nanotel/nanotel.hpp>

namespace nanotel_test {

namespace measured_with_and_without {

struct results {
    int evaluated = 0;
    bool was_enabled = false;
};

namespace {

constinit nanotel::counter<> work_done{"work.done"};
constinit nanotel::up_down_counter<std::int64_t, nanotel::label<"ok", bool>> under_way{"under.way"};
constinit nanotel::gauge<> level{"level"};
constinit nanotel::histogram<> duration{"duration", {.unit = "s", .bounds = {1, 2}}};
constinit nanotel::exponential_histogram<> size{"size"};
constinit nanotel::observable_gauge<> temperature{"temperature"};

[[maybe_unused]] results measure() {
    using namespace nanotel::literals;
    results made;
    const auto evaluate = [&] { return ++made.evaluated; };
    NANOTEL_ADD(work_done, evaluate(), "n"_attr = evaluate());
    NANOTEL_ADD(under_way, -evaluate(), true);
    NANOTEL_GAUGE_SET(level, evaluate());
    NANOTEL_RECORD(duration, evaluate(), "n"_attr = evaluate());
    {
        NANOTEL_TIME(duration, "n"_attr = evaluate());
    }
    work_done.bind("k"_attr = 1).add(1);
    size.record(3);
    static const auto guard = temperature.observe([](const auto& observer) { observer.observe(20); });
    made.was_enabled = work_done.enabled();
    return made;
}

} // namespace
} // namespace measured_with_and_without

measured_with_and_without::results measure_enabled();
measured_with_and_without::results measure_disabled();

} // namespace nanotel_test
