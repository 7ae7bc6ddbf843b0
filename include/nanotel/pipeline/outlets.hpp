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

// Listed for forked children as long as it may hold a lock of a file.
inline std::shared_ptr<spool> make_spool(const spool_options& given, const std::string& name) {
    const auto listed = [](auto change) {
        fork_state& forking = process().forking;
        const signals_blocked quiet;
        const std::lock_guard lock(forking.mutex);
        change(forking.disks);
    };
    auto made = std::make_unique<spool>(given, name);
    listed([&](auto& disks) { disks.push_back(made.get()); });
    return {made.release(), [listed](spool* one) {
                one->let_go();
                listed([one](auto& disks) { std::erase(disks, one); });
                delete one;
            }};
}

// A folder of the spool holds bodies of one format: what waits there in another is not for this destination,
// be its name the same.
inline std::string name_on_disk(const std::string& name, const exporter& to) {
    const body_format* const format = to.format();
    return format ? std::string(format->name()) + " " + name : name;
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
        const std::string kept_as = name_on_disk(name, *to);
        disk = make_spool(given.spool, kept_as);
        if (disk->usable())
            folder = given.spool.directory + '\n' + kept_as;
        else
            disk.reset(); // which was reported
    }
    made.outlets.push_back(std::make_unique<outlet>(std::move(to), std::move(name), waiting,
                                                    make_sender_options(given), process().turns,
                                                    std::move(disk), std::move(folder)));
    return *made.outlets.back();
}

// Null is OTLP JSON.
inline bool is_same_format(const body_format* one, const body_format* other) noexcept {
    return one && other ? one->same_as(*other) : one == other;
}

// The less of two limits, of which 0 is none.
inline std::uint64_t less_items(std::uint64_t one, std::uint64_t other) noexcept {
    return one == 0 ? other : other == 0 ? one : std::min(one, other);
}

// Where metrics go whose reader has no exporter of its own, by the format of the bodies.
struct metric_routes {
    fan_out otlp{};
    std::vector<metric_route> others{};

    void add(outlet& to) {
        const body_format* const format = to.sending.destination().format();
        if (!format) return otlp.add(to.queue);
        for (metric_route& other : others)
            if (other.format->same_as(*format)) return other.to.add(to.queue);
        others.push_back({format, {}});
        others.back().to.add(to.queue);
    }
};

struct known_log_stream {
    sampling_threshold ratio;
    const body_format* format;
    log_stream* stream;
};

// The stream of log records that the destination shares with those of the same ratio. Filters choose spans.
inline log_stream& add_logs(pipeline& made, const options& given, const destination& to, const resource& is,
                            std::vector<known_log_stream>& shared) {
    const auto ratio = sampling_threshold::of_probability(to.ratio);
    const body_format* const format = to.exporter->format();
    for (const known_log_stream& known : shared)
        if (known.ratio == ratio && is_same_format(known.format, format)) return *known.stream;
    const site_registry& sites = process().sites;
    const log_encoding how = make_log_encoding(given);
    batch_options batch = make_log_batch(given);
    std::unique_ptr<record_encoder> other;
    if (format) {
        batch.items = less_items(batch.items, format->max_items());
        other = format->logs(sites, is, how);
    }
    log_stream& stream = made.collecting.logs.add(
        std::make_unique<log_stream>(sites, resource_json(is), how, batch, ratio, std::move(other)));
    shared.push_back({ratio, format, &stream});
    return stream;
}

// Outlets and streams for the destinations; where metrics go whose reader has no exporter of its own.
inline metric_routes add_destinations(pipeline& made, const options& given,
                                      const std::vector<destination>& all, const resource& is) {
    metric_routes metrics;
    struct known_stream {
        sampling_threshold ratio;
        const body_format* format;
        bool unsampled;
        trace_stream* stream;
    };
    std::vector<known_stream> shared; // by those without a filter
    std::vector<known_log_stream> logs;
    for (const destination& each : all) {
        outlet& to = add_outlet(made, given, each.exporter, each.name);
        const body_format* const format = each.exporter->format();
        if (each.signals.metrics) metrics.add(to);
        if (each.signals.logs) add_logs(made, given, each, is, logs).to.add(to.queue);
        if (!each.signals.traces) continue;
        const auto ratio = sampling_threshold::of_probability(each.ratio);
        trace_stream* stream = nullptr;
        if (!each.filter)
            for (const known_stream& known : shared)
                if (known.ratio == ratio && known.unsampled == each.unsampled &&
                    is_same_format(known.format, format))
                    stream = known.stream;
        if (!stream) {
            stream_options how = make_stream_options(given);
            how.ratio = ratio;
            how.unsampled = each.unsampled;
            how.filter = each.filter;
            how.name = to.name;
            const span_limits limits = make_limits(given);
            std::unique_ptr<record_encoder> other;
            if (format) {
                how.batch_items = less_items(how.batch_items, format->max_items());
                other = format->spans(process().sites, is, limits, ratio);
            }
            stream = &made.collecting.spans.add(std::make_unique<trace_stream>(
                process().sites, resource_json(is), limits, std::move(how), std::move(other)));
            if (!each.filter) shared.push_back({ratio, format, each.unsampled, stream});
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
