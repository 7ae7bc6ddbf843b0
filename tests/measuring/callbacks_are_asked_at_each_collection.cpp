// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include <nanotel/exporters/memory.hpp>
#include <nanotel/sdk.hpp>

#include <condition_variable>
#include <optional>
#include <thread>

using namespace nanotel_test;

namespace {

constinit nanotel::observable_counter<> faults{"observed.faults", {.unit = "{fault}"}};
constinit nanotel::observable_counter<double> seconds{"observed.seconds", {.unit = "s"}};
constinit nanotel::observable_up_down_counter<> memory{"observed.memory", {.unit = "By"}};
constinit nanotel::observable_gauge<> temperature{"observed.temperature"};
constinit nanotel::counter<> calls{"observed.calls"};

// A door that is closed until it is opened.
class door {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        --waiting_;
        changed_.notify_all();
    }
    void wait_until_somebody_waits() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ != 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
};

// A reader that a test asks from outside.
struct asking final : nanotel::pull_reader {
    struct remembering final : nanotel::detail::metric_sink {
        std::vector<std::string> names;
        void begin_metric(const nanotel::detail::metric_description& metric, nanotel::temporality) override {
            names.push_back(metric.name);
        }
        void add(const nanotel::detail::metric_point&) override {}
        void end_metric() override {}
    };

    nanotel::detail::metric_source* from = nullptr;
    std::thread thread;
    void start(nanotel::detail::metric_source& source) override { from = &source; }
    // The names of its metrics.
    std::vector<std::string> ask() const {
        remembering sink;
        static_cast<void>(from->collect(sink)); // false where the telemetry ends
        return sink.names;
    }
    void ask_beside() {
        thread = std::thread([this] { ask(); });
    }
    void stop() noexcept override {
        if (thread.joinable()) thread.join();
    }
};

