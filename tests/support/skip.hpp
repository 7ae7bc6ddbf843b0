// SPDX-License-Identifier: MIT
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

namespace nanotel_test {

inline bool& something_was_skipped() {
    static bool skipped = false;
    return skipped;
}

/// Says that the test case cannot run here, and why; return from the test case after it. Where everything real is
/// required (NANOTEL_REQUIRE_REAL=1, as in .ci/run) it fails instead.
inline void skip(const std::string& reason) {
    const char* required = std::getenv("NANOTEL_REQUIRE_REAL");
    if (required != nullptr && std::string(required) == "1") {
        FAIL("required, but could not run: " << reason);
    }
    something_was_skipped() = true;
    // tests/run looks for this line.
    std::printf("[skipped] %s\n", reason.c_str());
    std::fflush(stdout);
}

/// The path of the real Collector, or an empty text after skip().
inline std::string real_collector() {
    const char* path = std::getenv("NANOTEL_COLLECTOR");
    if (path == nullptr || *path == '\0') {
        skip("NANOTEL_COLLECTOR does not name the OpenTelemetry Collector; tests/collector/build builds it");
        return {};
    }
    return path;
}

} // namespace nanotel_test
