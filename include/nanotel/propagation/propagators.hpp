// SPDX-License-Identifier: MIT
// Which propagators a process uses, and inject and extract by all of them.
#pragma once

#include <nanotel/propagation/b3.hpp>
#include <nanotel/propagation/baggage_header.hpp>
#include <nanotel/propagation/trace_context.hpp>
#ifndef NANOTEL_DISABLED
#include <nanotel/core/current_context.hpp>

// As <unistd.h> declares it, and <cstdlib> has getenv, neither of which is a header of the light tier.
extern "C" char** environ;
#endif

namespace nanotel::inline NANOTEL_ABI {

/// The propagators that have a name in OTEL_PROPAGATORS.
enum class propagator : std::uint8_t { trace_context = 1, baggage = 2, b3 = 3, b3_multi = 4 };

/// Several propagators as one, asked in their order: each reads on with what those before it found, and what
/// it finds itself wins. `composite_propagator{trace_context_propagator{}, mine}`; a propagator of your own
/// has inject(carrier, context), extract(carrier, base) and for_each_field(f).
template <class... Propagators>
struct composite_propagator : Propagators... {
    template <class F>
    constexpr void for_each_field(F&& f) const {
        (static_cast<const Propagators&>(*this).for_each_field(f), ...);
    }
    template <writable_carrier C>
    void inject(C&& carrier, const context& from) const {
        (static_cast<const Propagators&>(*this).inject(carrier, from), ...);
    }
    template <readable_carrier C>
    context extract(const C& carrier, const context& base = {}) const {
        context found = base;
        ((found = static_cast<const Propagators&>(*this).extract(carrier, found)), ...);
        return found;
    }
};
template <class... Propagators>
composite_propagator(Propagators...) -> composite_propagator<Propagators...>;

namespace detail {

// The propagators of a process in their order, one in 4 bits, from the lowest; above them, that somebody has
// said which, who may have said none.
namespace propagator_list {
inline constexpr std::uint32_t known = 0x80000000u;
inline constexpr std::uint32_t usual = known | 0x21;

constexpr std::uint32_t add(std::uint32_t list, propagator one) noexcept {
    unsigned shift = 0;
    for (; (list >> shift & 15) != 0; shift += 4)
        if ((list >> shift & 15) == static_cast<std::uint32_t>(one)) return list;
    return list | static_cast<std::uint32_t>(one) << shift;
}

// Reads OTEL_PROPAGATORS without a word of what is unknown in it, which start says, see make_propagators. A
// value in which nothing is known is ignored.
constexpr std::uint32_t parse(text names) noexcept {
    std::uint32_t list = known;
    bool none = false;
    while (names.size != 0) {
        const text name = without_blanks(cut_before(names, ','));
        if (is_header(name, "tracecontext"))
            list = add(list, propagator::trace_context);
        else if (is_header(name, "baggage"))
            list = add(list, propagator::baggage);
        else if (is_header(name, "b3"))
            list = add(list, propagator::b3);
        else if (is_header(name, "b3multi"))
            list = add(list, propagator::b3_multi);
        else if (is_header(name, "none"))
            none = true;
    }
    return list != known || none ? list : usual;
}

template <class Use>
void for_each(std::uint32_t list, Use&& use) {
    for (; (list & 15) != 0; list >>= 4) {
        switch (static_cast<propagator>(list & 15)) {
        case propagator::trace_context:
            use(trace_context_propagator{});
            break;
        case propagator::baggage:
            use(baggage_propagator{});
            break;
        case propagator::b3:
            use(b3_propagator{});
            break;
        case propagator::b3_multi:
            use(b3_multi_propagator{});
            break;
        }
    }
}

#ifndef NANOTEL_DISABLED
// Of a module where nothing was started, read from the environment when first asked for. Relaxed: the word is
// the whole message.
NANOTEL_DETAIL_OF_MODULE inline constinit atomic<std::uint32_t> of_module{};

[[gnu::noinline, gnu::cold]] inline std::uint32_t read_environment() noexcept {
    text names;
    for (char** entry = environ; entry && *entry; ++entry)
        if (text value = *entry; cut_before(value, '=') == "OTEL_PROPAGATORS") {
            names = value;
            break;
        }
    const std::uint32_t read = parse(names);
    of_module.store_relaxed(read);
    return read;
}

inline std::uint32_t current() noexcept {
    if (const runtime_table* const table = runtime.load_acquire())
        if (const std::uint32_t said = table->propagators.load_relaxed()) return said;
    const std::uint32_t said = of_module.load_relaxed();
    return said != 0 ? said : read_environment();
}
#endif

} // namespace propagator_list
} // namespace detail

#ifndef NANOTEL_DISABLED

/// Writes a context into a carrier, such as the headers of a request, by the propagators of the process:
/// options::propagators, else OTEL_PROPAGATORS, else W3C Trace Context and Baggage. Of a carrier of pairs the
/// headers of another context go, be there nothing to put in their place, as the tracestate of the caller
/// where a proxy sends on what it was sent; a callable cannot erase. Where the context is invalid, or has no
/// baggage, it says nothing of it, and what is there stays. Also without `start` and with
/// OTEL_SDK_DISABLED=true. Any thread; allocates what the carrier does and, for baggage, its text. What the
/// carrier throws flies on (OpenTelemetry Propagators API, "TextMap Propagator").
template <writable_carrier C>
void inject(C&& carrier, const context& from) {
    detail::propagator_list::for_each(detail::propagator_list::current(),
                                      [&](auto one) { one.inject(carrier, from); });
}
/// The same for the current context: what the span that is current calls is a child of it.
template <writable_carrier C>
void inject(C&& carrier) {
    nanotel::inject(carrier, current_context());
}

/// The context that a carrier brings, by the propagators of the process; invalid where it brings none, and
/// then it may still have baggage. Give it as the parent of the span that serves the request:
/// `NANOTEL_SPAN_FROM(span, nanotel::extract(request.headers), nanotel::server("GET /"))`. What is malformed
/// counts as absent. Any thread; allocates for trace state and baggage alone, at most some 10 KiB.
template <readable_carrier C>
[[nodiscard]] context extract(const C& carrier) {
    context found;
    detail::propagator_list::for_each(detail::propagator_list::current(),
                                      [&](auto one) { found = one.extract(carrier, found); });
    return found;
}

#else

template <writable_carrier C>
void inject(C&&, const context&) noexcept {}
template <writable_carrier C>
void inject(C&&) noexcept {}
template <readable_carrier C>
[[nodiscard]] context extract(const C&) noexcept {
    return {};
}

#endif

} // namespace nanotel::inline NANOTEL_ABI
