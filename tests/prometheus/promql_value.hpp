// SPDX-License-Identifier: MIT
#pragma once

#include "support/prometheus_process.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace nanotel_test {

/// The one sample that EXPRESSION is now, or AT; the test ends where it is none or several.
inline double promql_value(const prometheus_process& prometheus, const std::string& expression,
                           std::optional<prometheus_process::time> at = {}) {
    CAPTURE(expression);
    const auto samples = prometheus.query(expression, at);
    REQUIRE(samples.size() == 1);
    return samples[0].value;
}

} // namespace nanotel_test
