// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <algorithm>
#include <thread>

using namespace nanotel_test;
using nanotel::aggregation;

namespace {

constinit nanotel::counter<> requests{"shop.requests", {.unit = "{request}", .description = "served"}};
constinit nanotel::counter<> errors{"shop.errors", {.unit = "{error}"}};
constinit nanotel::up_down_counter<> carts{"shop.carts"};
constinit nanotel::histogram<> durations{"shop.duration", {.unit = "s", .bounds = {1, 10}}};
constinit nanotel::gauge<> level{"shop.level"};
constinit nanotel::observable_counter<> faults{"shop.faults"};

namespace of_library {
NANOTEL_INSTRUMENTATION_SCOPE("library", "1.5", "https://example.org/schema");
constinit nanotel::counter<> requests{"shop.requests", {.unit = "{request}", .scope = NANOTEL_SCOPE}};
} // namespace of_library

measuring_options with(std::vector<nanotel::view> views) { return {.views = std::move(views)}; }

// What one view that renames does to everything that is used here.
std::vector<std::string> names_with(nanotel::view selecting) {
    selecting.aggregation = aggregation::drop();
    measuring telemetry(with({std::move(selecting)}));
    requests.add(1);
    errors.add(1);
    carts.add(1);
    durations.record(1);
    of_library::requests.add(1);
    std::vector<std::string> names;
    for (const auto& m : telemetry.collected()) names.push_back(m.scope.name + ":" + m.name);
    std::sort(names.begin(), names.end());
    return names;
}

using texts = std::vector<std::string>;

} // namespace

// Fails where selects() in view.hpp leaves out one of its conditions: something else is dropped then.
TEST_CASE("a view selects by pattern, kind, unit and scope") {
    const texts all{":shop.carts", ":shop.duration", ":shop.errors", ":shop.requests",
                    "library:shop.requests"};
    const auto without = [&](const texts& gone) {
        texts left;
        for (const auto& name : all)
            if (std::find(gone.begin(), gone.end(), name) == gone.end()) left.push_back(name);
        return left;
    };
    CHECK(names_with({.instrument_name = "nothing"}) == all);
    CHECK(names_with({.instrument_name = "*"}).empty());
    CHECK(names_with({.instrument_name = "shop.requests"}) ==
          without({":shop.requests", "library:shop.requests"}));
    CHECK(names_with({.instrument_name = "SHOP.Requests"}) ==
          without({":shop.requests", "library:shop.requests"}));
    CHECK(names_with({.instrument_name = "shop.?arts"}) == without({":shop.carts"}));
    CHECK(names_with({.instrument_name = "*r*s"}) ==
          without({":shop.carts", ":shop.errors", ":shop.requests", "library:shop.requests"}));
    CHECK(names_with({.instrument_name = "shop"}) == all);
    CHECK(names_with({.instrument_kind = nanotel::instrument_kind::histogram}) ==
          without({":shop.duration"}));
    CHECK(names_with({.instrument_kind = nanotel::instrument_kind::counter}) ==
          texts{":shop.carts", ":shop.duration"});
    CHECK(names_with({.instrument_unit = "{error}"}) == without({":shop.errors"}));
    CHECK(names_with({.instrument_unit = ""}) == without({":shop.carts"}));
    CHECK(names_with({.scope_name = "library"}) == without({"library:shop.requests"}));
    CHECK(names_with({.scope_name = ""}) == texts{"library:shop.requests"});
    CHECK(names_with({.scope_version = "1.5"}) == without({"library:shop.requests"}));
    CHECK(names_with({.scope_version = "1.6"}) == all);
    CHECK(names_with({.scope_schema_url = "https://example.org/schema"}) ==
          without({"library:shop.requests"}));
    CHECK(names_with({.instrument_name = "shop.requests", .scope_name = "other"}) == all);
}

// Fails where add_stream takes name or description from the instrument although the view has them.
TEST_CASE("a view renames and describes") {
    measuring telemetry(
        with({{.instrument_name = "shop.requests", .name = "http.requests", .description = "of the web"},
              {.instrument_name = "shop.e*", .description = "what went wrong"}}));
    requests.add(3);
    errors.add(2);
    const auto metrics = telemetry.collected();
    REQUIRE(metrics.size() == 2);
    CHECK(find(metrics, "http.requests").description == "of the web");
    CHECK(find(metrics, "http.requests").unit == "{request}");
    CHECK(point(find(metrics, "http.requests")).value == 3);
    CHECK(find(metrics, "shop.errors").description == "what went wrong");
}

