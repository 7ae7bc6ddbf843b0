// SPDX-License-Identifier: MIT
// The seam of metric readers that are asked from outside, as a scrape endpoint is.
#pragma once

#include <nanotel/core/environment.hpp>
#include <nanotel/core/site_registry.hpp>
#include <nanotel/metrics/metric_data.hpp>
#include <nanotel/otlp/resource.hpp>

#include <memory>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

// Where such a reader gets its points. Thread-safe; collections of one reader exclude each other.
class metric_source {
public:
    virtual ~metric_source() = default;
    // One collection, cumulative, with the callbacks of observable instruments; false, and nothing in the
    // sink, where the telemetry is shut down.
    virtual bool collect(metric_sink& sink) = 0;
    virtual const resource& described() const = 0;
    virtual const known_scope& scope(std::uint32_t number) const = 0;
};

} // namespace detail

/// A metric reader that collects when somebody asks (OpenTelemetry Metrics SDK, "MetricReader"): given in
/// options::pull_readers. Its temporality is cumulative.
class pull_reader {
public:
    pull_reader() = default;
    pull_reader(const pull_reader&) = delete;
    pull_reader& operator=(const pull_reader&) = delete;
    virtual ~pull_reader() = default;

    /// Called by nanotel::start. The source lives until stop has returned. What cannot be done is a
    /// diagnostic; throws std::invalid_argument for options that cannot be.
    virtual void start(detail::metric_source& source) = 0;
    /// Called by shutdown, once for each start. Returns soon; after it nothing is collected.
    virtual void stop() noexcept = 0;
    /// Called in a forked child by the handler of the fork, if this was started before: closes the
    /// descriptors that are the parent's, takes no lock and allocates nothing. The child does not start the
    /// reader again, unless it calls nanotel::start with it.
    virtual void leave_to_parent() noexcept {}
};

namespace detail {

// Makes the reader of OTEL_METRICS_EXPORTER=prometheus, by the environment. Null where no file of this module
// includes exporters/prometheus.hpp. Relaxed: set when the module is loaded, before anything of it runs.
inline constinit atomic<std::shared_ptr<pull_reader> (*)(const environment&)> make_prometheus_reader{};

} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
