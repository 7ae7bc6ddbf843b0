// SPDX-License-Identifier: MIT
// From the processor's ticks to Unix time: one continuous, monotone, piecewise linear map.
#pragma once

#include <nanotel/core/platform.hpp>

#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// A moment seen by both clocks.
struct clock_reading {
    std::uint64_t ticks;
    std::uint64_t unix_ns;
};

// The counter is read on both sides of the system clock, and the closest pair of a few is taken: what lies
// between them is the error.
template <class Ticks>
clock_reading read_clocks(Ticks ticks) noexcept {
    clock_reading best{};
    std::uint64_t narrowest = ~std::uint64_t{0};
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t before = ticks();
        const std::uint64_t unix_ns = clock_nanoseconds(CLOCK_REALTIME);
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
    void begin(const clock_reading& first) { pieces_.assign(1, {first.ticks, first.unix_ns, 0}); }
    bool has_rate() const noexcept { return pieces_.back().rate != 0; }

    // The time for which an error is spread: long enough for the rate to stay smooth, short enough to follow
    // NTP.
    static constexpr std::uint64_t horizon_ns = 10'000'000'000;

    // Bends the map towards a new reading. Ticks later than the reading's must not have been asked for yet.
    void extend(const clock_reading& now) {
        if (!has_rate()) {
            const piece& first = pieces_.front();
            true_rate_ = rate_of(now.unix_ns - first.unix_ns, now.ticks - first.ticks);
            pieces_.front().rate = true_rate_;
            anchor_ = {first.ticks, first.unix_ns};
            return;
        }
        if (now.ticks <= pieces_.back().ticks) return;
        const std::uint64_t here = to_unix_ns(now.ticks);
        const auto error = static_cast<std::int64_t>(now.unix_ns - here);
        // The longer the base line, the less the readings' own error counts; a clock that was set starts a
        // new one.
        if (error > jump_ns || error < -jump_ns)
            anchor_ = now;
        else if (now.unix_ns - anchor_.unix_ns > horizon_ns / 100)
            true_rate_ = rate_of(now.unix_ns - anchor_.unix_ns, now.ticks - anchor_.ticks);
        // Within the error of a reading there is nothing to bend.
        if (error < 200 && error > -200) return;
        std::int64_t wanted = static_cast<std::int64_t>(horizon_ns) + error;
        const auto horizon = static_cast<std::int64_t>(horizon_ns);
        if (wanted < horizon / 2) wanted = horizon / 2;
        if (wanted > horizon * 2) wanted = horizon * 2;
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
        __extension__ using wide = unsigned __int128;
        if (ticks >= at->ticks)
            return at->unix_ns +
                   static_cast<std::uint64_t>((static_cast<wide>(ticks - at->ticks) * at->rate) >> 32);
        return at->unix_ns -
               static_cast<std::uint64_t>((static_cast<wide>(at->ticks - ticks) * at->rate) >> 32);
    }

    std::size_t pieces() const noexcept { return pieces_.size(); }

private:
    struct piece {
        std::uint64_t ticks;
        std::uint64_t unix_ns;
        std::uint64_t rate; // nanoseconds a tick, 32 binary places
    };

    static constexpr std::int64_t jump_ns = 1'000'000'000;
    static constexpr std::size_t max_pieces = 4096; // with one bend in 10 s: the last six hours at least

    static std::uint64_t rate_of(std::uint64_t nanoseconds, std::uint64_t ticks) noexcept {
        __extension__ using wide = unsigned __int128;
        return ticks == 0 ? std::uint64_t{1} << 32
                          : static_cast<std::uint64_t>((static_cast<wide>(nanoseconds) << 32) / ticks);
    }

    std::vector<piece> pieces_;
    std::uint64_t true_rate_ = 0;
    clock_reading anchor_{};
};

} // namespace nanotel::inline NANOTEL_ABI::detail
