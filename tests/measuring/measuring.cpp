// SPDX-License-Identifier: MIT
#include "measuring.hpp"

#include "support/environment_of.hpp"

#include <nanotel/sdk.hpp>

#include <condition_variable>

namespace nanotel_test {

namespace {

// As memory_exporter, and remembers how many points the pipeline says that a body has.
class counting_exporter final : public nanotel::exporter {
public:
    nanotel::export_result send(const nanotel::payload& body,
                                std::chrono::steady_clock::time_point deadline) override {
        if (body.kind == nanotel::signal::metrics) {
            const std::lock_guard lock(mutex_);
            points_.push_back(body.items);
        }
        return memory.send(body, deadline);
    }
    std::string_view name() const noexcept override { return "counting"; }
    std::string description() const override { return "counting"; }

    std::vector<std::uint64_t> points() const {
        const std::lock_guard lock(mutex_);
        return points_;
    }

    nanotel::memory_exporter memory;
    std::size_t asked = 0; // bodies that a test has seen

private:
    mutable std::mutex mutex_;
    std::vector<std::uint64_t> points_;
};

nanotel::options options_of(const measuring_options& options,
                            std::vector<std::shared_ptr<counting_exporter>>& memories) {
    nanotel::options given;
    given.service_name = "tests";
    given.sampler = options.sampler;
    given.schedule_delay = std::chrono::hours(1); // only a flush sends
    given.when_full = nanotel::full_ring_policy::block;
    given.block_timeout = std::chrono::minutes(1);
    given.shutdown_timeout = std::chrono::minutes(1);
    given.views = options.views;
    given.cardinality_limit = options.cardinality_limit;
    given.forget_idle_series_after = options.forget_idle_series_after;
    given.exemplar_filter = options.exemplar_filter;
    if (options.injected_clock) given.clock = &now;
    given.environment = environment_of(options.environment);
    memories.push_back(std::make_shared<counting_exporter>());
    if (options.ratio == 1)
        given.exporter = memories.back();
    else
        given.destinations = {{.exporter = memories.back(), .ratio = options.ratio}};
    if (options.default_readers) return given;
    for (std::size_t i = 0; i < options.readers.size(); ++i) {
        const reader_of_test& wanted = options.readers[i];
        if (i != 0) memories.push_back(std::make_shared<counting_exporter>());
        nanotel::metric_reader& reader = given.metric_readers.emplace_back();
        if (i != 0) reader.exporter = memories.back();
        reader.interval = wanted.interval;
        reader.timeout = wanted.timeout;
        reader.temporality = wanted.temporality;
        reader.histograms = wanted.histograms;
        reader.max_export_batch_size = wanted.max_export_batch_size;
    }
    return given;
}

bool is_same_metric(const nanotel::finished_metric& a, const nanotel::finished_metric& b) {
    return a.name == b.name && a.unit == b.unit && a.description == b.description && a.kind == b.kind &&
           a.temporality == b.temporality && a.monotonic == b.monotonic && a.scope.name == b.scope.name &&
           a.scope.version == b.scope.version;
}

std::vector<nanotel::finished_metric> decoded(const std::vector<std::string>& bodies, std::size_t first) {
    std::vector<nanotel::finished_metric> all;
    for (std::size_t i = first; i < bodies.size(); ++i) {
        nanotel::decoded_metrics body = nanotel::decode_metrics(bodies[i]);
        INFO(body.error);
        REQUIRE(bool(body));
        for (nanotel::finished_metric& m : body.metrics) {
            // A metric goes on where the body before ended.
            if (i != first && &m == &body.metrics.front() && !all.empty() && is_same_metric(all.back(), m))
                for (nanotel::finished_point& p : m.points) all.back().points.push_back(std::move(p));
            else
                all.push_back(std::move(m));
        }
    }
    return all;
}

} // namespace

struct measuring::implementation {
    std::vector<std::shared_ptr<counting_exporter>> memories;
    nanotel::telemetry telemetry;
    nanotel::statistics before;
};

measuring::measuring(const measuring_options& options) : implementation_(std::make_unique<implementation>()) {
    implementation_->before = nanotel::telemetry{}.stats();
    implementation_->telemetry = nanotel::start(options_of(options, implementation_->memories));
}

measuring::~measuring() = default;

void measuring::flush() {
    REQUIRE(static_cast<bool>(implementation_->telemetry.flush(std::chrono::minutes(5))));
}

std::vector<nanotel::finished_metric> measuring::received(std::size_t reader) {
    counting_exporter& memory = *implementation_->memories.at(reader);
    const std::vector<std::string> bodies = memory.memory.bodies(nanotel::signal::metrics);
    return decoded(bodies, std::exchange(memory.asked, bodies.size()));
}

std::vector<nanotel::finished_metric> measuring::collected(std::size_t reader) {
    flush();
    return received(reader);
}

std::vector<std::uint64_t> measuring::points_of_bodies(std::size_t reader) {
    return implementation_->memories.at(reader)->points();
}

bool measuring::wait_for_points(std::uint64_t count, std::size_t reader) {
    return implementation_->memories.at(reader)->memory.wait_for(count, std::chrono::minutes(1),
                                                                 nanotel::signal::metrics);
}

std::vector<nanotel::finished_span> measuring::spans() {
    flush();
    return implementation_->memories.front()->memory.spans();
}

nanotel::statistics measuring::stats() {
    const nanotel::statistics& before = implementation_->before;
    nanotel::statistics s = implementation_->telemetry.stats();
    s.recorded -= before.recorded;
    s.delivered -= before.delivered;
    s.dropped -= before.dropped;
    s.data_points.recorded -= before.data_points.recorded;
    s.data_points.delivered -= before.data_points.delivered;
    s.data_points.dropped -= before.data_points.dropped;
    s.measurements.invalid -= before.measurements.invalid;
    s.measurements.not_finite -= before.measurements.not_finite;
    s.measurements.interrupting -= before.measurements.interrupting;
    s.measurements.out_of_memory -= before.measurements.out_of_memory;
    return s;
}

bool measuring::shut_down(std::chrono::milliseconds within) {
    return static_cast<bool>(implementation_->telemetry.shutdown(within));
}

struct collecting_without_barrier::implementation {
    nanotel::detail::metric_collection collection{nanotel::detail::process().metrics, false};
};

collecting_without_barrier::collecting_without_barrier()
    : implementation_(std::make_unique<implementation>()) {}
collecting_without_barrier::~collecting_without_barrier() {
    nanotel::detail::process().metrics.fence_turns(false);
}

std::vector<nanotel::finished_metric> collecting_without_barrier::collect() {
    std::vector<std::string> bodies;
    nanotel::detail::metric_encoder encoder(nanotel::detail::process().sites, "{}", 0, std::size_t{16} << 20,
                                            [&](nanotel::detail::byte_buffer body, std::uint64_t) {
                                                bodies.emplace_back(body.data(), body.size());
                                            });
    std::vector<nanotel::detail::observation> none;
    implementation_->collection.collect(0, none, encoder);
    encoder.finish();
    return decoded(bodies, 0);
}

seen_by_collection looked_at(const std::function<void()>& between) {
    nanotel::detail::metric_store& store = nanotel::detail::process().metrics;
    nanotel::detail::metric_store::snapshot seen{};
    store.look(seen);
    between();
    static_cast<void>(store.change_epochs(seen));
    return {seen.threads.size(), seen.histograms};
}

locked_store::locked_store() {
    while (!nanotel::detail::process().metrics.try_lock()) std::this_thread::yield();
}
locked_store::~locked_store() { nanotel::detail::process().metrics.unlock(); }

diagnostics_of_test::diagnostics_of_test() {
    nanotel::set_diagnostic_handler([](nanotel::diagnostic_level, std::string_view text,
                                       void* self) { static_cast<diagnostics_of_test*>(self)->hear(text); },
                                    this);
}
diagnostics_of_test::~diagnostics_of_test() { nanotel::set_diagnostic_handler(nullptr); }

std::string refusal(const measuring_options& options) {
    std::vector<std::shared_ptr<counting_exporter>> memories;
    try {
        static_cast<void>(nanotel::start(options_of(options, memories)));
    } catch (const std::invalid_argument& e) {
        return e.what();
    }
    return "accepted";
}

std::vector<nanotel::metric_reader>
default_readers(const std::vector<std::pair<std::string, std::string>>& environment) {
    nanotel::options given;
    given.environment = environment_of(environment);
    nanotel::detail::choose_readers(given);
    return nanotel::detail::make_metric_readers(given);
}

} // namespace nanotel_test
