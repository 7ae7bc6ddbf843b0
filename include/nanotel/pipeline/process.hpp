// SPDX-License-Identifier: MIT
// The state of the process: created once, never destroyed, so that a late thread or a static destructor can
// record.
#pragma once

#include <nanotel/core/site_registry.hpp>
#include <nanotel/core/thread_registry.hpp>
#include <nanotel/pipeline/collector.hpp>
#include <nanotel/pipeline/options.hpp>
#include <nanotel/pipeline/sender.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What start builds and shutdown takes down.
struct pipeline {
    pipeline(std::shared_ptr<exporter> destination, thread_registry& threads, wake_signal& signal,
             const site_registry& sites, const std::string& resource_json, const span_limits& limits,
             std::size_t queue_bytes, std::uint64_t queue_items, const collector_options& collect,
             const sender_options& send)
        : queue(queue_bytes, queue_items), encoder(sites, resource_json, limits),
          collecting(threads, signal, encoder, queue, collect), sending(std::move(destination), queue, send) {
    }

    payload_queue queue;
    trace_encoder encoder;
    collector collecting;
    sender sending;
};

struct process_state {
    site_registry sites;
    thread_registry threads;
    wake_signal signal;
    sampler roots = sampler::always_on();
    std::uint64_t (*injected_clock)() noexcept = nullptr;
    std::uint64_t (*injected_ids)() noexcept = nullptr;
    runtime_table table{};

    std::mutex mutex;                  // guards what follows
    std::shared_ptr<pipeline> running; // null before start and after shutdown
    std::chrono::milliseconds exit_timeout{0};
    statistics before; // the counts of pipelines that were shut down
};

// Reachable for ever, so no leak; one in the process, however many modules include this.
inline process_state& process() {
    static process_state* const state = new process_state;
    return *state;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
