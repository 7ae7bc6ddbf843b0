// SPDX-License-Identifier: MIT
// What a call site says of its span: a name and a kind, checked when compiling.
#pragma once

#include <nanotel/core/call_site.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// A name with a kind: `NANOTEL_SPAN(span, nanotel::server("GET /cart"))`.
struct named_span {
    text name;
    span_kind kind;
};

namespace detail {
constexpr named_span describe(named_span what) { return what; }
constexpr named_span describe(text name) { return {name, span_kind::internal}; }
} // namespace detail

constexpr named_span internal(const char* name) { return {name, span_kind::internal}; }
constexpr named_span server(const char* name) { return {name, span_kind::server}; }
constexpr named_span client(const char* name) { return {name, span_kind::client}; }
constexpr named_span producer(const char* name) { return {name, span_kind::producer}; }
constexpr named_span consumer(const char* name) { return {name, span_kind::consumer}; }

} // namespace nanotel::inline NANOTEL_ABI
