// SPDX-License-Identifier: MIT
// What happens between start and the end of the process: counting, flushing, shutting down.
#pragma once

#include <nanotel/pipeline/process.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

using steady_clock = std::chrono::steady_clock;

inline void add_counts(signal_statistics& sum, const signal_statistics& more) {
    sum.delivered += more.delivered;
    sum.queued += more.queued;
    sum.in_flight += more.in_flight;
    sum.spilled += more.spilled;
    sum.recovered += more.recovered;
    sum.recorded += more.recovered; // the rest is counted where it is recorded
    sum.bytes_delivered += more.bytes_delivered;
    sum.exports += more.exports;
    sum.retries += more.retries;
    sum.dropped_by.queue_full += more.dropped_by.queue_full;
    sum.dropped_by.rejected += more.dropped_by.rejected;
    sum.dropped_by.undeliverable += more.dropped_by.undeliverable;
    sum.dropped_by.shut_down += more.dropped_by.shut_down;
    sum.dropped_by.out_of_memory += more.dropped_by.out_of_memory;
    sum.dropped_by.expired += more.dropped_by.expired;
    sum.dropped_by.damaged += more.dropped_by.damaged;
}

template <class Stream>
void add_counts(signal_statistics& sum, const stream_group<Stream>& streams, std::uint64_t again) {
    sum.recorded += again;
    sum.queued += streams.encoded_items();
    sum.dropped_by.out_of_memory += streams.lost_to_memory();
    sum.dropped_by.filtered += streams.filtered();
}

// `count_destination` adds those of an outlet.
template <class Count>
void add_counts(statistics& sum, pipeline& one, Count&& count_destination) {
    // Before the queues are asked: what reaches them meanwhile is queued, and not recorded yet.
    const std::uint64_t points = one.reading.collected_points();
    const std::uint64_t lost = one.reading.lost_points();
    const std::uint64_t again = one.collecting.spans.counted_again();
    const std::uint64_t logs_again = one.collecting.logs.counted_again();
    one.for_each_destination(count_destination);
    add_counts(static_cast<signal_statistics&>(sum), one.collecting.spans, again);
    add_counts(sum.logs, one.collecting.logs, logs_again);
    sum.data_points.recorded += points;
    sum.data_points.dropped_by.out_of_memory += lost;
}
inline void add_counts(statistics& sum, pipeline& one) {
    sum.destinations.clear();
    add_counts(sum, one, [&](outlet& each) {
        sum.destinations.push_back(each.queue.describe(each.name));
        add_counts(sum, sum.destinations.back().spans);
        add_counts(sum.data_points, sum.destinations.back().data_points);
        add_counts(sum.logs, sum.destinations.back().logs);
    });
}
// The same without memory, and without saying what became of each destination.
inline void add_totals(statistics& sum, pipeline& one) noexcept {
    add_counts(sum, one, [&](outlet& each) {
        add_counts(sum, each.queue.snapshot(signal::traces));
        add_counts(sum.data_points, each.queue.snapshot(signal::metrics));
        add_counts(sum.logs, each.queue.snapshot(signal::logs));
    });
}

// Of the log records of one thread.
inline void add_thread(signal_statistics& sum, const log_counts& counted, std::uint64_t parsed) {
    const std::uint64_t full = counted.dropped_full.load_relaxed();
    const std::uint64_t large = counted.dropped_large.load_relaxed();
    const std::uint64_t interrupting = counted.interrupting.load_relaxed();
    // After those that are through: what is recorded meanwhile is queued.
    const std::uint64_t recorded = counted.recorded.load_relaxed();
    const std::uint64_t through = parsed + full + large;
    sum.recorded += recorded + interrupting;
    sum.queued += recorded - std::min(recorded, through);
    sum.dropped_by.ring_full += full;
    sum.dropped_by.too_large += large;
    sum.dropped_by.interrupting += interrupting;
}