nanotel::options asked_from_outside(const std::shared_ptr<asking>& reader) {
    return {.exporter = std::make_shared<nanotel::memory_exporter>(),
            .metric_readers = {{.interval = std::chrono::milliseconds(600'000),
                                .timeout = std::chrono::milliseconds(600'000)}},
            .pull_readers = {reader}};
}

// A collection that waits for callbacks for ten minutes, on another thread until it goes.
class collection_under_way {
public:
    explicit collection_under_way(nanotel::telemetry& of)
        : thread_([&of] { static_cast<void>(of.flush(std::chrono::minutes(20))); }) {}
    ~collection_under_way() { thread_.join(); }

private:
    std::thread thread_;
};

// Half of it is spent on a callback that stalls, and the other half is enough on a busy machine too.
constexpr auto time_to_end = std::chrono::seconds(6);

} // namespace

// Fails where a callback reports one series alone, or its labels or kind are lost.
TEST_CASE("a callback reports several series of each kind") {
    measuring telemetry;
    const auto a = faults.observe([](const auto& o) {
        o.observe(3, "type"_attr = "minor");
        o.observe(1, "type"_attr = "major", "x"_attr = 1);
        o.observe(7);
    });
    const auto b = seconds.observe([](const auto& o) { o.observe(0.25, "mode"_attr = "user"); });
    const auto c = memory.observe([](const auto& o) { o.observe(-4096); });
    const auto d = temperature.observe([](const auto& o) {
        o.observe(21.5, "room"_attr = 1);
        o.observe(19, "room"_attr = 2);
        o.observe(20, "room"_attr = 2); // the last counts
    });
    const auto metrics = telemetry.collected();
    REQUIRE(metrics.size() == 4);
    CHECK(find(metrics, "observed.faults").points.size() == 3);
    CHECK(find(metrics, "observed.faults").monotonic);
    CHECK(point(find(metrics, "observed.faults"), {{"type", "minor"}}).value == 3);
    CHECK(point(find(metrics, "observed.faults"), {{"x", 1}, {"type", "major"}}).value == 1);
    CHECK(point(find(metrics, "observed.faults")).value == 7);
    CHECK(point(find(metrics, "observed.seconds"), {{"mode", "user"}}).value == 0.25);
    CHECK(point(find(metrics, "observed.memory")).value == -4096);
    CHECK_FALSE(find(metrics, "observed.memory").monotonic);
    CHECK(find(metrics, "observed.temperature").kind == nanotel::finished_metric_kind::gauge);
    CHECK(point(find(metrics, "observed.temperature"), {{"room", 1}}).value == 21.5);
    CHECK(point(find(metrics, "observed.temperature"), {{"room", 2}}).value == 20.0);
}

// Fails where a reader of delta is told the whole sum twice, or two readers share what they were told; or
// where a series that is not reported any more is told on.
TEST_CASE("observed sums: cumulative tells the whole, delta what was added since it was told last") {
    measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
    std::atomic<std::uint64_t> count{10};
    std::atomic<bool> both{true};
    const auto a = faults.observe([&](const auto& o) {
        o.observe(count.load(), "which"_attr = 1);
        if (both) o.observe(2 * count.load(), "which"_attr = 2);
    });
    const auto b = memory.observe([&](const auto& o) { o.observe(count.load()); });
    const auto check = [&](double whole, double more, bool second) {
        const std::uint64_t at = pass_time();
        telemetry.flush();
        auto metrics = telemetry.received(0);
        CHECK(number(point(find(metrics, "observed.faults"), {{"which", 1}}).value) == whole);
        CHECK(find(metrics, "observed.faults").points.size() == (second ? 2 : 1));
        CHECK(number(point(find(metrics, "observed.memory")).value) == whole);
        CHECK(point(find(metrics, "observed.memory")).time_unix_nano == at);
        metrics = telemetry.received(1);
        CHECK(number(point(find(metrics, "observed.faults"), {{"which", 1}}).value) == more);
        CHECK(number(point(find(metrics, "observed.memory")).value) == whole);
        if (second) CHECK(number(point(find(metrics, "observed.faults"), {{"which", 2}}).value) == 2 * more);
        return point(find(metrics, "observed.faults"), {{"which", 1}});
    };
    const auto first = check(10, 10, true);
    count = 15;
    const auto next = check(15, 5, true);
    CHECK(next.start_time_unix_nano == first.time_unix_nano);
    both = false;
    count = 16;
    check(16, 1, false);
    check(16, 0, false);
    both = true;
    count = 20;
    pass_time();
    telemetry.flush();
    // Of the pause too: nothing is lost.
    CHECK(point(find(telemetry.received(1), "observed.faults"), {{"which", 2}}).value == 2 * (20 - 15));
}

// Fails where the guard does not remove the callback, or does so when it was moved from.
TEST_CASE("the guard removes its callback when it goes, wherever it was moved") {
    measuring telemetry;
    auto token = std::make_shared<int>();
    nanotel::callback_guard outer;
    {
        auto guard = faults.observe([token](const auto& o) { o.observe(1, "by"_attr = "first"); });
        outer = std::move(guard);
        guard.remove(); // of nothing
    }
    auto metrics = telemetry.collected();
    CHECK(point(find(metrics, "observed.faults"), {{"by", "first"}}).value == 1);
    CHECK(token.use_count() == 2);
    outer = faults.observe([](const auto& o) { o.observe(2, "by"_attr = "second"); });
    CHECK(token.use_count() == 1); // and what it captured is gone with it
    metrics = telemetry.collected();
    CHECK(find(metrics, "observed.faults").points.size() == 1);
    CHECK(point(find(metrics, "observed.faults"), {{"by", "second"}}).value == 2);
    outer.remove();
    CHECK(telemetry.collected().empty());
}

// Fails where callbacks belong to the telemetry that runs when they are registered.
TEST_CASE("callbacks may be registered before start and live through starts") {
    int asked = 0;
    const auto guard = faults.observe([&](const auto& o) { o.observe(++asked); });
    for (int i = 1; i <= 3; ++i) {
        measuring telemetry;
        CHECK(number(point(find(telemetry.collected(), "observed.faults")).value) == asked);
        telemetry.shut_down(); // asks once more
    }
    CHECK(asked == 6);
}

// Fails where the callbacks of shutdown's last collection run after recording has ended.
TEST_CASE("at shutdown callbacks are asked once more, for every reader") {
    measuring telemetry({.readers = {{.temporality = cumulative}, {.temporality = delta}}});
    int asked = 0;
    const auto guard = faults.observe([&](const auto& o) {
        o.observe(++asked * 10);
        calls.add(1);
    });
    CHECK(telemetry.shut_down());
    for (std::size_t r = 0; r < 2; ++r) {
        const auto metrics = telemetry.received(r);
        CHECK(number(point(find(metrics, "observed.faults")).value) == 10);
        CHECK(point(find(metrics, "observed.calls")).value == 1);
    }
}

// Fails where a collection lets what a callback throws out, or loses the callbacks after it.
TEST_CASE("a callback that throws is named, and the others and what it had said before count") {
    const diagnostics_of_test diagnostics;
    measuring telemetry;
    const auto a = faults.observe([](const auto& o) { o.observe(1, "by"_attr = "first"); });
    const auto b = memory.observe([](const auto& o) {
        o.observe(5);
        throw std::runtime_error("no such file");
    });
    const auto c = temperature.observe([](const auto&) { throw 7; });
    const auto d = faults.observe([](const auto& o) { o.observe(2, "by"_attr = "last"); });
    for (int i = 0; i < 2; ++i) {
        const auto metrics = telemetry.collected();
        CHECK(find(metrics, "observed.faults").points.size() == 2);
        CHECK(point(find(metrics, "observed.memory")).value == 5);
        CHECK(count(metrics, "observed.temperature") == 0);
    }
    CHECK(diagnostics.heard(
        "the callback of the observable up-down counter 'observed.memory' threw: no such file"));
}

// Fails where a callback measures into a lock that its collection holds.
TEST_CASE("a callback may measure and trace itself, and register and remove callbacks") {
    measuring telemetry;
    nanotel::callback_guard inner;
    int asked = 0;
    const auto guard = faults.observe([&](const auto& o) {
        NANOTEL_SCOPED_SPAN("callback");
        calls.add(1);
        calls.add(1, "asked"_attr = asked);
        o.observe(++asked);
        if (asked == 1) inner = memory.observe([](const auto& other) { other.observe(1); });
    });
    telemetry.collected();
    const auto metrics = telemetry.collected();
    CHECK(number(point(find(metrics, "observed.faults")).value) == asked);
    CHECK(number(point(find(metrics, "observed.calls")).value) == asked);
    CHECK(asked == 2);
    CHECK(point(find(metrics, "observed.memory")).value == 1);
    CHECK(telemetry.spans().size() >= 2);
}

// Fails where a callback that removes itself waits for itself, or is freed while it runs.
TEST_CASE("a callback may remove itself") {
    measuring telemetry;
    auto token = std::make_shared<int>(0);
    nanotel::callback_guard guard;
    guard = faults.observe([token, &guard](const auto& o) {
        guard.remove();
        ++*token; // what it captured is still there
        o.observe(1);
    });
    CHECK(point(find(telemetry.collected(), "observed.faults")).value == 1);
    CHECK(telemetry.collected().empty());
    CHECK(*token == 1);
    CHECK(token.use_count() == 1);
}

// Fails where both values of a set of labels are added to the series that a view or the limit makes of
// several sets: what belongs together is told apart by all of its labels.
TEST_CASE("of two values for a set of labels the last counts, also where sets are added up") {
    measuring telemetry({.views = {{.instrument_name = "observed.faults", .exclude_keys = {"cpu"}},
                                   {.instrument_name = "observed.memory", .cardinality_limit = 2},
                                   {.instrument_name = "observed.seconds", .exclude_keys = {"cpu"}}}});
    const auto a = faults.observe([](const auto& o) {
        o.observe(10, "cpu"_attr = 1, "type"_attr = "minor");
        o.observe(5, "type"_attr = "minor", "cpu"_attr = 2);
        o.observe(20, "type"_attr = "minor", "cpu"_attr = 1); // in another order
    });
    const auto again = faults.observe([](const auto& o) { o.observe(7, "type"_attr = "minor"); });
    const auto b = memory.observe([](const auto& o) {
        for (const int value : {100, 1}) {
            o.observe(0, "node"_attr = 0);
            o.observe(value, "node"_attr = 1);
            o.observe(value, "node"_attr = 2);
        }
    });
    const auto c = seconds.observe([](const auto& o) {
        o.observe(0.5, "cpu"_attr = 1);
        o.observe(0.25, "cpu"_attr = 1);
        o.observe(1.0, "cpu"_attr = 1.0); // another set
    });
    const auto metrics = telemetry.collected();
    CHECK(number(point(find(metrics, "observed.faults"), {{"type", "minor"}}).value) == 20 + 5 + 7);
    CHECK(number(point(find(metrics, "observed.memory"), overflow).value) == 1 + 1);
    CHECK(number(point(find(metrics, "observed.seconds")).value) == 0.25 + 1.0);
}

// Fails where a view is not asked for observed series: its keys, its limit, or that it drops them.
TEST_CASE("views filter, rename and drop what is observed") {
    measuring telemetry(
        {.readers = {{.temporality = cumulative}, {.temporality = delta}},
         .views = {{.instrument_name = "observed.faults",
                    .name = "faults.by.type",
                    .keep_keys = std::vector<std::string>{"type"}},
                   {.instrument_name = "observed.memory", .aggregation = nanotel::aggregation::drop()}}});
    std::atomic<int> factor{1};
    const auto a = faults.observe([&](const auto& o) {
        for (int cpu = 0; cpu < 4; ++cpu) {
            o.observe(factor * (cpu + 1), "type"_attr = "minor", "cpu"_attr = cpu);
            o.observe(factor * 100, "type"_attr = "major", "cpu"_attr = cpu);
        }
    });
    const auto b = memory.observe([](const auto& o) { o.observe(1); });
    telemetry.flush();
    auto metrics = telemetry.received(0);
    REQUIRE(metrics.size() == 1);
    CHECK(metrics[0].name == "faults.by.type");
    REQUIRE(metrics[0].points.size() == 2);
    CHECK(point(metrics[0], {{"type", "minor"}}).value == 10);
    CHECK(point(metrics[0], {{"type", "major"}}).value == 400);
    telemetry.received(1);
    factor = 3;
    telemetry.flush();
    CHECK(point(find(telemetry.received(0), "faults.by.type"), {{"type", "minor"}}).value == 30);
    CHECK(point(find(telemetry.received(1), "faults.by.type"), {{"type", "minor"}}).value == 20);
}

TEST_SUITE_BEGIN("concurrent");

// Fails where remove_callback returns while the callback runs.
TEST_CASE("the guard waits for a callback that runs") {
    measuring telemetry;
    door entered, leave;
    std::atomic<bool> inside{false};
    auto guard = faults.observe([&](const auto& o) {
        inside = true;
        leave.pass();
        o.observe(1);
        inside = false;
    });
    std::thread collecting([&] { telemetry.flush(); });
    leave.wait_until_somebody_waits();
    std::atomic<bool> removed{false};
    std::thread removing([&] {
        guard.remove();
        CHECK_FALSE(inside.load());
        removed = true;
    });
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    CHECK_FALSE(removed.load());
    leave.open();
    removing.join();
    collecting.join();
    CHECK(telemetry.received().size() == 1);
    CHECK(telemetry.collected().empty());
}

// Fails where a collection waits for a callback beyond the timeout, or calls it again while it stalls.
TEST_CASE("a callback that stalls holds up no collection, and works again when it comes back") {
    const diagnostics_of_test diagnostics;
    measuring telemetry({.readers = {{.timeout = std::chrono::milliseconds(20)}}});
    door stall;
    std::atomic<int> asked{0};
    std::atomic<bool> is_back{false};
    auto guard = faults.observe([&](const auto& o) {
        if (++asked == 1) {
            stall.pass();
            o.observe(666); // too late: of a collection that is over
            is_back = true;
        } else {
            o.observe(asked.load());
        }
    });
    // On a busy machine a collection may be over before the callback is called.
    int last = 0;
    for (int i = 1; last == 0 || i < last + 5; ++i) {
        calls.add(1);
        const auto metrics = telemetry.collected();
        CHECK(point(find(metrics, "observed.calls")).value == i);
        CHECK(count(metrics, "observed.faults") == 0);
        if (last == 0 && asked.load() != 0) last = i;
    }
    CHECK(
        diagnostics.heard("the callback of the observable counter 'observed.faults' has not returned within "
                          "the export timeout"));
    CHECK(asked.load() == 1);
    stall.open();
    // It takes part again as soon as it has returned, which the library learns by itself.
    bool seen = false;
    for (int i = 0; i < 10'000 && !seen; ++i) {
        for (const auto& m : telemetry.collected())
            if (m.name == "observed.faults") {
                CHECK(number(point(m).value) >= 2);
                CHECK(number(point(m).value) != 666);
                seen = true;
            }
        std::this_thread::yield();
    }
    CHECK(is_back.load());
    CHECK(seen);
}

// Fails where the thread that stalls is the only one: all other observable instruments would be silent.
TEST_CASE("while a callback stalls the others are asked at every collection") {
    measuring telemetry({.readers = {{.timeout = std::chrono::seconds(1)}}});
    door stall;
    std::atomic<int> asked{0};
    const auto before = temperature.observe([](const auto& o) { o.observe(20); });
    auto guard = faults.observe([&](const auto& o) {
        if (++asked == 1) stall.pass();
        o.observe(asked.load());
    });
    const auto after = memory.observe([](const auto& o) { o.observe(5); });
    for (int i = 0; i < 4; ++i) {
        CAPTURE(i);
        const auto metrics = telemetry.collected();
        CHECK(count(metrics, "observed.faults") == 0);
        CHECK(point(find(metrics, "observed.temperature")).value == 20.0);
        CHECK(point(find(metrics, "observed.memory")).value == 5);
        CHECK(asked.load() == 1);
    }
    stall.open();
    while (count(telemetry.collected(), "observed.faults") == 0) std::this_thread::yield();
    CHECK(asked.load() >= 2);
}

// Fails where each callback that stalls takes another thread, without end.
TEST_CASE("callbacks that stall take a bounded number of threads") {
    const diagnostics_of_test diagnostics;
    door stall;
    std::atomic<int> inside{0};
    std::vector<nanotel::callback_guard> guards;
    for (int i = 0; i < 12; ++i)
        guards.push_back(faults.observe([&](const auto&) {
            ++inside;
            stall.pass();
            --inside;
        }));
    {
        measuring telemetry({.readers = {{.timeout = std::chrono::milliseconds(20)}}});
        calls.add(1);
        while (!diagnostics.heard("no more threads are spent on them")) telemetry.flush();
        telemetry.received();
        for (int i = 0; i < 5; ++i) CHECK(point(find(telemetry.collected(), "observed.calls")).value == 1);
        CHECK(inside.load() == 8);
        stall.open();
        // They are all asked again.
        const auto other = memory.observe([](const auto& o) { o.observe(5); });
        while (count(telemetry.collected(), "observed.memory") == 0) std::this_thread::yield();
    }
    guards.clear();
    CHECK(inside.load() == 0);
}

// Fails where shutdown gives all its time to a callback that stalls, and drops the spans.
TEST_CASE("a callback that stalls at shutdown costs no telemetry") {
    door stall;
    nanotel::callback_guard guard;
    {
        measuring telemetry;
        guard = faults.observe([&](const auto&) { stall.pass(); });
        {
            NANOTEL_SCOPED_SPAN("last");
        }
        calls.add(3);
        CHECK(telemetry.shut_down(time_to_end));
        CHECK(point(find(telemetry.received(), "observed.calls")).value == 3);
        CHECK(telemetry.stats().delivered == 1);
        CHECK(telemetry.stats().dropped == 0);
    }
    stall.open();
    guard.remove();
}

// Fails where shutdown waits for a collection that waits for a callback: for ten minutes here.
TEST_CASE("a callback that stalls a collection under way does not hold up shutdown") {
    door stall;
    nanotel::callback_guard guard;
    {
        measuring telemetry(
            {.readers = {{.interval = std::chrono::milliseconds(1), .timeout = std::chrono::minutes(10)}}});
        guard = faults.observe([&](const auto&) { stall.pass(); });
        stall.wait_until_somebody_waits();
        calls.add(3);
        CHECK(telemetry.shut_down(time_to_end));
        CHECK(point(find(telemetry.received(), "observed.calls")).value == 3);
    }
    stall.open();
    guard.remove();
}

// Fails where a flush waits for callbacks until its end, or for those of a collection under way: nothing else
// would be sent.
TEST_CASE("a callback that stalls leaves half of a flush to everything else") {
    for (const bool under_way : {false, true}) {
        CAPTURE(under_way);
        door stall;
        auto telemetry = nanotel::start(asked_from_outside(std::make_shared<asking>()));
        const auto guard = faults.observe([&](const auto&) { stall.pass(); });
        std::optional<collection_under_way> waiting;
        if (under_way) {
            waiting.emplace(telemetry);
            stall.wait_until_somebody_waits();
        }
        calls.add(3);
        const auto before = telemetry.stats().data_points.delivered;
        CHECK(telemetry.flush(time_to_end).complete);
        CHECK(telemetry.stats().data_points.delivered > before);
        stall.open();
    }
}

// Fails where shutdown stops the readers that are asked from outside before it lets go of callbacks: for ten
// minutes here.
TEST_CASE("a callback that stalls does not hold up the end of a reader that is asked from outside") {
    door stall;
    nanotel::callback_guard guard;
    {
        const auto asked = std::make_shared<asking>();
        auto telemetry = nanotel::start(asked_from_outside(asked));
        guard = faults.observe([&](const auto&) { stall.pass(); });
        const collection_under_way waiting(telemetry);
        stall.wait_until_somebody_waits();
        asked->ask_beside(); // waits for the callback, or for the collection that does
        static_cast<void>(telemetry.shutdown(std::chrono::seconds(2)));
    }
    stall.open();
    guard.remove();
}

// Fails where a scrape waits for the callbacks of another reader's collection for as long as that may: for
// ten minutes here.
TEST_CASE("a callback that stalls another reader's collection does not hold up a scrape") {
    door stall;
    const auto asked = std::make_shared<asking>();
    auto telemetry = nanotel::start(asked_from_outside(asked));
    auto guard = faults.observe([&](const auto& o) {
        stall.pass();
        o.observe(1);
    });
    const auto other = memory.observe([](const auto& o) { o.observe(5); });
    {
        const collection_under_way waiting(telemetry);
        stall.wait_until_somebody_waits();
        CHECK(asked->ask() == std::vector<std::string>{"observed.memory"});
        stall.open();
    }
    CHECK(telemetry.flush(std::chrono::minutes(1)).complete);
    CHECK(asked->ask().size() == 2);
}

// Fails where the next telemetry calls a callback that still stalls for the one before.
TEST_CASE("a callback that stalls across a start is not called a second time meanwhile") {
    door stall;
    std::atomic<int> inside{0};
    std::atomic<int> most{0};
    std::atomic<int> asked{0};
    nanotel::callback_guard guard = faults.observe([&](const auto& o) {
        const int here = ++inside;
        if (here > most) most = here;
        if (++asked == 1) stall.pass();
        o.observe(asked.load());
        --inside;
    });
    const auto other = memory.observe([](const auto& o) { o.observe(5); });
    {
        measuring telemetry({.readers = {{.timeout = std::chrono::milliseconds(20)}}});
        // On a busy machine a collection may be over before the callback is called.
        while (asked.load() == 0) telemetry.flush();
        stall.wait_until_somebody_waits();
        CHECK(asked.load() == 1);
        telemetry.shut_down(std::chrono::seconds(1));
    }
    {
        measuring telemetry;
        CHECK(point(find(telemetry.collected(), "observed.memory")).value == 5);
        CHECK(asked.load() == 1);
        stall.open();
        guard.remove(); // waits for the one that runs
        CHECK(inside.load() == 0);
        CHECK(most.load() == 1);
        CHECK(count(telemetry.collected(), "observed.faults") == 0);
    }
}

// Fails where registering, removing and asking run into each other.
TEST_CASE("threads register and remove callbacks while readers ask") {
    measuring telemetry;
    std::atomic<int> running{2};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < 200; ++i) {
                auto kept = std::make_unique<int>(i);
                const auto guard =
                    faults.observe([p = kept.get(), t](const auto& o) { o.observe(*p, "thread"_attr = t); });
                const auto second = memory.observe([](const auto& o) { o.observe(1); });
            }
            --running;
        });
    while (running.load() != 0) telemetry.flush();
    for (std::thread& t : threads) t.join();
    telemetry.flush();
    telemetry.received();
    CHECK(telemetry.collected().empty());
}

TEST_SUITE_END();
