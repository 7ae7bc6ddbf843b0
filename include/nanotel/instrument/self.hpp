// SPDX-License-Identifier: MIT
// The metrics of the telemetry itself: what became of spans, logs and data points, how its destinations are.
// Opt-in: sdk.hpp does not include it.
#pragma once

#include <nanotel/core/config.hpp>

#ifndef NANOTEL_DISABLED

#include <nanotel/instrument/self_instruments.hpp>
#include <nanotel/sdk.hpp>

#include <memory>
#include <mutex>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

struct server_address {
    std::string host; // empty: there is none
    std::uint16_t port = 0;
};

// Where an exporter sends to; where the signals have several, the first.
inline server_address server_of(const exporter& to) {
    const std::string where = to.description();
    const endpoint_result at = parse_endpoint(std::string_view(where).substr(0, where.find(',')));
    if (!at || !at.value.socket.empty()) return {};
    return {at.value.host, at.value.port};
}

// One destination, as its series are named.
struct observed_destination {
    destination_statistics counts;
    std::string kind; // exporter::name
    server_address at;
};

struct self_reading {
    std::uint64_t ended = 0;  // spans
    std::uint64_t logged = 0; // log records
    statistics counts;
    std::vector<observed_destination> destinations;
};

inline self_reading read_self() {
    self_reading now;
    process_state& state = process();
    if (state.threads.is_unprepared_child()) return now;
    now.counts = collect_statistics();
    state.threads.for_each([&](const thread_state& thread) {
        now.ended += thread.recorded.load_relaxed() + thread.interrupting.load_relaxed();
        now.logged += thread.logs.recorded.load_relaxed() + thread.logs.interrupting.load_relaxed();
    });
    std::shared_ptr<pipeline> running;
    {
        const std::lock_guard lock(state.mutex);
        running = state.running;
    }
    if (!running) return now;
    running->for_each_destination([&](outlet& each) {
        const exporter& to = each.sending.destination();
        observed_destination one{each.queue.describe(each.name), std::string(to.name()), server_of(to)};
        now.destinations.push_back(std::move(one));
    });
    return now;
}

// Reads once for all callbacks of a collection: each is called once, so one that has seen the latest reading
// asks for the next. Up to 32 callbacks.
class self_reader {
public:
    std::shared_ptr<const self_reading> for_callback(unsigned number) {
        if (::getpid() != owner_) { // at the fork a thread that is not here may have been reading
            new (&mutex_) std::mutex;
            new (&latest_) std::shared_ptr<const self_reading>;
            seen_ = 0;
            owner_ = ::getpid();
        }
        const std::lock_guard lock(
            mutex_); // a callback may have been left behind by a shutdown and come back
        const std::uint32_t mine = std::uint32_t{1} << number;
        if (!latest_ || (seen_ & mine) != 0) {
            seen_ = 0;
            latest_ = std::make_shared<const self_reading>(read_self());
        }
        seen_ |= mine;
        return latest_;
    }

private:
    pid_t owner_ = ::getpid();
    std::mutex mutex_;
    std::shared_ptr<const self_reading> latest_;
    std::uint32_t seen_ = 0;
};

// otel.component.type has well-known values for the exporters that others have too.
inline std::string component_type(const std::string& kind, signal of) {
    const char* const what = of == signal::traces    ? "_span_exporter"
                             : of == signal::metrics ? "_metric_exporter"
                                                     : "_log_exporter";
    return (kind == "otlp_http" ? "otlp_http_json" : kind) + what;
}

// Calls with the attributes that name a destination.
template <class Measure>
void with_destination(Measure measure, const std::string& kind, const std::string& name,
                      const server_address& at, signal of) {
    using namespace literals;
    const std::string type = component_type(kind, of);
    if (at.host.empty())
        measure(component_type_key = type, component_name_key = name);
    else
        measure(component_type_key = type, component_name_key = name, "server.address"_attr = at.host,
                "server.port"_attr = static_cast<std::int64_t>(at.port));
}

// With more of them.
template <class Observer, class... More>
void observe_destination(const Observer& observer, const observed_destination& at, signal of,
                         std::uint64_t value, const More&... more) {
    with_destination([&](const auto&... labels) { observer.observe(value, labels..., more...); }, at.kind,
                     at.counts.name, at.at, of);
}

inline void record_operation(const finished_export& over) noexcept {
    try {
        using namespace literals;
        with_destination(
            [&](const auto&... labels) {
                if (over.error_type)
                    operation_duration.record(over.seconds, labels..., "error.type"_attr = over.error_type);
                else
                    operation_duration.record(over.seconds, labels...);
            },
            std::string(over.by.name()), over.destination, server_of(over.by), over.kind);
    } catch (...) { // no memory to measure it
    }
}

