// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

#include <map>
#include <random>
#include <set>

#include <pthread.h>

using namespace nanotel_test;
using namespace nanotel::literals;

namespace {

nanotel::options lossless(std::shared_ptr<nanotel::exporter> destination) {
    auto options = quiet_options(std::move(destination));
    options.when_full = nanotel::full_ring_policy::block;
    options.block_timeout = std::chrono::hours(1);
    return options;
}

struct late {
    bool armed = false;
    ~late() {
        if (armed) nanotel::span s("thread_local destructor");
    }
};
thread_local late object;

} // namespace

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("every span of eight threads arrives once, with its values and its parent") {
    constexpr int threads = 8, rounds = 300;
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start(lossless(memory));
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t)
        workers.emplace_back([t] {
            for (int i = 0; i < rounds; ++i) {
                NANOTEL_SPAN(outer, "outer", "thread"_attr = t, "round"_attr = i);
                const std::string text(static_cast<std::size_t>(i % 400), static_cast<char>('a' + t));
                for (int k = 0; k < 2; ++k) {
                    NANOTEL_SCOPED_SPAN("inner", "thread"_attr = t, "round"_attr = i, "k"_attr = k,
                                        "text"_attr = text);
                }
            }
        });
    for (std::thread& w : workers) w.join();
    CHECK(telemetry.flush(long_enough));
    const auto spans = memory->spans();
    REQUIRE(spans.size() == threads * rounds * 3);
    std::map<std::string, const nanotel::finished_span*> by_id;
    for (const auto& s : spans) CHECK(by_id.emplace(s.span_id, &s).second);
    std::set<std::string> seen;
    std::uint64_t wrong = 0;
    for (const auto& s : spans) {
        const auto* const thread = s.attributes["thread"].get_if<std::int64_t>();
        const auto* const round = s.attributes["round"].get_if<std::int64_t>();
        REQUIRE(thread != nullptr);
        REQUIRE(round != nullptr);
        std::string key = s.name + " " + std::to_string(*thread) + " " + std::to_string(*round);
        wrong += s.start_time_unix_nano > s.end_time_unix_nano;
        if (s.name == "outer") {
            wrong += !s.parent_span_id.empty();
        } else {
            const auto* const k = s.attributes["k"].get_if<std::int64_t>();
            REQUIRE(k != nullptr);
            key += " " + std::to_string(*k);
            wrong += s.attributes["text"] !=
                     std::string(static_cast<std::size_t>(*round % 400), static_cast<char>('a' + *thread));
            const auto parent = by_id.find(s.parent_span_id);
            REQUIRE(parent != by_id.end());
            const nanotel::finished_span& p = *parent->second;
            wrong += p.trace_id != s.trace_id || p.attributes["thread"] != *thread ||
                     p.attributes["round"] != *round || p.start_time_unix_nano > s.start_time_unix_nano ||
                     p.end_time_unix_nano < s.end_time_unix_nano;
        }
        CHECK(seen.insert(key).second);
    }
    CHECK(wrong == 0);
}

TEST_CASE("a thread's last spans come from its thread_local and pthread key destructors") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start(lossless(memory));
    pthread_key_t key;
    REQUIRE(::pthread_key_create(&key, [](void*) { nanotel::span s("key destructor"); }) == 0);
    constexpr int threads = 50;
    for (int i = 0; i < threads; ++i)
        std::thread([&] {
            nanotel::span s("ordinary");
            object.armed = true;
            ::pthread_setspecific(key, &key);
        }).join();
    // A thread whose only record is a late one.
    std::thread([&] { object.armed = true; }).join();
    CHECK(telemetry.flush(long_enough));
    ::pthread_key_delete(key);
    std::map<std::string, int> names;
    for (const auto& s : memory->spans()) {
        ++names[s.name];
        CHECK(s.parent_span_id.empty());
    }
    CHECK(names["ordinary"] == threads);
    CHECK(names["thread_local destructor"] == threads + 1);
    CHECK(names["key destructor"] == threads);
}

