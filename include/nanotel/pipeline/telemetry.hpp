// SPDX-License-Identifier: MIT
// start, flush, shutdown: the life of the telemetry in a program.
#pragma once

#include <nanotel/exporters/http.hpp>
#include <nanotel/pipeline/configuration.hpp>
#include <nanotel/pipeline/ending.hpp>
#include <nanotel/pipeline/fork.hpp>
#include <nanotel/pipeline/outlets.hpp>
#include <nanotel/pipeline/process_resource.hpp>
#include <nanotel/pipeline/runtime_functions.hpp>
#include <nanotel/pipeline/set_log_level.hpp>

#include <cstdlib> // atexit

// A program with many files that call start, such as a program of tests, need not compile the pipeline in
// each of them: they are compiled with NANOTEL_SDK_ELSEWHERE, and one file with NANOTEL_SDK_HERE.
#if defined(NANOTEL_SDK_ELSEWHERE)
#define NANOTEL_DETAIL_ENTRY
#elif defined(NANOTEL_SDK_HERE)
#define NANOTEL_DETAIL_ENTRY [[gnu::used]] inline
#else
#define NANOTEL_DETAIL_ENTRY inline
#endif

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

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
    telemetry(telemetry&& other) noexcept : start_(std::exchange(other.start_, 0)) {}
    telemetry& operator=(telemetry&& other) noexcept {
        if (this != &other) {
            end();
            start_ = std::exchange(other.start_, 0);
        }
        return *this;
    }
    ~telemetry() { end(); }

    /// Whether the telemetry that runs was started with this object: not where it ran already when start was
    /// called, nor after shutdown.
    [[nodiscard]] bool is_owner() const noexcept { return start_ != 0; }

    /// Sends what was recorded before the call, waiting for the answers of all destinations up to a deadline
    /// from now. A destination that has failed is asked once more at once, if it has not asked to be spared.
    /// What lies on disk is waited for like what is in memory, be it of an earlier process: it is older, and
    /// goes first.
    [[nodiscard]] NANOTEL_DETAIL_ENTRY flush_result flush(std::chrono::nanoseconds deadline);

    /// Ends recording and sends what is left. What the deadline leaves over goes to disk where there is a
    /// spool, within two seconds, and is dropped and counted where there is none; with all of it on disk, a
    /// destination that is down is not waited for. After it spans cost what they cost without start. A send
    /// under way is cut short at the deadline, which may take its connect or read a moment longer; an
    /// exporter that does not come back within a second of it is left to itself, and the next start with the
    /// same one waits for that send. A second shutdown has nothing to do; one beside another thread's waits
    /// for that one.
    NANOTEL_DETAIL_ENTRY flush_result shutdown(std::chrono::nanoseconds deadline);

    /// The counts since the first start of this process. About a microsecond a thread.
    [[nodiscard]] NANOTEL_DETAIL_ENTRY statistics stats() const;

private:
    friend telemetry start(options given, detail::module_links& caller);
    explicit telemetry(std::uint32_t start) noexcept : start_(start) {}

    NANOTEL_DETAIL_ENTRY void end() noexcept;

    std::uint32_t start_ = 0; // that it ends; 0: none
};

#ifndef NANOTEL_SDK_ELSEWHERE

NANOTEL_DETAIL_ENTRY flush_result telemetry::flush(std::chrono::nanoseconds deadline) {
    detail::go_on_in_child(); // where nothing was recorded yet there may be callbacks to ask
    return detail::flush_until(detail::deadline_after(deadline));
}
NANOTEL_DETAIL_ENTRY flush_result telemetry::shutdown(std::chrono::nanoseconds deadline) {
    start_ = 0;
    return detail::shutdown_until(detail::deadline_after(deadline));
}
NANOTEL_DETAIL_ENTRY statistics telemetry::stats() const { return detail::collect_statistics(); }
NANOTEL_DETAIL_ENTRY void telemetry::end() noexcept {
    if (const std::uint32_t mine = std::exchange(start_, 0)) detail::shut_down_start(mine);
}

#endif

