// SPDX-License-Identifier: MIT
// Samplers that keep so many spans a second: strictly, or on the average with a threshold that says so.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/trace/composable_samplers.hpp>
#include <nanotel/trace/sampler.hpp>

#include <chrono>
#include <cmath>

namespace nanotel::inline NANOTEL_ABI {

/// Nanoseconds from some begin, never going back; for tests. Null: std::chrono::steady_clock.
using sampling_clock = std::uint64_t (*)();

namespace detail {

inline std::uint64_t sampling_time(sampling_clock clock) {
    if (clock) return clock();
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// A bucket of tokens as one number: the time at which it would be full again (the virtual scheduling of ITU-T
// I.371's generic cell rate algorithm). Taking one moves that time by a token's worth; there is none where
// that would be further away than a full bucket takes.
class token_bucket {
public:
    token_bucket(double tokens_a_second, double capacity) noexcept
        : token_(nanoseconds(1e9 / tokens_a_second)), full_(nanoseconds(1e9 / tokens_a_second * capacity)) {}

    bool take(std::uint64_t now) noexcept {
        // The word is all there is to it, and nothing else is read by it: the order of the exchange is more
        // than is needed. Whoever fails has seen another thread take a token, so some thread always gets on.
        std::uint64_t full_at = full_at_.load_relaxed();
        for (;;) {
            const std::uint64_t begin = full_at > now ? full_at : now;
            if (begin - now + token_ > full_) return false;
            if (full_at_.compare_exchange(full_at, begin + token_)) return true;
        }
    }

private:
    // Never 0, and far from an overflow: a century.
    static std::uint64_t nanoseconds(double count) noexcept {
        return count >= 3e18 ? 3'000'000'000'000'000'000 : count >= 1 ? static_cast<std::uint64_t>(count) : 1;
    }
    const std::uint64_t token_;
    const std::uint64_t full_;
    atomic<std::uint64_t> full_at_;
};

class strict_rate_limit final : public custom_sampler {
public:
    strict_rate_limit(double spans_a_second, double burst, sampling_clock clock)
        : rate_(spans_a_second), clock_(clock), bucket_(spans_a_second, burst) {}
    sampling_result should_sample(const sampling_parameters&) override {
        if (!bucket_.take(sampling_time(clock_))) return {};
        return {sampling_decision::record_and_sample, {}, {}, {}};
    }
    std::string description() const override { return "RateLimitingSampler{" + std::to_string(rate_) + "}"; }

private:
    const double rate_;
    const sampling_clock clock_;
    token_bucket bucket_;
};

// How many arrive a second, on the average of the last seconds, each of some weight: a sum that fades, with
// the time of its last arrival, in one word.
class fading_rate {
public:
    fading_rate(double seconds, std::uint64_t now) noexcept
        : seconds_(seconds), began_(ticks(now)), word_{std::uint64_t{began_} << 32} {}

    // The rate with this arrival in it.
    double add(double weight, std::uint64_t now) noexcept {
        const std::uint32_t at = ticks(now);
        std::uint64_t word = word_.load_relaxed();
        for (;;) {
            // Another thread may have been here a little later: the difference is below zero, and nothing
            // fades.
            const auto last = static_cast<std::uint32_t>(word >> 32);
            const auto passed = static_cast<std::int32_t>(at - last);
            const double kept = passed > 0 ? std::exp(-passed / (ticks_a_second * seconds_)) : 1;
            const auto sum = static_cast<float>(
                kept * static_cast<double>(__builtin_bit_cast(float, static_cast<std::uint32_t>(word))) +
                weight);
            const std::uint64_t next =
                std::uint64_t{passed > 0 ? at : last} << 32 | __builtin_bit_cast(std::uint32_t, sum);
            // As for the tokens: the word is all there is to it.
            if (word_.compare_exchange(word, next)) return static_cast<double>(sum) / window(at);
        }
    }

private:
    static constexpr double ticks_a_second = 1024;
    // About a millisecond each. They come round after 48 days, when a sum that nobody added to would not fade
    // once.
    static std::uint32_t ticks(std::uint64_t ns) noexcept { return static_cast<std::uint32_t>(ns / 976'562); }
    // How many seconds count: all of them at first, and then no more than fade away.
    double window(std::uint32_t at) noexcept {
        if (settled_.load_relaxed() != 0) return seconds_;
        const double age = (at - began_ + 1) / ticks_a_second / seconds_;
        if (age > 20) settled_.store_relaxed(1); // relaxed: a fact that stays true
        return seconds_ * -std::expm1(-age);
    }

    const double seconds_;
    const std::uint32_t began_;
    atomic<std::uint32_t> settled_;
    atomic<std::uint64_t> word_;
};

class composable_rate_limit final : public composable_sampler {
public:
    composable_rate_limit(double spans_a_second, composable delegate, sampling_clock clock)
        : limit_(spans_a_second), delegate_(std::move(delegate)), clock_(clock),
          rate_(3, sampling_time(clock)) {}
    sampling_intent intent(const sampling_parameters& of) override {
        sampling_intent wanted = delegate_->intent(of);
        if (!wanted.threshold) return wanted;
        // What the delegate would keep, on the average: it never depends on what became of this trace.
        const double probability = wanted.threshold->probability();
        const double rate = rate_.add(probability, sampling_time(clock_));
        if (rate > limit_)
            wanted.threshold = sampling_threshold::of_probability(probability * (limit_ / rate));
        return wanted;
    }
    std::string description() const override {
        return "ComposableRateLimiting{" + std::to_string(limit_) + ":" + delegate_->description() + "}";
    }

private:
    const double limit_;
    const composable delegate_;
    const sampling_clock clock_;
    fading_rate rate_;
};

} // namespace detail

/// Keeps at most so many roots a second, and at most as many in a burst as `burst` says; 0: as many as in a
/// second, one at least. The rest follows its parent. Which are kept is chance and no probability, so they
/// have no threshold, and nobody can tell how many they stand for: composable_rate_limiting can. Lock-free,
/// some 30 ns a root. A limit that is not above 0 is always_off.
inline sampler rate_limiting(double roots_a_second, double burst = 0, sampling_clock clock = nullptr) {
    if (!(roots_a_second > 0)) return sampler::always_off();
    if (!(burst > 0)) burst = roots_a_second;
    return sampler::parent_based(sampler::custom(
        std::make_shared<detail::strict_rate_limit>(roots_a_second, burst < 1 ? 1 : burst, clock)));
}

/// Keeps so many spans a second of those that it is asked about, on the average of the last 3 seconds, by
/// lowering every probability of the delegate in the same proportion: each span that is kept says by its
/// threshold how many it stands for. More of them come through while a burst is new. Lock-free. A limit that
/// is not above 0 is composable_always_off(). (OTEP 250, "ConsistentRateLimiting".)
inline composable composable_rate_limiting(double spans_a_second,
                                           composable delegate = composable_always_on(),
                                           sampling_clock clock = nullptr) {
    if (!(spans_a_second > 0) || !delegate) return composable_always_off();
    return std::make_shared<detail::composable_rate_limit>(spans_a_second, std::move(delegate), clock);
}

} // namespace nanotel::inline NANOTEL_ABI
