// SPDX-License-Identifier: MIT
// The collector thread: drains the rings, encodes what they hold, hands bodies to the queue.
#pragma once

#include <nanotel/core/thread_registry.hpp>
#include <nanotel/otlp/trace_encoder.hpp>
#include <nanotel/pipeline/background_thread.hpp>
#include <nanotel/pipeline/payload_queue.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct collector_options {
    std::chrono::nanoseconds schedule_delay{5'000'000'000};
    std::size_t batch_bytes = std::size_t{4} << 20;
    std::uint64_t batch_items = 0;      // 0: no limit
    bool ticks_are_nanoseconds = false; // an injected clock
    std::uint64_t (*ticks)() noexcept = nullptr;
};

// How a producer reaches the collector thread. Outlives every pipeline, since a producer may be late.
struct wake_signal {
    atomic<std::uint32_t> sleeping; // a futex word
    atomic<std::uint32_t> requests; // counts flushes and stops

    // A producer is past half of its ring. Any thread; a system call only where the collector thread sleeps.
    void wake() noexcept {
        if (sleeping.load_relaxed() == 0) return;
        if (sleeping.exchange(0) != 0) wake_all(sleeping);
    }
    void request() noexcept {
        requests.fetch_add_relaxed(1); // ordered by the exchange
        sleeping.exchange(0);
        wake_all(sleeping);
    }
};

class collector {
public:
    using clock = std::chrono::steady_clock;

    collector(thread_registry& threads, wake_signal& signal, trace_encoder& encoder, payload_queue& queue,
              const collector_options& options)
        : threads_(threads), signal_(signal), encoder_(encoder), queue_(queue), options_(options),
          has_barrier_(register_process_barrier()) {
        if (options_.ticks_are_nanoseconds) {
            clock_map_.begin({0, 0});
            clock_map_.extend({1, 1});
        } else {
            clock_map_.begin(read_clocks(options_.ticks));
        }
        began_ = clock::now();
    }
    ~collector() { join(); }
    collector(const collector&) = delete;
    collector& operator=(const collector&) = delete;

    void start() {
        thread_ = start_background_thread("nanotel-collect", [this] { run(); });
    }

    // Asks for all that has been recorded so far to reach the queue; the number of the last payload that
    // holds it. Nothing where the deadline comes first.
    std::optional<std::uint64_t> request_flush(clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        const std::uint64_t mine = ++flush_requested_;
        signal_.request();
        if (!flushed_.wait_until(lock, deadline, [&] { return flush_done_ >= mine; })) return std::nullopt;
        return last_payload_;
    }

