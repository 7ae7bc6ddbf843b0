// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"
#include "spool/spool_support.hpp"

#include <random>
#include <set>

using namespace nanotel_test;
using nanotel::export_outcome;
using nanotel::export_result;
using nanotel::signal_statistics;
using nanotel::statistics;

namespace {

// What is recorded is delivered, queued or dropped, at each destination and in all.
void check_everything(const statistics& s) {
    const auto check = [](const signal_statistics& of) {
        CHECK(of.recorded == of.delivered + of.queued + of.dropped);
        CHECK(of.dropped == of.dropped_by.total());
        CHECK(of.spilled <= of.queued);
    };
    check(s);
    check(s.data_points);
    for (const auto& each : s.destinations) {
        CAPTURE(each.name);
        check(each.spans);
        check(each.data_points);
    }
}

nanotel::options on_disk(const std::string& directory, std::shared_ptr<nanotel::exporter> to) {
    auto o = quiet_options(nullptr);
    o.destinations = {{.exporter = std::move(to), .name = "there", .signals = {.metrics = false}}};
    o.spool.directory = directory;
    return o;
}

// Takes what it is sent, remembering which spans, or not, as the test says.
struct destination_of_test final : nanotel::exporter {
    std::atomic<bool> works{true};
    std::function<export_result(const nanotel::payload&)> before; // decides first, where it is set
    std::mutex mutex;
    std::vector<std::string> names; // of the spans taken, in order
    std::set<std::string> span_ids; // the same
    std::uint64_t points = 0;

    export_result send(const nanotel::payload& body, std::chrono::steady_clock::time_point) override {
        if (!works) return {.outcome = export_outcome::retryable, .message = "down"};
        if (before)
            if (export_result first = before(body); first.outcome != export_outcome::delivered) return first;
        const std::lock_guard lock(mutex);
        if (body.kind == nanotel::signal::metrics) {
            points += body.items;
            return {};
        }
        for (const auto& span : nanotel::decode_traces(body.body).spans) {
            names.push_back(span.name);
            span_ids.insert(span.span_id);
        }
        return {};
    }
    std::string_view name() const noexcept override { return "of test"; }
    std::string description() const override { return "nowhere"; }
};

void record_numbers(int from, int to) {
    for (int i = from; i < to; ++i) {
        const std::string name = std::to_string(i);
        nanotel::span s(name);
    }
}
std::vector<std::string> numbers(int from, int to) {
    std::vector<std::string> all;
    for (int i = from; i < to; ++i) all.push_back(std::to_string(i));
    return all;
}

} // namespace

TEST_CASE(
    "what a shutdown cannot deliver the next start does, the oldest first, and nothing is counted twice") {
    const diagnostics_of_test diagnostics;
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    auto to = std::make_shared<destination_of_test>();
    to->works = false;
    auto telemetry = nanotel::start(on_disk(folder.path, to));
    for (int i = 0; i < 3; ++i) {
        record_numbers(10 * i, 10 * i + 10);
        const auto flushed = telemetry.flush(20ms);
        CHECK_FALSE(flushed.complete); // on disk is not delivered
        CHECK(flushed.undelivered == static_cast<std::uint64_t>(10 * i + 10));
        check_everything(counts());
    }
    record_numbers(30, 35);
    const auto ended = telemetry.shutdown(20ms);
    CHECK_FALSE(ended.complete);
    CHECK(ended.dropped == 0);
    CHECK(ended.undelivered == 35);
    CHECK(counts().queued == 35);
    CHECK(counts().spilled == 35);
    CHECK(counts().dropped == 0);
    CHECK(diagnostics.heard("35 spans were not delivered before the deadline of the "
                            "shutdown; they wait on disk"));
    check_everything(counts());

    to->works = true;
    telemetry = nanotel::start(on_disk(folder.path, to));
    CHECK(counts().recorded == 35);
    record_numbers(35, 40);
    CHECK(telemetry.flush(long_enough));
    CHECK(to->names == numbers(0, 40));
    const auto s = counts();
    CHECK(s.recorded == 40);
    CHECK(s.recovered == 0); // they are this process's own
    CHECK(s.delivered == 40);
    CHECK(s.spilled == 0);
    REQUIRE(s.destinations.size() == 1);
    CHECK(s.destinations[0].spans.recorded == 40);
    check_everything(s);
    telemetry.shutdown(long_enough);
    CHECK(names(folder_of(folder, "there"), ".otlp").empty());
    check_everything(counts());
}

