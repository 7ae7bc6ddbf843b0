// SPDX-License-Identifier: MIT
// Threads that do work for other threads, and the spans of both in one trace.
#pragma once

#include <nanotel/nanotel.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace shop {

/// Runs tasks in the order that they come. A task's spans are children of the span that was current where it
/// was submitted. The destructor finishes what is queued.
class worker_pool {
public:
    explicit worker_pool(std::size_t threads);
    ~worker_pool();
    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    /// What `task` returns or throws comes out of the future. Throws overloaded when too many tasks wait.
    template <typename Task>
    [[nodiscard]] auto submit(std::string_view name, Task task) -> std::future<std::invoke_result_t<Task>> {
        // A std::function can be copied and a packaged_task cannot.
        auto packaged = std::make_shared<std::packaged_task<std::invoke_result_t<Task>()>>(std::move(task));
        auto future = packaged->get_future();
        enqueue(name, [packaged] { (*packaged)(); });
        return future;
    }

private:
    struct job {
        nanotel::context parent;         // what was current for the one who submitted it
        nanotel::detached_span queueing; // ends on the thread that takes the job
        std::function<void()> run;
    };

    void enqueue(std::string_view name, std::function<void()> run);
    void work();

    static constexpr std::size_t most_waiting = 10'000;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<job> jobs_;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

} // namespace shop
