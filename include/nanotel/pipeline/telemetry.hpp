// SPDX-License-Identifier: MIT
// start, flush, shutdown: the life of the telemetry in a program.
#pragma once

#include <nanotel/exporters/http.hpp>
#include <nanotel/pipeline/configuration.hpp>
#include <nanotel/pipeline/runtime_functions.hpp>

#include <cstdlib> // atexit

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

using steady_clock = std::chrono::steady_clock;

inline statistics collect_statistics() {
    process_state& state = process();
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
    if (running) {
        const statistics s = running->queue.snapshot();
        sum.delivered += s.delivered;
        sum.queued += s.queued + running->collecting.encoded_items();
        sum.bytes_delivered += s.bytes_delivered;
        sum.exports += s.exports;
        sum.retries += s.retries;
        sum.dropped_by.queue_full += s.dropped_by.queue_full;
        sum.dropped_by.rejected += s.dropped_by.rejected;
        sum.dropped_by.undeliverable += s.dropped_by.undeliverable;
        sum.dropped_by.shut_down += s.dropped_by.shut_down;
        sum.dropped_by.out_of_memory += s.dropped_by.out_of_memory + running->collecting.lost_to_memory();
    }
    sum.dropped = sum.dropped_by.total();
    return sum;
}

inline flush_result difference(bool complete, const statistics& before, const statistics& after) noexcept {
    return {complete, after.delivered - before.delivered, after.dropped - before.dropped, after.queued};
}

inline flush_result flush_until(steady_clock::time_point deadline) {
    const statistics before = collect_statistics();
    std::shared_ptr<pipeline> running;
    {
        const std::lock_guard lock(process().mutex);
        running = process().running;
    }
    bool complete = true;
    if (running) {
        const auto last = running->collecting.request_flush(deadline);
        complete = last && running->queue.wait_until_settled(*last, deadline);
    }
    return difference(complete, before, collect_statistics());
}

inline flush_result shutdown_until(steady_clock::time_point deadline) {
    process_state& state = process();
    const statistics before = collect_statistics();
    std::shared_ptr<pipeline> running;
    {
        const std::lock_guard lock(state.mutex);
        running = std::move(state.running);
        if (!running) return difference(true, before, before);
    }
    state.threads.stop();
    running->collecting.stop();
    running->collecting.join(); // drains and encodes: no waiting for anybody
    running->queue.close();
    const bool complete = running->queue.wait_until_settled(running->queue.pushed(), deadline);
    running->queue.abandon();
    if (!complete) running->sending.interrupt();
    running->sending.join();
    {
        const std::lock_guard lock(state.mutex);
        const statistics s = running->queue.snapshot();
        state.before.delivered += s.delivered;
        state.before.bytes_delivered += s.bytes_delivered;
        state.before.exports += s.exports;
        state.before.retries += s.retries;
        auto& sum = state.before.dropped_by;
        sum.queue_full += s.dropped_by.queue_full;
        sum.rejected += s.dropped_by.rejected;
        sum.undeliverable += s.dropped_by.undeliverable;
        sum.shut_down += s.dropped_by.shut_down;
        sum.out_of_memory += s.dropped_by.out_of_memory + running->collecting.lost_to_memory();
    }
    return difference(complete, before, collect_statistics());
}

// Covers a call of exit() while the guard is alive.
inline void flush_at_exit() noexcept {
    try {
        static_cast<void>(shutdown_until(steady_clock::now() + process().exit_timeout));
    } catch (...) { // no memory at exit
    }
}

inline steady_clock::time_point deadline_after(std::chrono::nanoseconds time) noexcept {
    // Far enough for every purpose, and no overflow.
    return steady_clock::now() + std::min<std::chrono::nanoseconds>(time, std::chrono::hours(24 * 365));
}

} // namespace detail

/// The telemetry of the process, from start to the end of this object, which sends what is left within
/// options::shutdown_timeout. Movable. All members may be called from any thread.
class telemetry {
public:
    telemetry() noexcept = default;
    telemetry(telemetry&& other) noexcept : owns_(std::exchange(other.owns_, false)) {}
    telemetry& operator=(telemetry&& other) noexcept {
        if (this != &other) {
            end();
            owns_ = std::exchange(other.owns_, false);
        }
        return *this;
    }
    ~telemetry() { end(); }

