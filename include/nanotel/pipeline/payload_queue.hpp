// SPDX-License-Identifier: MIT
// The bounded queue of request bodies between the collector thread and the sender thread.
#pragma once

#include <nanotel/exporters/exporter.hpp>
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
    signal kind = signal::traces;
    std::chrono::milliseconds timeout{0}; // of one attempt; 0: as the sender's options say
    std::uint64_t number = 0;             // counts up in the order of pushing
};

struct queue_options {
    std::size_t bytes = std::size_t{64} << 20;
    std::uint64_t items = 0; // spans; 0: no limit
    // How long a full queue holds up push, and so at last the threads that record, before it drops.
    std::chrono::nanoseconds patience{0};
};

// Counts what passes through it, so that a snapshot adds up: an item is queued until it is delivered or
// dropped. Thread-safe.
class payload_queue {
public:
    using clock = std::chrono::steady_clock;

    explicit payload_queue(const queue_options& options) noexcept : options_(options) {}

    // False, and the items counted as dropped, where the queue is and stays full or memory is short.
    bool push(byte_buffer body, std::uint64_t items, signal kind = signal::traces,
              std::chrono::milliseconds timeout = {}) noexcept {
        std::unique_lock lock(mutex_);
        const auto fits = [&] {
            const bool empty = payloads_.empty() && !under_way_; // one payload may always be under way
            const bool limited = options_.items != 0 && kind == signal::traces;
            return empty || (bytes_ + body.size() <= options_.bytes &&
                             (!limited || of(kind).queued + items <= options_.items));
        };
        const auto may_go_on = [&] { return closed_ || fits(); };
        const auto give_up = clock::now() + options_.patience;
        while (!may_go_on()) {
            const auto until = last_push_ ? *last_push_ : give_up;
            if (room_.wait_until(lock, until) == std::cv_status::timeout && !may_go_on()) break;
        }
        if (closed_ || !fits()) {
            of(kind).dropped_by.*(closed_ ? &dropped_counts::shut_down : &dropped_counts::queue_full) +=
                items;
            return false;
        }
        const std::size_t bytes = body.size();
        try {
            payloads_.push_back({std::move(body), items, kind, timeout, pushed_ + 1});
        } catch (...) {
            of(kind).dropped_by.out_of_memory += items;
            return false;
        }
        ++pushed_;
        bytes_ += bytes;
        of(kind).queued += items;
        work_.notify_one();
        return true;
    }

    // The last payloads are coming: from here on push waits for room until this time, whatever its patience.
    void expect_last_payloads(clock::time_point until) {
        const std::lock_guard lock(mutex_);
        last_push_ = until;
        room_.notify_all();
    }

    // The next payload; nothing when the queue is closed and empty.
    std::optional<queued_payload> pop() {
        std::unique_lock lock(mutex_);
        work_.wait(lock, [&] { return closed_ || !payloads_.empty(); });
        if (payloads_.empty()) return std::nullopt;
        queued_payload next = std::move(payloads_.front());
        payloads_.pop_front();
        bytes_ -= next.body.size();
        of(next.kind).queued -= next.items;
        under_way_ = next.kind;
        in_flight_ = next.items;
        room_.notify_one();
        return next;
    }

    // What became of the payload that was popped last: of `items`, `lost` were dropped for the reason.
    void settle(std::uint64_t items, std::uint64_t lost, std::uint64_t dropped_counts::* reason,
                std::size_t bytes) noexcept {
        const std::lock_guard lock(mutex_);
        if (forsaken_ || !under_way_) return;
        signal_statistics& counts = of(*under_way_);
        under_way_.reset();
        in_flight_ = 0;
        counts.delivered += items - lost;
        counts.dropped_by.*reason += lost;
        if (lost < items || items == 0) {
            counts.bytes_delivered += bytes;
            ++counts.exports;
        }
        ++settled_;
        room_.notify_one();
        done_.notify_all();
    }

    void count_retry() {
        const std::lock_guard lock(mutex_);
        if (under_way_) ++of(*under_way_).retries;
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
        room_.notify_all();
        work_.notify_all();
    }

    // What waits is dropped, and waits between attempts end.
    void abandon() {
        const std::lock_guard lock(mutex_);
        closed_ = abandoned_ = true;
        for (const queued_payload& p : payloads_) {
            of(p.kind).dropped_by.shut_down += p.items;
            of(p.kind).queued -= p.items;
            ++settled_;
        }
        payloads_.clear();
        bytes_ = 0;
        room_.notify_all();
        work_.notify_all();
        hurry_.notify_all();
        done_.notify_all();
    }
    // The payload under way is given up: what its send will say, if ever it returns, is not heard.
    void forsake() {
        const std::lock_guard lock(mutex_);
        forsaken_ = true;
        if (under_way_) of(*under_way_).dropped_by.shut_down += in_flight_;
        under_way_.reset();
        in_flight_ = 0;
        ++settled_;
        done_.notify_all();
    }
    bool abandoned() const {
        const std::lock_guard lock(mutex_);
        return abandoned_;
    }

    void count_drop(std::uint64_t dropped_counts::* reason, std::uint64_t items,
                    signal kind = signal::traces) {
        const std::lock_guard lock(mutex_);
        of(kind).dropped_by.*reason += items;
    }

    // Delivered, dropped and queued of what reached the queue.
    signal_statistics snapshot(signal kind = signal::traces) const {
        const std::lock_guard lock(mutex_);
        signal_statistics s = counts_[static_cast<std::size_t>(kind)];
        if (under_way_ == kind) s.queued += in_flight_;
        return s;
    }

private:
    signal_statistics& of(signal kind) noexcept { return counts_[static_cast<std::size_t>(kind)]; }

    const queue_options options_;
    std::optional<clock::time_point> last_push_;
    mutable std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::condition_variable done_;
    std::condition_variable hurry_;
    std::deque<queued_payload> payloads_;
    std::size_t bytes_ = 0;
    std::optional<signal> under_way_; // what the sender has
    std::uint64_t in_flight_ = 0;     // its items
    std::uint64_t pushed_ = 0;
    std::uint64_t settled_ = 0;
    bool closed_ = false;
    bool abandoned_ = false;
    bool forsaken_ = false;
    signal_statistics counts_[3]; // by signal; `queued` without what is under way
};

} // namespace nanotel::inline NANOTEL_ABI::detail