namespace detail {

inline bool restart_in_child() noexcept;

// Once in the life of the process.
inline void prepare_process(process_state& state) {
    if (std::exchange(state.prepared, true)) return;
    fill_table(state.table);
    // Also where this start's clock is injected: the next one's may not be.
    if (cycle_counter_is_reliable()) state.rate.begin(&counter_ticks);
    std::atexit(shut_down_at_exit);
#if defined(__linux__)
    std::at_quick_exit(shut_down_at_exit);
#endif
    state.modules.publish(state.table);
}

// From the first start on, and from before it holds anything: a fork may come in the middle. Once in the life
// of the process, whichever module is the first.
inline void prepare_forks(process_state& state) {
    if (state.forking.restart) return;
    state.forking.restart = &restart_in_child;
    handles_forks.store_relaxed(1);
}

// Once more after the first exchange of the process, so that it runs before the static objects go that the
// exchange created.
inline void shut_down_before_statics_of_transport() {
    // Not a static object with a guard: a fork in the middle of its making would leave the guard taken.
    static constinit atomic<std::uint32_t> registered{};
    if (registered.exchange(1) == 0) std::atexit(shut_down_at_exit);
}

// Builds and starts what the options say; in a forked child that goes on, without what the parent alone can
// have. Reports what is wrong with the environment, so it holds no lock.
inline std::shared_ptr<pipeline> build_pipeline(options& given, std::uint32_t number,
                                                std::uint64_t (*ticks)() noexcept, bool goes_on) {
    process_state& state = process();
    auto collecting = make_collector_options(given);
    collecting.ticks = ticks;
    const std::vector<destination> destinations = destinations_of(given);
    const std::string instance_id = state.instance.id();
    resource described = make_resource(given, instance_id);
    if (goes_on) renew_identity(described, instance_id);
    if (given.processor) described = process_resource(described, *given.processor);
    auto made = std::make_shared<pipeline>(state.threads, state.signal, state.sites, state.metrics, described,
                                           collecting);
    const metric_routes metrics = add_destinations(*made, given, destinations, described);
    if (given.processor)
        made->collecting.rewriting =
            std::make_unique<record_rewriter>(state.sites, given.processor, given.logs.source_location);
    std::vector<metric_reader> readers = make_metric_readers(given);
    stream_settings settings = make_stream_settings(given, readers);
    for (std::size_t i = 0; i < readers.size(); ++i) {
        metric_routes to = metrics;
        if (readers[i].exporter) {
            to = {};
            to.add(add_outlet(*made, given, readers[i].exporter, {}));
        }
        made->reading.add({i, *readers[i].interval, *readers[i].timeout, readers[i].max_export_batch_size,
                           given.max_export_batch_bytes, to.otlp, to.others});
    }
    for (std::size_t i = 0; i < given.pull_readers.size() && !goes_on; ++i)
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

// What start does once it is its turn: the phase is `starting`.
inline void launch(options given, std::uint32_t number, bool goes_on) {
    process_state& state = process();
    const auto enter = [&](life_phase phase, std::shared_ptr<pipeline> running) {
        const std::lock_guard lock(state.mutex);
        if (running)
            publish(state, std::move(running));
        else
            state.running.reset();
        state.exit_timeout = given.shutdown_timeout;
        state.forking.restarted = goes_on;
        if (!goes_on) state.guarded = number;
        state.phase = phase;
        state.changed.notify_all();
    };
    try {
        prepare_forks(state);
        const bool trusted = cycle_counter_is_reliable();
        const bool counter = given.clock == nullptr && trusted;
        state.trusts_counter.store_relaxed(trusted ? 1 : 0);
        const sampling_plan& sampling = use_sampler(state, make_sampler(given));
        state.injected_clock.store_relaxed(given.clock);
        state.injected_ids.store_relaxed(given.id_source);
        const auto ticks = given.clock ? given.clock : counter ? &counter_ticks : &system_ticks;
        auto plan = std::make_shared<restart_plan>();
        plan->given = given;
        plan->number = number;
        auto made = build_pipeline(given, number, ticks, goes_on);
        plan->built = made;
        prepare_process(state);
        std::uint32_t mode = thread_mode::active;
        if (!counter || given.id_source) mode |= thread_mode::indirect;
        if (sampling.asks_local()) mode |= thread_mode::asks;
        state.threads.configure(make_ring_options(given), mode, root_mode_of(sampling));
        state.table.propagators.store_relaxed(make_propagators(given));
        state.table.largest_record.store_relaxed(state.threads.largest_record());
        state.levels.begin(given.logs.levels, !plan->built->collecting.logs.empty(), goes_on);
        static_cast<void>(exchange_plan(std::move(plan)));
        state.modules.enable(number);
        enter(life_phase::running, std::move(made));
    } catch (...) {
        enter(life_phase::stopped, nullptr);
        throw;
    }
}

// A thread is about to bring the telemetry of a child to life; what it records meanwhile is not.
inline thread_local constinit bool is_restarting = false;

// In a forked child, on the thread that records first: what start does, with the options of the parent. Some
// tenths of a millisecond, for the threads. Others that record meanwhile wait for it, though not for ever. On
// this thread and not in the handler of the fork: a child that becomes another program or ends without having
// recorded needs none of it, and by now whatever else the fork has to put in order is in order.
inline bool restart_in_child() noexcept {
    if (is_restarting) return false;
    process_state& state = process();
    is_restarting = true;
    struct turn {
        ~turn() { is_restarting = false; }
    } const restarting;
    const signals_blocked quiet;
    std::string problem;
    try {
        std::shared_ptr<restart_plan> plan;
        std::uint32_t number = 0;
        {
            std::unique_lock lock(state.mutex);
            state.changed.wait_for(lock, std::chrono::seconds(1), [&] {
                return state.phase != life_phase::starting && state.phase != life_phase::ending;
            });
            if (state.phase != life_phase::inherited) return state.phase == life_phase::running;
            plan = state.forking.kept;
            state.phase = life_phase::starting;
            number = ++state.starts;
        }
        tell_exporters(plan->given);
        launch(plan->given, number, true);
        state.forking.pending.store_release(0);
        return true;
    } catch (const std::exception& e) {
        problem = e.what();
    } catch (...) {
        problem = "what was thrown is no std::exception";
    }
    state.modules.enable(0);
    static_cast<void>(exchange_plan(nullptr));
    state.forking.pending.store_release(0);
    diagnose(diagnostic_level::error, "start",
             "this process, forked from one that records, cannot record: " + problem +
                 "; give it the threads and the memory that it needs, and call nanotel::start in it");
    return false;
}

} // namespace detail

/// Starts the telemetry of this process: spans are recorded from here on and sent by two background threads.
/// Keep the object that it returns in main. A second start while the first is running reports a warning and
/// returns an object that does not end it. With OTEL_SDK_DISABLED=true or TELEMETRY_ENABLED=false nothing is
/// recorded, unless options::enabled says otherwise. Throws std::invalid_argument for options that cannot be,
/// std::system_error where no thread can be had.
///
/// A forked child goes on as its parent, without a word: with its first record, which takes a few tenths of a
/// millisecond, it has threads and exporters of its own. Called in a child, start works as in any process,
/// with the options given there; what the child has recorded before is sent first.
///
/// The shared object that calls it is not unloaded any more, since its code may run on the threads of the
/// library; `caller` is it, and is not given. Other modules share what is started, and may go.
[[nodiscard]] NANOTEL_DETAIL_ENTRY telemetry start(options given = {},
                                                   detail::module_links& caller = detail::this_module);

#ifndef NANOTEL_SDK_ELSEWHERE

NANOTEL_DETAIL_ENTRY telemetry start(options given, detail::module_links& caller) {
    using detail::life_phase;
    detail::check(given);
    detail::follow_log_level(given.environment);
    if (!detail::is_enabled(given)) {
        const std::uint32_t propagators = detail::make_propagators(given);
        detail::propagator_list::of_module.store_relaxed(propagators);
        // That of an earlier start.
        if (detail::runtime.load_acquire()) detail::process().table.propagators.store_relaxed(propagators);
        return telemetry(0);
    }
    detail::choose_readers(given);

    detail::process_state& state = detail::process();
    if (!detail::is_shared(state)) {
        detail::diagnose(
            diagnostic_level::warning, "start",
            "nanotel::start was called in a module that was compiled in another way than the one "
            "that holds the telemetry of this process; nothing is started. Build all modules with "
            "one version of nanotel and one standard library, or call start in one of them alone");
        return telemetry(0);
    }
    detail::keep_loaded(caller); // its exporters run its code
    if (state.threads.is_unprepared_child()) {
        detail::diagnose(
            diagnostic_level::warning, "start",
            "nanotel::start was called in a copy of a process that records, made without fork(), or "
            "by a signal handler; nothing is recorded here. Make it by fork(), or become another "
            "program by exec");
        return telemetry(0);
    }
    std::uint32_t number = 0;
    std::shared_ptr<detail::restart_plan> of_parent;
    while (number == 0) {
        std::unique_lock lock(state.mutex);
        state.changed.wait(lock, [&] { return state.phase != life_phase::ending; });
        if (state.phase == life_phase::stopped || state.phase == life_phase::inherited) {
            if (state.phase == life_phase::inherited) of_parent = state.forking.kept;
            state.phase = life_phase::starting;
            number = ++state.starts;
        } else if (state.phase == life_phase::running && state.forking.restarted) {
            const auto patience = state.exit_timeout;
            lock.unlock();
            static_cast<void>(detail::shutdown_until(detail::deadline_after(patience)));
        } else {
            break;
        }
    }
    if (number == 0) {
        detail::diagnose(
            diagnostic_level::warning, "start",
            "nanotel::start was called while the telemetry is running; the first one goes on with its "
            "options. Call start once, in main, or shut the first one down before");
        return telemetry(0);
    }
    // Not the parent's plan any more, whatever becomes of this one.
    if (of_parent) {
        static_cast<void>(detail::exchange_plan(nullptr));
        state.modules.enable(0);
        state.forking.pending.store_release(0);
        detail::tell_exporters(of_parent->given);
    }
    detail::launch(std::move(given), number, false);
    return telemetry(number);
}

#endif

} // namespace nanotel::inline NANOTEL_ABI
