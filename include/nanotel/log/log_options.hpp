// SPDX-License-Identifier: MIT
// What is said of a log record where no macro says it.
#pragma once

#include <nanotel/core/context.hpp>
#include <nanotel/core/scope.hpp>
#include <nanotel/log/severity.hpp>
#include <nanotel/trace/status.hpp> // timestamp

namespace nanotel::inline NANOTEL_ABI {

/// What a log record says beside its body and attributes (OpenTelemetry Logs API, "Emit a LogRecord"). The
/// texts need to live only until the call returns.
struct log_options {
    nanotel::severity severity = nanotel::severity::info;
    text severity_text{};                         ///< as the source spells it; empty: INFO and the like
    text event_name{};                            ///< makes the record an event
    timestamp time{};                             ///< when it happened; 0: now
    const nanotel::context* context = nullptr;    ///< null: what is current; &nanotel::new_root: none
    const instrumentation_scope* scope = nullptr; ///< null: that of the logger
};

} // namespace nanotel::inline NANOTEL_ABI