// Fails where a dropped instrument is not marked with the number of the start.
TEST_CASE("what a view drops is not enabled after its first use, until the next start") {
    CHECK_FALSE(requests.enabled());
    {
        measuring telemetry(with({{.instrument_name = "shop.requests", .aggregation = aggregation::drop()}}));
        CHECK(requests.enabled()); // nobody knows yet
        requests.add(1);
        CHECK_FALSE(requests.enabled());
        const auto bound = requests.bind("a"_attr = 1);
        bound.add(1);
        requests.add(1, "a"_attr = 2);
        int evaluated = 0;
        NANOTEL_ADD(requests, static_cast<unsigned>(++evaluated));
        CHECK(evaluated == 0);
        errors.add(1);
        CHECK(errors.enabled());
        const auto metrics = telemetry.collected();
        REQUIRE(metrics.size() == 1);
        CHECK(metrics[0].name == "shop.errors");
    }
    CHECK_FALSE(errors.enabled());
    measuring telemetry;
    CHECK(requests.enabled());
    requests.add(1);
    CHECK(requests.enabled());
    CHECK(point(find(telemetry.collected(), "shop.requests")).value == 1);
}

// Fails where a view that drops takes the instrument from the others that select it.
TEST_CASE("an instrument that one view drops and another keeps is kept") {
    measuring telemetry(with({{.instrument_name = "shop.*", .aggregation = aggregation::drop()},
                              {.instrument_name = "shop.requests", .name = "kept"}}));
    requests.add(2);
    errors.add(1);
    CHECK(requests.enabled());
    const auto metrics = telemetry.collected();
    REQUIRE(metrics.size() == 1);
    CHECK(point(find(metrics, "kept")).value == 2);
}

// Fails where fill() shows of a distribution something else than its sum, or the plan has other bounds than
// the stream.
TEST_CASE("a view makes of a histogram a sum, other bounds, or exponential buckets") {
    measuring telemetry(with({
        {.instrument_name = "shop.duration", .name = "d.sum", .aggregation = aggregation::sum()},
        {.instrument_name = "shop.duration",
         .name = "d.bounds",
         .aggregation = aggregation::explicit_buckets({0, 2, 4})},
        {.instrument_name = "shop.duration",
         .name = "d.one",
         .aggregation = aggregation::explicit_buckets({})},
        {.instrument_name = "shop.duration",
         .name = "d.exponential",
         .aggregation = aggregation::exponential(4, 3)},
        {.instrument_name = "shop.duration", .name = "d.own"},
    }));
    for (const double v : {0.5, 2.0, 3.0, 100.0}) durations.record(v);
    const auto metrics = telemetry.collected();
    REQUIRE(metrics.size() == 5);
    const auto& sum = find(metrics, "d.sum");
    CHECK(sum.kind == nanotel::finished_metric_kind::sum);
    CHECK(sum.monotonic);
    CHECK(sum.unit == "s");
    CHECK(point(sum).value == 105.5);
    const auto& bounds = point(find(metrics, "d.bounds"));
    CHECK(bounds.explicit_bounds == std::vector<double>{0, 2, 4});
    CHECK(bounds.bucket_counts == std::vector<std::uint64_t>{0, 2, 1, 1});
    CHECK(bounds.count == 4);
    CHECK(bounds.sum == 105.5);
    CHECK(bounds.min == 0.5);
    CHECK(bounds.max == 100);
    const auto& one = point(find(metrics, "d.one"));
    CHECK(one.explicit_bounds.empty());
    CHECK(one.count == 4);
    CHECK(one.sum == 105.5);
    const auto& exponential = point(find(metrics, "d.exponential"));
    CHECK(exponential.count == 4);
    CHECK(exponential.scale == -2); // 4 by 4 would be five buckets from 1/4 to 256
    CHECK(exponential.positive.counts.size() <= 4);
    CHECK(point(find(metrics, "d.own")).explicit_bounds == std::vector<double>{1, 10});
    CHECK(point(find(metrics, "d.own")).bucket_counts == std::vector<std::uint64_t>{1, 2, 1});
}