TEST_CASE("thousands of threads come and go, and their memory serves those that follow") {
    auto exporter = std::make_shared<scripted_exporter>();
    const counts_since counts;
    auto telemetry = nanotel::start(lossless(exporter));
    constexpr int threads = 2000;
    for (int i = 0; i < threads; i += 2) {
        std::thread a([] { record_spans(3); });
        std::thread b([] { record_spans(2); });
        a.join();
        b.join();
    }
    CHECK(telemetry.flush(long_enough));
    CHECK(counts().delivered == threads / 2 * 5);
    check_adds_up(counts());
    std::size_t states = 0;
    nanotel::detail::process().threads.for_each([&](auto&) { ++states; });
    // Two at a time; the others are those that had ended before the collector thread looked.
    CHECK(states < threads / 4);
}

TEST_CASE("whatever happens at once, every span is delivered once or counted as dropped") {
    const diagnostics_of_test diagnostics;
    for (std::uint32_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        const counts_since counts;
        auto memory = std::make_shared<nanotel::memory_exporter>();
        const auto options = [&](std::mt19937& random) {
            auto o = quiet_options(memory);
            o.ring_bytes = 16 << 10;
            o.max_ring_bytes = (16 << 10) << random() % 3;
            o.max_all_rings_bytes = 128 << 10;
            o.schedule_delay = std::chrono::milliseconds(random() % 20);
            o.max_export_batch_size = 1 + random() % 500;
            o.when_full =
                random() % 2 == 0 ? nanotel::full_ring_policy::drop : nanotel::full_ring_policy::block;
            o.block_timeout = std::chrono::milliseconds(random() % 5);
            if (random() % 3 == 0) o.sampler = nanotel::sampler::trace_id_ratio(0.5);
            return o;
        };
        std::atomic<bool> done{false};
        std::atomic<std::uint64_t> ended{0};
        std::vector<std::thread> threads;
        for (std::uint32_t t = 0; t < 3; ++t)
            threads.emplace_back([&, t] { // starts threads, which record and end
                std::mt19937 random(seed * 100 + t);
                while (!done.load()) {
                    std::thread([&] {
                        const std::string text(random() % 3000, 'x');
                        for (unsigned i = random() % 200; i > 0; --i) {
                            NANOTEL_SPAN(s, "outer", "i"_attr = i);
                            if (i % 8 == 0)
                                s.set("text"_attr = nanotel::text(text.data(), random() % (text.size() + 1)));
                            if (i % 16 == 0) nanotel::detached_span d("detached", "i"_attr = i);
                            ++ended;
                        }
                    }).join();
                }
            });
        for (int t = 0; t < 2; ++t)
            threads.emplace_back([&] {
                while (!done.load()) {
                    static_cast<void>(nanotel::telemetry{}.flush(long_enough));
                    static_cast<void>(nanotel::telemetry{}.stats());
                    std::this_thread::yield();
                }
            });
        std::mt19937 random(seed);
        std::uint64_t restarts = 0;
        do {
            auto telemetry = nanotel::start(options(random));
            const std::uint64_t begin = ended.load();
            while (ended.load() < begin + 500) std::this_thread::yield();
            if (random() % 2 == 0) telemetry.shutdown(long_enough);
        } while (++restarts < 15);
        done.store(true);
        for (std::thread& t : threads) t.join();
        // What was written while one shut down and the other started waits for the next start.
        std::mt19937 last(seed);
        auto telemetry = nanotel::start(options(last));
        CHECK(telemetry.shutdown(long_enough).complete);
        const auto s = counts();
        check_adds_up(s);
        CHECK(s.queued == 0);
        CHECK(s.recorded > 1000);
        const auto spans = memory->spans();
        CHECK(spans.size() == s.delivered);
        std::set<std::string> ids;
        for (const auto& span : spans) ids.insert(span.span_id);
        CHECK(ids.size() == spans.size()); // none twice
    }
}

TEST_SUITE_END();
