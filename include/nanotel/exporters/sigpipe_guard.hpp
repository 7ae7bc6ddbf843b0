// SPDX-License-Identifier: MIT
// Sends without SIGPIPE, for libraries that write to sockets without MSG_NOSIGNAL.
#pragma once

#include <signal.h> // pthread_sigmask, sigpending, sigtimedwait
#include <time.h>   // timespec

#include <cerrno>

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Keeps SIGPIPE from the application for as long as it lives: blocked on this thread, and taken back if it
/// came up in the meantime. Installs no handler and leaves other threads alone.
class sigpipe_guard {
public:
    sigpipe_guard() noexcept {
        ::sigemptyset(&sigpipe_);
        ::sigaddset(&sigpipe_, SIGPIPE);
        sigset_t pending;
        ::sigpending(&pending);
        was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
        ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
    }
    sigpipe_guard(const sigpipe_guard&) = delete;
    sigpipe_guard& operator=(const sigpipe_guard&) = delete;

    ~sigpipe_guard() {
        // Ours is directed at this thread; one that was pending before belongs to someone else.
        if (!was_pending_) {
            const timespec at_once{};
            while (::sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) {
            }
        }
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }

private:
    sigset_t sigpipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
