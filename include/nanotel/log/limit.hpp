// SPDX-License-Identifier: MIT
// Statements that are kept once in an interval, and count what they hold back.
#pragma once

#include <nanotel/log/site_recording.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// As the macros make them.
struct log_site_once {
    log_site site;
};
struct limited_log_site {
    log_site site;
    // When the next record is due, in nanoseconds of the coarse clock. Relaxed: of the threads that see it is
    // past, the one whose exchange succeeds records.
    atomic<std::uint64_t> due{};
    // Since the last record. Relaxed: a count.
    atomic<std::uint64_t> held_back{};
};

// Any std::chrono::duration, without <chrono>.
template <class Duration>
constexpr std::uint64_t to_nanoseconds(const Duration& interval) noexcept {
    static_assert(
        requires { interval.count() * Duration::period::num; },
        "nanotel: the interval of a log statement is a std::chrono::duration, as 5s");
    const double nanoseconds = static_cast<double>(interval.count()) * 1e9 *
                               static_cast<double>(Duration::period::num) /
                               static_cast<double>(Duration::period::den);
    return nanoseconds > 0
               ? nanoseconds < 9e18 ? static_cast<std::uint64_t>(nanoseconds) : 9'000'000'000'000'000'000u
               : 0;
}

// Once in an interval. About 8 ns where it is not.
[[gnu::noinline]] inline bool claim_turn(limited_log_site& site, std::uint64_t interval) noexcept {
    thread_state* const thread = this_thread();
    if (!thread) return false;
    const std::uint64_t now = runtime.load_acquire()->coarse_nanoseconds();
    std::uint64_t due = site.due.load_relaxed();
    if (now >= due && site.due.compare_exchange(due, now + interval)) return true;
    site.held_back.fetch_add_relaxed(1);
    thread->logs.held_back.add_by_owner(1);
    return false;
}
template <class Duration>
bool is_due(limited_log_site& site, const Duration& interval) noexcept {
    return claim_turn(site, to_nanoseconds(interval));
}

template <class Site>
constexpr Site make_log_site(text format, const instrumentation_scope& scope, const char* file,
                             std::uint32_t line, const char* function, const char* function_name,
                             std::uint8_t level) noexcept {
    return {{{format, &scope, file, line, span_kind::internal, {}}, function, function_name, level, {}}};
}

template <class Site>
[[gnu::always_inline]] inline bool keeps(Site& at, unsigned level) noexcept {
    return passes(at.site.gate, *at.site.here.scope, level);
}

template <class... A>
[[gnu::always_inline]] inline void log_at(log_site_once& once, log_places<A...>, log_format<A...> format,
                                          const A&... arguments) noexcept {
    log_at_site(once.site, format, arguments...);
}
template <class... A>
void log_at(limited_log_site& limited, log_places<A...>, log_format<A...> format,
            const A&... arguments) noexcept {
    log_at_site<A..., held_back_count>(limited.site, format, arguments...,
                                       held_back_count{limited.held_back.exchange(0)});
}

} // namespace nanotel::inline NANOTEL_ABI::detail
