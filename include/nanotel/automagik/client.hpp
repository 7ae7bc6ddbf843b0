// SPDX-License-Identifier: MIT
// The client itself.
#pragma once

#include <nanotel/automagik/project.hpp>
#include <nanotel/automagik/settings.hpp>
#include <nanotel/automagik/start_options.hpp>
#include <nanotel/automagik/status.hpp>
#include <nanotel/pipeline/telemetry.hpp>

namespace automagik::inline NANOTEL_ABI {

/// The telemetry of an automagik program, from here to the end of this object, which sends what is left
/// within client_options::shutdown_timeout: `automagik::telemetry client({.project_name = "my-app", .version
/// = "1.0.0"});` in main, one in a process. exit() and quick_exit(), which do not come to that end, send it
/// too: see pipeline/ending.hpp. Off, and about a nanosecond a call, unless the user has said yes: see
/// opt_in.hpp.
///
/// What is recorded costs the calling thread tens of nanoseconds: it is copied into a ring of the thread's
/// own, and encoded, cleaned and sent by threads of the library, in order and in batches. Nothing here blocks
/// for longer than it says, and nothing but the constructor throws. All members may be called from any
/// thread.
class telemetry {
public:
    /// Throws std::invalid_argument where the options cannot be: no project_name or version, an endpoint that
    /// is no URL. What a variable says never throws: a bad one is reported once and ignored. Where telemetry
    /// cannot be started, for want of threads or since the system does not take a certificate that a variable
    /// names, or runs already in this process, it is off, with a diagnostic.
    explicit telemetry(client_options given)
        : given_(std::move(given)), settings_(checked(given_)), files_(given_.environment),
          decision_(detail::decide(given_.environment, files_)),
          project_(detail::project::of(given_.project_name, given_.version)) {
        if (decision_.enabled) start();
    }
    telemetry(const telemetry&) = delete;
    telemetry& operator=(const telemetry&) = delete;
    ~telemetry() { enabled_.store(false, std::memory_order_relaxed); }

    // -- what is recorded

    /// An event: a span of no length below what is current on this thread, named `name` and with these
    /// attributes, each `"key"_attr = value`. About 120 ns with two attributes.
    template <class... Key, class... Value>
    void track_event(nanotel::text name, const nanotel::attribute<Key, Value>&... attributes) noexcept {
        record(name, nanotel::span_kind::internal, [&](nanotel::span& event) { event.set(attributes...); });
    }
    /// The same with keys that are known at run time: track_event("x", {{"count", 3}, {"name", name}}).
    void track_event(nanotel::text name, const fields& attributes) noexcept {
        record(name, nanotel::span_kind::internal,
               [&](nanotel::span& event) { detail::set_attributes(event, attributes); });
    }
    /// A standard event of automagik::events, checked when compiling, or of a schema of your own. It says
    /// which project it is of.
    template <nanotel::fixed_string Name, nanotel::span_kind Kind, class... Fields, class... Key,
              class... Value>
    void track_event(const nanotel::span_schema<Name, Kind, Fields...>&,
                     const nanotel::attribute<Key, Value>&... attributes) noexcept {
        nanotel::span_schema<Name, Kind,
                             Fields...>::template check_begin<nanotel::attribute<Key, Value>...>();
        record(Name.view(), Kind, [&](nanotel::span& event) {
            event.set(nanotel::key<"project">{} = project_.name(), attributes...);
        });
    }

    /// The event automagik.error with error_type and error_message, the exception beside it, and the status
    /// error. The type is the one that was thrown, whatever it was caught as.
    template <class... Key, class... Value>
    void track_error(const std::exception& error, const nanotel::attribute<Key, Value>&... context) noexcept {
        record_error(error, [&](nanotel::span& event) { event.set(context...); });
    }
    void track_error(const std::exception& error, const fields& context) noexcept {
        record_error(error, [&](nanotel::span& event) { detail::set_attributes(event, context); });
    }
    /// The same of an error that is no exception.
    template <class... Key, class... Value>
    void track_error(nanotel::text message, const nanotel::attribute<Key, Value>&... context) noexcept {
        record_error(message, [&](nanotel::span& event) { event.set(context...); });
    }
    void track_error(nanotel::text message, const fields& context) noexcept {
        record_error(message, [&](nanotel::span& event) { detail::set_attributes(event, context); });
    }

