// SPDX-License-Identifier: MIT
// What an add to a counter costs the thread that makes it.
#include "measuring.hpp"

#include <numeric>
#include <random>

using namespace nanotel::literals;

namespace bench {
namespace {

enum class payment { card, cash, voucher };
enum class region { eu, us, asia, africa };

constinit nanotel::counter<> plain{"bench.plain", {.unit = "{add}"}};
constinit nanotel::counter<std::uint64_t, nanotel::label<"payment", payment>,
                           nanotel::label<"region", region>>
    with_enums{"bench.enums"};
constinit nanotel::counter<> with_labels{"bench.labels"};

std::uint64_t sum_of(const nanotel::finished_metric& metric) {
    std::uint64_t sum = 0;
    for (const auto& point : metric.points)
        if (const auto* const value = point.value.get_if<std::int64_t>())
            sum += static_cast<std::uint64_t>(*value);
    return sum;
}

// One series in which all adds are.
void check_sum(const nanotel::finished_metric& metric, std::uint64_t adds, std::size_t series) {
    require(metric.points.size() == series, metric.name + " has " + std::to_string(metric.points.size()) +
                                                " series instead of " + std::to_string(series));
    require(sum_of(metric) == adds,
            metric.name + " is " + std::to_string(sum_of(metric)) + " instead of " + std::to_string(adds));
}

// 1,000 users in an order that no processor foresees.
constexpr int users = 1000;
const std::vector<std::string> shuffled_users = [] {
    std::vector<std::string> names;
    for (int i = 0; i < users; ++i) names.push_back("user-" + std::to_string(1'000'000 + i * 7919));
    std::shuffle(names.begin(), names.end(), std::mt19937(42));
    return names;
}();

const auto add_plain = [] {
    return [](int) {
        plain.add(1);
        asm volatile("" ::: "memory");
    };
};
// The handle is the loop's own, as a member of an object is its functions'.
const auto add_bound = [] {
    return [bound = plain.bind()](int) {
        bound.add(1);
        asm volatile("" ::: "memory");
    };
};
const auto add_enums = [] {
    return [](int i) {
        with_enums.add(1, static_cast<payment>(i & 1), static_cast<region>(i >> 1 & 3));
        asm volatile("" ::: "memory");
    };
};
const auto add_labels = [] {
    return [](int i) {
        with_labels.add(1, "method"_attr = "GET",
                        "user"_attr = shuffled_users[static_cast<std::size_t>(i % users)]);
        asm volatile("" ::: "memory");
    };
};
const auto check_adds = [](const char* name, std::size_t series) {
    return [=](int threads, auto&& run) {
        check_sum(measured_by(name, run), static_cast<std::uint64_t>(threads) * measurements, series);
    };
};

[[maybe_unused]] const bool added = [] {
    add_measurement("counter/add", add_plain, check_adds("bench.plain", 1));
    add_measurement("counter/add_bound", add_bound, check_adds("bench.plain", 1));
    add_measurement("counter/add_enum_labels", add_enums, check_adds("bench.enums", 8));
    add_measurement("counter/add_dynamic_labels", add_labels, check_adds("bench.labels", users));
    return true;
}();

// Within a sampled span every add may become the exemplar of its series.
const add in_span({.name = "counter/add_in_span",
                   .library = "nanotel",
                   .unit = "ns",
                   .repetitions = 200,
                   .check =
                       [] {
                           const auto metric = measured_by("bench.plain", [] {
                               NANOTEL_SCOPED_SPAN("outer");
                               const auto operation = add_plain();
                               for (int i = 0; i < measurements; ++i) operation(i);
                           });
                           check_sum(metric, measurements, 1);
                           require(!metric.points[0].exemplars.empty() &&
                                       !metric.points[0].exemplars[0].trace_id.empty(),
                                   "no exemplar was taken");
                       },
                   .sample =
                       [] {
                           auto telemetry = start_measuring();
                           NANOTEL_SCOPED_SPAN("outer");
                           return time_one_thread(add_plain);
                       },
                   .floor = "metrics/floor"});

} // namespace
} // namespace bench
