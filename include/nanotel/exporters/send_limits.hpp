// SPDX-License-Identifier: MIT
// When a send ends whatever the other side does: at its deadline, or when another thread asks for it.
#pragma once

#include <poll.h>

#include <algorithm> // min
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/http_fault.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// One send after another belongs to one thread; interrupt to any.
class send_limits {
public:
    using time_point = std::chrono::steady_clock::time_point;

    void begin(time_point deadline) noexcept {
        // For ever is an hour here: the clock's arithmetic must not overflow.
        deadline_ = std::min(deadline, std::chrono::steady_clock::now() + std::chrono::hours{1});
        // Nothing is handed over with the state, so relaxed: what counts is its own order. An interrupt of
        // an earlier send that comes now finds a send under way, as it must have when it was asked for.
        state_.store(state::sending, std::memory_order_relaxed);
    }

    void end() noexcept { state_.store(state::idle, std::memory_order_relaxed); }

    void interrupt() noexcept {
        state expected = state::sending; // else there is none, or it knows
        state_.compare_exchange_strong(expected, state::interrupted, std::memory_order_relaxed);
    }

    [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
    [[nodiscard]] bool interrupted() const noexcept {
        return state_.load(std::memory_order_relaxed) == state::interrupted;
    }

    /// Waits until a socket is ready for one of the events, which become those that it is ready for. Anything
    /// but none: the time is up. An earlier time than that of the send may be given.
    [[nodiscard]] http_fault wait(int socket, short& events, time_point until) const noexcept {
        using namespace std::chrono;
        for (;;) {
            if (interrupted()) return http_fault::interrupted;
            const auto left = std::min(until, deadline_) - steady_clock::now();
            if (left <= left.zero()) return http_fault::deadline;
            // An interrupt is seen between two looks: no descriptor is needed that it could write to, and
            // that a forked child would share.
            constexpr nanoseconds look = milliseconds{20};
            pollfd waiting{socket, events, 0};
            const int ready = ::poll(
                &waiting, 1, static_cast<int>(ceil<milliseconds>(std::min<nanoseconds>(left, look)).count()));
            if (ready > 0 || (ready < 0 && errno != EINTR)) {
                events = waiting.revents; // of a socket that is none reading says why
                return http_fault::none;
            }
        }
    }
    [[nodiscard]] http_fault wait(int socket, short& events) const noexcept {
        return wait(socket, events, deadline_);
    }

private:
    enum class state : std::uint8_t { idle, sending, interrupted };

    time_point deadline_{};
    std::atomic<state> state_{state::idle};
};

} // namespace nanotel::inline NANOTEL_ABI::detail
