// SPDX-License-Identifier: MIT
#include "sampled.hpp"

#include "support/environment_of.hpp"

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
    given.environment = environment_of(wanted.environment);
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

// Reads no more of a body than it has to.
struct counting_exporter final : nanotel::exporter {
    nanotel::export_result send(const nanotel::payload& payload,
                                std::chrono::steady_clock::time_point) override {
        const std::string_view begin = R"("traceState":"ot=th:)";
        std::string_view body = payload.body;
        std::uint64_t found = 0;
        for (std::size_t at; (at = body.find(begin)) != body.npos;) {
            body.remove_prefix(at + begin.size());
            if (const auto threshold =
                    nanotel::sampling_threshold::from_hex(body.substr(0, body.find_first_of(R"(";,)")))) {
                counted.adjusted += threshold->adjusted_count();
                ++found;
            }
        }
        counted.spans += payload.items;
        counted.without_threshold += payload.items - found;
        return {};
    }
    std::string_view name() const noexcept override { return "counting"; }
    std::string description() const override { return "counting"; }

    counted_spans counted; // the sender thread's, until a flush has waited for it
};

} // namespace

struct sampled::implementation {
    heard diagnostics;
    std::vector<std::shared_ptr<counting_exporter>> counting;
    std::vector<std::shared_ptr<nanotel::memory_exporter>> memories;
    nanotel::telemetry telemetry;
    nanotel::statistics before;

    void flush() { REQUIRE(telemetry.flush(std::chrono::seconds(60)).complete); }
};

sampled::sampled(const sampled_options& options) : implementation_(std::make_unique<implementation>()) {
    implementation_->diagnostics.listen();
    auto given = make_options(options);
    for (const auto& wanted : options.destinations) {
        nanotel::destination to;
        if (options.counts_only) {
            to.exporter = implementation_->counting.emplace_back(std::make_shared<counting_exporter>());
        } else {
            to.exporter =
                implementation_->memories.emplace_back(std::make_shared<nanotel::memory_exporter>());
        }
        to.name = "destination " + std::to_string(given.destinations.size());
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

counted_spans sampled::counted(std::size_t destination) {
    implementation_->flush();
    return implementation_->counting.at(destination)->counted;
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
