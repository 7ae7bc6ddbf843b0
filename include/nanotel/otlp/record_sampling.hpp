// SPDX-License-Identifier: MIT
// What a record says of its sampling, and what it says once a destination has taken a share of it.
#pragma once

#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/trace/sampling_state.hpp>
#include <nanotel/trace/sampling_threshold.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Of a record without a trace state nobody knows more than that it was recorded: as with all that were.
inline sampling_state sampling_of(const std::byte* record, const record_header& header) {
    sampling_state said;
    if (header.sections == 0) return said;
    for_each_section(record + header.sections, record + header.size,
                     [&](const section_header& section, const std::byte* body) {
                         if (section.type != section_type::trace_state) return;
                         const text state{as_text(body + 8), read_record<std::uint64_t>(body)};
                         said = sampling_state::of(trace_state::parse(state));
                     });
    return said;
}

// Whether the share takes it. What has passed a larger threshold is among those that are left, however few
// the share would leave (OpenTelemetry Trace, "TraceState: Probability Sampling", equalizing downstream
// samplers).
inline bool is_taken(const sampling_state& said, const record_header& header,
                     sampling_threshold share) noexcept {
    if (said.has_threshold() && said.threshold > share.value()) return true;
    return share.keeps(said.has_randomness() ? said.randomness
                                             : randomness_of({{header.trace_id[0], header.trace_id[1]}}));
}

// The trace state of what the share has taken.
inline trace_state after_share(std::string_view state, sampling_threshold share) {
    const trace_state before = trace_state::parse(text(state));
    sampling_state said = sampling_state::of(before);
    if (said.has_threshold() && said.threshold >= share.value()) return before;
    said.threshold = share.value();
    return said.write_to(before);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
