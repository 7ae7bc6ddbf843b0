// SPDX-License-Identifier: MIT
// start, flush, shutdown: the life of the telemetry in a program.
#pragma once

#include <nanotel/exporters/http.hpp>
#include <nanotel/pipeline/configuration.hpp>
#include <nanotel/pipeline/lifecycle.hpp>
#include <nanotel/pipeline/outlets.hpp>
#include <nanotel/pipeline/runtime_functions.hpp>

#include <cstdlib> // atexit

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

inline steady_clock::time_point deadline_after(std::chrono::nanoseconds time) noexcept {
    // Far enough for every purpose, and no overflow.
    return steady_clock::now() + std::min<std::chrono::nanoseconds>(time, std::chrono::hours(24 * 365));
}

} // namespace detail

/// The telemetry of the process, from start to the end of this object, which
/// sends what is left within options::shutdown_timeout. Movable. All members
/// may be called from any thread.
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

    /// Sends what was recorded before the call, waiting for the answers up to a
    /// deadline from now.
    [[nodiscard]] flush_result flush(std::chrono::nanoseconds deadline) {
        return detail::flush_until(detail::deadline_after(deadline));
    }

    /// Ends recording, sends what is left, and drops what the deadline leaves
    /// over, counted. After it spans cost what they cost without start. A send
    /// under way is cut short at the deadline, which may take its connect or read
    /// a moment longer; an exporter that does not come back within a second of it
    /// is left to itself. A second shutdown has nothing to do; one beside another
    /// thread's waits for that one.
    flush_result shutdown(std::chrono::nanoseconds deadline) {
        owns_ = false;
        return detail::shutdown_until(detail::deadline_after(deadline));
    }

    /// The counts since the first start of this process. About a microsecond a
    /// thread.
    [[nodiscard]] statistics stats() const { return detail::collect_statistics(); }

private:
    friend telemetry start(options given);
    explicit telemetry(bool owns) noexcept : owns_(owns) {}

    void end() noexcept {
        if (std::exchange(owns_, false)) detail::shut_down_in_time();
    }

    bool owns_ = false;
};

namespace detail {

// Once in the life of the process.
inline void prepare_process(process_state& state) {
    [[maybe_unused]] static const bool once = [&] {
        fill_table(state.table);
        // Also where this start's clock is injected: the next one's may not be.
        if (cycle_counter_is_reliable()) state.rate.begin(&counter_ticks);
        std::atexit(shut_down_in_time);
        // Until the child's own telemetry is built, it must not touch the parent's.
        ::pthread_atfork(nullptr, nullptr, [] {
            process().forked.store_relaxed(1);
            recording_enabled.store_relaxed(0);
            process().threads.abandon();
            process().metrics.abandon();
            // Whoever held the lock or was in a callback is not there.
            callbacks.unlock();
            for (callback_state* c = callbacks.first; c; c = c->next) c->running = 0;
        });
        runtime.store_release(&state.table);
        return true;
    }();
}

// Once more after the first exchange of the process, so that it runs before the
// static objects go that the exchange created.
inline void shut_down_before_statics_of_transport() {
    [[maybe_unused]] static const bool once = std::atexit(shut_down_in_time) == 0;
}

// Builds and starts what the options say. Reports what is wrong with the
// environment, so it holds no lock.
inline std::shared_ptr<pipeline> build_pipeline(options& given, std::uint32_t number,
                                                std::uint64_t (*ticks)() noexcept) {
    process_state& state = process();
    auto collecting = make_collector_options(given);
    collecting.ticks = ticks;
    std::vector<destination> destinations = destinations_of(given);
    for (destination& each : destinations)
        if (!each.exporter) each.exporter = otlp_http({}, given.environment);
    const resource described = make_resource(given);
    auto made = std::make_shared<pipeline>(state.threads, state.signal, state.sites, state.metrics, described,
                                           collecting);
    const fan_out metrics = add_destinations(*made, given, destinations, resource_json(described));
    std::vector<metric_reader> readers = make_metric_readers(given);
    stream_settings settings = make_stream_settings(given, readers);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        fan_out to = metrics;
        if (readers[i].exporter) {
            to = {};
            to.add(add_outlet(*made, given, readers[i].exporter, {}).queue);
        }
        made->reading.add({i, *readers[i].interval, *readers[i].timeout, readers[i].max_export_batch_size,
                           given.max_export_batch_bytes, to});
    }
    for (std::size_t i = 0; i < given.pull_readers.size(); ++i)
        made->pulls.push_back(std::make_unique<pulled>(given.pull_readers[i], readers.size() + i,
                                                       made->reading, state.sites, described));
    state.metrics.begin(number, std::move(settings), given.clock);
    made->for_each_destination(
        [](outlet& each) { each.sending.after_first_send = &shut_down_before_statics_of_transport; });
    try {
        recover(*made);
        made->for_each_destination([](outlet& each) {
            each.spilling.start();
            each.sending.start();
        });
        made->collecting.start();
        made->reading.start();
        for (const auto& pull : made->pulls) pull->reader->start(*pull);
    } catch (...) {
        for (const auto& pull : made->pulls) pull->reader->stop();
        state.metrics.stop();
        made->collecting.stop();
        made->reading.stop();
        made->for_each_destination([](outlet& each) {
            each.queue.abandon();
            each.queue.finish_spilling();
        });
        throw;
    }
    return made;
}

} // namespace detail

