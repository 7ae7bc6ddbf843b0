// SPDX-License-Identifier: MIT
// The telemetry that the recording benchmarks run under: one ring of 1 MiB, an exporter that takes
// everything.
#pragma once

#include "harness.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/sdk.hpp>

#include <stdexcept>

namespace bench {

class discard final : public nanotel::exporter {
public:
    nanotel::export_result send(const nanotel::payload&, std::chrono::steady_clock::time_point) override {
        return {};
    }
    std::string_view name() const noexcept override { return "discard"; }
    std::string description() const override { return "discard"; }
};

// A thread keeps the ring that it began with: all starts of this program ask for the same.
inline constexpr std::uint64_t ring_bytes = 1 << 20;

inline nanotel::telemetry start_recording(nanotel::sampler sampler = nanotel::sampler::always_on()) {
    return nanotel::start({.service_name = "benchmark",
                           .exporter = std::make_shared<discard>(),
                           .sampler = sampler,
                           .ring_bytes = ring_bytes,
                           .max_ring_bytes = ring_bytes});
}

inline void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error(what);
}

// Runs `record` once under an in-memory exporter and gives what came out.
template <class F>
std::vector<nanotel::finished_span> recorded_by(F&& record) {
    const auto memory = std::make_shared<nanotel::memory_exporter>();
    auto telemetry = nanotel::start({.service_name = "check",
                                     .exporter = memory,
                                     .ring_bytes = ring_bytes,
                                     .max_ring_bytes = ring_bytes});
    record();
    require(telemetry.shutdown(std::chrono::seconds(10)).complete, "the telemetry did not shut down");
    return memory->spans();
}

// Nanoseconds an operation that leaves a span, in a ring that is never half full.
template <class F>
double time_recording(F&& operation) {
    auto telemetry = start_recording();
    for (int i = 0; i < batch; ++i) operation(i); // touches the ring's pages, registers the site
    require(bool(telemetry.flush(std::chrono::seconds(10))), "the spans were not delivered");
    const double time = time_batch(operation);
    const auto result = telemetry.shutdown(std::chrono::seconds(10));
    require(result.complete && result.dropped == 0, "spans were dropped");
    return time;
}

} // namespace bench
