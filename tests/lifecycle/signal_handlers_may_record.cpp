// SPDX-License-Identifier: MIT
#include "../sdk/scripted_exporter.hpp"
#include "../support/sanitizers.hpp"

#include <nanotel/core/prepare_thread.hpp>

#include <atomic>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <signal.h> // sigaction, pthread_kill
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

using namespace nanotel_test;
using namespace nanotel::literals;

namespace {

constinit nanotel::counter<> counted{"lifecycle.counted"};
constinit nanotel::counter<double> counted_wrongly{"lifecycle.counted_wrongly"};
constinit nanotel::histogram<> measured{"lifecycle.measured", {.bounds = {0, 1, 2}}};

// Texts that outgrow the inline bytes of a span, without memory that a handler would have to ask for.
const std::string large(3000, 'L');
const std::string medium(200, 'M');

std::atomic<int> tried{0};    // spans begun by handlers
std::atomic<int> attempts{0}; // runs of handlers

void record_in_handler() {
    const int n = attempts.fetch_add(1);
    tried.fetch_add(2);
    NANOTEL_SPAN(outer, "handler", "n"_attr = n, "text"_attr = medium);
    NANOTEL_SPAN(inner, "inner of handler", "n"_attr = n);
    if (n % 16 == 0) {
        inner.set("large"_attr = large);
        tried.fetch_add(1);
        nanotel::detached_span detached("detached in handler");
        const nanotel::context_scope attached(detached.context());
        detached.end();
    }
}

void measure_in_handler() {
    counted.add(1);
    measured.record(1);
}

// What a thread does while it is interrupted: every way to begin, to fill and to end a span. As many spans.
int record_in_every_way(int n) {
    {
        NANOTEL_SPAN(outer, "outer", "n"_attr = n, "text"_attr = "a literal", "f"_attr = 0.5);
        NANOTEL_SPAN(inner, "inner", "n"_attr = n, "text"_attr = medium);
        inner.set("late"_attr = n);
        inner.add_event("event", "n"_attr = n);
        NANOTEL_SPAN(innermost, "innermost", "n"_attr = n);
        innermost.set("large"_attr = large);
        innermost.add_link(outer.context());
    }
    {
        NANOTEL_SCOPED_SPAN("root", "n"_attr = n);
    }
    nanotel::detached_span detached("detached", "n"_attr = n);
    {
        const nanotel::context_scope attached(detached.context());
        NANOTEL_SCOPED_SPAN("below detached", "n"_attr = n);
    }
    detached.end();
    nanotel::span first("first", "n"_attr = n);
    nanotel::span second("second", "n"_attr = n);
    first.end(); // out of order
    nanotel::span third("third", "n"_attr = n);
    third.end();
    second.end();
    nanotel::span elsewhere(nanotel::span_options{.name = "elsewhere", .parent = &nanotel::new_root},
                            "n"_attr = n);
    return 10;
}

nanotel::options lossless(std::shared_ptr<nanotel::exporter> destination) {
    nanotel::options o = quiet_options(std::move(destination));
    o.when_full = nanotel::full_ring_policy::block;
    o.block_timeout = std::chrono::minutes(10);
    return o;
}

class handler_of_test {
public:
    handler_of_test(int signal, void (*handle)(int)) : signal_(signal) {
        struct sigaction mine{};
        mine.sa_handler = handle;
        sigemptyset(&mine.sa_mask);
        mine.sa_flags = SA_RESTART;
        REQUIRE(sigaction(signal_, &mine, &before_) == 0);
    }
    ~handler_of_test() { sigaction(signal_, &before_, nullptr); }
    handler_of_test(const handler_of_test&) = delete;
    handler_of_test& operator=(const handler_of_test&) = delete;

private:
    int signal_;
    struct sigaction before_{};
};

// Every span of the threads is there once and whole, those of handlers are there or counted, and no two have
// one id.
void check_spans(const nanotel::memory_exporter& memory, const nanotel::statistics& counts, int rounds,
                 int spans_a_round) {
    const auto spans = memory.spans();
    const auto refused = counts.dropped_by.interrupting;
    CHECK(counts.recorded == counts.delivered + counts.queued + counts.dropped);
    CHECK(counts.dropped == refused);
    CHECK(counts.recorded == static_cast<std::uint64_t>(rounds * spans_a_round + tried.load()));
    CHECK(spans.size() == counts.delivered);
    std::map<std::string, const nanotel::finished_span*> by_id;
    std::map<std::string, std::set<std::int64_t>> rounds_of;
    std::size_t wrong = 0;
    for (const auto& s : spans) {
        wrong += !by_id.emplace(s.span_id, &s).second;
        if (const auto* const n = s.attributes["n"].get_if<std::int64_t>())
            wrong += !rounds_of[s.name].insert(*n).second;
        else
            wrong += s.name != "detached in handler";
    }
    CHECK(wrong == 0);
    for (const char* const name : {"outer", "inner", "innermost", "root", "detached", "below detached",
                                   "first", "second", "third", "elsewhere"}) {
        CAPTURE(name);
        CHECK(rounds_of[name].size() == static_cast<std::size_t>(rounds));
    }
    std::map<std::string, std::string> parents{{"inner", "outer"},
                                               {"innermost", "inner"},
                                               {"below detached", "detached"},
                                               {"second", "first"},
                                               {"third", "second"}};
    for (const auto& s : spans) {
        const auto parent = by_id.find(s.parent_span_id);
        if (const auto known = parents.find(s.name); known != parents.end())
            wrong += parent == by_id.end() || parent->second->name != known->second ||
                     parent->second->attributes["n"] != s.attributes["n"];
        else if (s.name.find("handler") == s.name.npos)
            wrong += !s.parent_span_id.empty();
        else if (!s.parent_span_id.empty()) // its parent may have been refused, or be still open
            wrong += parent != by_id.end() && parent->second->trace_id != s.trace_id;
        if (parent != by_id.end()) wrong += parent->second->trace_id != s.trace_id;
        if (s.name == "innermost") wrong += s.attributes["large"] != large || s.links.size() != 1;
        if (s.name == "inner") wrong += s.attributes["text"] != medium || s.events.size() != 1;
        if (s.name == "handler") wrong += s.attributes["text"] != medium;
    }
    CHECK(wrong == 0);
}

#if defined(__x86_64__)
[[gnu::always_inline]] inline void step_from_here() {
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() | 0x100);
}
[[gnu::always_inline]] inline void step_no_more() {
    __builtin_ia32_writeeflags_u64(__builtin_ia32_readeflags_u64() & ~std::uint64_t{0x100});
}
#endif

} // namespace