/// Starts the telemetry of this process: spans are recorded from here on and
/// sent by two background threads. Keep the object that it returns in main. A
/// second start while the first is running reports a warning and returns an
/// object that does not end it. With OTEL_SDK_DISABLED=true nothing is
/// recorded. Throws std::invalid_argument for options that cannot be,
/// std::system_error where no thread can be had.
[[nodiscard]] inline telemetry start(options given = {}) {
    using detail::life_phase;
    detail::check(given);
    if (given.environment.boolean("OTEL_SDK_DISABLED").value_or(false)) return telemetry(false);

    detail::process_state& state = detail::process();
    if (state.forked.load_relaxed() != 0) {
        detail::diagnose(diagnostic_level::warning, "start",
                         "nanotel::start was called in a forked child whose parent "
                         "had called it before; the "
                         "child records nothing. Call start in each process after "
                         "the fork, not before");
        return telemetry(false);
    }
    bool first;
    std::uint32_t number = 0;
    {
        std::unique_lock lock(state.mutex);
        state.changed.wait(lock, [&] { return state.phase != life_phase::ending; });
        first = state.phase == life_phase::stopped;
        if (first) {
            state.phase = life_phase::starting;
            number = ++state.starts;
        }
    }
    if (!first) {
        detail::diagnose(diagnostic_level::warning, "start",
                         "nanotel::start was called while the telemetry is running; the first "
                         "one goes on with its "
                         "options. Call start once, in main, or shut the first one down before");
        return telemetry(false);
    }
    const auto enter = [&](life_phase phase, std::shared_ptr<detail::pipeline> running) {
        const std::lock_guard lock(state.mutex);
        publish(state, std::move(running));
        state.exit_timeout = given.shutdown_timeout;
        state.phase = phase;
        state.changed.notify_all();
    };
    try {
        const bool counter = given.clock == nullptr && detail::cycle_counter_is_reliable();
        state.root_threshold.store_relaxed(given.sampler.threshold());
        state.injected_clock.store_relaxed(given.clock);
        state.injected_ids.store_relaxed(given.id_source);
        const auto ticks = given.clock ? given.clock
                           : counter   ? &detail::counter_ticks
                                       : &detail::system_ticks;
        auto made = detail::build_pipeline(given, number, ticks);
        detail::prepare_process(state);
        std::uint32_t mode = detail::thread_mode::active;
        if (!counter || given.id_source) mode |= detail::thread_mode::indirect;
        const std::uint32_t roots = given.sampler.keeps_none()  ? detail::root_mode::dropped
                                    : given.sampler.keeps_all() ? 0
                                                                : detail::root_mode::asked;
        state.threads.configure(detail::make_ring_options(given), mode, roots);
        state.table.largest_record.store_relaxed(state.threads.largest_record());
        detail::recording_enabled.store_relaxed(number);
        enter(life_phase::running, std::move(made));
    } catch (...) {
        enter(life_phase::stopped, nullptr);
        throw;
    }
    return telemetry(true);
}

} // namespace nanotel::inline NANOTEL_ABI
