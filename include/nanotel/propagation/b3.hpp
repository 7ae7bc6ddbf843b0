// SPDX-License-Identifier: MIT
// The context of a span in the headers of Zipkin: B3, in one header or in several.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/propagation/carrier.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// 32 digits, or 16, which are the lower half.
constexpr trace_id parse_b3_trace_id(text hex) noexcept {
    if (hex.size != 16) return trace_id::from_hex(hex);
    trace_id id;
    return from_hex<8>(hex, &id.words[1]) ? id : trace_id{};
}

// What the caller decided of sampling. Where it left the decision to us, nothing is sampled: a trace of which
// nobody has said that it is recorded has no begin.
constexpr std::uint8_t parse_b3_sampled(text sampled) noexcept {
    if (sampled == "1" || sampled == "true") return 1;
    return sampled == "d" ? 1 | debug_flag : 0;
}
constexpr bool is_b3_sampled(text sampled) noexcept {
    return sampled.size == 0 || sampled == "0" || sampled == "1" || sampled == "d" || sampled == "true" ||
           sampled == "false";
}

constexpr context b3_context(text trace, text span, text sampled) noexcept {
    context read{parse_b3_trace_id(trace), span_id::from_hex(span)};
    if (!read.is_valid() || !is_b3_sampled(sampled)) return {};
    read.flags = parse_b3_sampled(sampled);
    read.remote = true;
    return read;
}

// trace-span, trace-span-sampled or trace-span-sampled-parent. The decision alone begins no trace.
constexpr context parse_b3(text value) noexcept {
    const text trace = cut_before(value, '-');
    const text span = cut_before(value, '-');
    const text sampled = cut_before(value, '-');
    if (value.size != 0 && !span_id::from_hex(value).is_valid()) return {};
    return b3_context(trace, span, sampled);
}

struct b3_text {
    char characters[52];
    std::size_t size;

    explicit constexpr b3_text(const context& c) noexcept : characters{}, size(51) {
        const auto trace = c.trace_id.to_hex();
        const auto span = c.span_id.to_hex();
        for (std::size_t i = 0; i < 32; ++i) characters[i] = trace.characters[i];
        for (std::size_t i = 0; i < 16; ++i) characters[33 + i] = span.characters[i];
        characters[32] = characters[49] = '-';
        characters[50] = (c.flags & debug_flag) != 0 ? 'd' : c.is_sampled() ? '1' : '0';
    }
};

// Either form; the single header wins.
template <readable_carrier C>
context extract_b3(const C& carrier, const context& base) {
    const auto value_of = [&](const char* name, auto&& use) {
        return with_values(carrier, name, [&](const header_values& values) { return use(values.only()); });
    };
    context found = value_of("b3", [](text value) { return parse_b3(value); });
    if (!found.is_valid()) {
        const trace_id trace = value_of("x-b3-traceid", [](text hex) { return parse_b3_trace_id(hex); });
        const span_id span = value_of("x-b3-spanid", [](text hex) { return span_id::from_hex(hex); });
        if (!trace.is_valid() || !span.is_valid()) return base;
        const bool debug = value_of("x-b3-flags", [](text flags) { return flags == "1"; });
        const auto flags = value_of("x-b3-sampled", [](text sampled) { return parse_b3_sampled(sampled); });
        found.trace_id = trace;
        found.span_id = span;
        found.flags = static_cast<std::uint8_t>((flags & 1) | (debug ? 1 | debug_flag : 0));
        found.remote = true;
    }
    // What another propagator has found of the same span, and B3 has no word for.
    if (found.trace_id == base.trace_id && found.span_id == base.span_id) {
        found.trace_state = base.trace_state;
        found.flags = static_cast<std::uint8_t>(found.flags | (base.flags & random_flag));
    }
    found.baggage = base.baggage;
    return found;
}

} // namespace detail

/// Carries the context of a span in `b3` (OpenZipkin B3; OpenTelemetry Context, "B3 Requirements"). Reads the
/// form of several headers too. No state; any thread. What a carrier throws flies on, and nothing else does.
struct b3_propagator {
    template <class F>
    static constexpr void for_each_field(F&& f) {
        f("b3");
    }

    /// Writes the header of a valid context; else nothing.
    template <writable_carrier C>
    static void inject(C&& carrier, const context& from) {
        if (!from.is_valid()) return;
        const detail::b3_text value(from);
        detail::set_header(carrier, "b3", {value.characters, value.size});
    }

    /// The context of the headers, which is remote, with the baggage of `base`; `base` where they have none.
    /// A trace id of 64 bits is filled with zeros on the left. Debug is sampled, and goes on as debug.
    /// Without a decision the trace is not sampled.
    template <readable_carrier C>
    static context extract(const C& carrier, const context& base = {}) {
        return detail::extract_b3(carrier, base);
    }
};

/// The same in `X-B3-TraceId`, `X-B3-SpanId` and `X-B3-Sampled` or, for debug, `X-B3-Flags`. Reads the form
/// of one header too. What a carrier of pairs has of another context goes, also in that form, which readers
/// would prefer; a callable cannot erase.
struct b3_multi_propagator {
    template <class F>
    static constexpr void for_each_field(F&& f) {
        f("x-b3-traceid");
        f("x-b3-spanid");
        f("x-b3-sampled");
        f("x-b3-flags");
    }

    template <writable_carrier C>
    static void inject(C&& carrier, const context& from) {
        if (!from.is_valid()) return;
        const auto trace = from.trace_id.to_hex();
        const auto span = from.span_id.to_hex();
        detail::set_header(carrier, "x-b3-traceid", trace);
        detail::set_header(carrier, "x-b3-spanid", span);
        const bool debug = (from.flags & detail::debug_flag) != 0;
        detail::erase_header(carrier, debug ? "x-b3-sampled" : "x-b3-flags");
        if (debug)
            detail::set_header(carrier, "x-b3-flags", "1");
        else
            detail::set_header(carrier, "x-b3-sampled", from.is_sampled() ? "1" : "0");
        detail::erase_header(carrier, "x-b3-parentspanid");
        erase_other_single(carrier, from);
    }

    template <readable_carrier C>
    static context extract(const C& carrier, const context& base = {}) {
        return detail::extract_b3(carrier, base);
    }

private:
    // One that says the same, the propagator before this one wrote.
    template <class C>
    static void erase_other_single(C& carrier, const context& from) {
        if constexpr (!detail::setting_callable<C>) {
            const detail::b3_text same(from);
            if (detail::with_values(carrier, "b3", [&](const detail::header_values& values) {
                    return values.only() != text(same.characters, same.size);
                }))
                detail::erase_header(carrier, "b3");
        }
    }
};

} // namespace nanotel::inline NANOTEL_ABI
