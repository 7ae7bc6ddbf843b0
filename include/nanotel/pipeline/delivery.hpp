// SPDX-License-Identifier: MIT
// What became of the telemetry: counts that add up.
#pragma once

#include <nanotel/core/config.hpp>

#include <cstdint>

namespace nanotel::inline NANOTEL_ABI {

/// Spans that were recorded and will never be delivered, by reason.
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

/// A snapshot of the counts since start. When nothing moves, recorded = delivered + queued + dropped.
struct statistics {
    std::uint64_t recorded = 0;  ///< sampled spans that have ended
    std::uint64_t delivered = 0; ///< taken by the destination
    std::uint64_t queued = 0;    ///< in rings, in the body under construction, waiting, or being sent
    std::uint64_t dropped = 0;   ///< the sum of dropped_by
    dropped_counts dropped_by;
    std::uint64_t bytes_delivered = 0; ///< of bodies before compression
    std::uint64_t exports = 0;         ///< requests or writes that delivered
    std::uint64_t retries = 0;
};

/// What flush and shutdown achieved. True when nothing is left behind.
struct flush_result {
    bool complete = false;         ///< all that was recorded before the call was delivered or dropped
    std::uint64_t delivered = 0;   ///< during the call
    std::uint64_t dropped = 0;     ///< during the call
    std::uint64_t undelivered = 0; ///< still queued when it returned
    explicit operator bool() const noexcept { return complete && dropped == 0; }
};

} // namespace nanotel::inline NANOTEL_ABI
