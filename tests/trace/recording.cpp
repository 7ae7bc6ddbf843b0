// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <nanotel/sdk.hpp>

namespace nanotel_test {

struct recording::implementation {
    std::shared_ptr<nanotel::memory_exporter> memory = std::make_shared<nanotel::memory_exporter>();
    nanotel::telemetry telemetry;
    nanotel::statistics before;

    void flush() { REQUIRE(telemetry.flush(std::chrono::seconds(60)).complete); }
};

recording::recording(const recording_options& options) : implementation_(std::make_unique<implementation>()) {
    nanotel::options given;
    given.service_name = options.service_name;
    given.exporter = implementation_->memory;
    given.sampler = options.sampler;
    given.limits = options.limits;
    given.clock = options.clock;
    given.id_source = options.id_source;
    given.schedule_delay = std::chrono::hours(1); // only a flush sends
    given.when_full = nanotel::full_ring_policy::block;
    given.block_timeout = std::chrono::seconds(60);
    for (const auto& [key, value] : options.resource) given.resource_attributes.emplace_back(key, value);
    given.environment.get = [variables = options.environment](const std::string& name) {
        std::optional<std::string> found;
        for (const auto& [key, value] : variables)
            if (key == name) found = value;
        return found;
    };
    implementation_->telemetry = nanotel::start(std::move(given));
    implementation_->before = implementation_->telemetry.stats();
}

recording::~recording() = default;

std::vector<nanotel::finished_span> recording::spans() {
    implementation_->flush();
    return implementation_->memory->spans();
}

nanotel::finished_span recording::span(std::string_view name) {
    nanotel::finished_span found;
    int count = 0;
    for (nanotel::finished_span& one : spans())
        if (one.name == name) {
            found = std::move(one);
            ++count;
        }
    INFO("spans named " << std::string(name));
    REQUIRE(count == 1);
    return found;
}

std::vector<std::string> recording::bodies() {
    implementation_->flush();
    return implementation_->memory->bodies();
}

std::uint64_t recording::dropped() {
    implementation_->flush();
    return implementation_->telemetry.stats().dropped - implementation_->before.dropped;
}

} // namespace nanotel_test
