// SPDX-License-Identifier: MIT
// The context of a span: what its children and other processes must know of it.
#pragma once

#include <nanotel/core/ids.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The immutable identity of a span (OpenTelemetry Trace API, "SpanContext"): 32 bytes to copy to wherever
/// the work goes on. A default-constructed one is invalid and, given as a parent, begins a new trace.
struct context {
    nanotel::trace_id trace_id;
    nanotel::span_id span_id;
    std::uint8_t flags = 0; ///< W3C trace flags: 1 sampled, 2 random
    bool remote = false;    ///< it came from another process

    constexpr bool is_valid() const noexcept { return trace_id.is_valid() && span_id.is_valid(); }
    constexpr bool is_sampled() const noexcept { return (flags & 1) != 0; }
    friend constexpr bool operator==(const context&, const context&) noexcept = default;
};

/// As a parent: begin a new trace, whatever is current.
inline constexpr context new_root{};

} // namespace nanotel::inline NANOTEL_ABI
