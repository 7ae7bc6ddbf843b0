// SPDX-License-Identifier: MIT
// What became of the telemetry: counts that add up.
#pragma once

#include <nanotel/core/config.hpp>

#include <nanotel/pipeline/breaker.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace nanotel::inline NANOTEL_ABI {

/// Spans, data points or log records that were recorded and will never be delivered, by reason.
struct dropped_counts {
    std::uint64_t ring_full =
        0; ///< a thread recorded faster than the collector thread reads, and its ring was full
    std::uint64_t too_large = 0; ///< a record above the greatest size
    /// Of a signal handler that had interrupted its thread where it was beginning or ending a span, or
    /// logging.
    std::uint64_t interrupting = 0;
    std::uint64_t out_of_memory = 0;
    std::uint64_t queue_full = 0;    ///< the payloads that wait reached their limit
    std::uint64_t rejected = 0;      ///< the destination will never take them
    std::uint64_t undeliverable = 0; ///< tried until their time was over
    std::uint64_t shut_down = 0;     ///< still undelivered when shutdown's deadline came
    std::uint64_t expired = 0;       ///< waited on disk for longer than spool_options::max_age
    std::uint64_t damaged = 0;       ///< could not be read back from disk
    std::uint64_t filtered = 0;      ///< ratio or filter of every destination left them out

    std::uint64_t total() const noexcept {
        return ring_full + too_large + interrupting + out_of_memory + queue_full + rejected + undeliverable +
               shut_down + expired + damaged + filtered;
    }
};

/// The counts of one signal since start. When nothing moves, recorded = delivered + queued + dropped.
///
/// Where there are several destinations, an item counts once for each that takes it: ten spans for two
/// destinations are 20 recorded, and each of the 20 is delivered, queued or dropped. A span that the ratios
/// and filters of all leave out counts once, as dropped_by.filtered.
struct signal_statistics {
    std::uint64_t recorded =
        0; ///< spans that have ended, points that were collected, logs that were kept; recovered
    std::uint64_t delivered = 0; ///< taken by the destination
    std::uint64_t queued = 0;    ///< in rings, in the body under construction, waiting, or being sent
    std::uint64_t in_flight = 0; ///< of those queued, the ones that are being sent
    std::uint64_t spilled = 0;   ///< of those queued, the ones that lie on disk
    std::uint64_t recovered = 0; ///< found on disk, where a process that is gone had left them
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

/// One destination: the counts of what came to it, which is recorded there when its body is complete. They
/// add up at every moment, and begin with each start.
struct destination_statistics {
    std::string name; ///< destination::name, or the exporter's kind and where it sends to
    breaker_state breaker = breaker_state::closed;
    signal_statistics spans;
    signal_statistics data_points;
    signal_statistics logs;
    std::uint64_t queue_bytes = 0; ///< of bodies that wait in memory
};

/// A snapshot of all counts: those of spans, and beside them those of metrics and logs.
struct statistics : signal_statistics {
    signal_statistics data_points; ///< of all periodic readers
    signal_statistics logs;
    /// Not recorded, since the limit of their statement held them back: see NANOTEL_LOG_EVERY.
    std::uint64_t held_back_logs = 0;
    rejected_counts measurements;
    /// Those of options::destinations in their order, or the one of options::exporter, then those of metric
    /// readers with an exporter of their own. After a shutdown as they were at its end.
    std::vector<destination_statistics> destinations;
};

/// What flush and shutdown achieved, in spans, data points and log records. True when nothing is left behind.
struct flush_result {
    /// All that was recorded before the call was delivered or dropped, at every destination. What lies on
    /// disk is neither.
    bool complete = false;
    std::uint64_t delivered = 0;   ///< during the call
    std::uint64_t dropped = 0;     ///< during the call, without what filters left out
    std::uint64_t undelivered = 0; ///< still queued when it returned, in memory or on disk
    explicit operator bool() const noexcept { return complete && dropped == 0; }
};

} // namespace nanotel::inline NANOTEL_ABI
