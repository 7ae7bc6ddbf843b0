// SPDX-License-Identifier: MIT
#include <nanotel/exporters/memory.hpp>
#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace nanotel::literals;
using namespace std::chrono_literals;

namespace {

constinit nanotel::counter<> asked{"asked"};

// What lies on the stack when a label set is built, and in a block of the pool.
[[gnu::noinline]] void leave_behind(unsigned char what) {
    volatile unsigned char stack[4096];
    for (auto& byte : stack) byte = what;
    NANOTEL_SPAN(span, "large");
    span.set("text"_attr = std::string(900, static_cast<char>(what)));
}

} // namespace

TEST_CASE("labels in another order, and whatever memory held before, are the same series") {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "shop", .exporter = memory});
    const std::string text = "abc";
    const std::string long_text(301, 'x');
    const std::vector<std::string> list{"a", "bc", "def"};
    for (unsigned char what : {0x00, 0xff, 0x55}) {
        leave_behind(what);
        asked.add(1, "place"_attr = text, "floor"_attr = 3, "heated"_attr = true);
        leave_behind(what);
        asked.add(10, "heated"_attr = true, "floor"_attr = 3, "place"_attr = text);
        leave_behind(what);
        asked.bind("heated"_attr = true, "place"_attr = text, "floor"_attr = 3).add(100);
        leave_behind(what);
        asked.add(1, "long"_attr = long_text, "key"_attr = "value");
        leave_behind(what);
        asked.add(1, "key"_attr = "value", "long"_attr = long_text);
        leave_behind(what);
        asked.add(1, "list"_attr = list);
    }
    REQUIRE(telemetry.flush(30s).complete);
    const auto metrics = memory->metrics();
    const auto found = std::find_if(metrics.begin(), metrics.end(),
                                    [](const auto& metric) { return metric.name == "asked"; });
    REQUIRE(found != metrics.end());
    CAPTURE(*found);
    CHECK(found->points.size() == 3);
    const auto value = [&](const nanotel::attribute_list& labels) {
        const auto* const point = found->find(labels);
        REQUIRE(point);
        return point->value;
    };
    CHECK(value({{"place", "abc"}, {"floor", 3}, {"heated", true}}) == 333);
    CHECK(value({{"key", "value"}, {"long", long_text}}) == 6);
    CHECK(value({{"list", nanotel::any_value::array{"a", "bc", "def"}}}) == 3);
}
