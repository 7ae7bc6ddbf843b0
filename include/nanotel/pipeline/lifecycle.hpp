// SPDX-License-Identifier: MIT
// What happens between start and the end of the process: counting, flushing, shutting down.
#pragma once

#include <nanotel/pipeline/process.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

using steady_clock = std::chrono::steady_clock;

inline void add_counts(statistics& sum, const pipeline& one) {
    const statistics s = one.queue.snapshot();
    sum.delivered += s.delivered;
    sum.queued += s.queued + one.collecting.encoded_items();
    sum.bytes_delivered += s.bytes_delivered;
    sum.exports += s.exports;
    sum.retries += s.retries;
    auto& dropped = sum.dropped_by;
    dropped.queue_full += s.dropped_by.queue_full;
    dropped.rejected += s.dropped_by.rejected;
    dropped.undeliverable += s.dropped_by.undeliverable;
    dropped.shut_down += s.dropped_by.shut_down;
    dropped.out_of_memory += s.dropped_by.out_of_memory + one.collecting.lost_to_memory();
}

inline statistics collect_statistics() {
    process_state& state = process();
    if (state.forked.load_relaxed() != 0) return {};
    std::shared_ptr<pipeline> running;
    statistics sum;
    {
        const std::lock_guard lock(state.mutex);
        running = state.running;
        sum = state.before;
    }
    std::uint64_t parsed = 0;
    state.threads.for_each([&](const thread_state& thread) {
        const std::uint64_t full = thread.dropped_full.load_relaxed();
        const std::uint64_t large = thread.dropped_large.load_relaxed();
        parsed += thread.parsed.load_relaxed() + full + large;
        sum.recorded += thread.recorded.load_relaxed();
        sum.dropped_by.ring_full += full;
        sum.dropped_by.too_large += large;
    });
    sum.queued = sum.recorded - std::min(sum.recorded, parsed);
    if (running) add_counts(sum, *running);
    sum.dropped = sum.dropped_by.total();
    return sum;
}

inline flush_result difference(bool complete, const statistics& before, const statistics& after) noexcept {
    return {complete, after.delivered - before.delivered, after.dropped - before.dropped, after.queued};
}

inline flush_result flush_until(steady_clock::time_point deadline) {
    process_state& state = process();
    if (state.forked.load_relaxed() != 0) return {.complete = true};
    const statistics before = collect_statistics();
    std::shared_ptr<pipeline> running;
    {
        const std::lock_guard lock(state.mutex);
        running = state.running;
    }
    bool complete = true;
    if (running) {
        const auto last = running->collecting.request_flush(deadline);
        complete = last && running->queue.wait_until_settled(*last, deadline);
    }
    return difference(complete, before, collect_statistics());
}

// How long an exporter may take to heed an interrupt before shutdown goes on without it.
inline constexpr std::chrono::milliseconds interrupt_patience{1'000};

// The steps of shutdown for a pipeline that nobody else ends. True where all was settled in time.
inline bool take_down(const std::shared_ptr<pipeline>& ending, steady_clock::time_point deadline) {
    process_state& state = process();
    recording_enabled.store_relaxed(0);
    state.threads.stop();
    ending->queue.expect_last_payloads(deadline);
    ending->collecting.stop();
    ending->collecting.join(); // drains and encodes; waits for room in the queue until the deadline
    ending->queue.close();
    const bool complete = ending->queue.wait_until_settled(ending->queue.pushed(), deadline);
    ending->queue.abandon();
    if (!ending->sending.end(interrupt_patience)) {
        ending->queue.forsake();
        const std::lock_guard lock(state.mutex);
        ending->older = std::exchange(state.left_behind, ending);
    }
    return complete;
}

inline flush_result shutdown_until(steady_clock::time_point deadline) {
    process_state& state = process();
    // In a forked child there are no threads to join, and what is queued is the parent's.
    if (state.forked.load_relaxed() != 0) return {.complete = true};
    const statistics before = collect_statistics();
    std::shared_ptr<pipeline> ending;
    bool complete;
    {
        std::unique_lock lock(state.mutex);
        // Another thread's shutdown does the same work: this one waits for it as long as it may.
        complete =
            state.changed.wait_until(lock, deadline, [&] { return state.phase != life_phase::ending; });
        if (complete && state.phase == life_phase::running) {
            state.phase = life_phase::ending;
            ending = state.running; // it stays there, to be counted and flushed
        }
    }
    if (ending) {
        complete = take_down(ending, deadline);
        const std::lock_guard lock(state.mutex);
        statistics sum = state.before;
        add_counts(sum, *ending);
        state.before = sum;
        state.before.queued = 0;
        state.running.reset();
        state.phase = life_phase::stopped;
        state.changed.notify_all();
    }
    const flush_result result = difference(complete, before, collect_statistics());
    if (ending && !complete)
        diagnose(diagnostic_level::error, "shutdown",
                 std::to_string(ending->queue.snapshot().dropped_by.shut_down) +
                     " spans were not delivered before the deadline of the shutdown and are dropped; give it "
                     "more time (options::shutdown_timeout) or see why the destination is slow");
    return result;
}

// What the guard does when it goes, and a call of exit() while the guard is alive.
inline void shut_down_in_time() noexcept {
    try {
        process_state& state = process();
        if (state.forked.load_relaxed() != 0) return;
        std::chrono::milliseconds timeout;
        {
            const std::lock_guard lock(state.mutex);
            timeout = state.exit_timeout;
        }
        static_cast<void>(shutdown_until(steady_clock::now() + timeout));
    } catch (...) { // no memory at exit
    }
}

} // namespace nanotel::inline NANOTEL_ABI::detail