TEST_CASE("a thread that is prepared is registered, has its ring in memory and its name") {
    CHECK(!nanotel::prepare_thread("early")); // without start
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start(lossless(memory));
    std::thread([&] {
        CHECK(nanotel::prepare_thread("worker of a pool with a long name"));
        char name[16]{};
        pthread_getname_np(pthread_self(), name, sizeof name);
        CHECK(std::string(name) == "worker of a poo");
        const auto faults = [] {
            rusage used{};
            getrusage(RUSAGE_THREAD, &used);
            return used.ru_minflt;
        };
        const auto record = [] { NANOTEL_SCOPED_SPAN("work", "text"_attr = medium); };
        // Less than half of the ring, after the first, which needs a stack.
        const auto faults_of_spans = [&] {
            record();
            const auto before = faults();
            for (int i = 0; i < 99; ++i) record();
            return faults() - before;
        };
        const auto prepared = faults_of_spans();
        // The same on a thread that is registered and no more. A sanitizer's own pages hide the difference.
        std::thread([&] {
            const auto not_prepared = faults_of_spans();
            if (!nanotel_test::sanitized) CHECK(prepared + 5 <= not_prepared);
        }).join();
        CHECK(nanotel::prepare_thread()); // again, with spans in the ring
    }).join();
    CHECK(telemetry.flush(long_enough));
    CHECK(memory->spans().size() == 200);
}

#if defined(__x86_64__)
// Fails where a change of the thread's ring, pool or context is not marked from its first load to its last
// store, or where an id takes two instructions.
TEST_CASE("a signal handler records between any two instructions of its thread") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    const counts_since counts;
    auto telemetry = nanotel::start(lossless(memory));
    // Sites, blocks and series that the handler uses are there before it runs.
    attempts = tried = 0;
    record_in_handler();
    measure_in_handler();
    int spans_a_round = record_in_every_way(0);
    const handler_of_test each_instruction(SIGTRAP, [](int) {
        // Sanitizers execute many more instructions.
        static int count = 0;
        if (sanitized && ++count % 11 != 0) return;
        record_in_handler();
        measure_in_handler();
    });
    constexpr int rounds = 3;
    for (int i = 1; i < rounds; ++i) {
        step_from_here();
        record_in_every_way(i);
        counted.add(1);
        measured.record(1);
        step_no_more();
        CHECK(telemetry.flush(long_enough).complete);
    }
    CHECK(attempts.load() > 1000);
    const auto now = counts();
    CHECK(now.dropped_by.interrupting > 100);
    CHECK(now.delivered > static_cast<std::uint64_t>(attempts.load() / 2));
    check_spans(*memory, now, rounds, spans_a_round);
}

