// SPDX-License-Identifier: MIT
// A scrape endpoint for Prometheus (OpenTelemetry specification, "Metrics Exporter - Prometheus"). Includes
// cpp-httplib; not part of sdk.hpp.
#pragma once

#include <unistd.h> // getpid

#include <algorithm> // any_of
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring> // strerror
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept> // invalid_argument
#include <string>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/gzip.hpp>
#include <nanotel/exporters/prometheus_negotiation.hpp>
#include <nanotel/exporters/prometheus_server.hpp>
#include <nanotel/exporters/prometheus_text.hpp>
#include <nanotel/exporters/pull_reader.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Where and how metrics are shown to Prometheus.
struct prometheus_options {
    /// A name or an address; 0.0.0.0 or :: for every one that this machine has, which lets all the network
    /// read the metrics. Default: OTEL_EXPORTER_PROMETHEUS_HOST, else localhost, which is 127.0.0.1 where
    /// there is one.
    std::string host = {};
    /// 0: any free one, see prometheus_reader::port. Default: OTEL_EXPORTER_PROMETHEUS_PORT, else 9464.
    std::optional<std::uint16_t> port = std::nullopt;
    std::string path = "/metrics";
    /// Names without the unit: http_server_request_duration instead of …_seconds.
    bool without_units = false;
    /// Names of counters without _total, in the text format; OpenMetrics always has it.
    bool without_type_suffix = false;
    /// Series without otel_scope_name, otel_scope_version and the other labels of their scope. Of series that
    /// then look the same only the first is shown.
    bool without_scope_info = false;
    /// Without target_info, the series that has the attributes of the resource.
    bool without_target_info = false;
    /// In OpenMetrics, _created with the start time of each counter and histogram. Prometheus takes them for
    /// series of their own.
    bool with_created_timestamps = false;
    /// Keys of resource attributes that become labels of every series, as "service.instance.id"; a * at the
    /// end of one stands for any rest.
    std::vector<std::string> resource_constant_labels = {};
};

/// Serves the metrics over HTTP/1.1 at http://host:port/metrics, in the Prometheus text format 0.0.4 or,
/// where the scraper prefers it, in OpenMetrics 1.0 with exemplars; compressed by gzip where it is accepted.
/// One collection at a time; a client that is slow to ask or to read is left after seconds. Exponential
/// histograms have at most 40 bounds a side, since these formats have no native histograms. Given in
/// options::pull_readers; serves from nanotel::start to shutdown, in this process alone: a forked child lets
/// go of the port, and serves only where it calls nanotel::start with a reader of its own.
class prometheus_reader final : public pull_reader {
public:
    prometheus_reader(prometheus_options options, const environment& variables)
        : host_(host_of(options, variables)), wanted_port_(port_of(options, variables)),
          path_(std::move(options.path)),
          translation_{!options.without_units,          !options.without_type_suffix,
                       !options.without_scope_info,     !options.without_target_info,
                       options.with_created_timestamps, std::move(options.resource_constant_labels)} {
        if (!path_.starts_with('/') || path_.find_first_of("?# \t\r\n") != path_.npos)
            throw std::invalid_argument("prometheus: .path \"" + path_ +
                                        "\" is none; write one that begins with a slash and has no query, "
                                        "such as /metrics");
    }
    ~prometheus_reader() override { stop(); }

    /// The port that is served, 0 where none is.
    [[nodiscard]] int port() const noexcept { return port_.load(std::memory_order_relaxed); }

    /// Where the port cannot be had it says so in a diagnostic, and the program goes on.
    void start(detail::metric_source& source) override {
        stop();
        try {
            auto server = std::make_unique<detail::scrape_server>(
                hosts(), wanted_port_, path_,
                [this, &source](const detail::scrape_request& request) { return answer(request, source); });
            const int port = server->start();
            if (port == 0) return complain(errno);
            server_ = std::move(server);
            owner_ = ::getpid();
            port_.store(port, std::memory_order_relaxed);
        } catch (const std::exception& problem) { // no thread, no memory
            complain(problem.what());
        }
    }

    void stop() noexcept override {
        port_.store(0, std::memory_order_relaxed);
        if (!server_) return;
        if (owner_ == ::getpid()) {
            server_->stop();
            server_.reset();
        } else {
            leave_to_parent();
        }
    }

