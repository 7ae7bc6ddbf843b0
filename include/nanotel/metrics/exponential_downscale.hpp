// SPDX-License-Identifier: MIT
// Lowers the scale of the counts of a base-2 exponential histogram. No count is lost: 2^by neighbours become
// one.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

/// counts[i] has the index base + i; afterwards base and they are those of a scale that is lower by `by`,
/// from the front, and the counts that are over are 0. Every access is relaxed and atomic: another thread may
/// look.
inline void downscale(std::uint64_t* counts, std::uint32_t size, std::int32_t& base, unsigned by) noexcept {
    if (by == 0) return;
    if (by > 31) by = 31; // one bucket on each side of 1
    const std::int64_t new_base = std::int64_t{base} >> by;
    // A count moves to the front or stays, so all that come before it have been read.
    std::uint32_t to = 0;
    std::uint64_t sum = 0;
    for (std::uint32_t from = 0; from < size; ++from) {
        const auto place = static_cast<std::uint32_t>(((std::int64_t{base} + from) >> by) - new_base);
        if (place != to) {
            __atomic_store_n(counts + to, sum, __ATOMIC_RELAXED);
            to = place;
            sum = 0;
        }
        sum += __atomic_load_n(counts + from, __ATOMIC_RELAXED);
    }
    for (; to < size; ++to) {
        __atomic_store_n(counts + to, sum, __ATOMIC_RELAXED);
        sum = 0;
    }
    base = static_cast<std::int32_t>(new_base);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
