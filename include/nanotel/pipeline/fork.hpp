// SPDX-License-Identifier: MIT
// The handlers of fork: what a child of a process that records begins with.
#pragma once

#include <nanotel/pipeline/process.hpp>

#include <sched.h> // sched_yield

namespace nanotel::inline NANOTEL_ABI::detail {

// How a child goes on as its parent did.
struct restart_plan {
    options given;
    std::shared_ptr<pipeline> built;
    std::uint32_t number = 0;            // of the start
    std::shared_ptr<restart_plan> older; // what the parent had from its own parent
};

// -- locks

// Of all locks a fork takes those that guard what the child goes on to use, and each of them is held for
// microseconds by whoever has it, never while the application is called, anything is waited for, or a file or
// a socket is used:
//
//   fork_state::mutex      to exchange the plan
//   callbacks              to walk or change the list; released while a callback runs
//   metric_store           to look up or make a series, with the calls of the site registry below it;
//                          complaints are said after it is released
//   site_registry          to look up or copy the texts of a site
//   thread_registry        to hand out a thread's state or a block, which may map or unmap pages
//
// In this order, which is that of the one nesting there is (metric_store, then site_registry). What may be
// held for long, or across a send, is replaced in the child and not waited for: the mutex of the process, and
// with the pipeline its queues, threads and collections. Diagnostics know by the number of the process whose
// lock they see.
//
// A fork from a signal handler may have interrupted one who holds a lock. So none is waited for beyond a
// second; if need be, the child records nothing.
inline constexpr std::chrono::seconds fork_patience{1};

inline thread_local constinit bool fork_is_prepared = false;

template <class Lock>
bool lock_until(Lock& one, std::chrono::steady_clock::time_point give_up) noexcept {
    for (int tries = 0; !one.try_lock(); ++tries) {
        if (tries < 64) {
            ::sched_yield();
            continue;
        }
        if (std::chrono::steady_clock::now() >= give_up) return false;
        const timespec moment{0, 100'000};
        ::nanosleep(&moment, nullptr);
    }
    return true;
}

template <class First, class... Others>
bool lock_all(std::chrono::steady_clock::time_point give_up, First& first, Others&... others) noexcept {
    if (!lock_until(first, give_up)) return false;
    if constexpr (sizeof...(Others) != 0)
        if (!lock_all(give_up, others...)) {
            first.unlock();
            return false;
        }
    return true;
}

inline void unlock_after_fork(process_state& state) noexcept {
    fork_is_prepared = false;
    const sigset_t signals = state.forking.signals;
    state.threads.unlock();
    state.sites.unlock();
    state.metrics.unlock();
    state.levels.unlock();
    callbacks_of_process().unlock();
    state.forking.mutex.unlock();
    ::pthread_sigmask(SIG_SETMASK, &signals, nullptr);
}

// -- the handlers

inline void before_fork() noexcept {
    const errno_kept kept;
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return;
    // A signal handler that recorded between here and there would wait for what its own thread holds.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!lock_all(std::chrono::steady_clock::now() + fork_patience, state.forking.mutex,
                  callbacks_of_process(), state.levels, state.metrics, state.sites, state.threads)) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return;
    }
    state.forking.signals = before;
    state.threads.keep_for_child();
    fork_is_prepared = true;
}

inline void after_fork_in_parent() noexcept {
    const errno_kept kept;
    if (fork_is_prepared) unlock_after_fork(process());
}

// The telemetry of the parent is left as it is, and nothing is started: a child that ends soon or becomes
// another program has paid a few microseconds. Nothing here allocates, waits or calls the application.
inline void after_fork_in_child() noexcept {
    const errno_kept kept;
    process_state& state = process();
    if (!fork_is_prepared) {
        state.threads.refuse_child();
        state.modules.enable(0);
        return;
    }
    fork_state& forking = state.forking;
    state.metrics.enter_child();
    state.threads.enter_child();
    for (callback_state** at = &callbacks_of_process().first; callback_state* const c = *at;) {
        c->running = 0; // who ran it is not there, nor who was removing it
        if (c->removed)
            *at = c->next;
        else
            at = &c->next;
    }
    state.signal.sleeping.store_relaxed(0);
    state.signal.requests.store_relaxed(0);
    state.instance.forget();
    // Whoever held the mutex or changed what it guards is not there.
    new (&state.mutex) std::mutex;
    new (&state.changed) std::condition_variable;
    new (&state.running) std::shared_ptr<pipeline>;
    new (&state.before) statistics;
    new (&state.left_behind) std::shared_ptr<pipeline>;
    // Nobody is in a send here, and what lies on disk is the parent's.
    new (&state.turns) send_turns;
    new (&state.left_on_disk) decltype(state.left_on_disk);
    const bool goes_on = forking.plan != nullptr;
    if (goes_on && forking.plan != forking.kept) {
        forking.plan->older = std::move(forking.kept);
        forking.kept = forking.plan;
        // Locks of files, and ports, would be the parent's no longer when it ends.
        forking.plan->built->leave_to_parent();
        for (const auto& reader : forking.plan->given.pull_readers) reader->leave_to_parent();
    }
    state.phase = goes_on ? life_phase::inherited : life_phase::stopped;
    forking.restarted = false;
    state.modules.enable(goes_on ? forking.plan->number : 0);
    forking.pending.store_relaxed(goes_on ? 1 : 0);
    unlock_after_fork(state);
}

// Registered when the module is loaded, and not by start: what an application does before a fork, such as to
// take a lock under which it records on other threads, has to come before the locks here are taken, and the
// handlers run in the order opposite to that of their registration. Each module has its own, and those of the
// module that has prepared the process do something.
[[gnu::visibility("hidden")]] inline constinit atomic<std::uint32_t> handles_forks{};
[[gnu::visibility("hidden")]] inline void before_fork_of_module() noexcept {
    if (handles_forks.load_relaxed() != 0) before_fork();
}
[[gnu::visibility("hidden")]] inline void after_fork_in_parent_of_module() noexcept {
    if (handles_forks.load_relaxed() != 0) after_fork_in_parent();
}
[[gnu::visibility("hidden")]] inline void after_fork_in_child_of_module() noexcept {
    if (handles_forks.load_relaxed() != 0) after_fork_in_child();
}
[[gnu::visibility("hidden")]] inline const int fork_handlers =
    ::pthread_atfork(&before_fork_of_module, &after_fork_in_parent_of_module, &after_fork_in_child_of_module);

// -- in a child that goes on

// Exporters that the parent may have been sending with.
inline void tell_exporters(const options& given) noexcept {
    if (given.exporter) given.exporter->restart_in_child();
    for (const nanotel::destination& each : given.destinations)
        if (each.exporter) each.exporter->restart_in_child();
    for (const metric_reader& reader : given.metric_readers)
        if (reader.exporter) reader.exporter->restart_in_child();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
