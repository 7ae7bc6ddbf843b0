// SPDX-License-Identifier: MIT
// A thread of the library: named, deaf to signals, without the priority or the processors of whoever started
// it.
#pragma once

#include <nanotel/core/platform.hpp>

#include <functional>
#include <thread>

#include <csignal>
#if defined(__linux__)
#include <sched.h>
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

inline thread_local constinit bool is_background_thread = false;

// Signals stay blocked for the thread's whole life: handlers are the application's and run on its threads,
// and a SIGPIPE that a socket raises here stays here. Throws std::system_error when no thread can be had.
inline std::thread start_background_thread(const char* name, std::function<void()> body) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    struct restore {
        const sigset_t& mask;
        ~restore() { ::pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
    } restored{before};
    return std::thread([name, body = std::move(body)] {
        is_background_thread = true;
        name_this_thread(name);
#if defined(__linux__)
        // What a real-time or pinned thread that calls start has is not for us: the ordinary policy, and the
        // processors of the main thread, which a restriction of the whole process holds for too.
        const sched_param ordinary{};
        ::sched_setscheduler(0, SCHED_OTHER, &ordinary);
        cpu_set_t processors;
        if (::sched_getaffinity(::getpid(), sizeof processors, &processors) == 0)
            ::sched_setaffinity(0, sizeof processors, &processors);
#endif
        body();
    });
}

} // namespace nanotel::inline NANOTEL_ABI::detail
