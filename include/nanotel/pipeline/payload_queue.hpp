// SPDX-License-Identifier: MIT
// The bounded queue of request bodies between the collector thread and the sender thread.
#pragma once

#include <nanotel/otlp/byte_buffer.hpp>
#include <nanotel/pipeline/delivery.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace nanotel::inline NANOTEL_ABI::detail {

struct queued_payload {
    byte_buffer body;
    std::uint64_t items = 0;
    std::uint64_t number = 0; // counts up in the order of pushing
};

// Counts what passes through it, so that a snapshot adds up: an item is queued until it is delivered or
// dropped. Thread-safe.
class payload_queue {
public:
    using clock = std::chrono::steady_clock;

    payload_queue(std::size_t byte_limit, std::uint64_t item_limit) noexcept
        : byte_limit_(byte_limit), item_limit_(item_limit) {}

    // False, and the items counted as dropped, where the queue is full.
    bool push(byte_buffer body, std::uint64_t items) {
        const std::lock_guard lock(mutex_);
        if (closed_) {
            counts_.dropped_by.shut_down += items;
            return false;
        }
        const bool empty = payloads_.empty() && in_flight_ == 0;
        if (!empty && (bytes_ + body.size() > byte_limit_ ||
                       (item_limit_ != 0 && waiting_items_ + items > item_limit_))) {
            counts_.dropped_by.queue_full += items;
            return false;
        }
        bytes_ += body.size();
        waiting_items_ += items;
        payloads_.push_back({std::move(body), items, ++pushed_});
        work_.notify_one();
        return true;
    }

    // The next payload; nothing when the queue is closed and empty.
    std::optional<queued_payload> pop() {
        std::unique_lock lock(mutex_);
        work_.wait(lock, [&] { return closed_ || !payloads_.empty(); });
        if (payloads_.empty()) return std::nullopt;
        queued_payload next = std::move(payloads_.front());
        payloads_.pop_front();
        bytes_ -= next.body.size();
        waiting_items_ -= next.items;
        in_flight_ = next.items;
        return next;
    }

    // What became of the payload that was popped last: of `items`, `lost` were dropped for the reason.
    void settle(std::uint64_t items, std::uint64_t lost, std::uint64_t dropped_counts::* reason,
                std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        in_flight_ = 0;
        counts_.delivered += items - lost;
        counts_.dropped_by.*reason += lost;
        if (lost < items || items == 0) {
            counts_.bytes_delivered += bytes;
            ++counts_.exports;
        }
        ++settled_;
        done_.notify_all();
    }

    void count_retry() {
        const std::lock_guard lock(mutex_);
        ++counts_.retries;
    }

    // Waits between attempts; false when the wait was cut short by close().
    bool wait_to_retry(clock::time_point until) {
        std::unique_lock lock(mutex_);
        return !hurry_.wait_until(lock, until, [&] { return abandoned_; });
    }

    // Waits until all that has been pushed so far is settled.
    bool wait_until_settled(std::uint64_t number, clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        return done_.wait_until(lock, deadline, [&] { return settled_ >= number || abandoned_; }) &&
               settled_ >= number;
    }

    std::uint64_t pushed() const {
        const std::lock_guard lock(mutex_);
        return pushed_;
    }

    // No more is taken; what waits is still given out.
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        work_.notify_all();
    }

    // What waits is dropped, and waits between attempts end.
    void abandon() {
        const std::lock_guard lock(mutex_);
        closed_ = abandoned_ = true;
        for (const queued_payload& p : payloads_) {
            counts_.dropped_by.shut_down += p.items;
            ++settled_;
        }
        payloads_.clear();
        bytes_ = 0;
        waiting_items_ = 0;
        work_.notify_all();
        hurry_.notify_all();
        done_.notify_all();
    }
    bool abandoned() const {
        const std::lock_guard lock(mutex_);
        return abandoned_;
    }

    void count_drop(std::uint64_t dropped_counts::* reason, std::uint64_t items) {
        const std::lock_guard lock(mutex_);
        counts_.dropped_by.*reason += items;
    }

    // Delivered, dropped and queued of what reached the queue.
    statistics snapshot() const {
        const std::lock_guard lock(mutex_);
        statistics s = counts_;
        s.queued = waiting_items_ + in_flight_;
        return s;
    }

private:
    const std::size_t byte_limit_;
    const std::uint64_t item_limit_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable done_;
    std::condition_variable hurry_;
    std::deque<queued_payload> payloads_;
    std::size_t bytes_ = 0;
    std::uint64_t waiting_items_ = 0;
    std::uint64_t in_flight_ = 0;
    std::uint64_t pushed_ = 0;
    std::uint64_t settled_ = 0;
    bool closed_ = false;
    bool abandoned_ = false;
    statistics counts_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
