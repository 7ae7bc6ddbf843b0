// SPDX-License-Identifier: MIT
// From the destinations that the options name to outlets, and who sends what to which.
#pragma once

#include <nanotel/pipeline/configuration.hpp>
#include <nanotel/pipeline/process.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What an exporter says of itself: it may be the application's.
inline std::string name_of(const exporter& to) {
    std::string name;
    try {
        name = std::string(to.name());
        const std::string where = to.description();
        if (!where.empty() && where != name) name += " " + where;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (...) { // it goes by what there is
    }
    return name.empty() ? "exporter" : name;
}

// Under a name that no other outlet of the pipeline has.
inline outlet& add_outlet(pipeline& made, const options& given, std::shared_ptr<exporter> to,
                          std::string name) {
    if (name.empty()) name = name_of(*to);
    const std::string plain = name;
    for (int again = 2;; ++again) {
        bool taken = false;
        for (const auto& other : made.outlets) taken = taken || other->name == name;
        if (!taken) break;
        name = plain + " (" + std::to_string(again) + ")";
    }
    queue_options waiting = make_queue_options(given);
    if (!made.outlets.empty()) waiting.patience = {}; // of several, who encodes waits for the first alone
    std::shared_ptr<spool> disk;
    std::string folder;
    if (!given.spool.directory.empty()) {
        disk = std::make_shared<spool>(given.spool, name);
        if (disk->usable())
            folder = given.spool.directory + '\n' + name;
        else
            disk.reset(); // which was reported
    }
    made.outlets.push_back(std::make_unique<outlet>(std::move(to), std::move(name), waiting,
                                                    make_sender_options(given), process().turns,
                                                    std::move(disk), std::move(folder)));
    return *made.outlets.back();
}

struct known_log_stream {
    std::uint64_t threshold;
    log_stream* stream;
};

// The stream of log records that the destination shares with those of the same ratio. Filters choose spans.
inline log_stream& add_logs(pipeline& made, const options& given, const destination& to,
                            const std::string& resource_json, std::vector<known_log_stream>& shared) {
    const sampler ratio = sampler::trace_id_ratio(to.ratio);
    for (const known_log_stream& known : shared)
        if (known.threshold == ratio.threshold()) return *known.stream;
    log_stream& stream = made.collecting.logs.add(std::make_unique<log_stream>(
        process().sites, resource_json, make_log_encoding(given), make_log_batch(given), ratio));
    shared.push_back({ratio.threshold(), &stream});
    return stream;
}

// Outlets and streams for the destinations; where metrics go whose reader has no exporter of its own.
inline fan_out add_destinations(pipeline& made, const options& given, const std::vector<destination>& all,
                                const std::string& resource_json) {
    fan_out metrics;
    struct known_stream {
        std::uint64_t threshold;
        trace_stream* stream;
    };
    std::vector<known_stream> shared; // by those without a filter
    std::vector<known_log_stream> logs;
    for (const destination& each : all) {
        outlet& to = add_outlet(made, given, each.exporter, each.name);
        if (each.signals.metrics) metrics.add(to.queue);
        if (each.signals.logs) add_logs(made, given, each, resource_json, logs).to.add(to.queue);
        if (!each.signals.traces) continue;
        const sampler ratio = sampler::trace_id_ratio(each.ratio);
        trace_stream* stream = nullptr;
        if (!each.filter)
            for (const known_stream& known : shared)
                if (known.threshold == ratio.threshold()) stream = known.stream;
        if (!stream) {
            stream_options how = make_stream_options(given);
            how.ratio = ratio;
            how.filter = each.filter;
            how.name = to.name;
            stream = &made.collecting.spans.add(std::make_unique<trace_stream>(
                process().sites, resource_json, make_limits(given), std::move(how)));
            if (!each.filter) shared.push_back({ratio.threshold(), stream});
        }
        stream->to.add(to.queue);
    }
    return metrics;
}

// What lies on disk of the outlets becomes theirs. What this process left there itself was counted before:
// when the pipeline is published, that is taken from what was.
inline void recover(pipeline& made) {
    process_state& state = process();
    made.for_each_destination([&](outlet& each) {
        if (each.spool_folder.empty()) return;
        std::array<std::uint64_t, 3> mine{};
        {
            const std::lock_guard lock(state.mutex);
            if (const auto at = state.left_on_disk.find(each.spool_folder); at != state.left_on_disk.end())
                mine = at->second;
        }
        each.queue.look_at_disk(mine.data());
        const std::lock_guard lock(state.mutex);
        if (mine[0] + mine[1] + mine[2] != 0) made.counted_before.emplace_back(each.spool_folder, mine);
    });
}

// With the lock of the process.
inline void publish(process_state& state, std::shared_ptr<pipeline> made) {
    for (const auto& [folder, mine] : made->counted_before) {
        auto& left = state.left_on_disk[folder];
        for (std::size_t k = 0; k < 3; ++k) left[k] -= std::min(left[k], mine[k]);
        const std::array<signal_statistics*, 3> counted{&state.before, &state.before.data_points,
                                                        &state.before.logs};
        for (std::size_t k = 0; k < counted.size(); ++k) {
            counted[k]->queued -= std::min(counted[k]->queued, mine[k]);
            counted[k]->spilled -= std::min(counted[k]->spilled, mine[k]);
        }
    }
    made->counted_before.clear();
    state.running = std::move(made);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