// Fails where number_of() shares a plan between streams that differ in one of its fields, or where a stream
// reads the cells of another plan.
TEST_CASE("a view makes of a counter a histogram, and the counter stays exact beside it") {
    measuring telemetry(with({{.instrument_name = "shop.requests"},
                              {.instrument_name = "shop.requests",
                               .name = "amounts",
                               .aggregation = aggregation::explicit_buckets({1, 5})}}));
    const auto bound = requests.bind("k"_attr = "bound");
    for (unsigned i = 0; i < 10; ++i) {
        requests.add(i);
        requests.add(i, "k"_attr = "dynamic");
        bound.add(i);
    }
    const auto metrics = telemetry.collected();
    const auto& amounts = find(metrics, "amounts");
    for (const nanotel::attribute_list& labels :
         {nanotel::attribute_list{}, {{"k", "dynamic"}}, {{"k", "bound"}}}) {
        CHECK(point(find(metrics, "shop.requests"), labels).value == 45);
        CHECK(point(amounts, labels).bucket_counts == std::vector<std::uint64_t>{2, 4, 4});
        CHECK(point(amounts, labels).sum == 45);
    }
}

// Fails where what a thread has measured before, be it by labels known at run time, is looked up under the
// lock of all threads again because a view or a reader wants another aggregation than the instrument's own.
TEST_CASE("an instrument that is aggregated in another way, or in several, takes no lock once it is known") {
    auto options =
        with({{.instrument_name = "shop.requests", .aggregation = aggregation::explicit_buckets({1})},
              {.instrument_name = "shop.errors", .aggregation = aggregation::explicit_buckets({1})},
              {.instrument_name = "shop.errors", .name = "shop.errors.total"}});
    options.readers = {{.histograms = nanotel::histogram_aggregation::explicit_buckets},
                       {.histograms = nanotel::histogram_aggregation::exponential}};
    measuring telemetry(options);
    std::atomic<int> known{0};
    std::atomic<int> again{0};
    std::atomic<bool> done{false};
    std::thread working([&] {
        const auto bound = requests.bind("user"_attr = "bound");
        const auto measure_all = [&] {
            requests.add(1);
            requests.add(1, "user"_attr = "a user of more than sixteen letters", "n"_attr = 7);
            bound.add(1);
            errors.add(1, "user"_attr = "x");
            durations.record(1, "user"_attr = "x");
        };
        // Twice: what an instrument is found by is known after its first measurement.
        measure_all();
        measure_all();
        known = 1;
        while (again.load() == 0) std::this_thread::yield();
        measure_all();
        done = true;
    });
    while (known.load() == 0) std::this_thread::yield();
    {
        const locked_store nobody_else;
        again = 1;
        const auto late = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done.load() && std::chrono::steady_clock::now() < late) std::this_thread::yield();
        CHECK(done.load());
    }
    working.join();
    const auto metrics = telemetry.collected();
    for (const auto& p : find(metrics, "shop.requests").points) CHECK(p.count == 3);
    CHECK(find(metrics, "shop.requests").points.size() == 3);
    CHECK(point(find(metrics, "shop.errors"), {{"user", "x"}}).count == 3);
    CHECK(point(find(metrics, "shop.errors.total"), {{"user", "x"}}).value == 3);
    CHECK(point(find(metrics, "shop.duration"), {{"user", "x"}}).count == 3);
    CHECK(point(find(telemetry.received(1), "shop.duration"), {{"user", "x"}}).count == 3);
}

// Fails where record_min_max is not asked in fill().
TEST_CASE("a view leaves out the extremes, and a sum that could be negative is left out by itself") {
    auto quiet = aggregation::explicit_buckets({1});
    quiet.record_min_max = false;
    measuring telemetry(
        with({{.instrument_name = "shop.duration", .aggregation = quiet},
              {.instrument_name = "shop.carts", .aggregation = aggregation::explicit_buckets({0})}}));
    durations.record(2);
    carts.add(-2);
    carts.add(3);
    const auto metrics = telemetry.collected();
    CHECK_FALSE(point(find(metrics, "shop.duration")).min.has_value());
    CHECK_FALSE(point(find(metrics, "shop.duration")).max.has_value());
    CHECK(point(find(metrics, "shop.duration")).sum == 2);
    const auto& changes = point(find(metrics, "shop.carts"));
    CHECK_FALSE(changes.sum.has_value());
    CHECK(changes.count == 2);
    CHECK(changes.min == -2);
    CHECK(changes.max == 3);
}

