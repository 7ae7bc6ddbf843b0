// SPDX-License-Identifier: MIT
// The cheapest clock of the processor, in ticks of its own.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

#if defined(__x86_64__) && !defined(NANOTEL_PORTABLE)
inline constexpr bool has_cycle_counter = true;
// Not serialising: the few instructions that may move across it cost less than waiting for them.
[[gnu::always_inline]] inline std::uint64_t read_cycle_counter() noexcept { return __builtin_ia32_rdtsc(); }
#elif defined(__aarch64__) && !defined(NANOTEL_PORTABLE)
inline constexpr bool has_cycle_counter = true;
[[gnu::always_inline]] inline std::uint64_t read_cycle_counter() noexcept {
    std::uint64_t ticks;
    asm volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}
#else
inline constexpr bool has_cycle_counter = false;
inline std::uint64_t read_cycle_counter() noexcept { return 0; }
#endif

} // namespace nanotel::inline NANOTEL_ABI::detail
