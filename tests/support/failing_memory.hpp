// SPDX-License-Identifier: MIT
// Replaces the program's allocator by one that can run short. In one file of a test program.
#pragma once

#include <cstdlib>
#include <limits>
#include <new>

namespace nanotel_test {

constexpr long unlimited = std::numeric_limits<long>::max();
/// How many more allocations of this thread succeed. Other threads, and other tests, are refused none.
inline thread_local constinit long granted = unlimited;

inline void* allocated(std::size_t size) noexcept {
    if (granted != unlimited && granted-- <= 0) return nullptr;
    return std::malloc(size == 0 ? 1 : size);
}
inline void* allocated_or_throws(std::size_t size) {
    if (void* const memory = allocated(size)) return memory;
    throw std::bad_alloc();
}

} // namespace nanotel_test

void* operator new(std::size_t size) { return nanotel_test::allocated_or_throws(size); }
void* operator new[](std::size_t size) { return nanotel_test::allocated_or_throws(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return nanotel_test::allocated(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
    return nanotel_test::allocated(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
