// SPDX-License-Identifier: MIT
#pragma once

#include "support/hex.hpp"

#include <nanotel/nanotel.hpp>
#include <nanotel/otlp/finished_span.hpp>
#include <nanotel/otlp/span_sections.hpp> // span_limits
#include <nanotel/trace/sampler.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

struct recording_options {
    nanotel::sampler sampler = nanotel::sampler::always_on();
    std::optional<nanotel::span_limits> limits{};
    std::vector<std::pair<std::string, std::string>> environment{};
    std::vector<std::pair<std::string, std::string>> resource{};
    std::string service_name = "tests";
    std::uint64_t (*clock)() noexcept = nullptr;
    std::uint64_t (*id_source)() noexcept = nullptr;
};

// Records into memory for as long as it lives. What it stands on is compiled once, in recording.cpp, so that
// the tests need the light headers only, as the code that users instrument does.
class recording {
public:
    explicit recording(const recording_options& options = {});
    ~recording();
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;

    // All spans that have ended so far, in the order of their ends on each thread.
    std::vector<nanotel::finished_span> spans();
    // The only one of that name; fails the test where there is none or are several.
    nanotel::finished_span span(std::string_view name);
    // The bodies as they would have been sent.
    std::vector<std::string> bodies();
    // Spans that ended and were not delivered.
    std::uint64_t dropped();

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

} // namespace nanotel_test

// Makes doctest print them.
namespace nanotel {
inline std::ostream& operator<<(std::ostream& out, const context& c) {
    return out << c.trace_id.to_hex().c_str() << '/' << c.span_id.to_hex().c_str() << '/' << unsigned{c.flags}
               << (c.remote ? " remote" : "");
}
inline std::ostream& operator<<(std::ostream& out, status_code code) { return out << static_cast<int>(code); }
inline std::ostream& operator<<(std::ostream& out, span_kind kind) { return out << static_cast<int>(kind); }
} // namespace nanotel
