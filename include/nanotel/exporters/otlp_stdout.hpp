// SPDX-License-Identifier: MIT
// OTLP JSON lines on standard output (OpenTelemetry Protocol File Exporter, `otlp/stdout`).
#pragma once

#include <unistd.h> // STDOUT_FILENO

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <new> // in place
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/stream_output.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Which stream OTLP JSON lines go to.
struct otlp_stdout_options {
    int descriptor = STDOUT_FILENO;
    /// Instead of the descriptor: a stream of the application's, which has to stay open. What its buffer
    /// holds comes when the application flushes it.
    std::FILE* file = nullptr;
};

namespace detail {

class otlp_stdout_exporter final : public exporter {
public:
    explicit otlp_stdout_exporter(const otlp_stdout_options& options)
        : output_(options.descriptor, options.file) {}

    export_result send(const payload& body, std::chrono::steady_clock::time_point deadline) override {
        try {
            line_.assign(body.body);
            line_ += '\n';
            return output_.write(line_, deadline);
        } catch (const std::exception& problem) { // no memory
            return {.outcome = export_outcome::retryable, .message = problem.what()};
        }
    }

    std::string_view name() const noexcept override { return "otlp_stdout"; }
    std::string description() const override { return output_.name(); }
    void interrupt() noexcept override { output_.interrupt(); }

    /// A send of the parent's may have been in the middle of the line.
    void restart_in_child() noexcept override { new (&line_) std::string; }

private:
    stream_output output_;
    std::string line_;
};

} // namespace detail

/// An exporter that writes one line of OTLP JSON a payload to standard output, in which a log shipper finds
/// all signals. A pipe that is full never holds the program up: a payload waits in its queue until there is
/// room, and when nobody reads the pipe any more, what would go there is dropped and counted. Also by
/// OTEL_TRACES_EXPORTER=otlp/stdout, and likewise for METRICS and LOGS.
[[nodiscard]] inline std::shared_ptr<exporter> otlp_stdout(otlp_stdout_options options = {}) {
    return std::make_shared<detail::otlp_stdout_exporter>(options);
}

} // namespace nanotel::inline NANOTEL_ABI
