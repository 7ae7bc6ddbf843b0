// SPDX-License-Identifier: MIT
// When the next attempt may be made: pauses that grow while a destination fails, and the state they have.
#pragma once

#include <nanotel/core/config.hpp>

#include <algorithm> // min, max
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility> // exchange

namespace nanotel::inline NANOTEL_ABI {

/// Of the circuit breaker in front of a destination. Closed: it takes what it is sent, or has not failed
/// often. Open: it has failed several times in a row, and nothing is sent. Half-open: one request asks how it
/// is.
enum class breaker_state : std::uint8_t { closed, open, half_open };

[[nodiscard]] constexpr std::string_view to_string(breaker_state state) noexcept {
    switch (state) {
    case breaker_state::closed:
        return "closed";
    case breaker_state::open:
        return "open";
    case breaker_state::half_open:
        return "half-open";
    }
    return "unknown";
}

namespace detail {

struct breaker_options {
    unsigned failures = 5;                      // in a row, until it opens
    std::chrono::milliseconds first_pause{100}; // after one failure; doubled by each
    std::chrono::milliseconds greatest_pause{30'000};
    std::chrono::milliseconds greatest_wait{3'600'000}; // that a destination may ask for
    std::chrono::milliseconds least_gap{1'000}; // from one attempt to the next, where somebody is in a hurry
};

// Sees nothing but the times it is given, which never go back. One thread.
class breaker {
public:
    using time_point = std::chrono::steady_clock::time_point;

    enum class change : std::uint8_t { none, opened, closed };

    explicit breaker(const breaker_options& options = {}) noexcept : options_(options) {}

    breaker_state state() const noexcept { return state_; }
    unsigned failures() const noexcept { return failures_; } // in a row
    // When the next attempt may be made; in the past where nothing has failed.
    time_point next_attempt() const noexcept { return next_; }
    // Of the first failure of those in a row.
    time_point failing_since() const noexcept { return since_; }

    // An attempt is made: where the breaker is open, it asks how the destination is.
    void attempt(time_point now) noexcept {
        attempted_ = now;
        if (state_ == breaker_state::open) state_ = breaker_state::half_open;
    }

    // The destination has answered, be it that it will never take what it was sent.
    change succeeded() noexcept {
        failures_ = 0;
        asked_to_wait_ = false;
        next_ = {};
        return std::exchange(state_, breaker_state::closed) == breaker_state::closed ? change::none
                                                                                     : change::closed;
    }

    // Not now, or no answer. `random` is any number; half of the pause is drawn from it, so that clients that
    // failed together do not come back together. What the destination asks for is kept to, up to a limit.
    change failed(time_point now, std::optional<std::chrono::milliseconds> retry_after,
                  std::uint64_t random) noexcept {
        if (failures_++ == 0) since_ = now;
        auto pause = options_.first_pause;
        for (unsigned i = 1; i < failures_ && pause < options_.greatest_pause; ++i) pause *= 2;
        pause = std::min(pause, options_.greatest_pause);
        const auto spread = static_cast<std::uint64_t>((pause / 2).count());
        pause = pause / 2 + std::chrono::milliseconds(static_cast<std::int64_t>(random % (spread + 1)));
        asked_to_wait_ = retry_after && *retry_after > pause;
        if (asked_to_wait_) pause = std::max(pause, std::min(*retry_after, options_.greatest_wait));
        next_ = now + pause;
        const breaker_state before = state_;
        state_ = failures_ >= options_.failures ? breaker_state::open : breaker_state::closed;
        return before == breaker_state::closed && state_ == breaker_state::open ? change::opened
                                                                                : change::none;
    }

    // Somebody waits: the pause is cut short, but not one that the destination asked for.
    void hurry(time_point now) noexcept {
        if (asked_to_wait_ || failures_ == 0) return;
        next_ = std::min(next_, std::max(now, attempted_ + options_.least_gap));
    }

private:
    breaker_options options_;
    breaker_state state_ = breaker_state::closed;
    unsigned failures_ = 0;
    bool asked_to_wait_ = false;
    time_point next_{};
    time_point attempted_{};
    time_point since_{};
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