    /// A number of a metric: added to a counter, which takes none below 0, the value of a gauge, or counted
    /// in a bucket of a histogram. A name has 1 to 255 letters, digits and _ . - /, and begins with a letter;
    /// a process has at most 1,000 of them. Attributes that vary make series, up to 2,000 of a metric. About
    /// 30 ns.
    template <class... Key, class... Value>
    void track_metric(nanotel::text name, double value, metric_type type,
                      const nanotel::attribute<Key, Value>&... attributes) noexcept {
        measure(name, type, [&](detail::named_metric& metric) {
            if (type == metric_type::counter)
                metric.counter.add(value, attributes...);
            else if (type == metric_type::gauge)
                metric.gauge.set(value, attributes...);
            else
                metric.histogram.record(value, attributes...);
        });
    }
    void track_metric(nanotel::text name, double value) noexcept {
        track_metric(name, value, metric_type::gauge);
    }
    /// The same with keys that are known at run time. About a microsecond.
    void track_metric(nanotel::text name, double value, metric_type type, const fields& attributes) noexcept {
        measure(name, type, [&](detail::named_metric& metric) {
            nanotel::detail::instrument_state& state = type == metric_type::counter ? metric.counter.state()
                                                       : type == metric_type::gauge
                                                           ? metric.gauge.state()
                                                           : metric.histogram.state();
            if (type == metric_type::counter ? nanotel::detail::is_increment<double>(&state, value)
                                             : nanotel::detail::is_finite_amount<double>(&state, value))
                detail::measure(state, value, attributes);
        });
    }

    /// A log record with the trace that is current on this thread. About 75 ns.
    template <class... Key, class... Value>
    void track_log(nanotel::text message, nanotel::severity level,
                   const nanotel::attribute<Key, Value>&... attributes) noexcept {
        if (is_enabled()) project_.logger().log(level, message, attributes...);
    }
    void track_log(nanotel::text message) noexcept { track_log(message, nanotel::severity::info); }
    void track_log(nanotel::text message, nanotel::severity level, const fields& attributes) noexcept {
        if (is_enabled() && project_.logger().enabled(level))
            detail::log(project_, message, level, attributes);
    }

    // -- the client

    /// Sends what was recorded before the call, and waits for the answers as long as that. True where all of
    /// it was taken, or there was nothing.
    nanotel::flush_result flush(std::chrono::milliseconds deadline = std::chrono::seconds(5)) noexcept {
        try {
            if (!started_.load(std::memory_order_relaxed)) return {.complete = true};
            return running_.flush(deadline);
        } catch (...) {
            return {};
        }
    }

    /// Switches telemetry on, for this process and, by the saved preference, for the next ones of the user.
    /// True where it is on. AUTOMAGIK_DISABLE_ALL_TRACING=true keeps it off. A preference that cannot be
    /// saved is reported. Waits for an enable() or disable() of another thread.
    bool enable() noexcept { return decided(true); }
    /// Sends what was recorded, within client_options::shutdown_timeout, and switches telemetry off, for this
    /// process and, by ~/.automagik-no-telemetry, for the next ones of the user. True where that could be
    /// saved.
    bool disable() noexcept { return decided(false); }

    /// Whether anything is recorded. A load.
    [[nodiscard]] bool is_enabled() const noexcept { return enabled_.load(std::memory_order_relaxed); }

    /// Some microseconds, also while another thread is in enable() or disable().
    [[nodiscard]] client_status status() const {
        client_status now;
        now.enabled = is_enabled();
        bool has_counts = false;
        {
            const std::lock_guard lock(mutex_);
            now.decision = decision_;
            now.user_id = user_id_;
            has_counts = started_once_;
        }
        now.session_id = detail::session_id();
        now.project_name = given_.project_name;
        now.project_version = given_.version;
        const bool rows = settings_.backend == backend::clickhouse;
        now.backend = rows ? "clickhouse" : "otlp";
        now.endpoint = rows ? settings_.clickhouse_endpoint : settings_.traces_endpoint;
        now.metrics_endpoint = rows ? settings_.clickhouse_endpoint : settings_.metrics_endpoint;
        now.logs_endpoint = rows ? settings_.clickhouse_endpoint : settings_.logs_endpoint;
        if (!has_counts) return now;
        const nanotel::statistics counts = running_.stats();
        for (const nanotel::signal_statistics* const of :
             {static_cast<const nanotel::signal_statistics*>(&counts), &counts.data_points, &counts.logs}) {
            const std::uint64_t failed = of->dropped_by.rejected + of->dropped_by.undeliverable;
            now.queued += of->queued;
            now.sent += of->delivered;
            now.failed += failed;
            now.dropped += of->dropped - failed;
        }
        return now;
    }

    // For the runs of runs.hpp.
    const detail::project& project() const noexcept { return project_; }

private:
    static detail::settings checked(const client_options& given) {
        for (const auto& [member, value] :
             {std::pair(".project_name", &given.project_name), {".version", &given.version}})
            if (value->find_first_not_of(" \t") == std::string::npos)
                throw std::invalid_argument(
                    "automagik::telemetry: " + std::string(member) +
                    " is empty; say which program the telemetry is of, and of which version");
        return detail::settings_reader(given).read();
    }

