// SPDX-License-Identifier: MIT
// Which traces are kept. The decision falls at the root; what is below follows its parent.
#pragma once

#include <nanotel/core/ids.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A head sampler for roots, parent-based for everything else (OpenTelemetry Trace SDK, "Built-in samplers").
class sampler {
public:
    static constexpr sampler always_on() noexcept { return sampler(0); }
    static constexpr sampler always_off() noexcept { return sampler(never); }
    /// Keeps this share of the traces, from 0 to 1, by the last 7 bytes of the trace id, as every process
    /// that uses the same ratio does.
    static constexpr sampler trace_id_ratio(double ratio) noexcept {
        if (!(ratio > 0)) return always_off();
        if (ratio >= 1) return always_on();
        const auto rejected = static_cast<std::uint64_t>((1 - ratio) * static_cast<double>(never));
        return sampler(rejected < never ? rejected : never - 1);
    }

    constexpr bool keeps_all() const noexcept { return threshold_ == 0; }
    constexpr bool keeps_none() const noexcept { return threshold_ == never; }
    constexpr bool keeps(const trace_id& id) const noexcept {
        return (__builtin_bswap64(id.words[1]) & (never - 1)) >= threshold_;
    }
    /// The 56-bit value below which the random part of a trace id is rejected (OpenTelemetry "TraceState:
    /// Probability Sampling").
    constexpr std::uint64_t threshold() const noexcept { return threshold_; }
    static constexpr sampler from_threshold(std::uint64_t threshold) noexcept { return sampler(threshold); }

private:
    static constexpr std::uint64_t never = std::uint64_t{1} << 56;
    constexpr explicit sampler(std::uint64_t threshold) noexcept : threshold_(threshold) {}

    std::uint64_t threshold_; // of the 56 random bits: below it a trace is rejected
};

} // namespace nanotel::inline NANOTEL_ABI
