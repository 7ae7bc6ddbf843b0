// SPDX-License-Identifier: MIT
// In which bucket of an explicit-bounds histogram a value lies.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI::detail {

// Bucket i holds (bounds[i - 1], bounds[i]]. The bits of a double that is not negative, as an integer, ascend
// with it: their top ones name a cell, and each cell names the first bucket that a value in it can belong to.
// metrics/bucket_table.hpp fills it and keeps what it points to.
struct bucket_table {
    std::uint32_t bound_count = 0;
    std::uint32_t shift = 0;              // bits below those that name a cell
    std::uint64_t lowest = 0;             // the key of cell 0, which has all smaller ones too
    std::uint64_t highest = 0;            // the last cell, which has all larger keys too
    const double* bounds = nullptr;       // bound_count ascending, then infinity
    const std::uint16_t* first = nullptr; // of each cell, the first possible bucket
};

// The cells are made for what most histograms have, values that are not negative.
[[gnu::noinline, gnu::cold]] inline std::uint32_t find_negative_bucket(const bucket_table& table,
                                                                       double v) noexcept {
    std::uint32_t begin = 0;
    std::uint32_t end = table.bound_count;
    while (begin < end) {
        const std::uint32_t middle = begin + (end - begin) / 2;
        if (v > table.bounds[middle])
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/// The number of bounds below v, which is the index of its bucket. Not for NaN.
[[gnu::always_inline]] inline std::uint32_t find_bucket(const bucket_table& table, double v) noexcept {
    const auto bits = __builtin_bit_cast(std::uint64_t, v);
    if (static_cast<std::int64_t>(bits) < 0) [[unlikely]] {
        if (!(v > table.bounds[0])) return 0;
        return find_negative_bucket(table, v);
    }
    const std::uint64_t key = bits >> table.shift;
    std::uint64_t cell = key < table.lowest ? 0 : key - table.lowest;
    cell = cell < table.highest ? cell : table.highest;
    std::uint32_t bucket = table.first[cell];
    // Most cells have one boundary at most, and on which side v is cannot be predicted: so the first step is
    // no branch, and the others, which can be, seldom happen.
    bucket += static_cast<std::uint32_t>(v > table.bounds[bucket]);
    while (v > table.bounds[bucket]) [[unlikely]]
        ++bucket;
    return bucket;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
