#pragma once

#include "support/child_process.hpp"
#include "support/paths.hpp"
#include "support/skip.hpp"

#include <nanotel/otlp/decode.hpp>

#include <httplib.h>

#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace nanotel_test {

/// The real OpenTelemetry Collector, configured as in production, on free ports of loopback, from here to
/// stop().
class collector_process {
public:
    /// CONFIGURATION is a form below tests/. FIELDS are filled in beside @HEALTH_PORT@, @HTTP_PORT@,
    /// @GRPC_PORT@ and @OUTPUT@, the folder of its file exporters.
    explicit collector_process(const std::string& binary,
                               const std::string& configuration = "collector/config.yaml.in",
                               const form_fields& fields = {})
        : binary_(binary) {
        const std::string form = read_file(source_root() + "/tests/" + configuration);
        for (int attempt = 0; attempt < 5; ++attempt) {
            ports_ = free_ports<3>();
            form_fields all{{"@HEALTH_PORT@", std::to_string(ports_[0])},
                            {"@HTTP_PORT@", std::to_string(ports_[1])},
                            {"@GRPC_PORT@", std::to_string(ports_[2])},
                            {"@OUTPUT@", folder_.path()}};
            all.insert(all.end(), fields.begin(), fields.end());
            std::ofstream(folder_ / "config.yaml") << fill_in(form, all);
            if (launch()) return;
            stop();
        }
        throw std::runtime_error("the Collector does not start; it says:\n" + log());
    }
    ~collector_process() { stop(); }

    int http_port() const { return ports_[1]; }
    std::string http_endpoint() const { return "http://127.0.0.1:" + std::to_string(ports_[1]); }
    std::string grpc_endpoint() const { return "http://127.0.0.1:" + std::to_string(ports_[2]); }

    /// Asks it to end, which makes it write out the batch that it still holds, and waits.
    void stop() { process_.end(SIGTERM); }

    /// Ends it without a word; what it had not written out is lost.
    void kill() { process_.end(SIGKILL); }

    /// Starts it again after kill() or stop(), on the same ports and in the same folder.
    void start_again() {
        // Another process can have taken a port meanwhile, though nobody asks for one by number.
        for (int attempt = 0; attempt < 5; ++attempt)
            if (launch()) return;
        throw std::runtime_error("the Collector does not start again; it says:\n" + log());
    }

    /// All lines of a file exporter's output, such as "metrics.jsonl"; the Collector must have been stopped.
    std::vector<std::string> lines(const std::string& file) const {
        std::vector<std::string> all;
        std::ifstream output(folder_ / file);
        for (std::string line; std::getline(output, line);) all.push_back(std::move(line));
        return all;
    }

    /// All spans of its file exporter's output; the Collector must have been stopped.
    std::vector<nanotel::finished_span> spans() const {
        std::vector<nanotel::finished_span> all;
        for (const std::string& line : lines("traces.jsonl")) {
            auto decoded = nanotel::decode_traces(line);
            if (!decoded) throw std::runtime_error("the Collector's output cannot be read: " + decoded.error);
            for (auto& span : decoded.spans) all.push_back(std::move(span));
        }
        return all;
    }

    std::string log() const { return read_file(folder_ / "log"); }

private:
    bool launch() {
        process_.start({binary_, "--config", folder_ / "config.yaml"}, folder_ / "log");
        // The extension answers when the Collector is ready.
        return process_.wait_until([this] {
            httplib::Client health("127.0.0.1", ports_[0]);
            const auto answer = health.Get("/");
            return answer && answer->status == 200;
        });
    }

    const std::string binary_;
    const temporary_folder folder_;
    std::array<int, 3> ports_{};
    child_process process_;
};

} // namespace nanotel_test
