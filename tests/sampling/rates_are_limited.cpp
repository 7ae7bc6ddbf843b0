// SPDX-License-Identifier: MIT
#include "support/sanitizers.hpp"

#include <nanotel/trace/rate_limiting.hpp>

#include <atomic>
#include <cmath>
#include <random>
#include <thread>

#include <doctest/doctest.h>

using namespace nanotel;

namespace {

std::atomic<std::uint64_t> now{0};
std::uint64_t test_clock() { return now.load(std::memory_order_relaxed); }
void advance(double seconds) { now += static_cast<std::uint64_t>(seconds * 1e9); }

const trace_state no_state;

sampling_parameters root(std::uint64_t random) {
    return {trace_id{{1, __builtin_bswap64(random)}},
            nullptr,
            "root",
            span_kind::internal,
            {},
            known_attributes(),
            no_state,
            {},
            {},
            0};
}

bool takes(const sampler& by) {
    return by.plan().root.custom->should_sample(root(0)).decision == sampling_decision::record_and_sample;
}

} // namespace

TEST_CASE("a strict limit lets a burst through, then as many as there is time for") {
    now = 5'000'000'000;
    const sampler by = rate_limiting(10, 4, &test_clock);
    const auto count = [&](int tries) {
        int taken = 0;
        for (int i = 0; i < tries; ++i) taken += takes(by);
        return taken;
    };
    CHECK(count(100) == 4);
    CHECK(count(100) == 0);
    advance(0.0999);
    CHECK(count(100) == 0);
    advance(0.0001);
    CHECK(count(100) == 1);
    advance(0.35);
    CHECK(count(100) == 3); // and half a token is left
    advance(0.05);
    CHECK(count(100) == 1);
    advance(1000);
    CHECK(count(100) == 4); // the bucket holds no more
    int all = 0;
    for (int i = 0; i < 100'000; ++i) { // 100 s
        advance(0.001);
        all += takes(by);
    }
    CHECK(all >= 999);
    CHECK(all <= 1001);
    CHECK_FALSE(by.plan().asks_remote()); // what has a parent follows it
    CHECK_FALSE(by.plan().root.custom->should_sample(root(0)).threshold);
}

TEST_CASE("limits of every size do what they say") {
    now = 1;
    CHECK(rate_limiting(0).plan().root.keeps_none());
    CHECK(rate_limiting(-1).plan().root.keeps_none());
    CHECK(rate_limiting(std::nan("")).plan().root.keeps_none());
    const sampler seldom = rate_limiting(0.1, 0, &test_clock);
    CHECK(takes(seldom));
    CHECK_FALSE(takes(seldom));
    advance(9.99);
    CHECK_FALSE(takes(seldom));
    advance(0.02);
    CHECK(takes(seldom));
    const sampler often = rate_limiting(1e12, 0, &test_clock); // no limit that a clock could keep
    for (int i = 0; i < 1000; ++i) CHECK(takes(often));
    const sampler hardly = rate_limiting(1e-30, 0, &test_clock);
    CHECK(takes(hardly));
    CHECK_FALSE(takes(hardly));
}

TEST_CASE("the consistent limit keeps its rate, and what it keeps stands for what came") {
    now = 1'000'000'000;
    const auto by = composable_rate_limiting(100, composable_always_on(), &test_clock);
    std::mt19937_64 random(7);
    const auto phase = [&](double arrivals_a_second, double seconds) {
        double kept = 0, stands_for = 0, arrived = 0, square = 0;
        for (double t = 0; t < seconds; t += 1 / arrivals_a_second) {
            advance(1 / arrivals_a_second);
            const std::uint64_t r = random() >> 8;
            const auto wanted = by->intent(root(r));
            REQUIRE(wanted.threshold);
            REQUIRE(wanted.adjusted_count_reliable);
            arrived += 1;
            const double n = wanted.threshold->adjusted_count();
            square += n - 1; // the variance of what a span that is kept with probability 1 / n stands for
            if (wanted.threshold->keeps(r)) {
                kept += 1;
                stands_for += n;
            }
        }
        // Unbiased whatever the rate does: within 5 standard deviations, and the seed is fixed.
        CHECK(std::abs(stands_for - arrived) <= 5 * std::sqrt(square) + 1e-6 * arrived);
        return kept / seconds;
    };
    CHECK(phase(50, 10) == doctest::Approx(50).epsilon(0.01)); // below the limit all are kept
    phase(2000, 10);                                           // the average follows
    CHECK(phase(2000, 20) == doctest::Approx(100).epsilon(0.15));
    phase(20'000, 10);
    CHECK(phase(20'000, 20) == doctest::Approx(100).epsilon(0.15));
    phase(50, 30);
    CHECK(phase(50, 10) == doctest::Approx(50).epsilon(0.01));
}

TEST_CASE("the consistent limit lowers the delegate's probabilities in proportion") {
    now = 1'000'000'000;
    const auto halves = std::make_shared<sampling_threshold>(sampling_threshold::of_probability(0.5));
    struct varying final : composable_sampler {
        std::shared_ptr<sampling_threshold> says;
        sampling_intent intent(const sampling_parameters&) override {
            if (says->keeps_none()) return {};
            return {*says, true, {}, {}};
        }
        std::string description() const override { return "varying"; }
    };
    auto delegate = std::make_shared<varying>();
    delegate->says = halves;
    const auto by = composable_rate_limiting(100, delegate, &test_clock);
    double often = 0, seldom = 0;
    for (int i = 0; i < 40'000; ++i) { // 1000 and 1000 a second, of which 500 and 100 would be kept
        advance(0.0005);
        *halves = sampling_threshold::of_probability(i % 2 == 0 ? 0.5 : 0.1);
        (i % 2 == 0 ? often : seldom) = by->intent(root(0)).threshold->probability();
    }
    CHECK(often == doctest::Approx(0.5 * 100 / 600).epsilon(0.02));
    CHECK(seldom == doctest::Approx(0.1 * 100 / 600).epsilon(0.02));
    *halves = sampling_threshold::never();
    CHECK_FALSE(by->intent(root(0)).threshold);
    CHECK_FALSE(composable_rate_limiting(0)->intent(root(0)).threshold);
    CHECK_FALSE(composable_rate_limiting(5, nullptr)->intent(root(0)).threshold);
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("threads that ask at once share one limit") {
    now = 1;
    constexpr int threads = 4;
    const int tries = nanotel_test::sanitized ? 20'000 : 200'000;
    detail::token_bucket bucket(1e6, 1000); // a token is 1000 ns, 1000 are in it
    detail::fading_rate rate(3, 0);
    std::atomic<std::uint64_t> taken{0};
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&] {
            std::uint64_t mine = 0;
            for (int i = 0; i < tries; ++i) {
                now += 10;
                mine += bucket.take(test_clock());
                rate.add(1, 1);
            }
            taken += mine;
        });
    for (auto& each : all) each.join();
    // What has passed is worth so many tokens; a thread may have taken one with a time that was over already.
    const std::uint64_t worth = 1000 + now.load() / 1000;
    CHECK(taken.load() <= worth);
    CHECK(taken.load() >= worth - 1 - threads);
    // None of the arrivals is lost, all being of the same moment: the first window is a tick of 1/1024 s.
    const double window = 3 * -std::expm1(-1. / 1024 / 3);
    CHECK(rate.add(0, 1) * window == doctest::Approx(threads * tries).epsilon(1e-6));
}

TEST_SUITE_END();