    /// Sends what was recorded before the call, waiting for the answers up to a deadline from now.
    [[nodiscard]] flush_result flush(std::chrono::nanoseconds deadline) {
        return detail::flush_until(detail::deadline_after(deadline));
    }

    /// Ends recording, sends what is left, and drops what the deadline leaves over, counted. After it spans
    /// cost what they cost without start. A send under way is cut short at the deadline, which may take its
    /// connect or read a moment longer. A second shutdown has nothing to do.
    flush_result shutdown(std::chrono::nanoseconds deadline) {
        owns_ = false;
        return detail::shutdown_until(detail::deadline_after(deadline));
    }

    /// The counts since the first start of this process. About a microsecond a thread.
    [[nodiscard]] statistics stats() const { return detail::collect_statistics(); }

private:
    friend telemetry start(options given);
    explicit telemetry(bool owns) noexcept : owns_(owns) {}

    void end() noexcept {
        if (std::exchange(owns_, false)) detail::flush_at_exit();
    }

    bool owns_ = false;
};

/// Starts the telemetry of this process: spans are recorded from here on and sent by two background threads.
/// Keep the object that it returns in main. A second start while the first is running reports a warning and
/// returns an object that does not end it. With OTEL_SDK_DISABLED=true nothing is recorded. Throws
/// std::invalid_argument for options that cannot be, std::system_error where no thread can be had.
[[nodiscard]] inline telemetry start(options given = {}) {
    detail::check(given);
    if (given.environment.boolean("OTEL_SDK_DISABLED").value_or(false)) return telemetry(false);

    detail::process_state& state = detail::process();
    const std::lock_guard lock(state.mutex);
    if (state.running) {
        detail::diagnose(
            diagnostic_level::warning, "start",
            "nanotel::start was called while the telemetry is running; the first one goes on with its "
            "options. Call start once, in main, or shut the first one down before");
        return telemetry(false);
    }

    const bool counter = given.clock == nullptr && detail::cycle_counter_is_reliable();
    auto collecting = detail::make_collector_options(given);
    collecting.ticks = given.clock ? given.clock
                       : counter   ? &detail::read_cycle_counter
                                   : &detail::system_ticks;
    auto destination = given.exporter ? std::move(given.exporter) : otlp_http();
    auto made = std::make_shared<detail::pipeline>(
        std::move(destination), state.threads, state.signal, state.sites,
        detail::resource_json(detail::make_resource(given)), detail::make_limits(given),
        given.max_queue_bytes, detail::make_queue_items(given), collecting,
        detail::make_sender_options(given));

    state.roots = given.sampler;
    state.injected_clock = given.clock;
    state.injected_ids = given.id_source;
    state.exit_timeout = given.shutdown_timeout;
    [[maybe_unused]] static const bool handlers = [] {
        std::atexit(detail::flush_at_exit);
        // Until the child's own telemetry is built, it must not touch the parent's.
        ::pthread_atfork(nullptr, nullptr, [] { detail::process().threads.abandon(); });
        return true;
    }();
    // Once more after the first exchange, so that it runs before the static objects go that the exchange
    // created.
    made->sending.after_first_send = [] { std::atexit(detail::flush_at_exit); };

    made->sending.start();
    try {
        made->collecting.start();
    } catch (...) {
        made->queue.abandon();
        throw;
    }
    std::uint32_t mode = detail::thread_mode::active;
    if (!counter || given.id_source) mode |= detail::thread_mode::indirect;
    if (given.sampler.keeps_none())
        mode |= detail::thread_mode::roots_dropped;
    else if (!given.sampler.keeps_all())
        mode |= detail::thread_mode::roots_asked;
    state.threads.configure(detail::make_ring_options(given), mode);
    detail::fill_table(state.table);
    detail::runtime.store_release(&state.table);
    state.running = std::move(made);
    return telemetry(true);
}

} // namespace nanotel::inline NANOTEL_ABI