inline void record_collection(std::size_t reader, double seconds, bool failed) noexcept {
    try {
        using namespace literals;
        constexpr auto type = "periodic_metric_reader";
        const std::string name = "periodic_metric_reader/" + std::to_string(reader);
        if (failed)
            collection_duration.record(seconds, component_type_key = type, component_name_key = name,
                                       "error.type"_attr = "out_of_memory");
        else
            collection_duration.record(seconds, component_type_key = type, component_name_key = name);
    } catch (...) { // no memory to measure it
    }
}

// While anybody observes.
class heard_operations {
public:
    heard_operations() noexcept { change(1); }
    ~heard_operations() { change(-1); }
    heard_operations(const heard_operations&) = delete;
    heard_operations& operator=(const heard_operations&) = delete;

private:
    static void change(int by) noexcept {
        static std::mutex mutex;
        static int listening = 0;
        const signals_blocked quiet;
        const std::lock_guard lock(mutex);
        listening += by;
        heard_exports.store_release(listening != 0 ? &record_operation : nullptr);
        heard_collections.store_release(listening != 0 ? &record_collection : nullptr);
    }
};

struct observed_self {
    heard_operations operations;
    self_instruments instruments;
    self_reader reader;
};

// The spans, data points or log records that the exporter is through with.
template <class Observer>
void observe_exported(const Observer& observer, const observed_destination& at, signal of,
                      const signal_statistics& counts) {
    using namespace literals;
    observe_destination(observer, at, of, counts.delivered);
    const auto failed = [&](const char* type, std::uint64_t count) {
        if (count != 0) observe_destination(observer, at, of, count, "error.type"_attr = type);
    };
    failed("rejected", counts.dropped_by.rejected);
    failed("undeliverable", counts.dropped_by.undeliverable);
}

// The processor of spans or of log records.
struct observed_processor {
    const char* type;
    const char* name;
};
inline constexpr observed_processor span_processor{"batching_span_processor", "batching_span_processor/0"};
inline constexpr observed_processor log_processor{"batching_log_processor", "batching_log_processor/0"};

template <class Observer>
void observe_queue(const Observer& observer, const observed_processor& by, const signal_statistics& counts) {
    observer.observe(counts.queued - std::min(counts.queued, counts.in_flight), component_type_key = by.type,
                     component_name_key = by.name);
}

// What never comes to an exporter, by reason; what did, or nobody wanted.
template <class Observer>
void observe_processed(const Observer& observer, const observed_processor& by,
                       const signal_statistics& counts) {
    using namespace literals;
    const char* const type = by.type;
    const char* const name = by.name;
    const dropped_counts& lost = counts.dropped_by;
    observer.observe(counts.delivered + lost.rejected + lost.undeliverable + lost.filtered,
                     component_type_key = type, component_name_key = name);
    const auto failed = [&](const char* why, std::uint64_t count) {
        if (count != 0)
            observer.observe(count, component_type_key = type, component_name_key = name,
                             "error.type"_attr = why);
    };
    failed("queue_full", lost.ring_full + lost.queue_full); // as the conventions name both
    failed("too_large", lost.too_large);
    failed("interrupting", lost.interrupting);
    failed("out_of_memory", lost.out_of_memory);
    failed("shut_down", lost.shut_down);
    failed("expired", lost.expired);
    failed("damaged", lost.damaged);
}

} // namespace detail

/// Reports the metrics of the telemetry for as long as it lives; see observe_telemetry. Movable.
class telemetry_observation {
public:
    telemetry_observation() noexcept = default;
    explicit telemetry_observation(const std::shared_ptr<detail::observed_self>& self);

    /// Ends it now. When it returns, nothing of it runs any more.
    void remove() noexcept {
        for (callback_guard& callback : callbacks_) callback.remove();
        self_.reset();
    }

private:
    static constexpr unsigned most = 17;
    std::shared_ptr<detail::observed_self> self_;
    callback_guard callbacks_[most];
};

