// SPDX-License-Identifier: MIT
// How instrumentation keeps its own failures to itself.
#pragma once

#include <nanotel/core/config.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What the telemetry does, and it alone, must not throw into the application: without memory, the work is
// rather done without its span.
template <class F>
void without_throwing(F&& f) noexcept {
#if defined(__cpp_exceptions)
    try {
        f();
    } catch (...) {
    }
#else
    f();
#endif
}

} // namespace nanotel::inline NANOTEL_ABI::detail
