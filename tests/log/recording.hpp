// SPDX-License-Identifier: MIT
#pragma once

#include "support/hex.hpp"

#include <nanotel/log.hpp>
#include <nanotel/otlp/finished_log.hpp>
#include <nanotel/pipeline/delivery.hpp>
#include <nanotel/pipeline/log_processing.hpp>
#include <nanotel/trace/sampler.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

struct recording_options {
    nanotel::log_processing logs{};
    nanotel::sampler sampler = nanotel::sampler::always_on();
    std::vector<std::pair<std::string, std::string>> environment{};
    std::string service_name = "tests";
    std::uint64_t (*clock)() noexcept = nullptr;
    std::uint64_t (*id_source)() noexcept = nullptr;
    bool takes_logs = true;
    double ratio = 1;             // of the destination
    std::uint64_t ring_bytes = 0; // 0: as usual, and who records waits for room
};

// Records into memory for as long as it lives. What it stands on is compiled once, in recording.cpp, so that
// the tests need no more than the code that users instrument does.
class recording {
public:
    explicit recording(const recording_options& options = {});
    ~recording();
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;

    // All records so far, in the order of each thread.
    std::vector<nanotel::finished_log> logs();
    // The only one.
    nanotel::finished_log log();
    std::vector<std::string> bodies();
    // Since the begin.
    nanotel::signal_statistics log_counts();
    nanotel::signal_statistics span_counts();
    std::uint64_t held_back();
    std::vector<std::string> span_ids(); // of the spans that came
    // Without a flush; false where a minute is not enough.
    bool wait_for(std::uint64_t records);

private:
    struct implementation;
    std::unique_ptr<implementation> implementation_;
};

// nanotel::set_log_level, without its header.
void change_level(const char* pattern, nanotel::severity minimum);

} // namespace nanotel_test
