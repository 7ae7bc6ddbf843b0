// SPDX-License-Identifier: MIT
// What a series has come to, for one reader or for all cumulative ones. For the sdk; the collection's alone.
#pragma once

#include <nanotel/metrics/exemplars.hpp>
#include <nanotel/metrics/exponential_counts.hpp>
#include <nanotel/metrics/histogram_cell.hpp>

#include <memory>

namespace nanotel::inline NANOTEL_ABI::detail {

// A double with what was lost when it was rounded: parts taken at different times add up to what the whole
// would have been, and the sum of parts that are not negative never goes down, which Prometheus would read as
// a reset (Knuth, TAOCP 2, 4.2.2: the error of a floating-point sum is a floating-point number).
class exact_sum {
public:
    void add(double more) noexcept {
        const double sum = high_ + more;
        const double part = sum - high_;
        low_ += (high_ - (sum - part)) + (more - part);
        high_ = sum;
    }
    // The difference of two readings of a cell.
    void add_difference(double now, double before) noexcept {
        add(now);
        add(-before);
    }
    double value() const noexcept {
        const double sum = high_ + low_;
        return sum - sum == 0 ? sum : high_; // beyond the greatest number the error is none
    }

private:
    double high_ = 0;
    double low_ = 0;
};

// Of a histogram of either kind.
struct distribution {
    std::vector<std::uint64_t> counts; // of explicit buckets
    exponential_counts exponential;
    exact_sum sum;
    double min = __builtin_inf();
    double max = -__builtin_inf();

    explicit distribution(std::size_t buckets, std::uint32_t max_size = 160, std::int32_t max_scale = 20)
        : counts(buckets), exponential(max_size, max_scale) {}

    void clear() noexcept {
        for (std::uint64_t& count : counts) count = 0;
        exponential.clear();
        sum = {};
        min = __builtin_inf();
        max = -__builtin_inf();
    }
    void widen(double low, double high) noexcept {
        min = low < min ? low : min;
        max = high > max ? high : max;
    }
};

struct series_values {
    bool touched = false; // delta: since the last collection; cumulative: ever
    bool exemplars_told = false;
    std::uint64_t bits = 0; // an integer sum; what a gauge was set to; what was observed last
    // Observed, delta: what the collection before had; bits as above. Of a gauge that is set in several
    // cells: the number of the setting that is in `bits`.
    std::uint64_t reported = 0;
    exact_sum sum;
    std::unique_ptr<distribution> distributed;
    std::unique_ptr<std::vector<metric_exemplar>> exemplars;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
