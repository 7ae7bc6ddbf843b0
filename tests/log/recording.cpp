// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include "support/memory_telemetry.hpp"

namespace nanotel_test {

struct recording::implementation : memory_telemetry {};

namespace {

// Of the counts that the tests look at.
nanotel::signal_statistics since(const nanotel::signal_statistics& before, nanotel::signal_statistics now) {
    now.recorded -= before.recorded;
    now.delivered -= before.delivered;
    now.dropped -= before.dropped;
    now.dropped_by.ring_full -= before.dropped_by.ring_full;
    now.dropped_by.too_large -= before.dropped_by.too_large;
    now.dropped_by.interrupting -= before.dropped_by.interrupting;
    now.dropped_by.filtered -= before.dropped_by.filtered;
    now.dropped_by.out_of_memory -= before.dropped_by.out_of_memory;
    return now;
}

} // namespace

recording::recording(const recording_options& options) : implementation_(std::make_unique<implementation>()) {
    nanotel::options given = memory_telemetry::options_of(options);
    nanotel::destination to;
    to.exporter = implementation_->memory;
    to.ratio = options.ratio;
    to.signals.logs = options.takes_logs;
    given.destinations = {to};
    given.logs = options.logs;
    bool asks = false;
    for (const auto& [key, value] : options.environment) asks = asks || key == "OTEL_BLRP_SCHEDULE_DELAY";
    if (!given.logs.schedule_delay && !asks) given.logs.schedule_delay = std::chrono::hours(1);
    if (options.ring_bytes != 0) {
        given.ring_bytes = given.max_ring_bytes = options.ring_bytes;
        given.when_full = nanotel::full_ring_policy::drop;
    }
    implementation_->start(std::move(given));
}

recording::~recording() = default;

std::vector<nanotel::finished_log> recording::logs() {
    implementation_->flush();
    return implementation_->memory->logs();
}

nanotel::finished_log recording::log() {
    const auto all = logs();
    REQUIRE(all.size() == 1);
    return all[0];
}

std::vector<std::string> recording::bodies() {
    implementation_->flush();
    return implementation_->memory->bodies(nanotel::signal::logs);
}

nanotel::signal_statistics recording::log_counts() {
    implementation_->flush();
    return since(implementation_->before.logs, implementation_->telemetry.stats().logs);
}

nanotel::signal_statistics recording::span_counts() {
    implementation_->flush();
    return since(implementation_->before, implementation_->telemetry.stats());
}

std::uint64_t recording::held_back() {
    return implementation_->telemetry.stats().held_back_logs - implementation_->before.held_back_logs;
}

bool recording::wait_for(std::uint64_t records) {
    return implementation_->memory->wait_for(records, std::chrono::minutes(1), nanotel::signal::logs);
}

void change_level(const char* pattern, nanotel::severity minimum) {
    REQUIRE(nanotel::set_log_level(pattern, minimum));
}

std::vector<std::string> recording::span_ids() {
    implementation_->flush();
    std::vector<std::string> ids;
    for (const nanotel::finished_span& span : implementation_->memory->spans()) ids.push_back(span.span_id);
    return ids;
}

} // namespace nanotel_test
