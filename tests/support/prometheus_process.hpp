// SPDX-License-Identifier: MIT
#pragma once

#include "support/child_process.hpp"
#include "support/real_prometheus.hpp"

#include <httplib.h>
#include <simdjson.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanotel_test {

using prometheus_labels = std::map<std::string, std::string>;

/// A native histogram as PromQL returns it; what counts is exact, the bounds are those of its schema.
struct prometheus_histogram {
    struct bucket {
        double lower = 0;
        double upper = 0;
        double count = 0;
    };
    double count = 0;
    double sum = 0;
    std::vector<bucket> buckets; // those that are not empty, from the lowest
};

struct prometheus_sample {
    prometheus_labels labels;                                // with __name__, where the expression keeps it
    double value = std::numeric_limits<double>::quiet_NaN(); // of a histogram: none
    std::optional<prometheus_histogram> histogram;

    friend std::ostream& operator<<(std::ostream& out, const prometheus_sample& sample) {
        out << '{';
        const char* separator = "";
        for (const auto& [name, text] : sample.labels) {
            out << separator << name << "=\"" << text << '"';
            separator = ", ";
        }
        out << "} ";
        if (sample.histogram)
            return out << "histogram of " << sample.histogram->count << ", sum " << sample.histogram->sum;
        return out << sample.value;
    }
};

struct prometheus_exemplar {
    prometheus_labels series;
    prometheus_labels labels;
    double value = 0;
    double timestamp = 0; // Unix seconds
};

/// A list of one scrape configuration, for prometheus_process. Whatever the interval, Prometheus looks for
/// its targets 5 s after it started, not before. A scrape may take as long as the interval, and one that takes
/// longer makes an end of all series until the next: long enough for a busy machine.
inline std::string scrape_of(const std::string& host_and_port, const std::string& interval = "2s") {
    return fill_in(R"(
  - job_name: scraped
    scrape_interval: @INTERVAL@
    scrape_timeout: @INTERVAL@
    static_configs:
      - targets: ['@TARGET@']
)",
                   {{"@INTERVAL@", interval}, {"@TARGET@", host_and_port}});
}

/// The real Prometheus on a free port of loopback, with its remote-write receiver, exemplars and native
/// histograms, from here to the end of this object.
class prometheus_process {
public:
    using time = std::chrono::system_clock::time_point;

    /// SCRAPE_CONFIGS is what stands below that key of its configuration, such as scrape_of(…).
    explicit prometheus_process(const std::string& binary, const std::string& scrape_configs = {}) {
        std::ofstream(folder_ / "prometheus.yml")
            << (scrape_configs.empty() ? "global: {}\n" : "scrape_configs:\n" + scrape_configs);
        for (int attempt = 0; attempt < 5; ++attempt) {
            port_ = free_ports<1>()[0];
            process_.start({binary, "--config.file=" + folder_ / "prometheus.yml",
                            "--storage.tsdb.path=" + folder_ / "data",
                            "--web.listen-address=127.0.0.1:" + std::to_string(port_),
                            "--web.enable-remote-write-receiver",
                            "--enable-feature=exemplar-storage,native-histograms"},
                           folder_ / "log");
            const bool ready = process_.wait_until([this] {
                httplib::Client client("127.0.0.1", port_);
                const auto answer = client.Get("/-/ready");
                return answer && answer->status == 200;
            });
            if (ready) return;
            process_.end(SIGKILL);
        }
        throw std::runtime_error("Prometheus does not start; it says:\n" + log());
    }

    std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string remote_write_endpoint() const { return endpoint() + "/api/v1/write"; }
    std::string log() const { return read_file(folder_ / "log"); }

    /// The instant vector or scalar that EXPRESSION has now, or AT. Throws with what Prometheus says when it
    /// refuses the expression.
    std::vector<prometheus_sample> query(const std::string& expression, std::optional<time> at = {}) const {
        httplib::Params parameters{{"query", expression}};
        if (at) parameters.emplace("time", seconds(*at));
        simdjson::dom::parser parser;
        const auto data = ask(parser, "/api/v1/query", parameters);
        std::vector<prometheus_sample> samples;
        const std::string_view type = data["resultType"];
        if (type == "scalar") {
            samples.push_back({{}, number(data["result"].at(1)), {}});
        } else if (type == "vector") {
            for (const simdjson::dom::element each : data["result"].get_array()) {
                prometheus_sample& sample = samples.emplace_back();
                sample.labels = labels(each["metric"]);
                simdjson::dom::element found;
                if (each["value"].at(1).get(found) == simdjson::SUCCESS) sample.value = number(found);
                if (each["histogram"].at(1).get(found) == simdjson::SUCCESS)
                    sample.histogram = histogram(found);
            }
        } else {
            throw std::runtime_error("'" + expression + "' is a " + std::string(type) + ", not a vector");
        }
        return samples;
    }

