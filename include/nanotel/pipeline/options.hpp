// SPDX-License-Identifier: MIT
// What an application decides when it starts the telemetry. Everything has a default.
#pragma once

#include <nanotel/core/environment.hpp>
#include <nanotel/core/text_processor.hpp>
#include <nanotel/core/thread_registry.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/pull_reader.hpp>
#include <nanotel/metrics/exemplars.hpp>
#include <nanotel/metrics/view.hpp>
#include <nanotel/otlp/resource.hpp>
#include <nanotel/otlp/span_sections.hpp>
#include <nanotel/pipeline/destination.hpp>
#include <nanotel/pipeline/log_processing.hpp>
#include <nanotel/pipeline/metric_reader.hpp>
#include <nanotel/pipeline/spool_options.hpp>
#include <nanotel/propagation/propagators.hpp>
#include <nanotel/resource/detectors.hpp>
#include <nanotel/trace/sampler.hpp>

#include <memory>

namespace nanotel::inline NANOTEL_ABI {

/// What happens to a span that ends while its thread's ring is full: it is dropped and counted, or its thread
/// waits for room, up to options::block_timeout.
using full_ring_policy = detail::full_ring;

/// The options of nanotel::start.
///
/// Memory is bounded whatever the application does, by the sum of
///   max_all_rings_bytes   rings of threads that record (64 MiB), and 66 KiB of slack for each of them,
///   64 MiB                blocks of spans that are open and larger than their inline bytes,
///   max_queue_bytes       for each destination: bodies that wait (64 MiB), shared where they are the same,
///   a few bodies          for each encoding (4 MiB each, half as much again while it grows): the one under
///                         construction, the one being sent, compressed or not, the one on its way to disk,
///   the series            of metrics, within their cardinality limits, for each thread that measures them,
///   4 KiB a thread        alive at once, and what the process knows of call sites and scopes.
/// Most of it is touched only when it is needed. What is set here wins over the environment variable that is
/// named with it.
struct options {
    /// False: start does nothing. OTEL_SDK_DISABLED=true, TELEMETRY_ENABLED=false.
    std::optional<bool> enabled{}; // true

    /// OTEL_SERVICE_NAME; else service.name of OTEL_RESOURCE_ATTRIBUTES, else unknown_service:PROGRAM.
    std::string service_name{};
    /// service.version of OTEL_RESOURCE_ATTRIBUTES.
    std::string service_version{};
    /// Added to those of OTEL_RESOURCE_ATTRIBUTES, and stronger; weaker than those is ENVIRONMENT, which is
    /// deployment.environment.name.
    std::vector<std::pair<std::string, resource_value>> resource_attributes{};
    /// What is found out about host, system, process and container; weaker than all of the above.
    /// OTEL_RESOURCE_DETECTORS: their names, all, or none.
    std::optional<resource_detector_set> resource_detectors{}; // all

    /// Where spans and log records go, and metrics whose reader says nothing else: otlp_http(), otlp_file(),
    /// console_exporter(), otlp_stdout(), a memory_exporter. Null, and without `destinations`: what
    /// OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER name, which is some of otlp,
    /// console and otlp/stdout between commas, or none; otlp by default, with the variables of
    /// otlp_http_options.
    std::shared_ptr<nanotel::exporter> exporter{};
    /// Instead of `exporter`: several places at once, each with its own signals, ratio and filter.
    std::vector<destination> destinations{};

    /// Which traces are recorded. OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG; else roots are, and what
    /// has a parent follows it. Others than these are in nanotel/trace/samplers.hpp.
    std::optional<nanotel::sampler> sampler{};

    /// What inject and extract use, in this order; empty: nothing is carried. OTEL_PROPAGATORS.
    std::optional<std::vector<propagator>> propagators{}; // trace_context, baggage

