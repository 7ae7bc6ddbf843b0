// SPDX-License-Identifier: MIT
// The buckets of both kinds of histogram as Prometheus counts them in its text formats: all values up to a
// bound. The formats have no native histograms, so an exponential one is given bounds too.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/metrics/exponential_boundary.hpp>
#include <nanotel/metrics/metric_data.hpp>

#include <algorithm> // lower_bound
#include <cmath>     // isinf, isnan
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// At most so many bounds for the positive values of an exponential histogram, and as many for the negative
// ones. With more, neighbours are merged, two by two: a bound at a lower scale is one at the higher scale
// too, so a series of a bound that stays goes on without a jump.
inline constexpr std::int64_t most_exponential_bounds = 40;

// Bounds in ascending order, each with the count of the values up to it; infinity last, and always there.
class prometheus_buckets {
public:
    struct bucket {
        double bound;
        std::uint64_t cumulative;
        const metric_exemplar* exemplar; // the latest of those between the bound before and this one
    };

    std::span<const bucket> all() const noexcept { return buckets_; }
    std::uint64_t count() const noexcept { return buckets_.back().cumulative; }
    // A sum of values that may be negative can fall, so it is no counter.
    bool has_negative_bounds() const noexcept { return buckets_.front().bound < 0; }

    void set_explicit(const metric_point& point, std::span<const double> bounds) {
        begin();
        for (std::size_t i = 0; i < point.bucket_counts.size(); ++i) {
            cumulative_ += point.bucket_counts[i];
            if (i < bounds.size()) bound(bounds[i]);
        }
        end(point, point.bucket_counts.empty() ? point.count : cumulative_);
    }

    // A bound is the largest double that belongs to its bucket, so the counts are exact where values are
    // positive. Negative buckets are open where positive ones are closed: a value that is exactly a bound is
    // counted with the bound after it.
    void set_exponential(const metric_point& point) {
        begin();
        if (const range used(point.negative); used.any) {
            bound(-exponential_boundary(used.bound_after(used.last), point.scale - used.merged));
            for (std::int64_t index = used.last; index >= used.first; --index) {
                cumulative_ += used.count(point.negative, index);
                bound(-exponential_boundary(static_cast<std::int32_t>(index), point.scale - used.merged));
            }
        }
        const bool negatives = cumulative_ != 0;
        cumulative_ += point.zero_count;
        if (point.zero_count != 0 || negatives) bound(point.zero_threshold);
        if (const range used(point.positive); used.any) {
            // Where the first bucket begins: else it would be taken to begin at the bound before, or at 0.
            bound(exponential_boundary(static_cast<std::int32_t>(used.first), point.scale - used.merged));
            for (std::int64_t index = used.first; index <= used.last; ++index) {
                cumulative_ += used.count(point.positive, index);
                bound(exponential_boundary(used.bound_after(index), point.scale - used.merged));
            }
        }
        end(point, cumulative_);
    }

private:
    // The buckets that have counts, merged until they are few enough.
    struct range {
        explicit range(const exponential_buckets& buckets) noexcept {
            for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
                if (buckets.counts[i] == 0) continue;
                last = std::int64_t{buckets.offset} + static_cast<std::int64_t>(i);
                if (!any) first = last;
                any = true;
            }
            while (last - first >= most_exponential_bounds) {
                first >>= 1;
                last >>= 1;
                ++merged;
            }
        }

        static std::int32_t bound_after(std::int64_t index) noexcept {
            return static_cast<std::int32_t>(
                std::min<std::int64_t>(index + 1, std::numeric_limits<std::int32_t>::max()));
        }

        std::uint64_t count(const exponential_buckets& buckets, std::int64_t index) const noexcept {
            std::uint64_t sum = 0;
            const auto size = static_cast<std::int64_t>(buckets.counts.size());
            const std::int64_t width = std::int64_t{1} << merged;
            const std::int64_t begin = index * width - buckets.offset;
            for (std::int64_t i = std::max<std::int64_t>(begin, 0); i < std::min(begin + width, size); ++i)
                sum += buckets.counts[static_cast<std::size_t>(i)];
            return sum;
        }

        std::int64_t first = 0;
        std::int64_t last = 0;
        int merged = 0;
        bool any = false;
    };

    void begin() noexcept {
        buckets_.clear();
        cumulative_ = 0;
    }

    // Bounds ascend: one that a double cannot tell from the one before is part of it.
    void bound(double upper) {
        if (std::isinf(upper)) return;
        if (!buckets_.empty() && upper <= buckets_.back().bound)
            buckets_.back().cumulative = cumulative_;
        else
            buckets_.push_back({upper, cumulative_, nullptr});
    }

    void end(const metric_point& point, std::uint64_t count) {
        buckets_.push_back({std::numeric_limits<double>::infinity(), count, nullptr});
        for (const metric_exemplar& exemplar : point.exemplars) {
            if (std::isnan(exemplar.value)) continue;
            const auto found = std::lower_bound(
                buckets_.begin(), buckets_.end(), exemplar.value,
                [](const bucket& candidate, double value) { return candidate.bound < value; });
            if (!found->exemplar || found->exemplar->time_unix_ns <= exemplar.time_unix_ns)
                found->exemplar = &exemplar;
        }
    }

    std::vector<bucket> buckets_;
    std::uint64_t cumulative_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
