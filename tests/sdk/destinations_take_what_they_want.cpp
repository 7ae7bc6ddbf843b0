// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

#include <algorithm>
#include <set>
#include <thread>

using namespace nanotel_test;
using namespace nanotel::literals;
using nanotel::export_outcome;
using nanotel::export_result;
using nanotel::memory_exporter;

namespace {

nanotel::options options_for(std::vector<nanotel::destination> destinations) {
    nanotel::options o = quiet_options(nullptr);
    o.destinations = std::move(destinations);
    return o;
}

void check_each_adds_up(const nanotel::statistics& s) {
    check_adds_up(s);
    CHECK(s.data_points.recorded == s.data_points.delivered + s.data_points.queued + s.data_points.dropped);
    for (const auto& each : s.destinations) {
        CAPTURE(each.name);
        for (const nanotel::signal_statistics* const of : {&each.spans, &each.data_points}) {
            CHECK(of->recorded == of->delivered + of->queued + of->dropped);
            CHECK(of->dropped == of->dropped_by.total());
        }
    }
}

std::set<std::string> names_of(const memory_exporter& from) {
    std::set<std::string> names;
    for (const auto& span : from.spans()) names.insert(span.name);
    return names;
}

} // namespace

TEST_CASE("two destinations get the same bytes, and each span counts for each") {
    const counts_since counts;
    struct remembering final : nanotel::exporter {
        std::vector<const char*> seen; // where the bytes lie
        export_result send(const nanotel::payload& body, std::chrono::steady_clock::time_point) override {
            seen.push_back(body.body.data());
            return {};
        }
        std::string_view name() const noexcept override { return "remembering"; }
        std::string description() const override { return "here"; }
    };
    auto first = std::make_shared<remembering>();
    auto second = std::make_shared<remembering>();
    auto telemetry =
        nanotel::start(options_for({{.exporter = first}, {.exporter = second, .name = "other"}}));
    record_spans(10);
    CHECK(counts().recorded == 10);
    CHECK(counts().queued == 10);
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed);
    CHECK(flushed.delivered == 20);
    REQUIRE(first->seen.size() == 1);
    CHECK(first->seen == second->seen);
    const auto s = counts();
    CHECK(s.recorded == 20);
    CHECK(s.delivered == 20);
    REQUIRE(s.destinations.size() == 2);
    CHECK(s.destinations[0].name == "remembering here");
    CHECK(s.destinations[1].name == "other");
    for (const auto& each : s.destinations) {
        CHECK(each.breaker == nanotel::breaker_state::closed);
        CHECK(each.spans.recorded == 10);
        CHECK(each.spans.delivered == 10);
        CHECK(each.queue_bytes == 0);
    }
    check_each_adds_up(s);
    telemetry.shutdown(long_enough);
    CHECK(counts().destinations.size() == 2);
    check_each_adds_up(counts());
}

TEST_CASE("a destination may take one signal, and metrics go to all that take them") {
    auto spans = std::make_shared<memory_exporter>();
    auto points = std::make_shared<memory_exporter>();
    auto both = std::make_shared<memory_exporter>();
    auto telemetry =
        nanotel::start(options_for({{.exporter = spans, .name = "spans", .signals = {.metrics = false}},
                                    {.exporter = points, .name = "points", .signals = {.traces = false}},
                                    {.exporter = both, .name = "both"}}));
    static nanotel::counter<> orders{"orders"};
    orders.add(3);
    record_spans(2);
    CHECK(telemetry.flush(long_enough));
    CHECK(spans->spans().size() == 2);
    CHECK(spans->metrics().empty());
    CHECK(points->spans().empty());
    CHECK(points->metrics().size() == 1);
    CHECK(both->spans().size() == 2);
    CHECK(both->metrics().size() == 1);
    CHECK(points->bodies(nanotel::signal::metrics) == both->bodies(nanotel::signal::metrics));
    telemetry.shutdown(long_enough);
    const auto s = telemetry.stats();
    CHECK(s.destinations[0].data_points.recorded == 0);
    CHECK(s.destinations[1].spans.recorded == 0);
    CHECK(s.destinations[1].data_points.delivered == s.destinations[2].data_points.delivered);
    check_each_adds_up(s);
}

