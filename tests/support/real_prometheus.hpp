// SPDX-License-Identifier: MIT
#pragma once

#include "support/skip.hpp"

#include <cstdlib>
#include <string>

#include <unistd.h>

namespace nanotel_test {

/// The path of the real Prometheus, or an empty text after skip().
inline std::string real_prometheus() {
    const char* path = std::getenv("NANOTEL_PROMETHEUS");
    if (path == nullptr || *path == '\0') {
        skip("NANOTEL_PROMETHEUS does not name Prometheus; tests/prometheus/unpack says where it is");
        return {};
    }
    return path;
}

/// The path of the promtool beside the real Prometheus, or an empty text after skip().
inline std::string real_promtool() {
    const std::string prometheus = real_prometheus();
    if (prometheus.empty()) return {};
    const std::string path = prometheus.substr(0, prometheus.rfind('/') + 1) + "promtool";
    if (::access(path.c_str(), X_OK) != 0) {
        skip("there is no promtool beside " + prometheus);
        return {};
    }
    return path;
}

} // namespace nanotel_test
