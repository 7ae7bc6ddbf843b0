// SPDX-License-Identifier: MIT
// A word shared between threads. The memory order is part of each name, so that a call site cannot forget it.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// std::atomic costs a third of a second to include; the builtins below it cost nothing, and ThreadSanitizer
// models them in the same way. T is an integer or a pointer.
template <class T>
struct atomic {
    T value{};

    T load_relaxed() const noexcept { return __atomic_load_n(&value, __ATOMIC_RELAXED); }
    T load_acquire() const noexcept { return __atomic_load_n(&value, __ATOMIC_ACQUIRE); }
    T load_seq_cst() const noexcept { return __atomic_load_n(&value, __ATOMIC_SEQ_CST); }
    void store_relaxed(T next) noexcept { __atomic_store_n(&value, next, __ATOMIC_RELAXED); }
    void store_release(T next) noexcept { __atomic_store_n(&value, next, __ATOMIC_RELEASE); }
    void store_seq_cst(T next) noexcept { __atomic_store_n(&value, next, __ATOMIC_SEQ_CST); }
    T exchange(T next) noexcept { return __atomic_exchange_n(&value, next, __ATOMIC_ACQ_REL); }
    T fetch_add_relaxed(T amount) noexcept { return __atomic_fetch_add(&value, amount, __ATOMIC_RELAXED); }
    // With acquire and release, for counts of owners.
    T fetch_sub(T amount) noexcept { return __atomic_fetch_sub(&value, amount, __ATOMIC_ACQ_REL); }
    T exchange_seq_cst(T next) noexcept { return __atomic_exchange_n(&value, next, __ATOMIC_SEQ_CST); }
    T fetch_add_seq_cst(T amount) noexcept { return __atomic_fetch_add(&value, amount, __ATOMIC_SEQ_CST); }
    void set_bits_relaxed(T bits) noexcept { __atomic_fetch_or(&value, bits, __ATOMIC_RELAXED); }
    void clear_bits_relaxed(T bits) noexcept { __atomic_fetch_and(&value, ~bits, __ATOMIC_RELAXED); }
    bool compare_exchange(T& expected, T next) noexcept {
        return __atomic_compare_exchange_n(&value, &expected, next, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    }

    // The load and the comparison in one instruction, which no compiler makes of them.
    [[gnu::always_inline]] bool is_relaxed(T expected) const noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(NANOTEL_PORTABLE)
        if constexpr (sizeof(T) == 4) {
            bool equal;
            asm volatile("{cmpl %2, %1|cmp dword ptr %1, %2}" : "=@cce"(equal) : "m"(value), "er"(expected));
            return equal;
        } else
#endif
            return load_relaxed() == expected;
    }

    // For a word with one writer, which may add without a locked instruction: readers see it whole, and no
    // other thread's add can be lost because there is none.
    void add_by_owner(T amount) noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(NANOTEL_PORTABLE)
        // The load, add and store of the other form in one instruction, which no compiler makes of them.
        if constexpr (sizeof(T) == 8)
            asm("{addq %1, %0|add qword ptr %0, %1}" : "+m"(value) : "er"(amount) : "cc");
        else
#endif
            store_relaxed(static_cast<T>(load_relaxed() + amount));
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