TEST_CASE("nobody takes spans: they are left out, and counted so") {
    const counts_since counts;
    auto telemetry = nanotel::start(
        options_for({{.exporter = std::make_shared<memory_exporter>(), .signals = {.traces = false}}}));
    const std::uint64_t before = telemetry.stats().dropped_by.filtered;
    record_spans(5);
    const auto flushed = telemetry.flush(long_enough);
    CHECK(flushed); // which is nobody's loss
    CHECK(telemetry.stats().dropped_by.filtered - before == 5);
    CHECK(counts().recorded == 5);
    check_each_adds_up(counts());
}

TEST_CASE("a ratio keeps traces whole, and the same ones wherever it is the same") {
    const counts_since counts;
    auto all = std::make_shared<memory_exporter>();
    auto half = std::make_shared<memory_exporter>();
    auto same_half = std::make_shared<memory_exporter>();
    auto tenth = std::make_shared<memory_exporter>();
    auto none = std::make_shared<memory_exporter>();
    auto telemetry = nanotel::start(options_for({{.exporter = all, .name = "all"},
                                                 {.exporter = half, .name = "half", .ratio = 0.5},
                                                 {.exporter = same_half, .name = "same", .ratio = 0.5},
                                                 {.exporter = tenth, .name = "tenth", .ratio = 0.1},
                                                 {.exporter = none, .name = "none", .ratio = 0}}));
    for (int i = 0; i < 500; ++i) {
        nanotel::span root("root");
        nanotel::span inner("inner");
    }
    CHECK(telemetry.flush(long_enough));
    const auto traces_of = [](const memory_exporter& from) {
        std::multiset<std::string> traces;
        for (const auto& span : from.spans()) traces.insert(span.trace_id);
        return traces;
    };
    const auto in_all = traces_of(*all), in_half = traces_of(*half), in_tenth = traces_of(*tenth);
    CHECK(in_all.size() == 1000);
    CHECK(in_half.size() > 300);
    CHECK(in_half.size() < 700);
    CHECK(in_tenth.size() > 10);
    CHECK(in_tenth.size() < 300);
    for (const std::string& trace : in_half) CHECK(in_half.count(trace) == 2);
    CHECK(std::includes(in_half.begin(), in_half.end(), in_tenth.begin(), in_tenth.end()));
    CHECK(half->bodies() == same_half->bodies());
    CHECK(none->spans().empty());
    CHECK(counts().recorded == 1000 + 2 * in_half.size() + in_tenth.size());
    check_each_adds_up(counts());
}

