// SPDX-License-Identifier: MIT
// The minimum severity of loggers, changed while the program runs.
#pragma once

#include <nanotel/pipeline/process.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// From now on of the loggers whose name matches the pattern, with * and ?, only what is at least that severe
/// is kept; severity::off keeps nothing, severity::unspecified everything. It counts before what
/// options::logs.levels or earlier calls say of the same loggers, until the next start. Any thread, but no
/// signal handler. False where memory is short.
inline bool set_log_level(std::string_view pattern, severity minimum) noexcept {
    try {
        detail::process().levels.set({std::string(pattern), minimum});
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace nanotel::inline NANOTEL_ABI
