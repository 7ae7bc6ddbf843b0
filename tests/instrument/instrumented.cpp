// SPDX-License-Identifier: MIT
#include "instrumented.hpp"

#include <nanotel/sdk.hpp>

namespace nanotel_test {

struct instrumented::implementation {
    std::shared_ptr<nanotel::memory_exporter> memory = std::make_shared<nanotel::memory_exporter>();
    nanotel::telemetry telemetry = nanotel::start({.service_name = "test", .exporter = memory});

    void flush() { REQUIRE(bool(telemetry.flush(std::chrono::seconds(60)))); }
};

instrumented::instrumented() : implementation_(std::make_unique<implementation>()) {}
instrumented::~instrumented() = default;

std::vector<nanotel::finished_span> instrumented::spans() {
    implementation_->flush();
    return implementation_->memory->spans();
}

nanotel::finished_span instrumented::span(std::string_view name, nanotel::span_kind kind) {
    nanotel::finished_span found;
    int count = 0;
    std::string all;
    for (nanotel::finished_span& one : spans()) {
        all += one.name + ", ";
        if (one.name != name || one.kind != kind) continue;
        found = std::move(one);
        ++count;
    }
    INFO("spans named " << std::string(name) << " among " << all);
    REQUIRE(count == 1);
    return found;
}

nanotel::finished_metric instrumented::metric(std::string_view name) {
    implementation_->memory->clear();
    implementation_->flush();
    INFO("the metric " << std::string(name));
    for (nanotel::finished_metric& one : implementation_->memory->metrics())
        if (one.name == name) return one;
    REQUIRE_MESSAGE(false, "is not there");
    return {};
}

} // namespace nanotel_test
