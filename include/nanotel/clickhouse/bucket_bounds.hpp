// SPDX-License-Identifier: MIT
// The buckets of an exponential histogram as those of a histogram with explicit bounds.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/metrics/exponential_boundary.hpp>
#include <nanotel/metrics/metric_data.hpp>

#include <algorithm> // min
#include <cmath>     // isinf
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// Ascending bounds, each the greatest value of its bucket, and one count more than there are bounds: the last
// is of what is above them all (OpenTelemetry Metrics Data Model, "ExponentialHistogram"). Every bucket that
// has counts keeps bounds of its own; empty ones at the ends are left out. Negative buckets are open where
// explicit ones are closed: a value that is exactly a bound counts with the bucket below it.
class bucket_bounds {
public:
    std::span<const double> bounds() const noexcept { return bounds_; }
    std::span<const std::uint64_t> counts() const noexcept { return counts_; }

    // Throws std::bad_alloc.
    void set(const metric_point& point) {
        bounds_.clear();
        counts_.clear();
        above_ = 0;
        const auto boundary = [&](std::int64_t index) {
            return exponential_boundary(static_cast<std::int32_t>(std::min<std::int64_t>(
                                            index, std::numeric_limits<std::int32_t>::max())),
                                        point.scale);
        };
        if (const range used(point.negative); used.any) {
            add(-boundary(used.last + 1), 0);
            for (std::int64_t index = used.last; index >= used.first; --index)
                add(-boundary(index), used.count(point.negative, index));
        }
        if (point.zero_count != 0) {
            if (!bounds_.empty() && point.zero_threshold != 0) add(-point.zero_threshold, 0);
            add(point.zero_threshold, point.zero_count);
        }
        if (const range used(point.positive); used.any) {
            // Where the first bucket begins: else it would be taken to begin at the bound before.
            add(boundary(used.first), 0);
            for (std::int64_t index = used.first; index <= used.last; ++index)
                add(boundary(index + 1), used.count(point.positive, index));
        }
        counts_.push_back(above_);
    }

private:
    // The buckets from the first to the last that have counts.
    struct range {
        explicit range(const exponential_buckets& buckets) noexcept {
            for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
                if (buckets.counts[i] == 0) continue;
                last = std::int64_t{buckets.offset} + static_cast<std::int64_t>(i);
                if (!any) first = last;
                any = true;
            }
        }
        static std::uint64_t count(const exponential_buckets& buckets, std::int64_t index) noexcept {
            return buckets.counts[static_cast<std::size_t>(index - buckets.offset)];
        }
        std::int64_t first = 0;
        std::int64_t last = 0;
        bool any = false;
    };

    // What a double cannot tell from the bound before is part of its bucket, and what is beyond all doubles
    // of the one that has no bound.
    void add(double upper, std::uint64_t count) {
        if (std::isinf(upper)) {
            // Below all doubles there is nothing; above them is the last bucket.
            if (upper > 0) above_ += count;
        } else if (!bounds_.empty() && upper <= bounds_.back()) {
            counts_.back() += count;
        } else {
            bounds_.push_back(upper);
            counts_.push_back(count);
        }
    }

    std::vector<double> bounds_;
    std::vector<std::uint64_t> counts_;
    std::uint64_t above_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
