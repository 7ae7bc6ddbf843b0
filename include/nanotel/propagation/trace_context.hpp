// SPDX-License-Identifier: MIT
// The context of a span in the headers traceparent and tracestate: W3C Trace Context, level 2.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/propagation/carrier.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

inline constexpr std::uint8_t w3c_flags = 3; // sampled and random: the others are to be zero

// As it is sent by version 00: 55 characters and a zero.
struct traceparent_text {
    static constexpr std::size_t size = 55;
    char characters[size + 1];

    explicit constexpr traceparent_text(const context& c) noexcept : characters{} {
        const auto trace = c.trace_id.to_hex();
        const auto span = c.span_id.to_hex();
        const unsigned flags = c.flags & w3c_flags;
        characters[0] = characters[1] = '0';
        characters[2] = characters[35] = characters[52] = '-';
        for (std::size_t i = 0; i < 32; ++i) characters[3 + i] = trace.characters[i];
        for (std::size_t i = 0; i < 16; ++i) characters[36 + i] = span.characters[i];
        characters[53] = '0';
        characters[54] = static_cast<char>('0' + flags);
    }
};

// The value of a traceparent, invalid where it is none. Of a version to come the fields that are known count.
constexpr context parse_traceparent(text value) noexcept {
    constexpr std::size_t size = traceparent_text::size;
    if (value.size < size || value[2] != '-' || value[35] != '-' || value[52] != '-') return {};
    const text version{value.data, 2}, trace{value.data + 3, 32}, span{value.data + 36, 16},
        flags{value.data + 53, 2};
    if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(span) || !is_lower_hex(flags))
        return {};
    if (version == "ff") return {};
    if (value.size > size && (version == "00" || value[size] != '-')) return {};
    context read{trace_id::from_hex(trace), span_id::from_hex(span)};
    read.flags = static_cast<std::uint8_t>((hex_digit(flags[0]) * 16 + hex_digit(flags[1])) & w3c_flags);
    read.remote = true;
    return read.is_valid() ? read : context{};
}

inline trace_state parse_tracestate(const header_values& headers) noexcept {
    if (headers.count > header_values::most) return {};
    trace_state_list list;
    for (unsigned i = 0; i < headers.count; ++i)
        if (!list.add_header(headers.values[i])) return {};
    return trace_state::of(list);
}

} // namespace detail

/// Carries the context of a span in `traceparent` and `tracestate` (W3C Trace Context, level 2). No state;
/// any thread. What a carrier throws flies on, and nothing else does.
struct trace_context_propagator {
    template <class F>
    static constexpr void for_each_field(F&& f) {
        f("traceparent");
        f("tracestate");
    }

    /// Writes the headers of a valid context, tracestate where it has a trace state; else nothing. A
    /// tracestate of another context goes, except where the carrier is a callable, which cannot erase.
    template <writable_carrier C>
    static void inject(C&& carrier, const context& from) {
        if (!from.is_valid()) return;
        const detail::traceparent_text parent(from);
        detail::set_header(carrier, "traceparent", {parent.characters, parent.size});
        if (from.trace_state.empty())
            detail::erase_header(carrier, "tracestate");
        else
            detail::set_header(carrier, "tracestate", from.trace_state.to_text());
    }

    /// The context of the headers, which is remote, with the baggage of `base`; `base` where the carrier has
    /// no traceparent, several, or one that is none. A tracestate that is none, one of more than 32 members
    /// among them, is left out.
    template <readable_carrier C>
    static context extract(const C& carrier, const context& base = {}) {
        context found = detail::with_values(carrier, "traceparent", [](const detail::header_values& values) {
            return detail::parse_traceparent(values.only());
        });
        if (!found.is_valid()) return base;
        found.trace_state =
            detail::with_values(carrier, "tracestate", [](const detail::header_values& values) {
                return detail::parse_tracestate(values);
            });
        found.baggage = base.baggage;
        if (found.trace_id == base.trace_id && found.span_id == base.span_id)
            found.flags = static_cast<std::uint8_t>(found.flags | (base.flags & detail::debug_flag));
        return found;
    }
};

} // namespace nanotel::inline NANOTEL_ABI
