// SPDX-License-Identifier: MIT
// What is known of a call site before it runs: one constant object, and a small number once it has run.
#pragma once

#include <nanotel/core/atomic.hpp>
#include <nanotel/core/scope.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Span kind, with the numbers of OTLP (OpenTelemetry Trace API, "SpanKind").
enum class span_kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

namespace detail {

struct site_key {
    text name;
    value_type type;
};

// Lives in the module that holds the site. The sdk copies what it says when the site first records, so that
// the module may be unloaded while records that carry the site's number still wait.
struct call_site {
    text name;
    const instrumentation_scope* scope = nullptr;
    const char* file = nullptr;
    std::uint32_t line = 0;
    span_kind kind = span_kind::internal;
    // 0 until the site first records. Relaxed: the number alone is used, and two threads that register at
    // once are given the same one.
    atomic<std::uint32_t> id{};
};

// Which severities a logger keeps, as a call site has last heard of it: the lowest in the lower 8 bits, and
// in the others the number of the settings that say so. Relaxed: the word is the whole message.
struct log_gate {
    atomic<std::uint32_t> word{~std::uint32_t{0}};
};

// A log statement; `here.name` is its text with the places of the arguments.
struct log_site {
    call_site here;
    const char* function = nullptr; // as the compiler spells it with its type, and its name alone
    const char* function_name = nullptr;
    std::uint8_t severity = 0;
    log_gate gate{};
};

// One constant array for each list of attributes, shared by the sites that have the same list.
template <class... Attributes>
inline constexpr site_key site_keys[sizeof...(Attributes) + 1] = {
    {Attributes::key_type::name(), type_of<typename Attributes::value_stored>()}..., {}};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
