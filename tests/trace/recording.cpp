// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include "support/memory_telemetry.hpp"

namespace nanotel_test {

struct recording::implementation : memory_telemetry {};

recording::recording(const recording_options& options) : implementation_(std::make_unique<implementation>()) {
    nanotel::options given = memory_telemetry::options_of(options);
    given.exporter = implementation_->memory;
    given.limits = options.limits;
    for (const auto& [key, value] : options.resource) given.resource_attributes.emplace_back(key, value);
    implementation_->start(std::move(given));
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