TEST_CASE("what a process that is gone left is recovered, counted and delivered before the new") {
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    const std::string body =
        R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0102030405060708090a0b0c0d0e0f10",)"
        R"("spanId":"0102030405060708","name":"left"}]}]}]})";
    {
        spool left(folder, "there");
        CHECK(left.put(nanotel::signal::traces, 1, body) == outcome::written);
        CHECK(left.put(nanotel::signal::metrics, 7, R"({"resourceMetrics":[]})") == outcome::written);
    }
    auto to = std::make_shared<destination_of_test>();
    to->works = false;
    auto telemetry = nanotel::start(on_disk(folder.path, to));
    CHECK(counts().recorded == 1);
    CHECK(counts().recovered == 1);
    CHECK(counts().spilled == 1);
    CHECK(counts().data_points.recovered == 7);
    CHECK(counts().data_points.spilled == 7);
    check_everything(counts());
    record_numbers(0, 2);
    CHECK_FALSE(telemetry.flush(20ms).complete);
    check_everything(counts());
    to->works = true;
    CHECK(telemetry.flush(long_enough));
    CHECK(to->names == std::vector<std::string>{"left", "0", "1"});
    CHECK(counts().delivered == 3);
    CHECK(counts().data_points.delivered == 7);
    CHECK(to->points == 7);
    check_everything(counts());
}

