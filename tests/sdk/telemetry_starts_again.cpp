// SPDX-License-Identifier: MIT
#include "scripted_exporter.hpp"

using namespace nanotel_test;
using namespace nanotel::literals;

TEST_CASE("a second start warns and leaves the first alone") {
    const diagnostics_of_test diagnostics;
    auto first = std::make_shared<nanotel::memory_exporter>();
    auto second = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start(quiet_options(first));
    {
        auto other = nanotel::start(quiet_options(second));
        CHECK(diagnostics.heard("start was called while the telemetry is running"));
    }
    record_spans(1);
    CHECK(telemetry.flush(long_enough));
    CHECK(first->spans().size() == 1);
    CHECK(second->spans().empty());
}

TEST_CASE("a handler of diagnostics may ask for the counts") {
    static bool asked;
    asked = false;
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view, void*) {
        static_cast<void>(nanotel::telemetry{}.stats());
        asked = true;
    });
    auto options = quiet_options(std::make_shared<nanotel::memory_exporter>());
    options.environment = environment_of({{"OTEL_BSP_SCHEDULE_DELAY", "soon"}});
    options.schedule_delay.reset();
    auto telemetry = nanotel::start(std::move(options));
    auto other = nanotel::start(quiet_options(std::make_shared<nanotel::memory_exporter>()));
    nanotel::set_diagnostic_handler(nullptr);
    CHECK(asked);
}

TEST_CASE("after a shutdown it starts again, and nothing of the time before is current") {
    const counts_since counts;
    auto first = std::make_shared<nanotel::memory_exporter>();
    auto second = std::make_shared<nanotel::memory_exporter>();
    {
        auto telemetry = nanotel::start(quiet_options(first));
        nanotel::span open("open across the restart");
        telemetry.shutdown(long_enough);
        CHECK_FALSE(nanotel::current_context().is_valid());
        open.end();
    }
    auto telemetry = nanotel::start(quiet_options(second));
    CHECK_FALSE(nanotel::current_context().is_valid());
    {
        nanotel::span outer("outer");
        nanotel::span inner("inner");
    }
    CHECK(telemetry.flush(long_enough).delivered == 2);
    const auto spans = second->spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].name == "inner");
    CHECK(spans[0].parent_span_id == spans[1].span_id);
    CHECK(spans[1].parent_span_id.empty());
    CHECK(first->spans().empty());
    check_adds_up(counts());
}

TEST_CASE("a span that stays open across a restart disturbs nothing") {
    const counts_since counts;
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start(quiet_options(memory));
    {
        nanotel::span before("before");
        telemetry.shutdown(long_enough);
        telemetry = nanotel::start(quiet_options(memory));
        nanotel::span after("after");
        CHECK(nanotel::current_context() == after.context());
        before.end();
        CHECK(nanotel::current_context() == after.context());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(telemetry.flush(long_enough).complete);
    for (const auto& span : memory->spans()) CHECK(span.parent_span_id.empty());
    check_adds_up(counts());
}

TEST_CASE("options of a later start take the place of those before") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto options = quiet_options(memory);
    options.sampler = nanotel::sampler::always_off();
    auto telemetry = nanotel::start(options);
    record_spans(1);
    telemetry.shutdown(long_enough);
    options.sampler = nanotel::sampler::always_on();
    options.clock = []() noexcept { return std::uint64_t{1'700'000'000'123'456'789}; };
    options.service_name = "second";
    telemetry = nanotel::start(options);
    record_spans(1);
    telemetry.shutdown(long_enough);
    options.clock = nullptr;
    telemetry = nanotel::start(options);
    record_spans(1);
    telemetry.shutdown(long_enough);
    const auto spans = memory->spans();
    REQUIRE(spans.size() == 2);
    CHECK(spans[0].start_time_unix_nano == 1'700'000'000'123'456'789);
    CHECK(spans[0].resource["service.name"] == "second");
    CHECK(spans[1].start_time_unix_nano != 1'700'000'000'123'456'789);
}

TEST_CASE("spans recorded in the first moments have their times") {
    // The rate of the processor's counter is measured in the first 10 ms.
    for (int i = 0; i < 20; ++i) {
        auto memory = std::make_shared<nanotel::memory_exporter>();
        auto telemetry = nanotel::start(quiet_options(memory));
        const auto real = [] { return nanotel::detail::clock_nanoseconds(CLOCK_REALTIME); };
        const std::uint64_t begin = real();
        {
            nanotel::span outer("outer");
            const std::uint64_t until = real() + 50'000;
            while (real() < until) {
            }
        }
        const std::uint64_t end = real();
        CHECK(telemetry.flush(long_enough));
        const auto span = memory->spans().at(0);
        // A hundredth of a second is what a machine under load may be off by.
        CHECK(span.start_time_unix_nano + 10'000'000 > begin);
        CHECK(span.end_time_unix_nano < end + 10'000'000);
        CHECK(span.end_time_unix_nano - span.start_time_unix_nano >= 40'000);
    }
}

TEST_CASE("a context is captured, attached elsewhere and left again") {
    auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start(quiet_options(memory));
    {
        nanotel::span outer("outer");
        const nanotel::context captured = nanotel::current_context();
        CHECK(captured == outer.context());
        std::thread([&] {
            CHECK_FALSE(nanotel::current_context().is_valid());
            {
                const nanotel::context_scope scope(captured);
                CHECK(nanotel::current_context() == captured);
                nanotel::span there("there");
                {
                    const nanotel::context_scope none(nanotel::context{});
                    CHECK_FALSE(nanotel::current_context().is_valid());
                }
                CHECK(nanotel::current_context() == there.context());
            }
            CHECK_FALSE(nanotel::current_context().is_valid());
        }).join();
        CHECK(nanotel::current_context() == captured);
    }
    CHECK(telemetry.flush(long_enough).delivered == 2);
    const auto spans = memory->spans();
    CHECK(spans[0].trace_id == spans[1].trace_id);
    const auto& there = spans[0].name == "there" ? spans[0] : spans[1];
    const auto& outer = spans[0].name == "there" ? spans[1] : spans[0];
    CHECK(there.parent_span_id == outer.span_id);
}

TEST_CASE("spans that begin on one thread and end on another do not use up the memory for them") {
    const counts_since counts;
    auto options = quiet_options(std::make_shared<scripted_exporter>());
    options.when_full = nanotel::full_ring_policy::block;
    options.block_timeout = std::chrono::hours(1);
    auto telemetry = nanotel::start(std::move(options));
    // One span takes a block of 1 KiB; all blocks together may take 64 MiB.
    constexpr int rounds = 1000, each = 100;
    std::vector<nanotel::detached_span> handed_over;
    std::mutex mutex;
    std::condition_variable changed;
    std::thread ender([&] {
        for (int i = 0; i < rounds; ++i) {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return !handed_over.empty(); });
            handed_over.clear();
            changed.notify_all();
        }
    });
    int recording = 0;
    for (int i = 0; i < rounds; ++i) {
        std::vector<nanotel::detached_span> begun;
        for (int k = 0; k < each; ++k) {
            begun.emplace_back("begun here, ended there");
            recording += begun.back().is_recording();
        }
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return handed_over.empty(); });
        handed_over = std::move(begun);
        changed.notify_all();
    }
    ender.join();
    CHECK(recording == rounds * each);
    CHECK(telemetry.flush(long_enough).complete);
    CHECK(counts().delivered == rounds * each);
    check_adds_up(counts());
}
