// SPDX-License-Identifier: MIT
// Threads on which coroutines go on, each with the context that its work belongs to.
#pragma once

#include <nanotel/nanotel.hpp>

#include <condition_variable>
#include <coroutine>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace services {

class thread_pool {
public:
    explicit thread_pool(unsigned threads) {
        for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
    }
    /// Lets what is queued go on first.
    ~thread_pool() {
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
        }
        changed_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }
    thread_pool(const thread_pool&) = delete;
    thread_pool& operator=(const thread_pool&) = delete;

    /// `co_await pool.enter(span.context());`: goes on on a thread of the pool, where that context is current
    /// until the coroutine suspends again or ends.
    [[nodiscard]] auto enter(nanotel::context within) {
        struct awaiter {
            thread_pool& pool;
            nanotel::context within;
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<> rest) { pool.push({rest, std::move(within)}); }
            void await_resume() const noexcept {}
        };
        return awaiter{*this, std::move(within)};
    }

private:
    struct job {
        std::coroutine_handle<> rest;
        nanotel::context within;
    };

    void push(job next) {
        {
            const std::lock_guard lock(mutex_);
            jobs_.push_back(std::move(next));
        }
        changed_.notify_one();
    }

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
            if (jobs_.empty()) return;
            const job next = std::move(jobs_.front());
            jobs_.pop_front();
            lock.unlock();
            {
                const nanotel::context_scope attached(next.within);
                next.rest.resume();
            }
            lock.lock();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<job> jobs_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

} // namespace services
