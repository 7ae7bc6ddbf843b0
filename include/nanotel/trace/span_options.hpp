// SPDX-License-Identifier: MIT
// How a span begins where no macro says it.
#pragma once

#include <nanotel/core/call_site.hpp>
#include <nanotel/core/context.hpp>
#include <nanotel/trace/status.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// How a span begins, for the forms without a macro. The texts need to live only until the call returns.
struct span_options {
    text name;
    span_kind kind = span_kind::internal;
    const context* parent = nullptr; ///< null: what is current; &nanotel::new_root: a new trace
    timestamp start_time{};          ///< 0: now
    const instrumentation_scope* scope = nullptr;
};

} // namespace nanotel::inline NANOTEL_ABI