inline statistics collect_statistics() {
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return {};
    std::shared_ptr<pipeline> running;
    statistics sum;
    {
        const std::lock_guard lock(state.mutex);
        running = state.running;
        sum = state.before;
    }
    std::uint64_t recorded = 0;
    std::uint64_t parsed = 0;
    state.threads.for_each([&](const thread_state& thread) {
        const std::uint64_t full = thread.dropped_full.load_relaxed();
        const std::uint64_t large = thread.dropped_large.load_relaxed();
        parsed += thread.parsed.load_relaxed() + full + large;
        const std::uint64_t interrupting = thread.interrupting.load_relaxed();
        recorded += thread.recorded.load_relaxed() + interrupting;
        parsed += interrupting;
        sum.dropped_by.interrupting += interrupting;
        sum.dropped_by.ring_full += full;
        sum.dropped_by.too_large += large;
        sum.measurements.interrupting += thread.measured.interrupting.load_relaxed();
        add_thread(sum.logs, thread.logs, thread.parsed_logs.load_relaxed());
        sum.held_back_logs += thread.logs.held_back.load_relaxed();
    });
    sum.recorded += recorded;
    sum.queued += recorded - std::min(recorded, parsed);
    if (running) add_counts(sum, *running);
    sum.dropped = sum.dropped_by.total();
    sum.data_points.dropped = sum.data_points.dropped_by.total();
    sum.logs.dropped = sum.logs.dropped_by.total();
    const rejected_measurements& rejected = state.metrics.rejected;
    sum.measurements.invalid = rejected.invalid.load_relaxed();
    sum.measurements.not_finite = rejected.not_finite.load_relaxed();
    sum.measurements.out_of_memory = rejected.out_of_memory.load_relaxed();
    return sum;
}

inline flush_result difference(bool complete, const statistics& before, const statistics& after) noexcept {
    const auto dropped = [](const statistics& s) {
        return s.dropped - s.dropped_by.filtered + s.data_points.dropped + s.logs.dropped -
               s.logs.dropped_by.filtered;
    };
    const auto delivered = [](const statistics& s) {
        return s.delivered + s.data_points.delivered + s.logs.delivered;
    };
    return {complete, delivered(after) - delivered(before), dropped(after) - dropped(before),
            after.queued + after.data_points.queued + after.logs.queued};
}

inline flush_result flush_until(steady_clock::time_point deadline) {
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return {.complete = true};
    const statistics before = collect_statistics();
    std::shared_ptr<pipeline> running;
    {
        const std::lock_guard lock(state.mutex);
        running = state.running;
    }
    bool complete = true;
    if (running) {
        complete = running->collecting.request_flush(deadline);
        running->for_each_destination(
            [&](outlet& each) { each.queue.hurry(); }); // before callbacks are awaited
        complete = running->reading.request_flush(deadline) && complete;
        running->for_each_destination([&](outlet& each) { each.queue.hurry(); });
        running->for_each_destination([&](outlet& each) {
            complete = each.queue.wait_until_settled(each.queue.pushed(), deadline) && complete;
        });
    }
    return difference(complete, before, collect_statistics());
}

