// SPDX-License-Identifier: MIT
// What became of the telemetry: counts that add up.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI {

/// Spans or data points that were recorded and will never be delivered, by reason.
struct dropped_counts {
    std::uint64_t ring_full =
        0; ///< a thread recorded faster than the collector thread reads, and its ring was full
    std::uint64_t too_large = 0; ///< a record above the greatest size
    std::uint64_t out_of_memory = 0;
    std::uint64_t queue_full = 0;    ///< the payloads that wait reached their limit
    std::uint64_t rejected = 0;      ///< the destination will never take them
    std::uint64_t undeliverable = 0; ///< tried until their time was over
    std::uint64_t shut_down = 0;     ///< still undelivered when shutdown's deadline came

    std::uint64_t total() const noexcept {
        return ring_full + too_large + out_of_memory + queue_full + rejected + undeliverable + shut_down;
    }
};

/// The counts of one signal since start. When nothing moves, recorded = delivered + queued + dropped.
struct signal_statistics {
    std::uint64_t recorded = 0;  ///< sampled spans that have ended; data points that were collected
    std::uint64_t delivered = 0; ///< taken by the destination
    std::uint64_t queued = 0;    ///< in rings, in the body under construction, waiting, or being sent
    std::uint64_t dropped = 0;   ///< the sum of dropped_by
    dropped_counts dropped_by;
    std::uint64_t bytes_delivered = 0; ///< of bodies before compression
    std::uint64_t exports = 0;         ///< requests or writes that delivered
    std::uint64_t retries = 0;
};

/// Measurements that are in no series, by reason.
struct rejected_counts {
    std::uint64_t invalid = 0;       ///< a negative add to a counter, an amount that is not finite
    std::uint64_t not_finite = 0;    ///< NaN or infinite, given to a histogram
    std::uint64_t interrupting = 0;  ///< of a signal handler that had interrupted a measurement
    std::uint64_t out_of_memory = 0; ///< no cell could be had
};

/// A snapshot of all counts: those of spans, and beside them those of metrics.
struct statistics : signal_statistics {
    signal_statistics data_points; ///< of all periodic readers
    rejected_counts measurements;
};

/// What flush and shutdown achieved, in spans and data points. True when nothing is left behind.
struct flush_result {
    bool complete = false;         ///< all that was recorded before the call was delivered or dropped
    std::uint64_t delivered = 0;   ///< during the call
    std::uint64_t dropped = 0;     ///< during the call
    std::uint64_t undelivered = 0; ///< still queued when it returned
    explicit operator bool() const noexcept { return complete && dropped == 0; }
};

} // namespace nanotel::inline NANOTEL_ABI
