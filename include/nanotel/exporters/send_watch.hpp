// SPDX-License-Identifier: MIT
// Ends a send at its deadline, whatever the other side does. cpp-httplib has a timeout for each read and
// write only, so that a server which drips a byte a second could hold it for ever.
#pragma once

#include <fcntl.h>      // F_DUPFD_CLOEXEC
#include <pthread.h>    // pthread_setname_np
#include <signal.h>     // pthread_sigmask
#include <sys/socket.h> // shutdown

#include <algorithm> // min
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility> // exchange

#include <nanotel/core/config.hpp>
#include <nanotel/core/file_identity.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Holds a second descriptor of the connection in use and shuts the connection down when the deadline of the
/// send under way passes or another thread interrupts it. The descriptor is its own (dup), so that it can
/// never hit a file that was given the number of a connection that is gone. Its thread starts with the first
/// send and sleeps between them.
class send_watch {
public:
    using time_point = std::chrono::steady_clock::time_point;
    enum class verdict : unsigned char { running, deadline, interrupted };

    send_watch() = default;
    send_watch(const send_watch&) = delete;
    send_watch& operator=(const send_watch&) = delete;

    ~send_watch() {
        {
            const std::lock_guard guard(mutex_);
            stop_ = true;
        }
        wake_.notify_one();
        if (thread_.joinable()) thread_.join();
        file_.close_if_same(connection_);
    }

    void begin(time_point deadline) {
        // For ever is an hour here: the clock's arithmetic must not overflow.
        deadline = std::min(deadline, std::chrono::steady_clock::now() + std::chrono::hours{1});
        if (!thread_.joinable()) start();
        bool early = false;
        {
            const std::lock_guard guard(mutex_);
            deadline_ = deadline;
            verdict_ = verdict::running;
            sending_ = true;
            early = deadline < asleep_until_;
        }
        if (early) wake_.notify_one(); // else it wakes in time by itself, at the end of an earlier send
    }

    void end() noexcept {
        const std::lock_guard guard(mutex_);
        sending_ = false;
    }

    /// A connection that is about to be made for the send under way; it replaces the one before.
    void watch(int descriptor) noexcept {
        const std::lock_guard guard(mutex_);
        file_.close_if_same(connection_);
        connection_ = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        file_ = file_identity(descriptor);
    }

    /// The watched connection for reading its state, -1 when there is none; belongs to the sending thread.
    [[nodiscard]] int connection() const noexcept { return connection_; }
    /// What it leads to, as long as the application has not closed it behind our back; the same.
    [[nodiscard]] const file_identity& file() const noexcept { return file_; }

    [[nodiscard]] verdict state() noexcept {
        const std::lock_guard guard(mutex_);
        return verdict_;
    }

    /// Any thread: the send under way is to give up.
    void interrupt() noexcept {
        {
            const std::lock_guard guard(mutex_);
            if (!sending_ || verdict_ != verdict::running) return;
            verdict_ = verdict::interrupted;
        }
        wake_.notify_one();
    }

private:
    void start() {
        // The thread inherits the mask: no signal of the application's is ever handled on it.
        sigset_t all, before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        try {
            thread_ = std::thread([this] { run(); });
        } catch (...) {
            ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
            throw;
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
#ifdef __linux__
        ::pthread_setname_np(thread_.native_handle(), "nanotel-watch");
#endif
    }

    void run() {
        std::unique_lock lock(mutex_);
        while (!stop_) {
            const auto now = std::chrono::steady_clock::now();
            if (!sending_) {
                sleep(lock, time_point::max());
            } else if (verdict_ == verdict::running && now < deadline_) {
                sleep(lock, deadline_);
            } else {
                if (verdict_ == verdict::running) verdict_ = verdict::deadline;
                if (file_.is_of(connection_)) ::shutdown(connection_, SHUT_RDWR);
                // Again soon: the host may have another address that the sending thread turns to next.
                sleep(lock, now + std::chrono::milliseconds{20});
            }
        }
    }

    void sleep(std::unique_lock<std::mutex>& lock, time_point until) {
        asleep_until_ = until;
        if (until == time_point::max())
            wake_.wait(lock);
        else
            wake_.wait_until(lock, until);
        asleep_until_ = time_point::min();
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::thread thread_;
    time_point deadline_{};
    time_point asleep_until_ = time_point::min(); ///< awake: looks at everything before it sleeps again
    verdict verdict_ = verdict::running;
    int connection_ = -1;
    file_identity file_; ///< that it was made for
    bool sending_ = false;
    bool stop_ = false;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