TEST_CASE("a filter sees what a span is, and its destination gets what it chooses") {
    std::vector<std::string> problems;
    const auto expect = [&](bool holds, const char* what) {
        if (!holds) problems.emplace_back(what);
    };
    auto chosen = std::make_shared<memory_exporter>();
    auto all = std::make_shared<memory_exporter>();
    std::vector<std::string> ids;
    const auto filter = [&](const nanotel::span_view& s) {
        ids.push_back(std::string(s.trace_id().to_hex().c_str()) + s.span_id().to_hex().c_str() +
                      (s.parent_id().is_valid() ? s.parent_id().to_hex().c_str() : ""));
        expect(s.scope_name().empty(), "scope");
        expect(!s.parent_is_remote(), "remote");
        if (s.name() == "full") {
            expect(s.kind() == nanotel::span_kind::client, "kind");
            expect(s.status() == nanotel::status_code::error, "status");
            expect(s.duration() == std::chrono::nanoseconds(250), "duration");
            expect(s.attribute<std::int64_t>("count") == 7, "the last integer");
            expect(s.attribute<std::string_view>("user") == "ann", "string");
            expect(s.attribute<bool>("good") == true, "bool");
            expect(s.attribute<double>("share") == 0.5, "double");
            expect(s.attribute<std::string_view>("late") == "yes", "late string");
            expect(!s.attribute<double>("count"), "another type");
            expect(!s.attribute<bool>("nothing"), "no attribute");
        } else if (s.name() == "sited") {
            expect(s.attribute<std::int64_t>("count") == 7, "integer of a site");
            expect(s.attribute<std::string_view>("user") == "ann", "string of a site");
            expect(s.attribute<bool>("good") == true, "bool of a site");
            expect(s.attribute<double>("share") == 0.5, "double of a site");
            expect(!s.attribute<double>("user"), "another type of a site");
        } else {
            expect(s.kind() == nanotel::span_kind::internal, "plain kind");
            expect(s.status() == nanotel::status_code::unset, "plain status");
            expect(s.duration() >= std::chrono::nanoseconds(0), "plain duration");
            expect(!s.attribute<std::int64_t>("count"), "none");
        }
        return s.name() != "outer";
    };
    auto telemetry = nanotel::start(options_for(
        {{.exporter = chosen, .name = "chosen", .filter = filter}, {.exporter = all, .name = "all"}}));
    {
        nanotel::span outer("outer");
        NANOTEL_SPAN(sited, "sited", "count"_attr = 7, "user"_attr = "ann", "good"_attr = true,
                     "share"_attr = 0.5);
        nanotel::span full(nanotel::span_options{.name = "full", .kind = nanotel::span_kind::client});
        full.set("count"_attr = 3, "user"_attr = "ann", "good"_attr = true, "share"_attr = 0.5);
        full.set("count"_attr = 7, "late"_attr = "yes");
        full.set_status(nanotel::status_code::error, "it broke");
        full.set_start_time(nanotel::timestamp(1000));
        full.end(nanotel::timestamp(1250));
    }
    CHECK(telemetry.flush(long_enough));
    for (const std::string& problem : problems) FAIL_CHECK(problem);
    CHECK(names_of(*chosen) == std::set<std::string>{"full", "sited"});
    CHECK(names_of(*all) == std::set<std::string>{"full", "sited", "outer"});
    std::vector<std::string> expected;
    for (const auto& span : all->spans())
        expected.push_back(span.trace_id + span.span_id + span.parent_span_id);
    CHECK(ids == expected);
    check_each_adds_up(telemetry.stats());
}

TEST_CASE("a filter that throws lets the span pass, is named once, and harms nobody") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    auto picky = std::make_shared<memory_exporter>();
    auto all = std::make_shared<memory_exporter>();
    int asked = 0;
    auto telemetry = nanotel::start(options_for({{.exporter = picky,
                                                  .name = "picky",
                                                  .filter = [&](const nanotel::span_view&) -> bool {
                                                      if (++asked % 2 == 0) throw asked;
                                                      throw std::runtime_error("cannot decide");
                                                  }},
                                                 {.exporter = all, .name = "all"}}));
    record_spans(100);
    CHECK(telemetry.flush(long_enough));
    CHECK(picky->spans().size() == 100);
    CHECK(all->spans().size() == 100);
    CHECK(diagnostics.heard("the filter of the destination 'picky' threw: cannot decide"));
    check_each_adds_up(counts());
}

