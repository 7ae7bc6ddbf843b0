// SPDX-License-Identifier: MIT
// The collector thread: drains the rings, encodes what they hold, hands bodies to the queues.
#pragma once

#include <nanotel/core/background_thread.hpp>
#include <nanotel/core/thread_registry.hpp>
#include <nanotel/metrics/metric_collection.hpp>
#include <nanotel/pipeline/log_stream.hpp>
#include <nanotel/pipeline/record_rewriter.hpp>
#include <nanotel/pipeline/trace_stream.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

struct collector_options {
    std::chrono::nanoseconds schedule_delay{5'000'000'000};
    std::chrono::nanoseconds log_schedule_delay{1'000'000'000};
    bool ticks_are_nanoseconds = false; // an injected clock
    std::uint64_t (*ticks)() noexcept = nullptr;
};

// How a producer reaches the collector thread. Outlives every pipeline, since a producer may be late.
struct wake_signal {
    atomic<std::uint32_t> sleeping; // a futex word
    atomic<std::uint32_t> requests; // counts flushes and stops
    // 1 from the first log statement on. Relaxed: a request follows it, by which the collector thread looks
    // again.
    atomic<std::uint32_t> logs;

    // A producer is past half of its ring. Any thread; a system call only where the collector thread sleeps.
    // False where it was found awake. The load stands after the producer's last publication for the compiler
    // too; for the processor the barrier in collector::sleep sees to it.
    bool wake() noexcept {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        if (sleeping.load_relaxed() == 0 || sleeping.exchange(0) == 0) return false;
        wake_all(sleeping);
        return true;
    }
    // Sequentially consistent, as the collector thread's store of `sleeping` and its load of `requests` are:
    // either it sees the request before it sleeps, or the exchange here sees it sleeping and wakes it.
    void request() noexcept {
        requests.fetch_add_seq_cst(1);
        sleeping.exchange_seq_cst(0);
        wake_all(sleeping);
    }
    // From now on log records may come, which wait for a shorter time than spans.
    void expect_logs() noexcept {
        if (logs.exchange(1) == 0) request();
    }
};

class collector {
public:
    using clock = std::chrono::steady_clock;

    collector(thread_registry& threads, wake_signal& signal, metric_collection& metrics,
              const collector_options& options)
        : threads_(threads), signal_(signal), metrics_(metrics), options_(options),
          has_barrier_(register_process_barrier()) {
        if (options_.ticks_are_nanoseconds) {
            clock_map_.begin({0, 0});
            clock_map_.extend({1, 1});
        } else {
            clock_map_.begin(read_clocks(options_.ticks));
        }
        looked_ = began_ = clock::now();
    }
    ~collector() { join(); }
    collector(const collector&) = delete;
    collector& operator=(const collector&) = delete;

    // Filled before the start.
    stream_group<trace_stream> spans;
    stream_group<log_stream> logs;
    std::unique_ptr<record_rewriter> rewriting; // null: records go out as they are

    void start() {
        thread_ = start_background_thread("nanotel-collect", [this] { run(); });
    }

    // Asks for all that has been recorded so far to reach the queues; false where the deadline comes first.
    bool request_flush(clock::time_point deadline) {
        std::unique_lock lock(mutex_);
        if (ended_) return true;
        const std::uint64_t mine = ++flush_requested_;
        signal_.request();
        return flushed_.wait_until(lock, deadline, [&] { return flush_done_ >= mine; });
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

private:
    void run() noexcept {
        for (;;) {
            // Before what is asked for: a request that comes between the two is one more when it is compared
            // in sleep. The other way round it would count as seen, and nobody would answer it.
            const std::uint32_t requests = signal_.requests.load_acquire();
            std::uint64_t flush;
            bool last;
            {
                const std::lock_guard lock(mutex_);
                flush = flush_requested_;
                last = stopping_;
            }
            const auto sweep_began = clock::now();
            sweep();
            if (last && has_barrier_) { // what was about to be published when recording was stopped
                process_barrier();
                sweep();
            }
            const auto now = clock::now();
            const bool all = flush != flush_done_ || last;
            spans.close(all, now);
            logs.close(all, now);
            if (flush != flush_done_ || last) {
                const std::lock_guard lock(mutex_);
                flush_done_ = last ? ~std::uint64_t{0} : flush; // nobody comes after the last
                ended_ = last;
                flushed_.notify_all();
            }
            if (last) return;
            looked_ = sweep_began;
            process_diagnostics.tell_what_was_held_back();
            sleep(requests, now);
        }
    }

    void sweep() {
        if (!update_clock()) return;
        threads_.for_each([&](thread_state& thread) {
            // Before the drain: a thread that had ended by now has nothing more to add after it.
            const bool ended = thread.ended.load_acquire() != 0;
            if (!thread.reader.empty()) drain(thread);
            if (ended) {
                metrics_.fold(thread);
                threads_.recycle(thread);
            }
        });
    }

    void drain(thread_state& thread) noexcept {
        // A record may have been written as soon as the sweep before this one had passed its ring.
        const auto spans_due = looked_ + options_.schedule_delay;
        const auto logs_due = looked_ + options_.log_schedule_delay;
        std::uint64_t log_records = 0;
        const std::uint64_t records = thread.reader.drain(
            [&](const std::byte* record) {
                const record_kind kind = reinterpret_cast<const record_header*>(record)->kind;
                log_records += kind == record_kind::log;
                if (rewriting) [[unlikely]] {
                    record = rewriting->rewrite(record, kind);
                    if (!record) return kind == record_kind::span ? spans.lose() : logs.lose();
                }
                if (kind == record_kind::span) [[likely]]
                    return spans.add(record, clock_map_, spans_due);
                logs.add(record, clock_map_, logs_due);
            },
            [&](ring_segment* left) { threads_.retire(left); });
        thread.parsed.add_by_owner(records - log_records);
        thread.parsed_logs.add_by_owner(log_records);
        // The counterpart of a producer that waits: see thread_registry::make_room.
        thread.space.store_seq_cst(thread.space.load_relaxed() + 1);
        if (thread.waiting.load_seq_cst() != 0) wake_all(thread.space);
    }

    // The rate of the processor's counter is measured over 10 ms at least; nothing is encoded before. False
    // where it is not known yet and there was nothing to encode.
    bool update_clock() noexcept {
        if (options_.ticks_are_nanoseconds) return true;
        const auto now = clock::now();
        if (clock_map_.has_rate()) {
            if (now - extended_ < std::chrono::seconds(1)) return true;
        } else {
            bool anything = false;
            threads_.for_each([&](thread_state& thread) { anything = anything || !thread.reader.empty(); });
            if (!anything && now - began_ < std::chrono::milliseconds(10)) return false;
            const auto wait = began_ + std::chrono::milliseconds(10) - now;
            if (wait.count() > 0) std::this_thread::sleep_for(wait);
        }
        clock_map_.extend(read_clocks(options_.ticks));
        while (!clock_map_.has_rate()) { // the clock was set back meanwhile
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            clock_map_.extend(read_clocks(options_.ticks));
        }
        extended_ = now;
        return true;
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
        // Once there is a statement that logs: before, nobody is woken for it.
        if (signal_.logs.load_relaxed() != 0) wait = std::min(wait, options_.log_schedule_delay);
        if (const auto first = std::min(spans.due(), logs.due()); first < now + wait) wait = first - now;
        if (!has_barrier_ && wait > std::chrono::milliseconds(20)) wait = std::chrono::milliseconds(20);
        if (wait < std::chrono::milliseconds(1)) wait = std::chrono::milliseconds(1);
        if (signal_.requests.load_seq_cst() == requests && !pressed())
            wait_while(signal_.sleeping, 1, static_cast<std::uint64_t>(wait.count()));
        signal_.sleeping.store_relaxed(0);
    }

    thread_registry& threads_;
    wake_signal& signal_;
    metric_collection& metrics_;
    const collector_options options_;
    const bool has_barrier_;

    // This thread's own.
    clock_map clock_map_;
    clock::time_point began_;
    clock::time_point extended_{};
    clock::time_point looked_{}; // when the last sweep began

    std::mutex mutex_;
    std::condition_variable flushed_;
    std::uint64_t flush_requested_ = 0;
    std::uint64_t flush_done_ = 0;
    bool stopping_ = false;
    bool ended_ = false;
    std::thread thread_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
