// SPDX-License-Identifier: MIT
// From the processor's ticks to Unix time: one continuous, monotone, piecewise linear map.
#pragma once

#include <nanotel/core/platform.hpp>

#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// A moment seen by both clocks.
struct clock_reading {
    std::uint64_t ticks;
    std::uint64_t unix_ns; // of CLOCK_REALTIME; else of the clock that was asked
};

// The counter is read on both sides of the system clock, and the closest pair of a few is taken: what lies
// between them is the error.
template <class Ticks>
clock_reading read_clocks(Ticks ticks, clockid_t clock = CLOCK_REALTIME) noexcept {
    clock_reading best{};
    std::uint64_t narrowest = ~std::uint64_t{0};
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t before = ticks();
        const std::uint64_t unix_ns = clock_nanoseconds(clock);
        const std::uint64_t after = ticks();
        if (after - before < narrowest) {
            narrowest = after - before;
            best = {before + narrowest / 2, unix_ns};
        }
    }
    return best;
}

// Two ticks in order never give two times out of order, and a tick gives the same time whenever it is asked,
// so that a span lies within its parent whichever of them was exported first. The system clock may be set or
// slewed: each extension begins where the map stands and bends towards it, never below half and never above
// twice the true rate. Used by the collector thread alone.
class clock_map {
public:
    // The rate must be known before the first use: see extend.
    void begin(const clock_reading& first) {
        pieces_.reserve(max_pieces); // extend does not allocate
        pieces_.assign(1, {first.ticks, first.unix_ns, 0});
        last_ = anchor_ = first;
    }
    bool has_rate() const noexcept { return pieces_.back().rate != 0; }

    // The time for which an error is spread: long enough for the rate to stay smooth, short enough to follow
    // NTP.
    static constexpr std::uint64_t horizon_ns = 10'000'000'000;

    // Bends the map towards a new reading. Ticks later than the reading's must not have been asked for yet.
    void extend(const clock_reading& now) {
        if (!has_rate()) {
            // A clock that was set back meanwhile has no rate: once more from here, nobody has asked yet.
            if (now.ticks <= last_.ticks || now.unix_ns <= last_.unix_ns) return begin(now);
            true_rate_ = pieces_.front().rate = rate_between(last_, now);
            last_ = now;
            return;
        }
        if (now.ticks <= last_.ticks) return;
        measure_rate(now);
        const std::uint64_t here = to_unix_ns(now.ticks);
        const auto error = static_cast<std::int64_t>(now.unix_ns - here);
        // Within the error of a reading there is nothing to bend.
        if (error < 200 && error > -200) return;
        const auto horizon = static_cast<std::int64_t>(horizon_ns);
        std::int64_t wanted = horizon * 2;
        if (error < horizon) wanted = error < -horizon / 2 ? horizon / 2 : horizon + error;
        __extension__ using wide = unsigned __int128;
        const auto rate = static_cast<std::uint64_t>(static_cast<wide>(true_rate_) *
                                                     static_cast<std::uint64_t>(wanted) / horizon_ns);
        if (pieces_.size() == max_pieces) pieces_.erase(pieces_.begin(), pieces_.begin() + max_pieces / 2);
        pieces_.push_back({now.ticks, here, rate});
    }

    std::uint64_t to_unix_ns(std::uint64_t ticks) const noexcept {
        const piece* at = &pieces_.back();
        // What began before the last bend is found from the end: most of it began just now.
        while (ticks < at->ticks && at != pieces_.data()) --at;
        if (ticks >= at->ticks) return at->unix_ns + scaled(ticks - at->ticks, at->rate);
        return at->unix_ns - scaled(at->ticks - ticks, at->rate);
    }

    std::size_t pieces() const noexcept { return pieces_.size(); }

private:
    struct piece {
        std::uint64_t ticks;
        std::uint64_t unix_ns;
        std::uint64_t rate; // nanoseconds a tick, 32 binary places
    };

    // The longer the base line, the less the readings' own error counts. A clock that was set starts a new
    // one: no oscillator is off by a hundredth. Should it have been set while the rate was measured, the next
    // two readings agree with each other and not with it, and are believed.
    void measure_rate(const clock_reading& now) noexcept {
        const auto elapsed = static_cast<std::int64_t>(scaled(now.ticks - last_.ticks, true_rate_));
        const auto deviation = static_cast<std::int64_t>(now.unix_ns - last_.unix_ns) - elapsed;
        const bool was_set = deviation > elapsed / 100 || deviation < -elapsed / 100;
        const bool again = last_.ticks == anchor_.ticks;
        if ((was_set && !again) || now.unix_ns <= anchor_.unix_ns)
            anchor_ = now;
        else if (now.unix_ns - anchor_.unix_ns > horizon_ns / 100)
            true_rate_ = rate_between(anchor_, now);
        last_ = now;
    }

    static constexpr std::size_t max_pieces = 4096; // with one bend in 10 s: the last six hours at least

    static std::uint64_t rate_between(const clock_reading& a, const clock_reading& b) noexcept {
        __extension__ using wide = unsigned __int128;
        const wide rate = (static_cast<wide>(b.unix_ns - a.unix_ns) << 32) / (b.ticks - a.ticks);
        // Never 0, which means unknown, and within what the arithmetic above can hold.
        constexpr std::uint64_t greatest = std::uint64_t{1} << 52;
        return rate == 0 ? 1 : rate > greatest ? greatest : static_cast<std::uint64_t>(rate);
    }
    static std::uint64_t scaled(std::uint64_t ticks, std::uint64_t rate) noexcept {
        __extension__ using wide = unsigned __int128;
        return static_cast<std::uint64_t>((static_cast<wide>(ticks) * rate) >> 32);
    }

    std::vector<piece> pieces_;
    std::uint64_t true_rate_ = 0;
    clock_reading anchor_{}; // where the base line begins
    clock_reading last_{};
};

} // namespace nanotel::inline NANOTEL_ABI::detail