// Fails where keeps() turns a condition around, or where series that come together lose a cell.
TEST_CASE("series whose labels a view makes the same add up") {
    measuring telemetry(
        with({{.instrument_name = "shop.requests",
               .name = "by.route",
               .keep_keys = std::vector<std::string>{"route"}},
              {.instrument_name = "shop.requests", .name = "without.user", .exclude_keys = {"user"}},
              {.instrument_name = "shop.requests", .name = "total", .keep_keys = std::vector<std::string>{}},
              {.instrument_name = "shop.duration",
               .keep_keys = std::vector<std::string>{"route"},
               .exclude_keys = {"user"}}}));
    for (int i = 0; i < 60; ++i) {
        requests.add(1, "route"_attr = i % 2, "user"_attr = i, "ok"_attr = i % 3 == 0);
        durations.record(i, "user"_attr = i, "route"_attr = i % 2);
    }
    const auto bound = requests.bind("user"_attr = 1000, "route"_attr = 0, "ok"_attr = true);
    bound.add(7);
    const auto metrics = telemetry.collected();
    CHECK(find(metrics, "by.route").points.size() == 2);
    CHECK(point(find(metrics, "by.route"), {{"route", 0}}).value == 37);
    CHECK(point(find(metrics, "by.route"), {{"route", 1}}).value == 30);
    CHECK(find(metrics, "without.user").points.size() == 4);
    CHECK(point(find(metrics, "without.user"), {{"route", 0}, {"ok", true}}).value == 17);
    CHECK(total(find(metrics, "without.user")) == 67);
    REQUIRE(find(metrics, "total").points.size() == 1);
    CHECK(point(find(metrics, "total")).value == 67);
    REQUIRE(find(metrics, "shop.duration").points.size() == 2);
    CHECK(point(find(metrics, "shop.duration"), {{"route", 1}}).count == 30);
    CHECK(point(find(metrics, "shop.duration"), {{"route", 1}}).sum == 900);
    CHECK(point(find(metrics, "shop.duration"), {{"route", 0}}).max == 58);
}

// Fails where the value that counts for a gauge is that of the cell that was made last.
TEST_CASE("of the series of a gauge that a view makes one, the last that was set counts") {
    measuring telemetry(with({{.instrument_name = "shop.level", .keep_keys = std::vector<std::string>{}}}));
    level.set(1, "tank"_attr = "a");
    level.set(2, "tank"_attr = "b");
    level.set(3, "tank"_attr = "a");
    const auto metrics = telemetry.collected();
    REQUIRE(find(metrics, "shop.level").points.size() == 1);
    CHECK(point(find(metrics, "shop.level")).value == 3.0);
}

// Fails where cells of one series are taken in an order that is not that in which they were set, by one
// reader or another, or where a value of before stands against one that was set later in another cell.
TEST_CASE(
    "of series that one view of a gauge makes one and another keeps apart, the last that was set counts") {
    auto options =
        with({{.instrument_name = "shop.level", .name = "each"},
              {.instrument_name = "shop.level", .name = "any", .keep_keys = std::vector<std::string>{}},
              {.instrument_name = "shop.level", .name = "few", .cardinality_limit = 3}});
    options.readers = {{.temporality = cumulative}, {.temporality = delta}};
    measuring telemetry(options);
    const auto bound = level.bind("tank"_attr = 1);
    for (int first = 0; first < 3; ++first)
        for (int last = 0; last < 3; ++last) {
            level.set(10 + first, "tank"_attr = first);
            bound.set(20);
            std::thread([&] { level.set(30 + last, "tank"_attr = last); }).join();
            telemetry.flush();
            for (std::size_t reader = 0; reader < 2; ++reader) {
                const auto metrics = telemetry.received(reader);
                CHECK(point(find(metrics, "any")).value == 30.0 + last);
                CHECK(point(find(metrics, "each"), {{"tank", last}}).value == 30.0 + last);
                if (first != last && first != 1)
                    CHECK(point(find(metrics, "each"), {{"tank", first}}).value == 10.0 + first);
            }
        }
    // What is set only once in an interval counts against what was set before it.
    for (int tank = 0; tank < 3; ++tank) {
        level.set(40 + tank, "tank"_attr = tank);
        telemetry.flush();
        for (std::size_t reader = 0; reader < 2; ++reader)
            CHECK(point(find(telemetry.received(reader), "any")).value == 40.0 + tank);
    }
    // Beyond the limit of one of them.
    for (int tank = 9; tank > 2; --tank) level.set(tank, "tank"_attr = tank);
    level.set(77, "tank"_attr = 9);
    CHECK(point(find(telemetry.collected(), "few"), overflow).value == 77.0);
}