TEST_CASE("an outage that outgrows memory loses nothing, and the destination that works does not notice") {
    const diagnostics_of_test diagnostics;
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    auto down = std::make_shared<destination_of_test>();
    auto up = std::make_shared<destination_of_test>();
    down->works = false;
    auto o = on_disk(folder.path, down);
    o.destinations.push_back({.exporter = up, .name = "up", .signals = {.metrics = false}});
    o.max_queue_bytes = 20'000;
    o.max_export_batch_size = 20;
    auto telemetry = nanotel::start(std::move(o));
    constexpr int count = 2000; // some 500 KiB
    for (int i = 0; i < count; i += 100) {
        record_numbers(i, i + 100);
        static_cast<void>(telemetry.flush(1ms));
    }
    // All has come to both when as much was recorded.
    while (counts().recorded < 2 * count) std::this_thread::sleep_for(1ms);
    check_everything(counts());
    CHECK(counts().spilled > 0);
    CHECK(counts().destinations[0].queue_bytes <= 20'000);
    down->works = true;
    CHECK(telemetry.flush(long_enough));
    CHECK(counts().dropped == 0);
    CHECK(down->names == numbers(0, count));
    CHECK(up->names == numbers(0, count));
    CHECK(names(folder_of(folder, "up"), ".otlp").empty());
    check_everything(counts());
}

// Fails where shutdown waits for its deadline though the last attempt was in vain.
TEST_CASE("a shutdown does not wait for a destination that is down when all is on disk") {
    const diagnostics_of_test diagnostics;
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    auto to = std::make_shared<destination_of_test>();
    to->works = false;
    auto telemetry = nanotel::start(on_disk(folder.path, to));
    record_numbers(0, 10);
    while (!diagnostics.heard("has taken nothing for")) static_cast<void>(telemetry.flush(10ms));
    record_numbers(10, 20);
    const auto ended = telemetry.shutdown(std::chrono::hours(1));
    CHECK_FALSE(ended.complete);
    CHECK(counts().spilled == 20);
    check_everything(counts());
    to->works = true;
    telemetry = nanotel::start(on_disk(folder.path, to));
    CHECK(telemetry.flush(long_enough));
    CHECK(to->names == numbers(0, 20));
}

TEST_CASE("what an exporter has in hand that never returns is on disk too") {
    const diagnostics_of_test diagnostics;
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    static std::shared_ptr<scripted_exporter> deaf;
    std::atomic<int> returned{0};
    deaf = std::make_shared<scripted_exporter>([&](auto&) {
        deaf->block(false);
        ++returned;
        return export_result{};
    });
    auto telemetry = nanotel::start(on_disk(folder.path, deaf));
    record_spans(3);
    static_cast<void>(telemetry.flush(1ms));
    REQUIRE(deaf->wait_for_calls(1));
    record_spans(4);
    telemetry.shutdown(1ms);
    CHECK(counts().spilled == 7);
    CHECK(counts().dropped == 0);
    check_everything(counts());
    auto to = std::make_shared<destination_of_test>();
    telemetry = nanotel::start(on_disk(folder.path, to));
    CHECK(telemetry.flush(long_enough));
    CHECK(to->names.size() == 7);
    deaf->release();
    while (returned == 0) std::this_thread::yield();
    telemetry.shutdown(long_enough);
    CHECK(counts().delivered == 7);
    check_everything(counts());
}

TEST_CASE("a directory that cannot be used is reported, and memory serves") {
    const diagnostics_of_test diagnostics;
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    write_file(folder.path + "/file", "in the way");
    auto to = std::make_shared<destination_of_test>();
    auto telemetry = nanotel::start(on_disk(folder.path + "/file", to));
    CHECK(diagnostics.heard(folder.path + "/file"));
    record_numbers(0, 10);
    CHECK(telemetry.flush(long_enough));
    CHECK(to->names.size() == 10);
    to->works = false;
    record_numbers(0, 5);
    telemetry.shutdown(1ms);
    CHECK(counts().dropped_by.shut_down == 5);
    CHECK(counts().queued == 0);
    check_everything(counts());
}

TEST_CASE("several destinations answer at random, across restarts, and every count adds up") {
    const diagnostics_of_test diagnostics;
    const temporary_folder folder(fast_disk());
    const counts_since counts;
    static nanotel::counter<> steps{"steps"};
    struct {
        std::mutex mutex;
        std::minstd_rand random{7};
        unsigned operator()(unsigned below) {
            const std::lock_guard lock(mutex);
            return static_cast<unsigned>(random() % below);
        }
    } draw;
    bool calm = false;
    std::vector<std::shared_ptr<destination_of_test>> all;
    for (int i = 0; i < 3; ++i) all.push_back(std::make_shared<destination_of_test>());
    // The first takes everything at last; the second answers whatever there is; the third hangs now and then.
    all[0]->before = [&](const nanotel::payload& body) -> export_result {
        if (calm) return {};
        if (body.items > 3 && draw(3) == 0) return {.outcome = export_outcome::rejected, .split = true};
        return {.outcome = draw(2) == 0 ? export_outcome::retryable : export_outcome::delivered};
    };
    all[1]->before = [&](const nanotel::payload& body) -> export_result {
        switch (calm ? 0 : draw(7)) {
        case 1:
            return {.outcome = export_outcome::retryable, .retry_after = std::chrono::milliseconds(20)};
        case 2:
            return {.outcome = export_outcome::rejected};
        case 3:
            return {.outcome = export_outcome::rejected, .split = true};
        case 4:
            throw std::runtime_error("at random");
        case 5:
            throw std::bad_alloc();
        case 6:
            return {.outcome = export_outcome::rejected, .rejected_items = body.items / 2};
        }
        return {};
    };
    all[2]->before = [&](const nanotel::payload&) -> export_result {
        if (!calm && draw(4) == 0) std::this_thread::sleep_for(30ms);
        return {};
    };
    std::uint64_t spans = 0;
    for (int round = 0; round < 12; ++round) {
        calm = round == 11;
        nanotel::options o = quiet_options(nullptr);
        for (std::size_t i = 0; i < all.size(); ++i)
            o.destinations.push_back({.exporter = all[i], .name = std::to_string(i)});
        o.destinations[1].ratio = 0.5;
        o.spool.directory = folder.path;
        o.max_queue_bytes = 3'000;
        o.max_export_batch_size = 5;
        auto telemetry = nanotel::start(std::move(o));
        for (int step = 0; step < 3; ++step) {
            const unsigned now = draw(30);
            record_spans(static_cast<int>(now));
            spans += now;
            steps.add(1);
            static_cast<void>(telemetry.flush(std::chrono::milliseconds(draw(10))));
        }
        if (calm) CHECK(telemetry.flush(long_enough).complete);
        telemetry.shutdown(std::chrono::milliseconds(calm ? 60'000 : draw(20)));
        check_everything(counts());
    }
    const auto s = counts();
    CHECK(s.queued == 0);
    CHECK(s.spilled == 0);
    CHECK(s.data_points.queued == 0);
    CHECK(s.dropped_by.shut_down == 0);
    CHECK(s.dropped_by.queue_full == 0);
    CHECK(s.recovered == 0);
    CHECK(all[0]->span_ids.size() == spans);
    CHECK(all[2]->span_ids.size() == spans);
}