    /// The port is the parent's: here it would be held beyond its end, and a scraper would wait for an
    /// answer.
    void leave_to_parent() noexcept override {
        port_.store(0, std::memory_order_relaxed);
        if (!server_) return;
        server_.release()->abandon(); // the parent's threads are not here to be waited for
        new (&scraping_) std::mutex;  // and one of them may have held this
    }

private:
    static std::string host_of(const prometheus_options& options, const environment& variables) {
        std::string host = options.host;
        if (host.empty()) host = variables.text("OTEL_EXPORTER_PROMETHEUS_HOST").value_or("localhost");
        host = detail::trim(host);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']')
            host = host.substr(1, host.size() - 2);
        return host.empty() ? "localhost" : host;
    }

    static int port_of(const prometheus_options& options, const environment& variables) {
        if (options.port) return *options.port;
        return static_cast<int>(variables.integer("OTEL_EXPORTER_PROMETHEUS_PORT", 0, 65535).value_or(9464));
    }

    // Which of the two a system's resolver names first differs; what scrapes 127.0.0.1 should find it.
    std::vector<std::string> hosts() const {
        if (detail::equal_ignoring_case(host_, "localhost")) return {"127.0.0.1", "::1"};
        return {host_};
    }

    std::string where() const {
        const bool brackets = host_.find(':') != host_.npos;
        return (brackets ? "[" + host_ + "]" : host_) + ":" + std::to_string(wanted_port_);
    }

    void complain(int error) const {
        if (error == 0)
            return complain("the host name has no address; set OTEL_EXPORTER_PROMETHEUS_HOST or .host to one "
                            "of this machine, such as 127.0.0.1 or 0.0.0.0");
        std::string text = std::strerror(error);
        if (error == EADDRINUSE)
            text += "; end the program that listens there, or set OTEL_EXPORTER_PROMETHEUS_PORT or .port to "
                    "another one (0: any that is free)";
        else if (error == EACCES)
            text += "; set OTEL_EXPORTER_PROMETHEUS_PORT or .port to one from 1024 on";
        else if (error == EADDRNOTAVAIL)
            text += "; set OTEL_EXPORTER_PROMETHEUS_HOST or .host to an address of this machine";
        complain(text);
    }

    void complain(const std::string& problem) const {
        detail::diagnose(diagnostic_level::error, "prometheus:start:" + where(),
                         "prometheus: no metrics can be scraped from " + where() + ": " + problem);
    }

    detail::scrape_answer answer(const detail::scrape_request& request, detail::metric_source& source) {
        if (!request.known_path) return {.status = 404, .body = "The metrics are at " + path_ + "\n"};
        if (!request.reads) return {.status = 405, .body = "Metrics are read by GET\n"};
        const auto format = detail::negotiated_format(request.accept);
        detail::scrape_answer result;
        result.content_type = format == detail::prometheus_format::openmetrics
                                  ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                  : "text/plain; version=0.0.4; charset=utf-8";
        const std::lock_guard lock(scraping_);
        detail::prometheus_text text(format, translation_, source, complaints_);
        if (!source.collect(text)) return {.status = 503, .body = "The telemetry is shut down\n"};
        result.body = text.finish();
        std::string compressed;
        if (detail::accepts_gzip(request.accept_encoding) && compressor_.compress(result.body, compressed)) {
            result.body = std::move(compressed);
            result.content_encoding = "gzip";
        }
        return result;
    }

    const std::string host_;
    const int wanted_port_;
    const std::string path_;
    const detail::prometheus_translation translation_;
    std::atomic<int> port_{0}; // guards nothing else
    int owner_ = 0;
    std::unique_ptr<detail::scrape_server> server_;

    std::mutex scraping_; // a scrape waits for another one; guards what follows
    detail::prometheus_complaints complaints_;
    detail::gzip_compressor compressor_;
};

/// A reader to give to options::pull_readers. Throws std::invalid_argument for options that cannot be; a bad
/// environment variable is reported once and ignored. Binds nothing before nanotel::start.
[[nodiscard]] inline std::shared_ptr<prometheus_reader>
prometheus_exporter(prometheus_options options = {}, const environment& variables = {}) {
    return std::make_shared<prometheus_reader>(std::move(options), variables);
}

namespace detail {

// OTEL_METRICS_EXPORTER=prometheus finds it here.
inline const bool prometheus_can_be_chosen =
    (make_prometheus_reader.store_relaxed([](const environment& variables) -> std::shared_ptr<pull_reader> {
        return prometheus_exporter({}, variables);
    }),
     true);

} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
