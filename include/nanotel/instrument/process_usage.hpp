// SPDX-License-Identifier: MIT
// What every system tells a process of itself: its use of processors and memory since it began.
#pragma once

#include <nanotel/core/platform.hpp>

#include <cstdint>
#include <optional>

#include <sys/resource.h>
#if NANOTEL_DETAIL_LINUX
#include <sched.h>
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

struct process_usage {
    double user_seconds = 0;
    double system_seconds = 0;
    std::int64_t minor_faults = 0;
    std::int64_t major_faults = 0;
    std::int64_t voluntary_switches = 0;
    std::int64_t involuntary_switches = 0;
};

// Of all threads, also of those that have ended.
inline process_usage read_usage() noexcept {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    process_usage all;
    all.user_seconds = seconds(usage.ru_utime);
    all.system_seconds = seconds(usage.ru_stime);
    all.minor_faults = usage.ru_minflt;
    all.major_faults = usage.ru_majflt;
    all.voluntary_switches = usage.ru_nvcsw;
    all.involuntary_switches = usage.ru_nivcsw;
    return all;
}

// On how many processors the process may run: of its main thread, since the one that asks is the library's.
inline unsigned available_processors() noexcept {
#if NANOTEL_DETAIL_LINUX
    cpu_set_t allowed;
    if (::sched_getaffinity(::getpid(), sizeof allowed, &allowed) == 0)
        if (const int count = CPU_COUNT(&allowed); count > 0) return static_cast<unsigned>(count);
#endif
    const long online = ::sysconf(_SC_NPROCESSORS_ONLN); // not Linux, or more than a cpu_set_t holds
    return online > 0 ? static_cast<unsigned>(online) : 1;
}

// The share of the available processors that was used since the measurement before.
class processor_share {
public:
    struct share {
        double user = 0;
        double system = 0;
    };

    void measure(const process_usage& usage, std::uint64_t now_ns, int process,
                 unsigned processors) noexcept {
        if (process != process_) {
            // The first measurement, or the first in a forked child, whose use began at zero again.
            latest_.reset();
        } else {
            // Readers that collect at about the same time are told the same: a share of a few milliseconds
            // would be noise, and of none nothing.
            if (now_ns - measured_ns_ < shortest_ns) return;
            const double available = 1e-9 * static_cast<double>(now_ns - measured_ns_) * processors;
            latest_ = {(usage.user_seconds - user_seconds_) / available,
                       (usage.system_seconds - system_seconds_) / available};
        }
        process_ = process;
        measured_ns_ = now_ns;
        user_seconds_ = usage.user_seconds;
        system_seconds_ = usage.system_seconds;
    }

    // Nothing before the second measurement.
    const std::optional<share>& latest() const noexcept { return latest_; }

    static constexpr std::uint64_t shortest_ns = 100'000'000;

private:
    int process_ = 0;
    std::uint64_t measured_ns_ = 0;
    double user_seconds_ = 0;
    double system_seconds_ = 0;
    std::optional<share> latest_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