// Fails where the limit of a view is that of the options.
TEST_CASE("each view has its own limit of cardinality") {
    measuring telemetry(with({{.instrument_name = "shop.requests", .name = "few", .cardinality_limit = 3},
                              {.instrument_name = "shop.requests", .name = "more", .cardinality_limit = 6},
                              {.instrument_name = "shop.requests", .name = "all"}}));
    for (int i = 0; i < 10; ++i) requests.add(1, "i"_attr = i);
    const auto metrics = telemetry.collected();
    CHECK(find(metrics, "few").points.size() == 3);
    CHECK(point(find(metrics, "few"), overflow).value == 8);
    CHECK(find(metrics, "more").points.size() == 6);
    CHECK(point(find(metrics, "more"), overflow).value == 5);
    CHECK(find(metrics, "all").points.size() == 10);
}

// Fails where is_possible lets an aggregation pass that its kind cannot have, or nothing is said.
TEST_CASE("an aggregation that a kind cannot have is said and the default used") {
    const auto heard = [](const char* name, aggregation impossible, auto measure) {
        const diagnostics_of_test diagnostics;
        measuring telemetry(with({{.instrument_name = name, .aggregation = std::move(impossible)}}));
        measure();
        const auto metrics = telemetry.collected();
        REQUIRE(metrics.size() == 1);
        CHECK(
            diagnostics.heard("'" + std::string(name) + "' and gives it an aggregation that makes no sense"));
        return metrics[0].kind;
    };
    using kind = nanotel::finished_metric_kind;
    CHECK(heard("shop.level", aggregation::sum(), [] { level.set(1); }) == kind::gauge);
    CHECK(heard("shop.requests", aggregation::last_value(), [] { requests.add(1); }) == kind::sum);
    CHECK(heard("shop.carts", aggregation::last_value(), [] { carts.add(1); }) == kind::sum);
    CHECK(heard("shop.duration", aggregation::last_value(), [] { durations.record(1); }) == kind::histogram);
    const auto guard = faults.observe([](const auto& o) { o.observe(1); });
    CHECK(heard("shop.faults", aggregation::explicit_buckets({1}), [] {}) == kind::sum);
}

// Fails where two views that make one name of two instruments go unnoticed, or one of them is lost.
TEST_CASE("two instruments that views give one name are both exported, and it is said") {
    const diagnostics_of_test diagnostics;
    measuring telemetry(with({{.instrument_name = "shop.requests", .name = "same"},
                              {.instrument_name = "shop.errors", .name = "same"}}));
    requests.add(1);
    errors.add(2);
    CHECK(count(telemetry.collected(), "same") == 2);
    CHECK(diagnostics.heard("a view makes the metric 'same'"));
}

// Fails where check() of a view leaves out one of its conditions.
TEST_CASE("views that cannot be are refused by start, and the message says why") {
    const auto of = [](nanotel::view v) { return refusal(with({std::move(v)})); };
    const auto has = [](const std::string& text, const char* part) {
        INFO(text);
        return text.find(part) != text.npos;
    };
    CHECK(has(of({.instrument_name = "shop.*", .name = "one"}), "'shop.*'"));
    CHECK(has(of({.instrument_name = "shop.?", .name = "one"}), "'one'"));
    CHECK(has(of({.name = "one"}), "'*'"));
    CHECK(has(of({.instrument_name = "a", .name = "1st"}), "'1st'"));
    CHECK(has(of({.instrument_name = "a", .name = ""}), "''"));
    CHECK(has(of({.aggregation = aggregation::explicit_buckets({1, 1})}), "ascending"));
    CHECK(has(of({.aggregation = aggregation::explicit_buckets({2, 1})}), "ascending"));
    CHECK(has(of({.aggregation = aggregation::explicit_buckets({__builtin_inf()})}), "finite"));
    CHECK(has(of({.aggregation = aggregation::explicit_buckets({__builtin_nan("")})}), "finite"));
    CHECK(has(of({.aggregation = aggregation::exponential(3)}), "from 4 to 4096"));
    CHECK(has(of({.aggregation = aggregation::exponential(5000)}), "5000"));
    CHECK(has(of({.aggregation = aggregation::exponential(160, 21)}), "21"));
    CHECK(has(of({.aggregation = aggregation::exponential(160, -11)}), "-11"));
    CHECK(has(of({.cardinality_limit = 1}), "below 2"));
    CHECK(has(of({.exemplars = 101}), "100"));
    CHECK(of({.instrument_name = "a", .name = "b"}) == "accepted");
    measuring_options one;
    one.cardinality_limit = 1;
    CHECK(has(refusal(one), "cardinality_limit is 1"));
}
