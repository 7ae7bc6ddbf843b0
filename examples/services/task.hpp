// SPDX-License-Identifier: MIT
// What a coroutine returns that others await, and that keeps the context of who awaits it.
#pragma once

#include <nanotel/nanotel.hpp>

#include <condition_variable>
#include <coroutine>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace services {

/// A coroutine that runs from the start, as far as it comes, and ends on whichever thread. One other
/// coroutine may `co_await` it, or one thread get() it; what it threw is thrown there. The coroutine that
/// awaits goes on where this one ended, with the context that was current when it began to wait: a thread's
/// context is the thread's, so work that moves takes its own along.
template <class T>
class [[nodiscard]] task {
public:
    class promise_type;

    explicit task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    task& operator=(task&&) = delete;
    ~task() {
        if (!handle_) return;
        handle_.promise().wait(); // it may still run where who awaited it has thrown
        handle_.destroy();
    }

    /// Blocks until it has ended.
    T get() {
        handle_.promise().wait();
        return handle_.promise().take();
    }

    bool await_ready() const { return handle_.promise().has_ended(); }
    bool await_suspend(std::coroutine_handle<> waiting) { return handle_.promise().await(waiting); }
    T await_resume() { return handle_.promise().take(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

template <class T>
class task<T>::promise_type {
public:
    task get_return_object() { return task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    void return_value(T value) { value_.emplace(std::move(value)); }
    void unhandled_exception() { failure_ = std::current_exception(); }

    auto final_suspend() noexcept {
        struct awaiter {
            bool await_ready() const noexcept { return false; }
            void await_suspend(std::coroutine_handle<promise_type> ended) const noexcept {
                ended.promise().end();
            }
            void await_resume() const noexcept {}
        };
        return awaiter{};
    }

    bool has_ended() {
        const std::lock_guard lock(mutex_);
        return ended_;
    }
    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ended_; });
    }
    // False where it has ended meanwhile.
    bool await(std::coroutine_handle<> waiting) {
        const std::lock_guard lock(mutex_);
        if (ended_) return false;
        waiting_ = waiting;
        context_of_waiting_ = nanotel::current_context();
        return true;
    }
    T take() {
        if (failure_) std::rethrow_exception(failure_);
        return std::move(*value_);
    }

private:
    void end() {
        std::coroutine_handle<> waiting;
        nanotel::context context;
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
            waiting = waiting_;
            context = std::move(context_of_waiting_);
            changed_.notify_all();
        }
        // This object may be gone by now.
        if (!waiting) return;
        const nanotel::context_scope attached(context);
        waiting.resume();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::coroutine_handle<> waiting_;
    nanotel::context context_of_waiting_;
    std::optional<T> value_;
    std::exception_ptr failure_;
};

} // namespace services
