// SPDX-License-Identifier: MIT
#include "sampled.hpp"

#include <nanotel/exporters/memory.hpp>
#include <nanotel/pipeline/telemetry.hpp>

#include <algorithm>
#include <mutex>

namespace nanotel_test {

namespace {

nanotel::options make_options(const sampled_options& wanted) {
    nanotel::options given;
    given.service_name = "tests";
    given.sampler = wanted.sampler;
    given.id_source = wanted.id_source;
    given.schedule_delay = std::chrono::hours(1); // only a flush sends
    given.when_full = nanotel::full_ring_policy::block;
    given.block_timeout = std::chrono::seconds(60);
    given.metric_readers = {};
    given.environment.get = [variables = wanted.environment](const std::string& name) {
        std::optional<std::string> found;
        for (const auto& [key, value] : variables)
            if (key == name) found = value;
        return found;
    };
    return given;
}

// Diagnostics come on any thread.
struct heard {
    std::mutex mutex;
    std::vector<std::string> texts;
    void listen() {
        nanotel::set_diagnostic_handler(
            [](nanotel::diagnostic_level, std::string_view text, void* self) {
                auto& to = *static_cast<heard*>(self);
                const std::lock_guard lock(to.mutex);
                to.texts.emplace_back(text);
            },
            this);
    }
};

} // namespace

struct sampled::implementation {
    heard diagnostics;
    std::vector<std::shared_ptr<nanotel::memory_exporter>> memories;
    nanotel::telemetry telemetry;
    nanotel::statistics before;

    void flush() { REQUIRE(telemetry.flush(std::chrono::seconds(60)).complete); }
};

sampled::sampled(const sampled_options& options) : implementation_(std::make_unique<implementation>()) {
    implementation_->diagnostics.listen();
    auto given = make_options(options);
    for (const auto& wanted : options.destinations) {
        implementation_->memories.push_back(std::make_shared<nanotel::memory_exporter>());
        nanotel::destination to;
        to.exporter = implementation_->memories.back();
        to.name = "memory " + std::to_string(implementation_->memories.size());
        to.ratio = wanted.ratio;
        to.unsampled = wanted.unsampled;
        given.destinations.push_back(std::move(to));
    }
    implementation_->telemetry = nanotel::start(std::move(given));
    implementation_->before = implementation_->telemetry.stats();
}

sampled::~sampled() {
    implementation_->telemetry = {};
    nanotel::set_diagnostic_handler(nullptr);
}

std::vector<nanotel::finished_span> sampled::spans(std::size_t destination) {
    implementation_->flush();
    return implementation_->memories.at(destination)->spans();
}

std::vector<std::string> sampled::names(std::size_t destination) {
    std::vector<std::string> all;
    for (auto& one : spans(destination)) all.push_back(one.name);
    std::sort(all.begin(), all.end());
    return all;
}

nanotel::finished_span sampled::span(std::string_view name, std::size_t destination) {
    std::vector<nanotel::finished_span> found;
    for (auto& one : spans(destination))
        if (one.name == name) found.push_back(std::move(one));
    INFO("spans named " << std::string(name));
    REQUIRE(found.size() == 1);
    return found[0];
}

void sampled::forget() {
    implementation_->flush();
    for (const auto& each : implementation_->memories) each->clear();
}

std::uint64_t sampled::recorded() {
    implementation_->flush();
    return implementation_->telemetry.stats().recorded - implementation_->before.recorded;
}
std::uint64_t sampled::delivered() {
    implementation_->flush();
    return implementation_->telemetry.stats().delivered - implementation_->before.delivered;
}
std::uint64_t sampled::dropped() {
    implementation_->flush();
    return implementation_->telemetry.stats().dropped - implementation_->before.dropped;
}

std::vector<std::string> sampled::said() {
    const std::lock_guard lock(implementation_->diagnostics.mutex);
    return implementation_->diagnostics.texts;
}

std::string sampled::description_of(const sampled_options& options) {
    return nanotel::detail::make_sampler(make_options(options)).description();
}

} // namespace nanotel_test
