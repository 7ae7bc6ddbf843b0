// SPDX-License-Identifier: MIT
// Makes the table that finds the bucket of a value. For the sdk.
#pragma once

#include <nanotel/metrics/bucket_search.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// Keeps the arrays of a bucket_table. It does not move, since the hot path holds its address.
class bucket_table_storage {
public:
    static constexpr std::size_t max_bounds = 65'535; // what a bucket_table can number
    static constexpr std::uint64_t max_cells = 1024;

    // Of bounds that ascend and are finite; those beyond max_bounds are ignored.
    explicit bucket_table_storage(std::span<const double> bounds) {
        bounds = bounds.first(bounds.size() < max_bounds ? bounds.size() : max_bounds);
        bounds_.reserve(bounds.size() + 1);
        bounds_.assign(bounds.begin(), bounds.end());
        bounds_.push_back(std::numeric_limits<double>::infinity()); // where every search stops
        choose_cells();
        fill_cells();
        table_.bound_count = static_cast<std::uint32_t>(bounds.size());
        table_.bounds = bounds_.data();
        table_.first = first_.data();
    }
    bucket_table_storage(const bucket_table_storage&) = delete;
    bucket_table_storage& operator=(const bucket_table_storage&) = delete;

    const bucket_table& table() const noexcept { return table_; }

private:
    static std::uint64_t bits_of(double value) { return __builtin_bit_cast(std::uint64_t, value); }

    // As few cells as keep the boundaries apart, or else as many as there may be. Below the first bound that
    // is positive stands a cell for what is smaller, where a bound of 0 is; above the last one, one for what
    // is larger.
    void choose_cells() {
        const std::span all = std::span<const double>(bounds_).first(bounds_.size() - 1);
        std::size_t negative = 0;
        while (negative < all.size() && all[negative] < 0) ++negative;
        const std::span<const double> rest = all.subspan(negative);
        const std::span<const double> positive = rest.subspan(!rest.empty() && rest.front() == 0 ? 1 : 0);
        table_.shift = 63;
        if (positive.empty()) return;
        std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
        for (std::uint32_t shift = 63; shift-- > 0;) {
            const std::uint64_t first_key = bits_of(positive.front()) >> shift;
            const std::uint64_t lowest = first_key == 0 ? 0 : first_key - 1;
            const std::uint64_t highest = (bits_of(positive.back()) >> shift) + 1 - lowest;
            if (highest >= max_cells) break;
            const std::uint64_t crowding = crowding_of(rest, shift);
            if (crowding >= least) continue;
            least = crowding;
            table_.shift = shift;
            table_.lowest = lowest;
            table_.highest = highest;
        }
    }

    // The sum of the squares of the boundaries in a cell: what a search has to step over, weighed by how many
    // buckets share it.
    static std::uint64_t crowding_of(std::span<const double> not_negative, std::uint32_t shift) {
        std::uint64_t sum = 0;
        std::uint64_t in_cell = 0;
        for (std::size_t i = 0; i < not_negative.size(); ++i) {
            const bool same_cell =
                i != 0 && bits_of(not_negative[i]) >> shift == bits_of(not_negative[i - 1]) >> shift;
            in_cell = same_cell ? in_cell + 1 : 1;
            sum += 2 * in_cell - 1; // the next square
        }
        return sum;
    }

    void fill_cells() {
        std::uint16_t bucket = 0;
        for (std::uint64_t cell = 0; cell <= table_.highest; ++cell) {
            // The smallest value that comes here, except for those that are negative.
            const std::uint64_t bits = cell == 0 ? 0 : (table_.lowest + cell) << table_.shift;
            const double smallest = __builtin_bit_cast(double, bits);
            while (smallest > bounds_[bucket]) ++bucket;
            first_.push_back(bucket);
        }
    }

    std::vector<double> bounds_;
    std::vector<std::uint16_t> first_;
    bucket_table table_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