    // Ends the thread after one last drain.
    void stop() noexcept {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        signal_.request();
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    // Spans of the body under construction.
    std::uint64_t encoded_items() const noexcept { return batch_items_.load_relaxed(); }
    std::uint64_t lost_to_memory() const noexcept { return lost_.load_relaxed(); }

private:
    void run() noexcept {
        for (;;) {
            std::uint64_t flush;
            bool last;
            {
                const std::lock_guard lock(mutex_);
                flush = flush_requested_;
                last = stopping_;
            }
            const std::uint32_t requests = signal_.requests.load_acquire();
            sweep();
            const auto now = clock::now();
            if (flush != flush_done_ || last || (encoder_.items() != 0 && now >= due_)) close_batch();
            if (flush != flush_done_) {
                const std::lock_guard lock(mutex_);
                flush_done_ = flush;
                last_payload_ = queue_.pushed();
                flushed_.notify_all();
            }
            if (last) return;
            sleep(requests, now);
        }
    }

    void sweep() {
        update_clock();
        threads_.for_each([&](thread_state& thread) {
            // Before the drain: a thread that had ended by now has nothing more to add after it.
            const bool ended = thread.ended.load_acquire() != 0;
            if (!thread.reader.empty()) drain(thread);
            if (ended) threads_.recycle(thread);
        });
    }

    void drain(thread_state& thread) {
        const std::uint64_t records = thread.reader.drain([&](const std::byte* record) { add(record); },
                                                          [&](ring_segment* left) { threads_.retire(left); });
        thread.parsed.add_by_owner(records);
        // The counterpart of a producer that waits: see thread_registry::make_room.
        thread.space.store_seq_cst(thread.space.load_relaxed() + 1);
        if (thread.waiting.load_seq_cst() != 0) wake_all(thread.space);
    }

    void add(const std::byte* record) {
        if (!encoder_.add(record, clock_map_)) [[unlikely]] {
            lost_.add_by_owner(1);
            return;
        }
        if (encoder_.items() == 1) due_ = clock::now() + options_.schedule_delay;
        batch_items_.store_relaxed(encoder_.items());
        if (encoder_.size() >= options_.batch_bytes || encoder_.items() == options_.batch_items)
            close_batch();
    }

    void close_batch() {
        const std::uint64_t items = encoder_.items();
        if (items == 0) return;
        byte_buffer body = encoder_.take();
        if (body.empty())
            lost_.add_by_owner(items);
        else
            queue_.push(std::move(body), items);
        batch_items_.store_relaxed(0);
    }

    // The rate of the processor's counter is measured over 10 ms at least; nothing is encoded before.
    void update_clock() {
        if (options_.ticks_are_nanoseconds) return;
        const auto now = clock::now();
        if (!clock_map_.has_rate()) {
            bool anything = false;
            threads_.for_each([&](thread_state& thread) { anything = anything || !thread.reader.empty(); });
            if (!anything && now - began_ < std::chrono::milliseconds(10)) return;
            const auto wait = began_ + std::chrono::milliseconds(10) - now;
            if (wait.count() > 0) std::this_thread::sleep_for(wait);
        } else if (now - extended_ < std::chrono::seconds(1)) {
            return;
        }
        clock_map_.extend(read_clocks(options_.ticks));
        extended_ = now;
    }

    bool pressed() const noexcept {
        bool any = false;
        threads_.for_each([&](thread_state& thread) {
            const ring_segment* const segment = thread.reader.segment;
            any = any || segment->next.load_acquire() ||
                  segment->written.load_acquire() - segment->consumed.load_relaxed() > segment->capacity / 2;
        });
        return any;
    }

    // Without polling: until a producer is past half a ring, somebody asks, or the schedule delay is over.
    void sleep(std::uint32_t requests, clock::time_point now) {
        signal_.sleeping.store_seq_cst(1);
        // A producer publishes its record, then reads the flag; this thread sets the flag, then reads the
        // rings. The barrier makes every producer pass a fence between its two steps, so one of the sides
        // sees the other's first. Without it the wait is short, and a wake that was missed costs that much.
        if (has_barrier_) process_barrier();
        std::chrono::nanoseconds wait = options_.schedule_delay;
        if (encoder_.items() != 0 && due_ - now < wait) wait = due_ - now;
        if (!has_barrier_ && wait > std::chrono::milliseconds(20)) wait = std::chrono::milliseconds(20);
        if (wait < std::chrono::milliseconds(1)) wait = std::chrono::milliseconds(1);
        if (signal_.requests.load_seq_cst() == requests && !pressed())
            wait_while(signal_.sleeping, 1, static_cast<std::uint64_t>(wait.count()));
        signal_.sleeping.store_relaxed(0);
    }

    thread_registry& threads_;
    wake_signal& signal_;
    trace_encoder& encoder_;
    payload_queue& queue_;
    const collector_options options_;
    const bool has_barrier_;

    // This thread's own.
    clock_map clock_map_;
    clock::time_point began_;
    clock::time_point extended_{};
    clock::time_point due_{};

    // One writer each, read by statistics: relaxed.
    atomic<std::uint64_t> batch_items_;
    atomic<std::uint64_t> lost_;

    std::mutex mutex_;
    std::condition_variable flushed_;
    std::uint64_t flush_requested_ = 0;
    std::uint64_t flush_done_ = 0;
    std::uint64_t last_payload_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
