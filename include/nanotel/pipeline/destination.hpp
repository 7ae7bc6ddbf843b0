// SPDX-License-Identifier: MIT
// One of several places that telemetry goes to, as an application describes it.
#pragma once

#include <nanotel/exporters/exporter.hpp>
#include <nanotel/pipeline/span_view.hpp>

#include <functional>
#include <memory>
#include <string>

namespace nanotel::inline NANOTEL_ABI {

/// Which signals a destination takes.
struct signal_set {
    bool traces = true;
    bool metrics = true;
    bool logs = true;
    [[nodiscard]] constexpr bool holds(signal kind) const noexcept {
        return kind == signal::traces ? traces : kind == signal::metrics ? metrics : logs;
    }
};

/// A place that telemetry goes to. Each has its queue, its retries, its circuit breaker, its folder of the
/// spool and its thread: a slow one holds up no other. Those that take the same spans share the encoded
/// bytes; ratio and filter cost an encoding of their own.
struct destination {
    /// Null: otlp_http() as the environment says. Two destinations or readers may not share one.
    std::shared_ptr<nanotel::exporter> exporter{};
    /// For statistics, diagnostics, and the folder of the spool. Empty: what the exporter says of itself.
    /// What waits on disk is found by it at the next start.
    std::string name{};
    signal_set signals{};
    /// The share of the traces that it takes, from 0 to 1: whole traces, and the same ones wherever the ratio
    /// is the same, since their randomness decides (rv of the trace state, else the trace id). Of what was
    /// sampled with a probability less than that it takes all. Its spans say in their trace state with which
    /// probability it has them, so that their adjusted counts are right: `ot=th`, the larger of both
    /// thresholds. One without a threshold counts as all there were. Log records of a trace are taken by its
    /// id alone, those without a trace always.
    double ratio = 1;
    /// Takes the spans too that were recorded and not sampled: those of a sampler that says record_only, or
    /// of sampler::always_record. Their trace flags say so.
    bool unsampled = false;
    /// The spans that it takes, and no log records; empty: all. Called on the collector thread for each span,
    /// so it should take nanoseconds. One that throws lets the span pass.
    std::function<bool(const span_view&)> filter{};
};

} // namespace nanotel::inline NANOTEL_ABI
