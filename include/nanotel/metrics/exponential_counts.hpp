// SPDX-License-Identifier: MIT
// The counts of a base-2 exponential histogram as a reader keeps them: a sum of what threads recorded, each
// at a scale of its own. For the sdk.
#pragma once

#include <nanotel/metrics/exponential_downscale.hpp>
#include <nanotel/metrics/exponential_index.hpp>
#include <nanotel/metrics/metric_data.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Counts at one scale. Those of a side may begin and end with zeros.
struct exponential_view {
    std::int32_t scale = 0;
    std::uint64_t zero_count = 0;
    exponential_buckets positive{};
    exponential_buckets negative{};
};

// The buckets from the first that is not empty to the last.
class exponential_side {
public:
    exponential_buckets buckets() const noexcept { return {offset_, counts_}; }
    bool empty() const noexcept { return counts_.empty(); }
    void clear() noexcept {
        counts_.clear();
        offset_ = 0;
    }

    // How many buckets there would be with these, which are of a scale that is higher by `theirs_by`, after
    // lowering the own scale by `own_by`.
    std::int64_t width_with(unsigned own_by, exponential_buckets other, unsigned theirs_by) const noexcept {
        if (other.counts.empty()) return width(buckets(), own_by);
        if (counts_.empty()) return width(other, theirs_by);
        const std::int64_t first = lower(first_of(buckets()) >> own_by, first_of(other) >> theirs_by);
        const std::int64_t last = higher(last_of(buckets()) >> own_by, last_of(other) >> theirs_by);
        return last - first + 1;
    }

    void lower_scale(unsigned by) {
        if (by == 0 || counts_.empty()) return;
        const std::int64_t size = width(buckets(), by);
        downscale(counts_.data(), static_cast<std::uint32_t>(counts_.size()), offset_, by);
        counts_.resize(static_cast<std::size_t>(size));
    }

    void add(exponential_buckets other, unsigned theirs_by) {
        if (other.counts.empty()) return;
        const std::int64_t first = first_of(other) >> theirs_by;
        const std::int64_t last = last_of(other) >> theirs_by;
        if (counts_.empty()) offset_ = static_cast<std::int32_t>(first);
        if (first < offset_) {
            counts_.insert(counts_.begin(), static_cast<std::size_t>(offset_ - first), 0);
            offset_ = static_cast<std::int32_t>(first);
        }
        const auto needed = static_cast<std::size_t>(last - offset_ + 1);
        if (counts_.size() < needed) counts_.resize(needed);
        for (std::size_t i = 0; i < other.counts.size(); ++i) {
            const std::int64_t index = first_of(other) + static_cast<std::int64_t>(i);
            counts_[static_cast<std::size_t>((index >> theirs_by) - offset_)] += other.counts[i];
        }
    }

    static exponential_buckets trimmed(exponential_buckets of) noexcept {
        std::size_t first = 0;
        std::size_t end = of.counts.size();
        while (first < end && of.counts[first] == 0) ++first;
        while (first < end && of.counts[end - 1] == 0) --end;
        return {static_cast<std::int32_t>(of.offset + static_cast<std::int64_t>(first)),
                of.counts.subspan(first, end - first)};
    }

private:
    static std::int64_t lower(std::int64_t a, std::int64_t b) noexcept { return a < b ? a : b; }
    static std::int64_t higher(std::int64_t a, std::int64_t b) noexcept { return a > b ? a : b; }
    static std::int64_t first_of(exponential_buckets of) noexcept { return of.offset; }
    static std::int64_t last_of(exponential_buckets of) noexcept {
        return of.offset + static_cast<std::int64_t>(of.counts.size()) - 1;
    }
    static std::int64_t width(exponential_buckets of, unsigned by) noexcept {
        return of.counts.empty() ? 0 : (last_of(of) >> by) - (first_of(of) >> by) + 1;
    }

    std::int32_t offset_ = 0;
    std::vector<std::uint64_t> counts_;
};

/// Adds up counts of any scales without losing one, at the highest scale at which all that was added since
/// clear() fits.
class exponential_counts {
public:
    /// Neither side gets more than max_size buckets, except that at the lowest scale, -10, where all doubles
    /// lie in three, it may get those three.
    explicit exponential_counts(std::uint32_t max_size = 160,
                                std::int32_t max_scale = max_exponential_scale) noexcept
        : max_size_(max_size), max_scale_(max_scale), scale_(max_scale) {}

    void add(const exponential_view& more) {
        zero_count_ += more.zero_count;
        const exponential_buckets positive = exponential_side::trimmed(more.positive);
        const exponential_buckets negative = exponential_side::trimmed(more.negative);
        if (positive.counts.empty() && negative.counts.empty()) return; // their scale says nothing
        std::int32_t scale = scale_ < more.scale ? scale_ : more.scale;
        while (scale > min_exponential_scale && !fits(positive, negative, more.scale, scale)) --scale;
        const auto own_by = static_cast<unsigned>(scale_ - scale);
        const auto theirs_by = static_cast<unsigned>(more.scale - scale);
        positive_.lower_scale(own_by);
        negative_.lower_scale(own_by);
        scale_ = scale;
        positive_.add(positive, theirs_by);
        negative_.add(negative, theirs_by);
    }

    void clear() noexcept {
        positive_.clear();
        negative_.clear();
        zero_count_ = 0;
        scale_ = max_scale_;
    }

    std::int32_t scale() const noexcept { return scale_; }
    std::uint64_t zero_count() const noexcept { return zero_count_; }

    /// Valid until the next add() or clear(); neither begins nor ends with a bucket that is empty.
    exponential_buckets positive() const noexcept { return positive_.buckets(); }
    exponential_buckets negative() const noexcept { return negative_.buckets(); }
    exponential_view view() const noexcept { return {scale_, zero_count_, positive(), negative()}; }

    /// All that was counted, in whichever bucket.
    std::uint64_t count() const noexcept {
        std::uint64_t sum = zero_count_;
        for (const std::uint64_t count : positive().counts) sum += count;
        for (const std::uint64_t count : negative().counts) sum += count;
        return sum;
    }

private:
    bool fits(exponential_buckets positive, exponential_buckets negative, std::int32_t theirs,
              std::int32_t scale) const noexcept {
        const auto own_by = static_cast<unsigned>(scale_ - scale);
        const auto theirs_by = static_cast<unsigned>(theirs - scale);
        return positive_.width_with(own_by, positive, theirs_by) <= max_size_ &&
               negative_.width_with(own_by, negative, theirs_by) <= max_size_;
    }

    std::uint32_t max_size_;
    std::int32_t max_scale_;
    std::int32_t scale_;
    std::uint64_t zero_count_ = 0;
    exponential_side positive_;
    exponential_side negative_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
