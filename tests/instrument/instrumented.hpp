// SPDX-License-Identifier: MIT
#pragma once

#include <nanotel/nanotel.hpp>
#include <nanotel/otlp/finished_metric.hpp>
#include <nanotel/otlp/finished_span.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

// Telemetry in memory, started as long as it lives. What it stands on is compiled once, in instrumented.cpp,
// so that tests of instrumentation need the headers only that the code which it instruments needs.
class instrumented {
public:
    instrumented();
    ~instrumented();
    instrumented(const instrumented&) = delete;
    instrumented& operator=(const instrumented&) = delete;

    // All spans that have ended so far.
    std::vector<nanotel::finished_span> spans();
    // The only one of that name and kind; fails the test where there is none or are several.
    nanotel::finished_span span(std::string_view name, nanotel::span_kind kind);
    // As of now; fails the test where it is not there.
    nanotel::finished_metric metric(std::string_view name);

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace nanotel_test

// Makes doctest print them.
namespace nanotel {
inline std::ostream& operator<<(std::ostream& out, status_code code) { return out << static_cast<int>(code); }
} // namespace nanotel
