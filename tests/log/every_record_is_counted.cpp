// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <thread>

using namespace nanotel::literals;
using nanotel::severity;
using nanotel_test::recording;
using nanotel_test::recording_options;

namespace {

std::uint64_t injected_time = 0;
std::uint64_t injected_clock() noexcept { return __atomic_load_n(&injected_time, __ATOMIC_RELAXED); }

bool adds_up(const nanotel::signal_statistics& s) {
    return s.recorded == s.delivered + s.queued + s.dropped && s.dropped == s.dropped_by.total();
}

} // namespace

TEST_CASE("records above the greatest size are dropped and counted, and nothing else is") {
    recording recorded;
    const std::string large(100'000, 'x');
    const std::vector<std::string> lists(10, std::string(10'000, 'y'));
    NANOTEL_LOG_INFO("{}", large);
    NANOTEL_LOG_INFO("{}", large, "list"_attr = lists);
    NANOTEL_LOG_INFO("{:>100000}", 1.5L);
    nanotel::log(severity::info, large);
    NANOTEL_LOG_INFO("an attribute has no room", "list"_attr = lists, "k"_attr = 1);
    nanotel::log(severity::info, "an attribute has no room", "large"_attr = large, "k"_attr = 1);
    NANOTEL_LOG_INFO("fits {}", std::string(20'000, 'z'));
    NANOTEL_LOG_INFO("fits {}", std::string(20'000, 'z'), "list"_attr = std::vector<int>{1});
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 4);
    for (int i : {0, 1}) {
        CHECK(logs[i].body == "an attribute has no room");
        CHECK(logs[i].attributes["k"] == 1);
        CHECK(logs[i].dropped_attributes_count == 1);
    }
    for (int i : {2, 3}) CHECK(logs[i].body == "fits " + std::string(20'000, 'z'));
    const auto counts = recorded.log_counts();
    CHECK(counts.recorded == 8);
    CHECK(counts.dropped_by.too_large == 4);
    CHECK(counts.delivered == 4);
    CHECK(recorded.span_counts().recorded == 0);
    CHECK(recorded.span_counts().dropped == 0);
}

TEST_CASE("what a full ring drops is counted by its signal") {
    recording_options options;
    options.ring_bytes = 16 << 10;
    recording recorded(options);
    // The collector thread may come in between; nothing but the sums is certain.
    for (int i = 0; i < 5'000; ++i) {
        NANOTEL_SCOPED_SPAN("span");
        NANOTEL_LOG_INFO("{} {} {}", i, 2.5, "text");
    }
    const auto logs = recorded.log_counts();
    const auto spans = recorded.span_counts();
    CHECK(logs.recorded == 5'000);
    CHECK(spans.recorded == 5'000);
    CHECK(adds_up(logs));
    CHECK(adds_up(spans));
    CHECK(logs.delivered + logs.dropped_by.ring_full == 5'000);
    CHECK(spans.delivered + spans.dropped_by.ring_full == 5'000);
    CHECK(recorded.logs().size() == logs.delivered);
    CHECK(recorded.span_ids().size() == spans.delivered);
}

TEST_CASE("a statement with a limit is kept once in an interval and says what it held back") {
    recording_options options;
    options.clock = &injected_clock;
    injected_time = 1'700'000'000'000'000'000;
    recording recorded(options);
    int evaluated = 0;
    const auto say = [&](std::uint64_t milliseconds) {
        injected_time += milliseconds * 1'000'000;
        NANOTEL_LOG_WARN_EVERY(std::chrono::milliseconds(100), "queue of {} is full", ++evaluated,
                               "k"_attr = 1);
    };
    for (int i = 0; i < 5; ++i) say(i == 0 ? 0 : 10); // 0, 10, 20, 30, 40
    say(60);                                          // 100
    say(99);                                          // 199
    say(1);                                           // 200
    say(100);                                         // 300
    CHECK(evaluated == 4);
    const auto logs = recorded.logs();
    REQUIRE(logs.size() == 4);
    CHECK(!logs[0].attributes.contains("nanotel.log.held_back"));
    CHECK(logs[1].attributes["nanotel.log.held_back"] == 4);
    CHECK(logs[2].attributes["nanotel.log.held_back"] == 1);
    CHECK(!logs[3].attributes.contains("nanotel.log.held_back"));
    CHECK(logs[1].body == "queue of 2 is full");
    CHECK(logs[1].attributes["k"] == 1);
    CHECK(recorded.held_back() == 5);
    CHECK(recorded.log_counts().recorded == 4);
}

TEST_CASE("a destination's ratio takes the logs of the traces that it takes, and those without a trace") {
    recording_options options;
    options.ratio = 0.5;
    recording recorded(options);
    constexpr int traces = 200;
    for (int i = 0; i < traces; ++i) {
        NANOTEL_SPAN(span, "root");
        NANOTEL_LOG_INFO("within");
    }
    for (int i = 0; i < 10; ++i) NANOTEL_LOG_INFO("without");
    std::set<std::string> of_spans;
    for (const std::string& id : recorded.span_ids()) of_spans.insert(id);
    std::set<std::string> of_logs;
    int without = 0;
    for (const auto& log : recorded.logs())
        if (log.span_id.empty())
            ++without;
        else
            of_logs.insert(log.span_id);
    CHECK(without == 10);
    CHECK(of_logs == of_spans);
    CHECK(of_logs.size() > 50);
    CHECK(of_logs.size() < 150);
    const auto counts = recorded.log_counts();
    CHECK(counts.dropped_by.filtered == traces - of_logs.size());
    CHECK(adds_up(counts));
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("many threads log and trace at once, and every record is there once") {
    recording recorded;
    constexpr int threads = 4, each = 800;
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t)
        running.emplace_back([t] {
            for (int i = 0; i < each; ++i) {
                NANOTEL_SPAN(span, "work");
                NANOTEL_LOG_INFO("{} of {}", i, t, "text"_attr = "x");
                if (i % 16 == 0) nanotel::log(severity::warn, "by function", "i"_attr = i);
            }
        });
    for (auto& thread : running) thread.join();
    constexpr std::uint64_t by_function = threads * each / 16;
    const auto logs = recorded.log_counts();
    const auto spans = recorded.span_counts();
    CHECK(logs.recorded == threads * each + by_function);
    CHECK(logs.delivered == logs.recorded);
    CHECK(spans.delivered == threads * each);
    CHECK(spans.recorded == threads * each);
    std::set<std::string> seen;
    for (const auto& log : recorded.logs())
        if (log.severity == severity::info) seen.insert(*log.body.get_if<std::string>());
    CHECK(seen.size() == threads * each);
}

TEST_CASE("minima change while others log") {
    recording recorded;
    std::atomic<bool> stop{false};
    std::vector<std::thread> running;
    for (int t = 0; t < 3; ++t)
        running.emplace_back([&] {
            while (!stop) NANOTEL_LOG_INFO("{}", 1);
        });
    static const nanotel::logger named("named");
    for (int i = 0; i < 200; ++i) {
        named.log(severity::info, "x");
        nanotel_test::change_level("*", i % 2 == 0 ? severity::off : severity::trace);
    }
    stop = true;
    for (auto& thread : running) thread.join();
    CHECK(adds_up(recorded.log_counts()));
    CHECK(recorded.log_counts().dropped == 0);
}

TEST_CASE("a limit holds among threads") {
    recording recorded;
    constexpr int threads = 4, each = 1'000;
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t)
        running.emplace_back([] {
            for (int i = 0; i < each; ++i) NANOTEL_LOG_INFO_EVERY(std::chrono::hours(1), "once");
        });
    for (auto& thread : running) thread.join();
    CHECK(recorded.logs().size() == 1);
    CHECK(recorded.held_back() == threads * each - 1);
}

TEST_SUITE_END();