    /// The longest that a span waits before it is sent. OTEL_BSP_SCHEDULE_DELAY. 0 to an hour; with 0 the
    /// collector thread looks every millisecond.
    std::optional<std::chrono::milliseconds> schedule_delay{}; // 5 s
    /// One attempt of an export. OTEL_BSP_EXPORT_TIMEOUT.
    std::optional<std::chrono::milliseconds> export_timeout{}; // 30 s
    /// Spans in one body, 0 for as many as fit. OTEL_BSP_MAX_EXPORT_BATCH_SIZE.
    std::optional<std::uint64_t> max_export_batch_size{}; // 0
    /// Bytes of one body, 64 KiB to 16 MiB: the Collector refuses more than 20 MiB.
    std::size_t max_export_batch_bytes = std::size_t{4} << 20;
    /// Spans that wait to be sent, 0 for as many as fit. OTEL_BSP_MAX_QUEUE_SIZE.
    std::optional<std::uint64_t> max_queue_size{}; // 0
    /// Bytes of bodies that wait in memory to be sent, of each destination. Where it is reached, the oldest
    /// go to disk; without a spool, or where that is full, the newest are dropped.
    std::size_t max_queue_bytes = std::size_t{64} << 20;
    /// How long a body that a destination does not take now is tried again before it is dropped, from its
    /// first attempt; 0: as long as there is room for it, on disk until it is too old.
    std::chrono::milliseconds retry_limit{0};
    /// Where bodies wait that outlive an outage or the process. Without a directory they wait in memory only.
    spool_options spool{};

    /// Bytes of a thread's ring at first and at most, powers of two from 16 KiB to 1 GiB, and of all rings
    /// together.
    std::uint64_t ring_bytes = 64 << 10;
    std::uint64_t max_ring_bytes = 4 << 20;
    std::uint64_t max_all_rings_bytes = 64 << 20;
    full_ring_policy when_full = full_ring_policy::drop;
    /// The longest that full_ring_policy::block holds up one span's end. Of several destinations the first
    /// alone is waited for: the others drop what they have no room for.
    std::chrono::milliseconds block_timeout{100};

    /// Who collects metrics every so often. Empty, and without pull_readers: one reader as the environment
    /// says, none with OTEL_METRICS_EXPORTER=none; and with prometheus a scrape endpoint, where the program
    /// includes <nanotel/exporters/prometheus.hpp>.
    std::vector<metric_reader> metric_readers{};
    /// Who is asked for metrics from outside: prometheus_exporter().
    std::vector<std::shared_ptr<pull_reader>> pull_readers{};
    /// What is made of the instruments.
    std::vector<view> views{};
    /// Series of a metric whose view says nothing else, with the one that takes what is beyond; at least 2.
    std::size_t cardinality_limit = 2000;
    /// A series that only readers of deltas collect, and that nothing was measured for so long, is let go:
    /// its place within the limit is free, and its memory is used again. Measured again, it comes back. 0:
    /// never. Where several metrics are made of an instrument, each lets go its own. Of observable
    /// instruments it is the other way round: a series that no callback has reported for so long is let go
    /// where no reader wants deltas of it, and gauges are.
    std::chrono::milliseconds forget_idle_series_after{600'000};
    /// OTEL_METRICS_EXEMPLAR_FILTER.
    std::optional<nanotel::exemplar_filter> exemplar_filter{}; // trace_based

    /// OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, and before them
    /// OTEL_ATTRIBUTE_COUNT_LIMIT and OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT; OTEL_SPAN_EVENT_COUNT_LIMIT,
    /// OTEL_SPAN_LINK_COUNT_LIMIT, OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT, OTEL_LINK_ATTRIBUTE_COUNT_LIMIT.
    std::optional<span_limits> limits{};

    log_processing logs{};

    /// Sees every text before it is sent to whatever destination, and may replace it:
    /// nanotel::privacy_processor() of <nanotel/privacy/privacy.hpp>. Null: nothing is looked at, and nothing
    /// costs.
    std::shared_ptr<const text_processor> processor{};

    /// How long the guard that start returns, and the exit of the process, wait for the last spans.
    std::chrono::milliseconds shutdown_timeout{5'000};

    /// For tests: a clock that gives Unix nanoseconds, and ids drawn from it, never zero. Called on any
    /// thread.
    std::uint64_t (*clock)() noexcept = nullptr;
    std::uint64_t (*id_source)() noexcept = nullptr;

    /// For tests: where environment variables are read.
    nanotel::environment environment{};
};

} // namespace nanotel::inline NANOTEL_ABI
