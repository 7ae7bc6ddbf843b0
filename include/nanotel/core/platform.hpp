// SPDX-License-Identifier: MIT
// What only Linux or one processor has, each with a portable fallback beside it (forced by NANOTEL_PORTABLE).
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/core/ticks.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <pthread.h>
#include <signal.h> // pthread_sigmask
#include <unistd.h>

#if defined(__linux__) && !defined(NANOTEL_PORTABLE)
#define NANOTEL_DETAIL_LINUX 1
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#else
#define NANOTEL_DETAIL_LINUX 0
#include <random> // random_device
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nanotel::inline NANOTEL_ABI::detail {

// -- memory

enum class on_fork { keep, wipe };

// Zeroed pages, or null. Wiped ones read as zero in a forked child; where the kernel cannot (before 4.14)
// they keep what they had, and the handler of pthread_atfork has to do.
inline void* map_pages(std::size_t size, on_fork fork) noexcept {
#if NANOTEL_DETAIL_LINUX
    void* const pages =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) return nullptr;
    if (fork == on_fork::wipe) ::madvise(pages, size, MADV_WIPEONFORK);
    return pages;
#else
    static_cast<void>(fork);
    void* const pages = std::aligned_alloc(4096, (size + 4095) & ~std::size_t{4095});
    if (pages) std::memset(pages, 0, size);
    return pages;
#endif
}

inline void unmap_pages(void* pages, [[maybe_unused]] std::size_t size) noexcept {
#if NANOTEL_DETAIL_LINUX
    ::munmap(pages, size);
#else
    std::free(pages);
#endif
}

// -- signals

// No signal handler runs on this thread as long as it lives: one that recorded would wait for a lock that its
// own thread holds.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;

private:
    sigset_t before_;
};

// What is recorded between a call and the look at its errno changes nothing.
class errno_kept {
public:
    errno_kept() noexcept = default;
    ~errno_kept() { errno = before_; }
    errno_kept(const errno_kept&) = delete;
    errno_kept& operator=(const errno_kept&) = delete;

private:
    const int before_ = errno;
};

// -- waiting

inline constexpr std::uint64_t forever = ~std::uint64_t{0};

// Waits until the word no longer holds `seen`, somebody wakes it, or the time has passed. May return early.
inline void wait_while(const atomic<std::uint32_t>& word, std::uint32_t seen,
                       std::uint64_t nanoseconds) noexcept {
    timespec timeout{static_cast<time_t>(nanoseconds / 1'000'000'000),
                     static_cast<long>(nanoseconds % 1'000'000'000)};
#if NANOTEL_DETAIL_LINUX
    ::syscall(SYS_futex, &word.value, FUTEX_WAIT_PRIVATE, seen, nanoseconds == forever ? nullptr : &timeout,
              nullptr, 0);
#else
    if (word.load_acquire() != seen) return;
    if (nanoseconds > 1'000'000) timeout = {0, 1'000'000};
    ::nanosleep(&timeout, nullptr);
#endif
}

inline void wake_all([[maybe_unused]] const atomic<std::uint32_t>& word) noexcept {
#if NANOTEL_DETAIL_LINUX
    ::syscall(SYS_futex, &word.value, FUTEX_WAKE_PRIVATE, 0x7fffffff, nullptr, nullptr, 0);
#endif
}

// -- barriers

#if NANOTEL_DETAIL_LINUX
inline constexpr int membarrier_private_expedited = 1 << 3;
inline constexpr int membarrier_register_private_expedited = 1 << 4;
#endif

// Whether every running thread of this process can be made to pass a full fence from outside (membarrier(2)).
inline bool register_process_barrier() noexcept {
#if NANOTEL_DETAIL_LINUX && defined(SYS_membarrier)
    return ::syscall(SYS_membarrier, membarrier_register_private_expedited, 0, 0) == 0;
#else
    return false;
#endif
}
inline void process_barrier() noexcept {
#if NANOTEL_DETAIL_LINUX && defined(SYS_membarrier)
    ::syscall(SYS_membarrier, membarrier_private_expedited, 0, 0);
#endif
}

// -- randomness, names

inline void fill_random(void* to, std::size_t size) noexcept {
#if NANOTEL_DETAIL_LINUX
    auto* at = static_cast<unsigned char*>(to);
    while (size > 0) {
        const ssize_t got = ::getrandom(at, size, 0);
        if (got < 0) {
            if (errno == EINTR) continue;
            break; // before Linux 3.17, or forbidden by a sandbox
        }
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    // Unique within the machine, if not unpredictable: ids need no more.
    for (std::size_t i = 0; i < size; ++i)
        at[i] = static_cast<unsigned char>((read_cycle_counter() * 0x9e3779b97f4a7c15ull) >> 56) ^
                static_cast<unsigned char>(::getpid() >> (8 * (i % 4)));
#else
    std::random_device device;
    auto* at = static_cast<unsigned char*>(to);
    for (std::size_t i = 0; i < size; ++i) at[i] = static_cast<unsigned char>(device());
#endif
}

// At most 15 characters.
inline void name_this_thread(const char* name) noexcept {
#if defined(__linux__)
    char cut[16]{};
    std::strncpy(cut, name, sizeof cut - 1);
    ::pthread_setname_np(::pthread_self(), cut);
#else
    static_cast<void>(name);
#endif
}

// -- clocks

inline std::uint64_t clock_nanoseconds(clockid_t clock) noexcept {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

// What is good enough for intervals of some milliseconds and more, at a third of the cost.
inline std::uint64_t coarse_nanoseconds() noexcept {
#if defined(CLOCK_MONOTONIC_COARSE) && !defined(NANOTEL_PORTABLE)
    return clock_nanoseconds(CLOCK_MONOTONIC_COARSE);
#else
    return clock_nanoseconds(CLOCK_MONOTONIC);
#endif
}

// The counter runs at one rate on all processors, in every power state, and the kernel trusts it too.
inline bool cycle_counter_is_reliable() noexcept {
    if (NANOTEL_TRUST_CYCLE_COUNTER) return has_cycle_counter;
#if defined(__x86_64__) && NANOTEL_DETAIL_LINUX
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(0x80000007u, &a, &b, &c, &d) || (d & (1u << 8)) == 0) return false;
    char source[8]{};
    if (std::FILE* const file =
            std::fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re")) {
        const std::size_t count = std::fread(source, 1, sizeof source - 1, file);
        std::fclose(file);
        return count >= 3 && std::memcmp(source, "tsc", 3) == 0;
    }
    return false;
#else
    return has_cycle_counter;
#endif
}

} // namespace nanotel::inline NANOTEL_ABI::detail
