// SPDX-License-Identifier: MIT
#include "worker_pool.hpp"

#include "errors.hpp"

using namespace nanotel::literals;
NANOTEL_INSTRUMENTATION_SCOPE("shop.workers", "1.0.0");

namespace shop {

worker_pool::worker_pool(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

worker_pool::~worker_pool() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void worker_pool::enqueue(std::string_view name, std::function<void()> run) {
    NANOTEL_DETACHED_SPAN(queueing, "wait for worker", "task.name"_attr = name);
    {
        const std::lock_guard lock(mutex_);
        if (jobs_.size() >= most_waiting) {
            queueing.set_status(nanotel::status_code::error, "too many tasks wait");
            throw overloaded();
        }
        queueing.set("task.ahead"_attr = jobs_.size());
        jobs_.push_back({nanotel::current_context(), std::move(queueing), std::move(run)});
    }
    changed_.notify_one();
}

void worker_pool::work() {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job next = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();

        next.queueing.end();
        const nanotel::context_scope attached(next.parent);
        next.run();
    }
}

} // namespace shop
