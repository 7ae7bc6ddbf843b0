// SPDX-License-Identifier: MIT
// The ends of a process, and what becomes of what was recorded.
#pragma once

#include <nanotel/pipeline/lifecycle.hpp>

#include <exception> // set_terminate

namespace nanotel::inline NANOTEL_ABI {

// The process ends by               What was recorded
// --------------------------------  ------------------------------------------------------------------
// return from main                  is sent within options::shutdown_timeout, by the guard that start
//                                   returned; where that is not there, as by exit()
// exit(), on whatever thread        is sent within options::shutdown_timeout. Where the call is made by
//                                   what is to be waited for, as an exporter, or in a signal handler
//                                   inside a lock, the process ends a few seconds later, and what is
//                                   left is lost
// quick_exit()                      as by exit()
// std::terminate                    is lost; with flush_on_terminate() flushed within that deadline
// abort(), a signal, _exit(), exec  is lost, but for what options::spool has on disk: the next start
//                                   sends it
//
// What records late                 What becomes of it
// --------------------------------  ------------------------------------------------------------------
// destructors of static objects     is sent where the object was made after start. Where it is older,
//                                   or the guard went before, nothing is recorded: a span costs what
//                                   it does without start
// thread_local destructors          is sent; those of the main thread where no guard went before
// destructors of pthread keys       is sent; the main thread's are never called
// threads that outlive main         is sent until the shutdown begins; from then on nothing is recorded
//
// Nothing here waits for ever: an exporter that does not come back is left behind a second after the
// deadline. A callback_guard in a static object does, where its callback never returns.

namespace detail {

// Does something on a thread of its own, and waits for it only so long: the thread that asks may be the one
// that the work would wait for, or have been interrupted while it held what the work needs.
class bounded_work {
public:
    enum class outcome { done, timed_out, not_started };

    template <class Work>
    static outcome run(steady_clock::duration patience, Work work) noexcept {
        try {
            const auto shared = std::make_shared<bounded_work>(); // whoever is done last frees it
            shared->wait_until(steady_clock::now() + patience);
            start_background_thread("nanotel-end", [shared, work] {
                work(*shared);
                shared->done_.store_release(1);
                wake_all(shared->done_);
            }).detach();
            return shared->wait() ? outcome::done : outcome::timed_out;
        } catch (...) { // no thread or no memory
            return outcome::not_started;
        }
    }

    // For the work, when it knows how long it will take.
    void wait_until(steady_clock::time_point t) noexcept {
        until_.store_relaxed(
            std::chrono::duration_cast<std::chrono::nanoseconds>(t.time_since_epoch()).count());
    }

private:
    bool wait() const noexcept {
        while (done_.load_acquire() == 0) {
            const auto left =
                std::chrono::nanoseconds(until_.load_relaxed()) - steady_clock::now().time_since_epoch();
            if (left <= left.zero()) return false;
            // In slices, since the work may know better.
            const auto slice = std::min<std::chrono::nanoseconds>(left, std::chrono::milliseconds(100));
            wait_while(done_, 0, static_cast<std::uint64_t>(slice.count()));
        }
        return true;
    }

    atomic<std::uint32_t> done_; // release and acquire: what the work did is done; a futex word
    atomic<std::int64_t> until_; // nanoseconds of the steady clock; relaxed, a time and nothing more
};

// What a call of exit or quick_exit does. The call may be made on a thread that shutdown joins, or inside a
// lock that it takes.
inline void shut_down_at_exit() noexcept {
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return; // its locks may be held by nobody
    if (std::unique_lock lock(state.mutex, std::try_to_lock); lock) {
        const life_phase phase = state.phase;
        lock.unlock();
        if (phase == life_phase::inherited) return shut_down_in_time(); // nothing to send, nobody to wait for
        if (phase == life_phase::stopped || phase == life_phase::starting) return;
    }
    const auto outcome = bounded_work::run(std::chrono::seconds(1), [&state](bounded_work& me) {
        std::chrono::milliseconds timeout;
        {
            const std::lock_guard lock(state.mutex);
            timeout = state.exit_timeout;
        }
        // With what shutdown takes beyond the deadline where an exporter or a disk does not come back.
        me.wait_until(steady_clock::now() + timeout + std::chrono::seconds(4));
        shut_down_in_time();
    });
    if (outcome == bounded_work::outcome::not_started) shut_down_in_time();
}

// Of flush_on_terminate. 0: not asked for.
inline constinit atomic<std::int64_t> terminate_deadline{};
inline constinit atomic<std::terminate_handler> terminate_before{};
inline constinit atomic<std::uint32_t> terminate_is_set{};
// 1 as soon as one thread flushes, 2 when it is done.
inline constinit atomic<std::uint32_t> terminate_progress{};

// Flushes once, on the thread that terminates first. The others wait for it: what they would do next ends the
// process. One of the library's own threads has nothing to wait for.
[[noreturn]] inline void flush_and_terminate() noexcept {
    const std::chrono::nanoseconds deadline(terminate_deadline.load_relaxed());
    if (!is_background_thread && !process().threads.is_unprepared_child()) {
        if (terminate_progress.exchange(1) == 0) {
            static_cast<void>(bounded_work::run(deadline, [deadline](bounded_work&) {
                try {
                    static_cast<void>(flush_until(steady_clock::now() + deadline));
                } catch (...) { // no memory
                }
            }));
            terminate_progress.store_release(2);
            wake_all(terminate_progress);
        } else {
            wait_while(terminate_progress, 1, static_cast<std::uint64_t>(deadline.count()));
        }
    }
    if (const std::terminate_handler before = terminate_before.load_acquire()) before();
    std::abort();
}

} // namespace detail

/// Has std::terminate, as an exception that nobody catches calls it, flush what was recorded, for at most so
/// long (1 ms to a minute), before it goes on to the handler that was there before, and so to abort. A
/// library does not do that by itself. Call it once, after other libraries have set their handlers; a second
/// call changes the deadline. A crash by a signal, and abort() itself, are not caught.
inline void flush_on_terminate(std::chrono::milliseconds deadline = std::chrono::seconds(1)) noexcept {
    deadline = std::clamp<std::chrono::milliseconds>(deadline, std::chrono::milliseconds(1),
                                                     std::chrono::minutes(1));
    detail::terminate_deadline.store_relaxed(std::chrono::nanoseconds(deadline).count());
    // Once: a handler that was set since then and calls the one before it would be called by it, in a circle.
    if (detail::terminate_is_set.exchange(1) != 0) return;
    detail::terminate_before.store_release(std::set_terminate(&detail::flush_and_terminate));
}

} // namespace nanotel::inline NANOTEL_ABI
