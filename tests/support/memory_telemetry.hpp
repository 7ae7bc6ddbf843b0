// SPDX-License-Identifier: MIT
// A telemetry that delivers into memory, and only when it is asked to.
#pragma once

#include "environment_of.hpp"

#include <nanotel/sdk.hpp>

#include <memory>

#include <doctest/doctest.h>

namespace nanotel_test {

// What a module's recording.cpp stands on.
struct memory_telemetry {
    std::shared_ptr<nanotel::memory_exporter> memory = std::make_shared<nanotel::memory_exporter>();
    nanotel::telemetry telemetry;
    nanotel::statistics before; // what was counted before it began

    // Of the module's options what all modules have.
    template <class Wanted>
    static nanotel::options options_of(const Wanted& wanted) {
        nanotel::options given;
        given.service_name = wanted.service_name;
        given.sampler = wanted.sampler;
        given.clock = wanted.clock;
        given.id_source = wanted.id_source;
        given.environment = environment_of(wanted.environment);
        given.schedule_delay = std::chrono::hours(1); // only a flush sends
        given.when_full = nanotel::full_ring_policy::block;
        given.block_timeout = std::chrono::seconds(60);
        return given;
    }
    void start(nanotel::options&& given) {
        telemetry = nanotel::start(std::move(given));
        before = telemetry.stats();
    }
    void flush() { REQUIRE(telemetry.flush(std::chrono::seconds(60)).complete); }
};

} // namespace nanotel_test
