// SPDX-License-Identifier: MIT
// Options and environment variables together: what a pipeline is built from.
#pragma once

#include <nanotel/metrics/stream_builder.hpp>
#include <nanotel/pipeline/collector.hpp>
#include <nanotel/pipeline/exporter_choice.hpp>
#include <nanotel/pipeline/log_configuration.hpp>
#include <nanotel/pipeline/options.hpp>
#include <nanotel/pipeline/sender.hpp>
#include <nanotel/pipeline/trace_stream.hpp>

#include <algorithm> // any_of
#include <bit>       // has_single_bit
#include <stdexcept>

namespace nanotel::inline NANOTEL_ABI::detail {

// Any case of "false" switches off, as any case of "true" does for the variable of the specification. What is
// neither is reported and leaves it on: whoever deploys a program wants to see it.
inline bool is_enabled(const options& given) {
    const environment& variables = given.environment;
    if (given.enabled) return *given.enabled;
    const bool disabled = variables.boolean("OTEL_SDK_DISABLED").value_or(false);
    const bool enabled =
        variables.choice<bool>("TELEMETRY_ENABLED", {{"true", true}, {"false", false}}).value_or(true);
    return enabled && !disabled;
}

inline span_limits make_limits(const options& given) {
    if (given.limits) return *given.limits;
    const auto& environment = given.environment;
    span_limits limits;
    const auto count = [&](const char* name, std::uint32_t& limit) {
        if (const auto value = environment.integer(name, 0, 0xffffffff))
            limit = static_cast<std::uint32_t>(*value);
    };
    const auto length = [&](const char* name) {
        if (const auto value = environment.integer(name))
            limits.attribute_value_length = static_cast<std::size_t>(*value);
    };
    count("OTEL_ATTRIBUTE_COUNT_LIMIT", limits.attribute_count);
    count("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", limits.attribute_count);
    count("OTEL_SPAN_EVENT_COUNT_LIMIT", limits.event_count);
    count("OTEL_SPAN_LINK_COUNT_LIMIT", limits.link_count);
    count("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", limits.attributes_per_event);
    count("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", limits.attributes_per_link);
    length("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    length("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT");
    return limits;
}

template <class Require>
void check(const view& v, Require&& require) {
    const std::string which = "the view of '" + v.instrument_name + "' ";
    require(!v.name || v.instrument_name.find_first_of("*?") == std::string::npos,
            which + "gives every metric that it makes the name '" + v.name.value_or("") +
                "'; name one instrument where the metric is to be renamed");
    require(
        !v.name || is_instrument_name(*v.name),
        which + "gives the name '" + v.name.value_or("") +
            "', which is none of a metric: 1 to 255 letters, digits and _ . - /, beginning with a letter");
    const std::vector<double>& bounds = v.aggregation.bounds;
    for (std::size_t i = 0; i < bounds.size(); ++i)
        require(bounds[i] - bounds[i] == 0 && (i == 0 || bounds[i] > bounds[i - 1]),
                which + "has bucket bounds that are not finite and ascending: " + std::to_string(bounds[i]) +
                    " at place " + std::to_string(i));
    require(bounds.size() <= bucket_table_storage::max_bounds,
            which + "has " + std::to_string(bounds.size()) + " bucket bounds; 65535 are possible");
    require(v.aggregation.max_size >= 4 && v.aggregation.max_size <= 4096,
            which + "has an exponential histogram of " + std::to_string(v.aggregation.max_size) +
                " buckets; from 4 to 4096 are possible");
    require(v.aggregation.max_scale >= min_exponential_scale &&
                v.aggregation.max_scale <= max_exponential_scale,
            which + "has an exponential histogram of scale " + std::to_string(v.aggregation.max_scale) +
                "; from -10 to 20 are possible");
    require(v.cardinality_limit.value_or(2) >= 2, which + "has a cardinality_limit below 2");
    require(v.exemplars.value_or(0) <= 100, which + "keeps more than 100 exemplars");
}

template <class Require>
void check_destinations(const options& given, Require&& require) {
    require(given.destinations.empty() || !given.exporter,
            "options::exporter and options::destinations are both set; name the exporter as one of the "
            "destinations");
    for (std::size_t i = 0; i < given.destinations.size(); ++i) {
        const destination& each = given.destinations[i];
        const std::string which = "options::destinations[" + std::to_string(i) + "].";
        require(each.ratio >= 0 && each.ratio <= 1,
                which + "ratio is " + std::to_string(each.ratio) + "; it must be from 0 to 1");
        for (std::size_t k = 0; k < i; ++k) {
            const std::string other = "options::destinations[" + std::to_string(k) + "]";
            require(!each.exporter || each.exporter != given.destinations[k].exporter,
                    which + "exporter is also that of " + other +
                        "; an exporter takes one payload at a time, so give each destination its own");
            require(each.name.empty() || each.name != given.destinations[k].name,
                    which + "name is also that of " + other + "; what waits on disk is found by it");
        }
    }
    if (given.spool.directory.empty()) return;
    require(given.spool.max_bytes != 0,
            "options::spool.max_bytes is 0; leave the directory empty where nothing should go to disk");
    require(given.spool.max_age.count() > 0, "options::spool.max_age is " +
                                                 std::to_string(given.spool.max_age.count()) +
                                                 " s; it must be more than 0");
}

// What the programmer can mend is an exception of start, with the value and what is allowed.
inline void check(const options& given) {
    const auto require = [](bool holds, const std::string& what) {
        if (!holds) throw std::invalid_argument("nanotel::start: " + what);
    };
    const auto ring = [&](const char* name, std::uint64_t bytes) {
        require(std::has_single_bit(bytes) && bytes >= (16 << 10) && bytes <= (1u << 30),
                std::string("options::") + name + " is " + std::to_string(bytes) +
                    "; it must be a power of two from 16384 to 1073741824");
    };
    ring("ring_bytes", given.ring_bytes);
    ring("max_ring_bytes", given.max_ring_bytes);
    require(given.max_ring_bytes >= given.ring_bytes, "options::max_ring_bytes is below options::ring_bytes");
    require(given.max_all_rings_bytes >= given.max_ring_bytes,
            "options::max_all_rings_bytes is " + std::to_string(given.max_all_rings_bytes) +
                "; one ring may grow to options::max_ring_bytes, which is more");
    require(given.max_export_batch_bytes >= (64 << 10) && given.max_export_batch_bytes <= (16 << 20),
            "options::max_export_batch_bytes is " + std::to_string(given.max_export_batch_bytes) +
                "; it must be from 65536 to 16777216, since the Collector refuses more than 20 MiB");
    const auto not_negative = [&](const char* name, std::chrono::milliseconds value) {
        require(value.count() >= 0 && value <= std::chrono::hours(1),
                std::string("options::") + name + " is " + std::to_string(value.count()) +
                    " ms; it must be from 0 to an hour");
    };
    not_negative("schedule_delay", given.schedule_delay.value_or(std::chrono::milliseconds(0)));
    not_negative("export_timeout", given.export_timeout.value_or(std::chrono::milliseconds(0)));
    not_negative("logs.schedule_delay", given.logs.schedule_delay.value_or(std::chrono::milliseconds(0)));
    not_negative("logs.export_timeout", given.logs.export_timeout.value_or(std::chrono::milliseconds(0)));
    not_negative("retry_limit", given.retry_limit);
    not_negative("block_timeout", given.block_timeout);
    not_negative("shutdown_timeout", given.shutdown_timeout);
    require(given.forget_idle_series_after.count() >= 0,
            "options::forget_idle_series_after is " + std::to_string(given.forget_idle_series_after.count()) +
                " ms; it must not be negative, and 0 keeps every series");
    require(given.cardinality_limit >= 2,
            "options::cardinality_limit is " + std::to_string(given.cardinality_limit) +
                "; one series takes what is beyond the limit, so it must be 2 at least");
    for (std::size_t i = 0; i < given.metric_readers.size(); ++i) {
        const metric_reader& reader = given.metric_readers[i];
        const std::string which = "options::metric_readers[" + std::to_string(i) + "].";
        const auto interval = reader.interval.value_or(std::chrono::milliseconds(1));
        require(interval.count() >= 1 && interval <= std::chrono::hours(24),
                which + "interval is " + std::to_string(interval.count()) +
                    " ms; it must be from 1 ms to 24 hours");
        not_negative((which + "timeout").substr(9).c_str(),
                     reader.timeout.value_or(std::chrono::milliseconds(0)));
        for (std::size_t k = 0; k < i; ++k)
            require(!reader.exporter || reader.exporter != given.metric_readers[k].exporter,
                    which + "exporter is also that of options::metric_readers[" + std::to_string(k) +
                        "]; an exporter takes one payload at a time, so give each reader its own");
        require(!reader.exporter || reader.exporter != given.exporter,
                which + "exporter is also options::exporter; leave it empty to share that one");
        for (const destination& each : given.destinations)
            require(!reader.exporter || reader.exporter != each.exporter,
                    which + "exporter is also that of one of options::destinations; leave it empty to share "
                            "those");
    }
    check_destinations(given, require);
    for (const auto& reader : given.pull_readers)
        require(reader != nullptr, "options::pull_readers holds a null pointer");
    for (const view& v : given.views) check(v, require);
}

// What is unknown is named once and left out: the others still carry what they can. As propagator_list::parse
// reads it.
inline std::uint32_t make_propagators(const options& given) {
    std::uint32_t list = propagator_list::known;
    if (given.propagators) {
        for (const propagator one : *given.propagators) list = propagator_list::add(list, one);
        return list;
    }
    const auto named = given.environment.choices<std::optional<propagator>>(
        "OTEL_PROPAGATORS", {{"tracecontext", propagator::trace_context},
                             {"baggage", propagator::baggage},
                             {"b3", propagator::b3},
                             {"b3multi", propagator::b3_multi},
                             {"none", std::nullopt}});
    if (!named) return propagator_list::usual;
    for (const auto& [word, one] : *named)
        if (one) list = propagator_list::add(list, *one);
    return list;
}

inline ring_options make_ring_options(const options& given) {
    return {given.ring_bytes, given.max_ring_bytes, given.max_all_rings_bytes, given.when_full,
            static_cast<std::uint64_t>(given.block_timeout.count()) * 1'000'000u};
}

inline queue_options make_queue_options(const options& given) {
    queue_options made;
    made.bytes = given.max_queue_bytes;
    made.items =
        given.max_queue_size
            ? *given.max_queue_size
            : static_cast<std::uint64_t>(given.environment.integer("OTEL_BSP_MAX_QUEUE_SIZE", 1).value_or(0));
    made.logs = log_queue_items(given);
    if (given.when_full == full_ring_policy::block) made.patience = given.block_timeout;
    return made;
}

inline stream_options make_stream_options(const options& given) {
    stream_options made;
    made.batch_bytes = given.max_export_batch_bytes;
    made.batch_items = given.max_export_batch_size
                           ? *given.max_export_batch_size
                           : static_cast<std::uint64_t>(
                                 given.environment.integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1).value_or(0));
    // A body that the queue could never take beside another is no body to make.
    const std::uint64_t queue_items = make_queue_options(given).items;
    if (queue_items != 0 && (made.batch_items == 0 || made.batch_items > queue_items))
        made.batch_items = queue_items;
    return made;
}

// The sampler of the options, or that which the environment names (OpenTelemetry Environment Variables,
// "General SDK Configuration"). One that does not say "parentbased" does not look at the parent.
inline sampler make_sampler(const options& given) {
    if (given.sampler) return *given.sampler;
    enum class known { on, off, ratio, parent_on, parent_off, parent_ratio };
    const auto& environment = given.environment;
    const auto chosen =
        environment
            .choice<known>("OTEL_TRACES_SAMPLER", {{"parentbased_always_on", known::parent_on},
                                                   {"parentbased_always_off", known::parent_off},
                                                   {"parentbased_traceidratio", known::parent_ratio},
                                                   {"always_on", known::on},
                                                   {"always_off", known::off},
                                                   {"traceidratio", known::ratio}})
            .value_or(known::parent_on);
    const auto by_ratio = [&] {
        return sampler::trace_id_ratio(environment.number("OTEL_TRACES_SAMPLER_ARG", 0, 1).value_or(1));
    };
    switch (chosen) {
    case known::on:
        return sampler::independent(sampler::always_on());
    case known::off:
        return sampler::independent(sampler::always_off());
    case known::ratio:
        return sampler::independent(by_ratio());
    case known::parent_off:
        return sampler::always_off();
    case known::parent_ratio:
        return by_ratio();
    case known::parent_on:
        break;
    }
    return {};
}

inline collector_options make_collector_options(const options& given) {
    collector_options made;
    made.schedule_delay = given.schedule_delay ? *given.schedule_delay
                                               : given.environment.duration("OTEL_BSP_SCHEDULE_DELAY")
                                                     .value_or(std::chrono::milliseconds(5'000));
    made.log_schedule_delay = log_schedule_delay(given);
    made.ticks_are_nanoseconds = given.clock != nullptr;
    return made;
}

// The periodic readers, complete.
inline std::vector<metric_reader> make_metric_readers(const options& given) {
    const auto& environment = given.environment;
    std::vector<metric_reader> readers = given.metric_readers;
    const bool for_people = metrics_are_for_people(given);
    using preference = temporality_preference;
    const auto interval = environment.duration("OTEL_METRIC_EXPORT_INTERVAL");
    const auto timeout = environment.duration("OTEL_METRIC_EXPORT_TIMEOUT");
    const auto temporality = environment.choice<preference>(
        "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", {{"cumulative", preference::cumulative},
                                                              {"delta", preference::delta},
                                                              {"lowmemory", preference::low_memory}});
    const auto histograms = environment.choice<histogram_aggregation>(
        "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION",
        {{"explicit_bucket_histogram", histogram_aggregation::explicit_buckets},
         {"base2_exponential_bucket_histogram", histogram_aggregation::exponential}});
    for (metric_reader& reader : readers) {
        if (!reader.interval)
            reader.interval = interval.value_or(std::chrono::milliseconds(for_people ? 10'000 : 60'000));
        if (reader.interval->count() == 0) reader.interval = std::chrono::milliseconds(1);
        if (!reader.timeout) reader.timeout = timeout.value_or(std::chrono::milliseconds(30'000));
        if (reader.timeout->count() == 0) reader.timeout = std::chrono::hours(24 * 365); // no limit
        if (!reader.temporality && for_people && !reader.exporter)
            reader.temporality = preference::cumulative; // the variable is for OTLP
        if (!reader.temporality) reader.temporality = temporality.value_or(preference::cumulative);
        if (!reader.histograms)
            reader.histograms = histograms.value_or(histogram_aggregation::explicit_buckets);
    }
    return readers;
}

inline stream_settings make_stream_settings(const options& given, const std::vector<metric_reader>& readers) {
    stream_settings made;
    made.views = given.views;
    made.cardinality_limit = given.cardinality_limit;
    made.processor = given.processor;
    made.forget_after_ns = static_cast<std::uint64_t>(given.forget_idle_series_after.count()) * 1'000'000u;
    made.filter = given.exemplar_filter
                      ? *given.exemplar_filter
                      : given.environment
                            .choice<exemplar_filter>("OTEL_METRICS_EXEMPLAR_FILTER",
                                                     {{"trace_based", exemplar_filter::trace_based},
                                                      {"always_on", exemplar_filter::always_on},
                                                      {"always_off", exemplar_filter::always_off}})
                            .value_or(exemplar_filter::trace_based);
    double ratio = -1;
    for (const destination& each : given.destinations)
        if (each.signals.traces) ratio = std::max(ratio, each.ratio);
    if (ratio >= 0) made.exported = sampling_threshold::of_probability(ratio);
    for (const metric_reader& reader : readers)
        made.readers.push_back({*reader.temporality, *reader.histograms});
    for (std::size_t i = 0; i < given.pull_readers.size(); ++i) made.readers.emplace_back();
    return made;
}

inline sender_options make_sender_options(const options& given) {
    sender_options made;
    made.export_timeout = given.export_timeout ? *given.export_timeout
                                               : given.environment.duration("OTEL_BSP_EXPORT_TIMEOUT")
                                                     .value_or(std::chrono::milliseconds(30'000));
    if (made.export_timeout.count() == 0) made.export_timeout = std::chrono::hours(24 * 365); // no limit
    made.retry_limit = given.retry_limit;
    return made;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