TEST_CASE("a sampler that keeps nothing keeps nothing of a handler between any two instructions either") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    const counts_since counts;
    auto options = lossless(memory);
    options.sampler = nanotel::sampler::always_off();
    auto telemetry = nanotel::start(std::move(options));
    record_in_handler();
    record_in_every_way(0);
    const handler_of_test each_instruction(SIGTRAP, [](int) {
        static int count = 0;
        if (sanitized && ++count % 11 != 0) return;
        record_in_handler();
    });
    for (int i = 1; i < 3; ++i) {
        step_from_here();
        record_in_every_way(i);
        step_no_more();
    }
    CHECK(counts().recorded == 0);
    CHECK(!nanotel::current_context().is_valid());
    nanotel::span root("root");
    CHECK(root.context().is_valid());
}
#endif

TEST_SUITE_BEGIN("concurrent");

// Threads that come and go are interrupted at all times: before their first span, in it, while they end.
TEST_CASE("a storm of signals records on threads that record, come and go") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    const counts_since counts;
    auto telemetry = nanotel::start(lossless(memory));
    attempts = tried = 0;
    const handler_of_test storm(SIGUSR1, [](int) { record_in_handler(); });
    record_in_handler(); // the sites are known: what follows asks for no memory
    int spans_a_round = record_in_every_way(0);
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    std::atomic<bool> done{false};
    std::atomic<int> rounds{1};
    const int limit = sanitized ? 600 : 2000;
    std::vector<std::thread> recorders;
    for (int t = 0; t < 2; ++t)
        recorders.emplace_back([&] {
            for (int n; (n = rounds.fetch_add(1)) < limit;) record_in_every_way(n);
            while (!done.load()) std::this_thread::yield(); // what is yet to be sent to it finds it
        });
    std::thread pester([&] {
        pthread_sigmask(SIG_BLOCK, &usr1, nullptr);
        for (int i = 0; rounds.load() < limit; ++i) {
            pthread_kill(recorders[static_cast<std::size_t>(i) % 2].native_handle(), SIGUSR1);
            if (i % 8 == 0) std::this_thread::yield();
        }
        done = true;
    });
    std::vector<std::thread> short_lived;
    for (int i = 0; i < 100; ++i) {
        std::thread brief([] {
            while (attempts.load() < 0) std::this_thread::yield();
        });
        pthread_kill(brief.native_handle(), SIGUSR1); // its first span is the handler's
        brief.join();
    }
    pester.join();
    for (std::thread& r : recorders) r.join();
    CHECK(telemetry.flush(long_enough).complete);
    CHECK(attempts.load() > 20);
    check_spans(*memory, counts(), limit, spans_a_round);
}

TEST_SUITE_END();

// Fails where a handler could come in the middle of what takes the locks of those that record.
TEST_CASE("a module is told of the telemetry while no signal handler can record") {
    auto telemetry = nanotel::start(quiet_options(std::make_shared<nanotel::memory_exporter>()));
    static bool is_blocked;
    is_blocked = false;
    auto& modules = nanotel::detail::process().modules;
    const auto before = modules.before_join;
    modules.before_join = []() noexcept {
        sigset_t now;
        pthread_sigmask(SIG_BLOCK, nullptr, &now);
        is_blocked = sigismember(&now, SIGUSR1) == 1;
    };
    modules.join_all(modules);
    modules.before_join = before;
    CHECK(is_blocked);
}

TEST_CASE("what is recorded leaves errno as it was") {
    nanotel::set_diagnostic_handler(
        [](nanotel::diagnostic_level, std::string_view, void*) { errno = EPIPE; });
    auto exporter = std::make_shared<scripted_exporter>();
    auto options = quiet_options(exporter);
    options.when_full = nanotel::full_ring_policy::block;
    options.block_timeout = std::chrono::milliseconds(1);
    options.ring_bytes = options.max_ring_bytes = 16 << 10;
    auto telemetry = nanotel::start(std::move(options));
    std::thread([] {
        for (int i = 0; i < 2000; ++i) { // registers, fills the ring, waits for room
            errno = 4711;
            {
                NANOTEL_SPAN(s, "work");
                s.set("large"_attr = large);
            }
            counted.add(1, "n"_attr = i % 50);
            counted_wrongly.add(std::numeric_limits<double>::infinity());
            REQUIRE(errno == 4711);
        }
    }).join();
    nanotel::set_diagnostic_handler(nullptr);
}
