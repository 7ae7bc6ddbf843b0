// SPDX-License-Identifier: MIT
// Keeps what the application does on SIGPIPE from a library that sets it for the whole process.
#pragma once

#include <sched.h>  // sched_yield
#include <signal.h> // sigaction
#include <unistd.h> // getpid

#include <atomic>
#include <utility> // exchange

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// A base before one whose constructor has SIGPIPE ignored, as that of cpp-httplib's server has: what was
/// there before is given back in the body of the constructor, or when it throws.
class sigpipe_action {
public:
    sigpipe_action(const sigpipe_action&) = delete;
    sigpipe_action& operator=(const sigpipe_action&) = delete;

protected:
    sigpipe_action() noexcept {
        // One at a time: two would take each other's SIG_IGN for the application's. No mutex, since a child
        // that was forked in between has to find its way; another process's number is as good as none.
        // Acquire pairs with the release in give_back: the action that is read is no longer the library's.
        const int self = ::getpid();
        for (int holder = 0; !holder_.compare_exchange_weak(holder, self, std::memory_order_acquire,
                                                            std::memory_order_relaxed);)
            if (holder == self) {
                ::sched_yield();
                holder = 0;
            }
        known_ = ::sigaction(SIGPIPE, nullptr, &applications_) == 0;
    }
    ~sigpipe_action() { give_back(); }

    void give_back() noexcept {
        if (!std::exchange(held_, false)) return;
        struct sigaction now{};
        // Anything else is what the application has set meanwhile.
        if (known_ && ::sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_IGN)
            ::sigaction(SIGPIPE, &applications_, nullptr);
        holder_.store(0, std::memory_order_release);
    }

private:
    inline static std::atomic<int> holder_{0}; ///< the process in which one is at work
    struct sigaction applications_{};
    bool known_ = false;
    bool held_ = true;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