inline telemetry_observation::telemetry_observation(const std::shared_ptr<detail::observed_self>& self)
    : self_(self) {
    using namespace literals;
    using detail::observe_destination;
    using detail::observed_destination;
    using reading = detail::self_reading;

    detail::self_instruments& measured = self->instruments;
    unsigned added = 0;
    const auto add = [&](auto& instrument, auto report) {
        const unsigned number = added++;
        callbacks_[number] = instrument.observe([self, number, report](const auto& observer) {
            report(observer, *self->reader.for_callback(number));
        });
    };
    const auto add_each = [&](auto& instrument, auto report) {
        add(instrument, [report](const auto& observer, const reading& now) {
            for (const observed_destination& each : now.destinations) report(observer, each);
        });
    };
    add(measured.started, [](const auto& observer, const reading& now) {
        observer.observe(now.ended, detail::sampling_result_key = "RECORD_AND_SAMPLE");
    });
    add(measured.queue_size, [](const auto& observer, const reading& now) {
        detail::observe_queue(observer, detail::span_processor, now.counts);
    });
    add(measured.processed, [](const auto& observer, const reading& now) {
        detail::observe_processed(observer, detail::span_processor, now.counts);
    });
    add(measured.logs_created,
        [](const auto& observer, const reading& now) { observer.observe(now.logged); });
    add(measured.log_queue_size, [](const auto& observer, const reading& now) {
        detail::observe_queue(observer, detail::log_processor, now.counts.logs);
    });
    add(measured.logs_processed, [](const auto& observer, const reading& now) {
        detail::observe_processed(observer, detail::log_processor, now.counts.logs);
    });
    add_each(measured.logs_inflight, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::logs, each.counts.logs.in_flight);
    });
    add_each(measured.logs_exported, [](const auto& observer, const observed_destination& each) {
        detail::observe_exported(observer, each, signal::logs, each.counts.logs);
    });
    add_each(measured.logs_spilled, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::logs, each.counts.logs.spilled);
    });
    add_each(measured.spans_inflight, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::traces, each.counts.spans.in_flight);
    });
    add_each(measured.spans_exported, [](const auto& observer, const observed_destination& each) {
        detail::observe_exported(observer, each, signal::traces, each.counts.spans);
    });
    add_each(measured.points_inflight, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::metrics, each.counts.data_points.in_flight);
    });
    add_each(measured.points_exported, [](const auto& observer, const observed_destination& each) {
        detail::observe_exported(observer, each, signal::metrics, each.counts.data_points);
    });
    add_each(measured.queue_usage, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::traces, each.counts.queue_bytes);
    });
    add_each(measured.spans_spilled, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::traces, each.counts.spans.spilled);
    });
    add_each(measured.points_spilled, [](const auto& observer, const observed_destination& each) {
        observe_destination(observer, each, signal::metrics, each.counts.data_points.spilled);
    });
    add_each(measured.breaker, [](const auto& observer, const observed_destination& each) {
        for (const auto state : {breaker_state::closed, breaker_state::open, breaker_state::half_open})
            observe_destination(observer, each, signal::traces, each.counts.breaker == state ? 1 : 0,
                                "nanotel.breaker.state"_attr = to_string(state));
    });
}

/// Reports what becomes of the telemetry itself, as the semantic conventions name it, for as long as the
/// object that it returns lives: `auto self = nanotel::observe_telemetry();`. At any time, also before start.
///
/// otel.sdk.span.started (sampled spans, at their end), otel.sdk.processor.span.queue.size and .processed
/// with the reason of each loss as error.type, otel.sdk.exporter.span.exported and .inflight and their twins
/// for log and metric_data_point, otel.sdk.log.created, otel.sdk.exporter.operation.duration,
/// otel.sdk.metric_reader.collection.duration; nanotel.exporter.queue.usage, .span.spilled,
/// .log.spilled, .metric_data_point.spilled and .breaker.state, all by destination: otel.component.name is
/// destination_statistics::name. The counts are those of telemetry::stats. Costs some microseconds a
/// collection, on a thread of the library.
[[nodiscard]] inline telemetry_observation observe_telemetry() noexcept {
    try {
        return telemetry_observation(std::make_shared<detail::observed_self>());
    } catch (...) {
        detail::diagnose(diagnostic_level::error, "self",
                         "there was no memory to observe the telemetry with; its metrics are missing");
        return {};
    }
}

} // namespace nanotel::inline NANOTEL_ABI

#else

namespace nanotel::inline NANOTEL_ABI {

class telemetry_observation {
public:
    telemetry_observation() noexcept = default;
    telemetry_observation(telemetry_observation&&) noexcept {}
    telemetry_observation& operator=(telemetry_observation&&) noexcept { return *this; }
    ~telemetry_observation() {} // not trivial, so that nobody is told of an unused variable
    void remove() noexcept {}
};

[[nodiscard]] inline telemetry_observation observe_telemetry() noexcept { return {}; }

} // namespace nanotel::inline NANOTEL_ABI

#endif
