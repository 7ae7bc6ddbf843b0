// SPDX-License-Identifier: MIT
// The state of the process: created once, never destroyed, so that a late thread or a static destructor can
// record.
#pragma once

#include <nanotel/core/module_registry.hpp>
#include <nanotel/core/site_registry.hpp>
#include <nanotel/core/thread_registry.hpp>
#include <nanotel/core/tick_rate.hpp>
#include <nanotel/log/levels.hpp>
#include <nanotel/pipeline/collector.hpp>
#include <nanotel/pipeline/fork_state.hpp>
#include <nanotel/pipeline/metric_thread.hpp>
#include <nanotel/pipeline/options.hpp>
#include <nanotel/pipeline/outlet.hpp>
#include <nanotel/resource/service_instance.hpp>

#include <array>
#include <map>

namespace nanotel::inline NANOTEL_ABI::detail {

// A reader that is asked from outside, and what it asks.
struct pulled final : metric_source {
    pulled(std::shared_ptr<pull_reader> by, std::size_t number, metric_thread& from,
           const site_registry& known, const resource& is)
        : reader(std::move(by)), reader_number(number), thread(from), sites(known), process_resource(is) {}
    bool collect(metric_sink& sink) override {
        if (stopped.load_relaxed() != 0) return false;
        thread.collect(reader_number, sink, std::chrono::steady_clock::now() + std::chrono::seconds(1));
        return true;
    }
    const resource& described() const override { return process_resource; }
    const known_scope& scope(std::uint32_t number) const override { return sites.scope(number); }

    std::shared_ptr<pull_reader> reader;
    std::size_t reader_number;
    metric_thread& thread;
    const site_registry& sites;
    const resource process_resource;
    // Set by the shutdown before it stops the reader, asked by who collects for it. Relaxed: it guards no
    // data, and a collection that misses it is as one that came before, for which stop() waits.
    atomic<std::uint32_t> stopped;
};

// What start builds and shutdown takes down.
struct pipeline {
    pipeline(thread_registry& threads, wake_signal& signal, const site_registry& sites, metric_store& metrics,
             const resource& is, const collector_options& collect)
        : measured(metrics, register_process_barrier()), reading(metrics, measured, sites, is),
          collecting(threads, signal, measured, collect) {}

    template <class Each>
    void for_each_destination(Each&& each) {
        for (const auto& one : outlets) each(*one);
    }

    std::shared_ptr<pipeline> older;              // see process_state::left_behind
    std::vector<std::unique_ptr<outlet>> outlets; // of the destinations, then of metric readers
    // By outlet::spool_folder, what it found on disk that this process had counted: see outlets.hpp.
    std::vector<std::pair<std::string, std::array<std::uint64_t, 3>>> counted_before;
    metric_collection measured;
    metric_thread reading;
    std::vector<std::unique_ptr<pulled>> pulls;
    collector collecting;
};

// `inherited`: a forked child that will go on as its parent, and has not recorded yet.
enum class life_phase : unsigned char { stopped, starting, running, ending, inherited };

// A sampler in use, and the trace state of the roots that its ratio keeps, `ot=th:…`. It is made beforehand,
// since a signal handler may begin a root and must not ask for memory; several times, so that not all threads
// count its owners in one place.
struct used_sampler {
    explicit used_sampler(const sampler& by) : chosen(by) {
        const sampling_decider& root = chosen.plan().root;
        if (root.by != sampling_decider::way::threshold || root.keeps_all() || root.keeps_none()) return;
        const std::string text = "ot=th:" + std::string(std::string_view(root.threshold.to_hex()));
        for (shared_bytes*& each : root_states) {
            each = make_shared_bytes(128); // of which no two share a line of the cache
            if (!each) throw std::bad_alloc();
            each->size = static_cast<std::uint32_t>(text.size());
            text.copy(each->data(), text.size());
        }
    }
    // Borrowed; null where the roots that are kept say nothing.
    shared_bytes* root_state(const thread_state& thread) const noexcept {
        return root_states[(reinterpret_cast<std::uintptr_t>(&thread) >> 12) % root_states.size()];
    }

    const sampler chosen;
    std::array<shared_bytes*, 16> root_states{}; // owned for ever, as this is
};

using number_source = std::uint64_t (*)() noexcept;

struct process_state {
    module_registry modules;
    site_registry sites;
    thread_registry threads;
    metric_store metrics{sites};
    log_levels levels{modules};
    wake_signal signal;
    // A late record of the time before a shutdown may read these while the next start writes them: relaxed,
    // each is used for itself.
    atomic<number_source> injected_clock;
    atomic<number_source> injected_ids;
    // Release by launch when it is complete, acquire by whoever asks it. None is ever freed, since a thread
    // may ask it until it next looks: samplers holds them.
    atomic<const used_sampler*> sampling;
    runtime_table table{};
    metric_functions measuring{};
    tick_rate rate;
    send_turns turns;
    // 1 where the processor's counter can be trusted; since the first start.
    atomic<std::uint32_t> trusts_counter;
    fork_state forking;
    service_instance instance; // used by the one who is starting

    std::mutex mutex; // guards what follows; nothing that may call the application is done under it
    std::condition_variable changed; // the phase
    life_phase phase = life_phase::stopped;
    bool prepared = false;             // by the first start
    std::uint32_t starts = 0;          // so far
    std::uint32_t guarded = 0;         // the start whose guard ends what runs
    std::shared_ptr<pipeline> running; // null unless running or ending
    std::chrono::milliseconds exit_timeout{0};
    std::vector<std::unique_ptr<const used_sampler>> samplers; // all that were used
    statistics before;                                         // the counts of pipelines that were shut down
    // What those left on disk, by outlet::spool_folder and signal: it is queued in `before`.
    std::map<std::string, std::array<std::uint64_t, 3>> left_on_disk;
    // Pipelines whose exporter did not come back from a send: their threads still use them.
    std::shared_ptr<pipeline> left_behind;
};

// Modules share the state where what they were compiled with makes it the same to all.
inline constexpr std::uint64_t sdk_layout =
    mix_numbers(module_layout, sizeof(process_state), sizeof(pipeline), sizeof(options), diagnostics_layout);

inline process_state& process();

// Reachable for ever, so no leak.
inline process_state& find_or_make_process() {
    const auto shared_by = [](const module_home* home) { return home && home->sdk_layout == sdk_layout; };
    if (const module_home* const home = find_home(this_module); shared_by(home)) return *home->process;
    auto* const made = new process_state;
    module_registry& modules = made->modules;
    modules.sdk_layout = sdk_layout;
    modules.process = made;
    modules.each_thread = [](void (*use)(thread_state&, void*), void* context) {
        process().threads.for_each([&](thread_state& thread) { use(thread, context); });
    };
    modules.before_join = []() noexcept { process().metrics.forget_addresses(process().modules.unloaded()); };
    const module_home& home = modules.claim(this_module);
    if (&home == &modules) keep_loaded(this_module);
    return shared_by(&home) ? *home.process : *made;
}

// False where another module, whose code was compiled in another way, has the state of the process.
inline bool is_shared(const process_state& state) noexcept {
    const module_home* const home = this_module.home.load_acquire();
    return home && home->process == &state;
}

// One in the process, however many modules include this.
inline process_state& process() {
    static process_state* const state = &find_or_make_process();
    return *state;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
