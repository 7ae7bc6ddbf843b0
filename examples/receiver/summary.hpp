// SPDX-License-Identifier: MIT
// What the receiver says at its end.
#pragma once

#include "metric_table.hpp"
#include "session.hpp"
#include "text_layout.hpp"
#include "trace_tree.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace receiver {

namespace detail {

inline std::string rate_text(std::uint64_t count, double seconds) {
    if (seconds < 0.001) return "";
    return fmt::format(" ({} a second)",
                       grouped(static_cast<std::uint64_t>(static_cast<double>(count) / seconds)));
}

inline std::string exemplars_text(const exemplar_store& exemplars) {
    const auto& counts = exemplars.counts();
    if (counts.all == 0) return "";
    std::string out = fmt::format("  {:<12} {:>12}  ", "exemplars", grouped(counts.all));
    if (counts.judged) {
        out += grouped(counts.known) + " of known traces";
    } else {
        out += grouped(counts.of_traces) + " of traces, of which none was received";
    }
    const auto outside = counts.all - counts.of_traces;
    if (outside > 0) out += fmt::format(", {} of no trace", grouped(outside));
    return out + '\n';
}

inline std::string violations_text(const violation_log& violations) {
    std::string out;
    for (const auto& text : rule_texts) {
        if (const auto count = violations.of(text.id); count > 0) {
            out += fmt::format("  {:<24} {:>12}  {}\n", text.name, grouped(count), text.says);
        }
    }
    return out;
}

} // namespace detail

/// The summary of a run that is closed, with its trees and tables, and as its last line one JSON object.
[[nodiscard]] inline std::string summary(session& run, bool quiet, const palette& colours,
                                         std::size_t slowest = 3) {
    const totals& counts = run.counts();
    const auto kin = run.spans().count_kinship();
    const std::uint64_t violations = run.violations().total();
    std::string out;
    if (!quiet) {
        const double seconds = std::chrono::duration<double>(counts.last - counts.first).count();
        const auto traces = run.spans().slowest(slowest);
        if (!traces.empty()) {
            out += colours.bold(fmt::format("The {} slowest traces\n", traces.size()));
            for (std::size_t i = 0; i < traces.size(); ++i) {
                const trace& t = *traces[i];
                out += fmt::format("\n{}. {} · {} spans · {} · trace {:016x}{:016x}\n", i + 1,
                                   duration_text(t.duration()), grouped(t.spans.size() + t.beyond),
                                   t.spans.front().service, t.id[0], t.id[1]);
                out += draw(t, colours, 60, run.logs().of(t.id));
            }
            out += '\n';
        }
        if (const auto table = metric_table(run.series(), colours); !table.empty()) {
            out += colours.bold("The final value of every series\n") + table + '\n';
        }
        out += colours.bold("Received\n");
        out += fmt::format("  {:<12} {:>12}{}\n", std::string(run.noun()) + "s", grouped(counts.requests),
                           detail::rate_text(counts.requests, seconds));
        out += fmt::format("  {:<12} {:>12}{}\n", "spans", grouped(counts.spans),
                           detail::rate_text(counts.spans, seconds));
        if (counts.metrics > 0) {
            out += fmt::format("  {:<12} {:>12}\n", "metrics", grouped(counts.metrics));
            out += fmt::format("  {:<12} {:>12}\n", "data points", grouped(counts.data_points));
            out += detail::exemplars_text(run.exemplars());
        }
        if (counts.logs > 0)
            out += fmt::format("  {:<12} {:>12}  {} of traces\n", "log records", grouped(counts.logs),
                               grouped(run.logs().of_traces()));
        out += fmt::format("  {:<12} {:>12}\n", "bytes", grouped(counts.bytes));
        out += fmt::format("  {:<12} {:>12}\n", "no parent", grouped(kin.orphans));
        out += fmt::format("  {:<12} {:>12}\n", "came twice", grouped(kin.duplicates));
        out += fmt::format("  {:<12} {:>12}\n", "violations", grouped(violations));
        out += detail::violations_text(run.violations());
        const auto& limits = run.spans().limits();
        if (run.spans().forgotten_details() > 0) {
            out +=
                fmt::format("  details are kept of slow and fresh traces, {} spans at most; of {} spans they "
                            "were forgotten\n",
                            grouped(limits.details), grouped(run.spans().forgotten_details()));
        }
        if (run.spans().beyond_ids() > 0) {
            out += fmt::format("  ids are kept of {} spans; {} beyond took no part in the count of parents\n",
                               grouped(limits.ids), grouped(run.spans().beyond_ids()));
        }
    }
    out += fmt::format(
        R"({{"spans":{},"data_points":{},"log_records":{},"requests":{},"violations":{},"orphans":{},"duplicates":{},"bytes":{}}})",
        counts.spans, counts.data_points, counts.logs, counts.requests, violations, kin.orphans,
        kin.duplicates, counts.bytes);
    return out += '\n';
}

} // namespace receiver
