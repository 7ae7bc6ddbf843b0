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
             const queue_options& waiting, const collector_options& collect, const sender_options& send)
        : queue(waiting), encoder(sites, resource_json, limits),
          collecting(threads, signal, encoder, queue, collect), sending(std::move(destination), queue, send) {
    }

    std::shared_ptr<pipeline> older; // see process_state::left_behind
    payload_queue queue;
    trace_encoder encoder;
    collector collecting;
    sender sending;
};

enum class life_phase : unsigned char { stopped, starting, running, ending };

using number_source = std::uint64_t (*)() noexcept;

struct process_state {
    site_registry sites;
    thread_registry threads;
    wake_signal signal;
    // A late record of the time before a shutdown may read these while the next start writes them: relaxed,
    // each is used for itself.
    atomic<std::uint64_t> root_threshold; // sampler::threshold
    atomic<number_source> injected_clock;
    atomic<number_source> injected_ids;
    runtime_table table{};
    atomic<std::uint32_t>
        forked; // 1 in a forked child, where locks may be held by threads that are not there

    std::mutex mutex; // guards what follows; nothing that may call the application is done under it
    std::condition_variable changed; // the phase
    life_phase phase = life_phase::stopped;
    std::shared_ptr<pipeline> running; // null unless running or ending
    std::chrono::milliseconds exit_timeout{0};
    statistics before; // the counts of pipelines that were shut down
    // Pipelines whose exporter did not come back from a send: their threads still use them.
    std::shared_ptr<pipeline> left_behind;
};

// Reachable for ever, so no leak; one in the process, however many modules include this.
inline process_state& process() {
    static process_state* const state = new process_state;
    return *state;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
