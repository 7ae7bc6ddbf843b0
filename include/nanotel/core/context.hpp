// SPDX-License-Identifier: MIT
// The context of a span: what its children and other processes must know of it.
#pragma once

#include <nanotel/core/baggage.hpp>
#include <nanotel/core/ids.hpp>
#include <nanotel/core/trace_state.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// What the work is part of: the immutable identity of a span (OpenTelemetry Trace API, "SpanContext"), and
/// the baggage that goes with it. 48 bytes to copy to wherever the work goes on; trace state and baggage,
/// where there are any, are shared by the copies. A default-constructed one is invalid and, given as a
/// parent, begins a new trace; one without ids may still have baggage, which what begins below it has too,
/// and a trace state, which is that of the new trace.
struct context {
    nanotel::trace_id trace_id{};
    nanotel::span_id span_id{};
    std::uint8_t flags = 0; ///< W3C trace flags: 1 sampled, 2 random
    bool remote = false;    ///< it came from another process
    nanotel::trace_state trace_state{};
    nanotel::baggage baggage{};

    constexpr bool is_valid() const noexcept { return trace_id.is_valid() && span_id.is_valid(); }
    constexpr bool is_sampled() const noexcept { return (flags & 1) != 0; }
    friend bool operator==(const context&, const context&) noexcept = default;
};

/// As a parent: begin a new trace, whatever is current, without baggage.
inline constexpr context new_root{};

} // namespace nanotel::inline NANOTEL_ABI