// How long an exporter may take to heed an interrupt before shutdown goes on without it.
inline constexpr std::chrono::milliseconds interrupt_patience{1'000};
// How long what is left may take to get to disk after the deadline.
inline constexpr std::chrono::milliseconds disk_patience{2'000};

// After the deadline. True where no thread had to be left behind.
inline bool end_outlets(pipeline& ending) {
    const auto interrupted_until = steady_clock::now() + interrupt_patience;
    for (auto nap = std::chrono::microseconds(50);;
         nap = std::min(nap * 2, std::chrono::microseconds(5'000))) {
        bool all = true;
        ending.for_each_destination([&](outlet& each) { all = each.sending.interrupt() && all; });
        if (all || steady_clock::now() >= interrupted_until) break;
        std::this_thread::sleep_for(nap);
    }
    bool ended = true;
    ending.for_each_destination([&](outlet& each) {
        if (each.sending.interrupt()) return each.sending.join();
        each.queue.forsake();
        each.sending.leave_behind();
        ended = false;
    });
    const auto written_until = steady_clock::now() + disk_patience;
    ending.for_each_destination([](outlet& each) { each.queue.finish_spilling(); });
    ending.for_each_destination([&](outlet& each) {
        ended = each.spilling.end(written_until) && ended;
        each.queue.let_go_of_disk();
    });
    return ended;
}

// The steps of shutdown for a pipeline that nobody else ends. True where all was settled in time.
inline bool take_down(const std::shared_ptr<pipeline>& ending, steady_clock::time_point deadline) {
    process_state& state = process();
    for (const auto& pull : ending->pulls) pull->stopped.store_relaxed(1);
    // A callback that stalls leaves half of the time to what is to be sent. First of all, since a reader that
    // is stopped waits for who collects for it, and may be waiting for callbacks.
    auto observed_until = deadline;
    if (const auto now = steady_clock::now(); deadline > now) observed_until = now + (deadline - now) / 2;
    ending->reading.limit_callbacks(observed_until);
    for (const auto& pull : ending->pulls) pull->reader->stop();
    ending->reading.observe_for_the_last_time(observed_until);
    state.modules.enable(0);
    state.threads.stop();
    state.metrics.stop();
    // Of several destinations, none may use up the time of the others.
    const auto count = static_cast<std::int64_t>(ending->outlets.size());
    const auto left = std::max(deadline - steady_clock::now(), steady_clock::duration(0));
    ending->for_each_destination([&](outlet& each) {
        each.queue.expect_last_payloads(deadline, count == 1 ? left : left / (2 * count));
    });
    ending->collecting.stop();
    ending->reading.stop();
    ending->collecting.join(); // drains and encodes; waits for room in the queue until the deadline
    ending->reading.join();
    ending->for_each_destination([](outlet& each) { each.queue.close(); });
    bool complete = true;
    ending->for_each_destination(
        [&](outlet& each) { complete = each.queue.wait_until_settled_or_safe(deadline) && complete; });
    ending->for_each_destination([](outlet& each) { each.queue.abandon(); });
    if (!end_outlets(*ending)) {
        const std::lock_guard lock(state.mutex);
        ending->older = std::exchange(state.left_behind, ending);
    }
    return complete;
}

// How children go on that are forked from now on; what it was before.
inline std::shared_ptr<restart_plan> exchange_plan(std::shared_ptr<restart_plan> plan) {
    fork_state& forking = process().forking;
    const signals_blocked quiet;
    const std::lock_guard lock(forking.mutex);
    forking.plan.swap(plan);
    return plan;
}

// What is to be told of a pipeline that has ended, beyond its life. Where memory is short, in less detail.
// Under the lock of the state.
inline void keep_counts(process_state& state, pipeline& ended) noexcept {
    try {
        statistics sum = state.before;
        add_counts(sum, ended);
        state.before = std::move(sum);
    } catch (...) {
        add_totals(state.before, ended);
    }
    state.before.queued = state.before.spilled; // of earlier ones too
    state.before.data_points.queued = state.before.data_points.spilled;
    state.before.logs.queued = state.before.logs.spilled;
    try {
        ended.for_each_destination([&](outlet& each) {
            if (each.spool_folder.empty()) return;
            auto& left = state.left_on_disk[each.spool_folder];
            left[0] += each.queue.snapshot(signal::traces).spilled;
            left[1] += each.queue.snapshot(signal::metrics).spilled;
            left[2] += each.queue.snapshot(signal::logs).spilled;
        });
    } catch (...) { // the next start will count what is there as found
    }
}

// All of it, whatever comes: a phase that stayed at `ending` would have everybody wait for it for ever.
inline bool end_running(const std::shared_ptr<pipeline>& ending, steady_clock::time_point deadline) noexcept {
    process_state& state = process();
    bool complete = false;
    bool ended = true;
    try {
        complete = take_down(ending, deadline);
    } catch (...) {
        state.modules.enable(0);
        state.threads.stop();
        state.metrics.stop();
        ended = false;
    }
    const std::lock_guard lock(state.mutex);
    // Its threads may still be there.
    if (!ended && !ending->older && state.left_behind != ending)
        ending->older = std::exchange(state.left_behind, ending);
    keep_counts(state, *ending);
    state.running.reset();
    state.phase = life_phase::stopped;
    state.changed.notify_all();
    return complete;
}

// Such as "3 spans and 2 log records"; empty where there are none of any.
inline std::string list_of_items(std::uint64_t spans, std::uint64_t points, std::uint64_t logs) {
    std::string list;
    const auto add = [&](std::uint64_t count, const char* noun) {
        if (count != 0) list += (list.empty() ? "" : " and ") + std::to_string(count) + noun;
    };
    add(spans, " spans");
    add(points, " data points");
    add(logs, " log records");
    return list;
}

// What the deadline of a shutdown left over. Throws where memory is short.
inline void tell_what_is_left(pipeline& ended) {
    statistics sum;
    add_counts(sum, ended);
    const std::string spilled = list_of_items(sum.spilled, sum.data_points.spilled, sum.logs.spilled);
    if (!spilled.empty())
        diagnose(diagnostic_level::warning, "shutdown:spilled",
                 spilled +
                     " were not delivered before the deadline of the shutdown; they wait on disk, and the "
                     "next start with the same options::spool sends them");
    const std::string lost = list_of_items(sum.dropped_by.shut_down, sum.data_points.dropped_by.shut_down,
                                           sum.logs.dropped_by.shut_down);
    if (lost.empty()) return;
    diagnose(diagnostic_level::error, "shutdown",
             lost +
                 " were not delivered before the deadline of the shutdown and are dropped; give it more time "
                 "(options::shutdown_timeout) or see why the destination is slow");
}

// Where memory is short it does its work all the same, and its result holds no counts.
inline flush_result shutdown_until(steady_clock::time_point deadline) noexcept {
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return {.complete = true};
    const auto counts = []() noexcept -> std::optional<statistics> {
        try {
            return collect_statistics();
        } catch (...) {
            return std::nullopt;
        }
    };
    const std::optional<statistics> before = counts();
    std::shared_ptr<pipeline> ending;
    bool forgotten = false;
    bool complete;
    {
        std::unique_lock lock(state.mutex);
        // Another thread's shutdown does the same work: this one waits for it as long as it may.
        complete =
            state.changed.wait_until(lock, deadline, [&] { return state.phase != life_phase::ending; });
        if (complete && state.phase == life_phase::running) {
            state.phase = life_phase::ending;
            ending = state.running; // it stays there, to be counted and flushed
        } else if (complete && state.phase == life_phase::inherited) {
            state.phase = life_phase::stopped; // a forked child that never recorded
            state.modules.enable(0);
            state.forking.pending.store_release(0);
            forgotten = true;
        }
    }
    if (ending || forgotten) static_cast<void>(exchange_plan(nullptr)); // no child goes on from here
    if (ending) complete = end_running(ending, deadline);
    const std::optional<statistics> after = counts();
    flush_result result{.complete = complete};
    if (before && after) result = difference(complete, *before, *after);
    if (!ending) return result;
    process_diagnostics.tell_what_was_held_back(true); // nobody comes back for it
    try {
        if (!complete) tell_what_is_left(*ending);
    } catch (...) { // no memory to say it
    }
    return result;
}

// What the guard of a start does when it goes, and, with 0, a call of exit() while the guard is alive. In a
// forked child the guard is a copy, and ends what went on there.
inline void shut_down_start(std::uint32_t guarded) noexcept {
    try {
        process_state& state = process();
        if (state.threads.is_unprepared_child()) return;
        std::chrono::milliseconds timeout;
        {
            const std::lock_guard lock(state.mutex);
            if (guarded != 0 && guarded != state.guarded) return;
            timeout = state.exit_timeout;
        }
        static_cast<void>(shutdown_until(steady_clock::now() + timeout));
    } catch (...) { // no memory at exit
    }
}

inline void shut_down_in_time() noexcept { shut_down_start(0); }

} // namespace nanotel::inline NANOTEL_ABI::detail
