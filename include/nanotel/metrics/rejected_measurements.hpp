// SPDX-License-Identifier: MIT
// What was measured and is in no series, and what users are told of metrics. For the sdk.
#pragma once

#include <nanotel/core/diagnostics.hpp>
#include <nanotel/metrics/reader_traits.hpp> // to_string

namespace nanotel::inline NANOTEL_ABI::detail {

// What was measured and is in no series, since the first start.
struct rejected_measurements {
    atomic<std::uint64_t> invalid;       // negative adds to counters, amounts that are not finite
    atomic<std::uint64_t> not_finite;    // of histograms
    atomic<std::uint64_t> out_of_memory; // no cell could be had

    // A number that the instrument cannot take: negative, or not finite.
    void refuse(const instrument_state& instrument, double value) noexcept {
        invalid.fetch_add_relaxed(1);
        try {
            const bool negative = value < 0 && value - value == 0;
            const std::string which =
                "the " + std::string(to_string(instrument.kind)) + " '" + to_string(instrument.name) + "'";
            diagnose(diagnostic_level::warning, which,
                     which + " was given " + std::to_string(value) +
                         (negative ? ", and a counter only grows; use an up_down_counter. It is left out"
                                   : ", which no sum recovers from; it is left out"));
        } catch (...) { // no memory to say it; it is counted
        }
    }
    void clear() noexcept {
        invalid.store_relaxed(0);
        not_finite.store_relaxed(0);
        out_of_memory.store_relaxed(0);
    }
};

// Said when it goes, after the lock is released: the handler of diagnostics is the application's.
struct metric_complaints {
    std::vector<std::string> texts;
    ~metric_complaints() {
        // Each is a subject of its own, so that one does not hold back another.
        for (const std::string& text : texts) diagnose(diagnostic_level::warning, text, text);
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