    /// The exemplars of all series that EXPRESSION names, between FROM and TO.
    std::vector<prometheus_exemplar> query_exemplars(const std::string& expression, time from,
                                                     time to) const {
        simdjson::dom::parser parser;
        const auto data = ask(parser, "/api/v1/query_exemplars",
                              {{"query", expression}, {"start", seconds(from)}, {"end", seconds(to)}});
        std::vector<prometheus_exemplar> exemplars;
        for (const simdjson::dom::element series : data.get_array())
            for (const simdjson::dom::element each : series["exemplars"].get_array())
                exemplars.push_back({labels(series["seriesLabels"]), labels(each["labels"]),
                                     number(each["value"]), each["timestamp"].get_double()});
        return exemplars;
    }

    /// Asks until PREDICATE holds for what query() gives, which it returns. Throws after DEADLINE, with the
    /// last answer.
    template <typename Predicate>
    std::vector<prometheus_sample>
    wait_for(const std::string& expression, Predicate predicate,
             std::chrono::milliseconds deadline = std::chrono::seconds(30)) const {
        const auto end = std::chrono::steady_clock::now() + deadline;
        for (;;) {
            const bool last = std::chrono::steady_clock::now() >= end;
            auto samples = query(expression);
            if (predicate(std::as_const(samples))) return samples;
            if (last) {
                std::ostringstream text;
                text << "'" << expression << "' still was this after " << deadline.count() << " ms:\n";
                for (const auto& sample : samples) text << "  " << sample << '\n';
                if (samples.empty()) text << "  nothing\n";
                throw std::runtime_error(text.str() + "Prometheus says:\n" + log());
            }
            ::usleep(20'000); // between two questions, not instead of them
        }
    }

    /// Asks until EXPRESSION is one sample or more.
    std::vector<prometheus_sample>
    wait_for(const std::string& expression,
             std::chrono::milliseconds deadline = std::chrono::seconds(30)) const {
        return wait_for(expression, [](const auto& samples) { return !samples.empty(); }, deadline);
    }

    /// Asks until EXPRESSION is one sample with VALUE.
    prometheus_sample wait_for_value(const std::string& expression, double value,
                                     std::chrono::milliseconds deadline = std::chrono::seconds(30)) const {
        return wait_for(
            expression,
            [value](const auto& samples) { return samples.size() == 1 && samples[0].value == value; },
            deadline)[0];
    }

private:
    static std::string seconds(time at) {
        const auto milliseconds =
            std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
        const std::string fraction = std::to_string(1000 + milliseconds % 1000);
        return std::to_string(milliseconds / 1000) + '.' + fraction.substr(1);
    }

    simdjson::dom::element ask(simdjson::dom::parser& parser, const char* path,
                               const httplib::Params& parameters) const {
        httplib::Client client("127.0.0.1", port_);
        client.set_tcp_nodelay(true);
        const auto answer = client.Post(path, parameters);
        if (!answer) throw std::runtime_error("Prometheus does not answer; it says:\n" + log());
        if (answer->status != 200)
            throw std::runtime_error("Prometheus refuses '" + parameters.find("query")->second +
                                     "': " + answer->body);
        return parser.parse(answer->body)["data"];
    }

    // Values are texts in Prometheus's JSON, since some are not finite: "+Inf", "NaN".
    static double number(simdjson::dom::element text) {
        return std::strtod(std::string(text.get_c_str()).c_str(), nullptr);
    }

    static prometheus_labels labels(simdjson::dom::element object) {
        prometheus_labels all;
        for (const auto field : object.get_object()) all.emplace(field.key, std::string_view(field.value));
        return all;
    }

    static prometheus_histogram histogram(simdjson::dom::element object) {
        prometheus_histogram all{number(object["count"]), number(object["sum"]), {}};
        simdjson::dom::array buckets;
        if (object["buckets"].get(buckets) == simdjson::SUCCESS) {
            // [which bounds belong to it, lower, upper, count]
            for (const simdjson::dom::element each : buckets)
                all.buckets.push_back({number(each.at(1)), number(each.at(2)), number(each.at(3))});
        }
        return all;
    }

    const temporary_folder folder_;
    int port_ = 0;
    child_process process_; // ends before its folder goes
};

} // namespace nanotel_test
