// SPDX-License-Identifier: MIT
// The thread that moves payloads of a destination from memory to disk, so that a slow disk holds up nobody.
#pragma once

#include <nanotel/core/background_thread.hpp>
#include <nanotel/pipeline/payload_queue.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

class spiller {
public:
    using clock = std::chrono::steady_clock;

    explicit spiller(payload_queue& queue) : queue_(queue) {}
    ~spiller() { join(); }
    spiller(const spiller&) = delete;
    spiller& operator=(const spiller&) = delete;

    // Nothing where the queue has no disk.
    void start() {
        if (queue_.disk()) thread_ = start_background_thread("nanotel-spill", [this] { run(); });
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    // Moves all that is left and ends. False where the disk does not come back by then: the thread goes its
    // own way, and this object and the queue must outlive it.
    bool end(clock::time_point give_up) {
        if (!thread_.joinable()) return true;
        queue_.finish_spilling();
        std::unique_lock lock(mutex_);
        if (ends_.wait_until(lock, give_up, [&] { return ended_; })) {
            lock.unlock();
            thread_.join();
            return true;
        }
        thread_.detach();
        return false;
    }

private:
    void run() noexcept {
        while (const auto next = queue_.next_to_spill()) {
            const std::shared_ptr<spool> disk = queue_.disk();
            if (!disk) break;
            queue_.spilled(*next, disk->put(next->kind, next->items, next->text()));
        }
        const std::lock_guard lock(mutex_);
        ended_ = true;
        ends_.notify_all(); // under the lock: when end() has seen it, nothing here is touched any more
    }

    payload_queue& queue_;
    std::mutex mutex_;
    std::condition_variable ends_;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