TEST_CASE("destinations that cannot be are named when it starts") {
    auto one = std::make_shared<memory_exporter>();
    const auto message_of = [](nanotel::options o) -> std::string {
        try {
            auto telemetry = nanotel::start(std::move(o));
        } catch (const std::invalid_argument& e) {
            return e.what();
        }
        return {};
    };
    CHECK(message_of(options_for({{.exporter = one, .ratio = 1.5}})).find("destinations[0].ratio is 1.5") !=
          std::string::npos);
    CHECK(message_of(options_for({{.exporter = one}, {.exporter = one}}))
              .find("destinations[1].exporter is also") != std::string::npos);
    CHECK(message_of(options_for({{.exporter = one, .name = "a"},
                                  {.exporter = std::make_shared<memory_exporter>(), .name = "a"}}))
              .find("destinations[1].name is also") != std::string::npos);
    auto both = options_for({{.exporter = one}});
    both.exporter = std::make_shared<memory_exporter>();
    CHECK(message_of(both).find("both set") != std::string::npos);
    auto reader = options_for({{.exporter = one}});
    reader.metric_readers.push_back({.exporter = one});
    CHECK(message_of(reader).find("one of options::destinations") != std::string::npos);
    auto spool = options_for({{.exporter = one}});
    spool.spool = {.directory = "/nowhere", .max_bytes = 0};
    CHECK(message_of(spool).find("spool.max_bytes") != std::string::npos);
    spool.spool = {.directory = "/nowhere", .max_age = std::chrono::seconds(0)};
    CHECK(message_of(spool).find("spool.max_age") != std::string::npos);
    CHECK(message_of(options_for({{.exporter = one}})).empty());
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("a destination that hangs, or takes nothing, holds up no other, and its full queue is its own") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    std::shared_ptr<scripted_exporter> hanging;
    hanging = std::make_shared<scripted_exporter>([&](auto&) {
        hanging->block();
        return export_result{.outcome = export_outcome::retryable};
    });
    auto refusing = std::make_shared<scripted_exporter>([](auto&) {
        return export_result{.outcome = export_outcome::retryable, .retry_after = std::chrono::hours(1)};
    });
    auto fast = std::make_shared<memory_exporter>();
    auto o = options_for({{.exporter = hanging, .name = "hanging"},
                          {.exporter = refusing, .name = "refusing"},
                          {.exporter = fast, .name = "fast"}});
    o.max_queue_bytes = 100'000;
    o.max_export_batch_size = 10;
    auto telemetry = nanotel::start(std::move(o));
    constexpr int rounds = 100;
    for (int i = 1; i <= rounds; ++i) {
        record_spans(10);
        static_cast<void>(telemetry.flush(0ms)); // asks for what is there; waits for nobody
        REQUIRE(fast->wait_for(static_cast<std::uint64_t>(10 * i), 60s));
    }
    // To the others it may not have come yet.
    auto s = counts();
    for (int i = 0; i < 60'000 && s.recorded < 30 * rounds; ++i) {
        std::this_thread::sleep_for(1ms);
        s = counts();
    }
    CHECK(s.destinations[0].spans.delivered == 0);
    CHECK(s.destinations[0].spans.dropped_by.queue_full > 0);
    CHECK(s.destinations[1].spans.dropped_by.queue_full > 0);
    CHECK(s.destinations[1].queue_bytes <= 100'000);
    CHECK(s.destinations[2].spans.dropped == 0);
    check_each_adds_up(s);
    record_spans(5);
    const auto begin = std::chrono::steady_clock::now();
    // Long enough for what a busy machine needs to encode and deliver five spans, since it is not the others
    // that it waits for.
    const auto ended = telemetry.shutdown(3s);
    CHECK(std::chrono::steady_clock::now() - begin < long_enough);
    CHECK_FALSE(ended.complete);
    CHECK(fast->spans().size() == 10 * rounds + 5);
    CHECK(counts().queued == 0);
    CHECK(counts().destinations[2].spans.delivered == 10 * rounds + 5);
    check_each_adds_up(counts());
}

TEST_CASE("an exporter that a shutdown left in a send is not entered by the next start before it returns") {
    const diagnostics_of_test diagnostics;
    const counts_since counts;
    static std::shared_ptr<scripted_exporter> deaf;
    std::atomic<int> done{0};
    deaf = std::make_shared<scripted_exporter>([&done](auto&) {
        deaf->block(false);
        ++done;
        return export_result{};
    });
    auto telemetry = nanotel::start(quiet_options(deaf));
    record_spans(3);
    static_cast<void>(telemetry.flush(1ms));
    REQUIRE(deaf->wait_for_calls(1));
    telemetry.shutdown(1ms);
    CHECK(counts().dropped_by.shut_down == 3);
    telemetry = nanotel::start(quiet_options(deaf));
    record_spans(4);
    CHECK_FALSE(telemetry.flush(200ms).complete);
    CHECK(deaf->calls() == 1);
    CHECK(counts().queued == 4);
    CHECK(diagnostics.heard("is still in a send that an earlier shutdown gave up"));
    deaf->release();
    CHECK(telemetry.flush(long_enough));
    CHECK_FALSE(deaf->overlapped);
    CHECK(counts().delivered == 4);
    telemetry.shutdown(long_enough);
    while (done < 2) std::this_thread::yield();
    check_each_adds_up(counts());
}

TEST_SUITE_END();
