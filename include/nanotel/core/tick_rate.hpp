// SPDX-License-Identifier: MIT
// How long a tick of the processor's counter is, for what is measured by it.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/core/clock.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Found out by whoever asks, better the longer the process runs. Both ends of the base line are the closest
// pairs of a few readings, so that a thread that is put aside between two clocks spoils none. A rate is kept
// from 10 ms on, known to a part in 10,000, and measured anew each time that the base line has doubled, until
// it is a second long.
struct tick_rate {
    // Written once, before the runtime is published, by which whoever asks came here: a timer that began
    // before a shutdown may still ask while the next start goes on.
    std::uint64_t (*ticks)() noexcept = nullptr;
    clock_reading first{};
    // Double bits; 0: not known yet. Relaxed: the word is the whole message, and any of those that find it
    // out at once will do.
    atomic<std::uint64_t> seconds_a_tick;
    // The tick from which on it is to be known better. Relaxed, and no word on which rate is there: who sees
    // this one and an older rate uses a rate that was good enough to be kept.
    atomic<std::uint64_t> refined_at;

    static constexpr std::uint64_t shortest_ns = 10'000'000;
    static constexpr std::uint64_t longest_ns = 1'000'000'000;

    void begin(std::uint64_t (*source)() noexcept) noexcept {
        first = read_clocks(source, CLOCK_MONOTONIC);
        ticks = source;
    }
    // Of two ticks of which the later one was read just now.
    double seconds_between(std::uint64_t begin, std::uint64_t end) noexcept {
        double rate = __builtin_bit_cast(double, seconds_a_tick.load_relaxed());
        if (end >= refined_at.load_relaxed()) [[unlikely]]
            rate = measure(rate);
        return end > begin ? static_cast<double>(end - begin) * rate : 0;
    }

private:
    double measure(double known) noexcept {
        const clock_reading now = read_clocks(ticks, CLOCK_MONOTONIC);
        if (now.ticks <= first.ticks || now.unix_ns <= first.unix_ns) return known;
        const std::uint64_t elapsed_ns = now.unix_ns - first.unix_ns;
        const std::uint64_t elapsed = now.ticks - first.ticks;
        const double rate = 1e-9 * static_cast<double>(elapsed_ns) / static_cast<double>(elapsed);
        if (elapsed_ns >= shortest_ns) {
            seconds_a_tick.store_relaxed(__builtin_bit_cast(std::uint64_t, rate));
            refined_at.store_relaxed(elapsed_ns >= longest_ns ? ~std::uint64_t{0} : now.ticks + elapsed);
        }
        return rate;
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