    static void report_off(const char* problem) noexcept {
        try {
            nanotel::detail::diagnose(nanotel::diagnostic_level::error, "automagik:start",
                                      std::string("telemetry is off: ") + problem);
        } catch (...) { // no memory
        }
    }

    // Within the constructor, or with changing_.
    void start() {
        const std::string user = user_id_.empty() ? files_.user_id() : user_id_;
        {
            const std::lock_guard lock(mutex_);
            user_id_ = user;
        }
        std::shared_ptr<nanotel::exporter> to;
        try {
            to = detail::make_exporter(given_, settings_);
        } catch (const std::exception& problem) {
            // What the code has set was checked before: this is a variable's, or the system's.
            return report_off(problem.what());
        }
        nanotel::options options = detail::make_options(given_, settings_, user, std::move(to));
        try {
            running_ = nanotel::start(std::move(options));
        } catch (const std::system_error& problem) { // no thread
            return report_off(problem.what());
        }
        if (!running_.is_owner()) {
            nanotel::detail::diagnose(
                nanotel::diagnostic_level::error, "automagik:start",
                "telemetry of " + given_.project_name +
                    " is off: nanotel runs already in this process, and what it sends is not cleaned of "
                    "personal data. Make the client first, and give it what else is wanted by "
                    "client_options::adjust");
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            started_once_ = true;
        }
        started_.store(true, std::memory_order_relaxed);
        project_.register_sites();
        enabled_.store(true, std::memory_order_relaxed);
    }

    bool decided(bool wanted) noexcept {
        try {
            // One change at a time, so that each finds what the one before has made: no start overtakes a
            // shutdown, which takes seconds, and running_ has one writer. Without mutex_, which status()
            // needs: of running_ that asks for counts alone, as flush() for its work, and both are right
            // beside a start and a shutdown.
            const std::lock_guard changing(changing_);
            const std::string problem = files_.save_preference(wanted);
            if (!problem.empty())
                nanotel::detail::diagnose(
                    nanotel::diagnostic_level::warning, "automagik:preference",
                    "whether telemetry is wanted could not be saved, and holds for this process: " + problem);
            if (wanted && decision_.by == decided_by::master_switch) return false;
            {
                const std::lock_guard lock(mutex_);
                decision_ = {wanted, decided_by::program, {}};
            }
            if (wanted && !started_) start();
            if (!wanted && started_) {
                enabled_.store(false, std::memory_order_relaxed);
                running_.shutdown(given_.shutdown_timeout);
                started_.store(false, std::memory_order_relaxed); // until then a flush waits for it too
            }
            return wanted ? is_enabled() : problem.empty();
        } catch (const std::exception& problem) {
            report_off(problem.what());
        } catch (...) {
        }
        return false;
    }

    template <class Fill>
    void record(nanotel::text name, nanotel::span_kind kind, Fill&& fill) noexcept {
        if (!is_enabled()) return;
        nanotel::detail::call_site site = project_.site_of(name, kind);
        nanotel::span event(site);
        if (!event.is_recording()) return;
        event.update_name(name);
        fill(event);
    }

    template <class Fill>
    void record_error(const std::exception& error, Fill&& fill) noexcept {
        record("automagik.error", nanotel::span_kind::internal, [&](nanotel::span& event) {
            const auto described = nanotel::detail::describe_exception(error);
            event.set(nanotel::key<"error_type">{} =
                          nanotel::detail::type_name{described.type.data, described.type.size},
                      nanotel::key<"error_message">{} = described.message);
            fill(event);
            event.record_exception(described);
            event.set_status(nanotel::status_code::error, described.message);
        });
    }
    template <class Fill>
    void record_error(nanotel::text message, Fill&& fill) noexcept {
        record("automagik.error", nanotel::span_kind::internal, [&](nanotel::span& event) {
            event.set(nanotel::key<"error_message">{} = message);
            fill(event);
            event.set_status(nanotel::status_code::error, message);
        });
    }

    template <class Measure>
    void measure(nanotel::text name, metric_type type, Measure&& use) noexcept {
        if (!is_enabled()) return;
        if (detail::named_metric* const metric = project_.metric(name, type)) use(*metric);
    }

    client_options given_;
    detail::settings settings_;
    detail::home_files files_;
    opt_in_decision decision_;
    detail::project& project_;
    // Relaxed: a call that comes too late or too early records nothing, or into what has ended.
    std::atomic<bool> enabled_{false};
    std::atomic<bool> started_{false};
    std::mutex changing_; // held by enable() and disable() to their ends; before mutex_
    // Of decision_ and the next two where they are written, and where status() reads them.
    mutable std::mutex mutex_;
    bool started_once_ = false;
    std::string user_id_{};
    nanotel::telemetry running_; // last, since its end comes first: written with changing_
};

} // namespace automagik::inline NANOTEL_ABI
