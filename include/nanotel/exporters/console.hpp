// SPDX-License-Identifier: MIT
// The console exporter: telemetry for the eyes of a developer (OpenTelemetry specification, "Span Exporter -
// Standard output" and its siblings).
#pragma once

#include <sys/ioctl.h> // TIOCGWINSZ
#include <unistd.h>    // isatty, STDOUT_FILENO

#include <algorithm> // find, min, none_of, sort
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <new> // in place
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/console_logs.hpp>
#include <nanotel/exporters/console_metrics.hpp>
#include <nanotel/exporters/console_traces.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/stream_output.hpp>
#include <nanotel/otlp/decode.hpp>
#include <nanotel/otlp/decode_logs.hpp>
#include <nanotel/otlp/decode_metrics.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Where and how the console exporter writes.
struct console_options {
    /// STDOUT_FILENO, STDERR_FILENO or any other that is open for as long as the exporter is used.
    int descriptor = STDOUT_FILENO;
    /// Instead of the descriptor: a stream of the application's, which has to stay open. What its buffer
    /// holds comes when the application flushes it.
    std::FILE* file = nullptr;
    /// Default: where the stream is a terminal that can (TERM is set and not dumb), unless NO_COLOR is set.
    std::optional<bool> colours = std::nullopt;
    /// The columns of a line, which a longer name may exceed. Default: those of the terminal, else 120.
    std::optional<std::size_t> width = std::nullopt;
};

namespace detail {

class console_exporter_of_stream final : public exporter {
public:
    console_exporter_of_stream(const console_options& options, const environment& variables)
        : options_(options), output_(options.descriptor, options.file),
          terminal_can_(!variables.text("NO_COLOR") && variables.text("TERM").value_or("dumb") != "dumb") {}

    export_result send(const payload& body, std::chrono::steady_clock::time_point deadline) override {
        try {
            seen_before next = seen_;
            std::string error;
            const std::string block = render(body, next, error);
            if (!error.empty())
                return {.outcome = export_outcome::rejected,
                        .message = "the console was given a body that is not OTLP: " + error};
            if (block.empty()) return {};
            export_result result = output_.write(block, deadline);
            // One that is tried again has to come out the same.
            if (result.outcome == export_outcome::delivered) seen_ = std::move(next);
            return result;
        } catch (const std::exception& problem) { // no memory
            return {.outcome = export_outcome::retryable, .message = problem.what()};
        }
    }

    std::string_view name() const noexcept override { return "console"; }
    std::string description() const override { return output_.name(); }
    void interrupt() noexcept override { output_.interrupt(); }

    /// A send of the parent's may have been changing it.
    void restart_in_child() noexcept override { new (&seen_) seen_before; }

private:
    /// What the reader has seen already.
    struct seen_before {
        attribute_list resource;
        std::vector<std::string> traces; // the last ones
    };

    console_style style() const {
        const bool terminal = output_.descriptor() >= 0 && ::isatty(output_.descriptor()) == 1;
        console_style how;
        how.colours = console_palette(options_.colours.value_or(terminal && terminal_can_));
        winsize window{};
        if (options_.width)
            how.width = *options_.width;
        else if (terminal && ::ioctl(output_.descriptor(), TIOCGWINSZ, &window) == 0 && window.ws_col != 0)
            how.width = window.ws_col;
        return how;
    }

    std::string render(const payload& body, seen_before& seen, std::string& error) const {
        const console_style how = style();
        std::string text;
        if (body.kind == signal::traces) {
            const decoded_traces decoded = decode_traces(body.body);
            error = decoded.error;
            if (decoded.spans.empty()) return {};
            add_resource(text, decoded.spans.front().resource, seen, how);
            add_traces(text, decoded.spans, seen, how);
        } else if (body.kind == signal::metrics) {
            const decoded_metrics decoded = decode_metrics(body.body);
            error = decoded.error;
            const auto has_points = [](const finished_metric& metric) { return !metric.points.empty(); };
            if (std::none_of(decoded.metrics.begin(), decoded.metrics.end(), has_points)) return {};
            add_resource(text, decoded.metrics.front().resource, seen, how);
            text += metrics_text(decoded.metrics, how);
        } else {
            const decoded_logs decoded = decode_logs(body.body);
            error = decoded.error;
            if (decoded.logs.empty()) return {};
            add_resource(text, decoded.logs.front().resource, seen, how);
            text += logs_text(decoded.logs, how);
        }
        return text;
    }

    /// The resource is told once: it stays the same as long as the process lives.
    static void add_resource(std::string& text, const attribute_list& resource, seen_before& seen,
                             const console_style& how) {
        if (resource == seen.resource) return;
        std::vector<console_detail> details;
        add_attributes(details, resource);
        const char* begin = "resource  ";
        for (const std::string& line : detail_lines(details, room_for_details(how, 10), how.colours)) {
            text += how.colours.bold(begin) + line + '\n';
            begin = "          ";
        }
        seen.resource = resource;
    }

    static void add_traces(std::string& text, const std::vector<finished_span>& spans, seen_before& seen,
                           const console_style& how) {
        std::vector<std::vector<const finished_span*>> traces;
        std::unordered_map<std::string_view, std::size_t> places;
        for (const finished_span& span : spans) {
            const auto [place, is_new] = places.emplace(span.trace_id, traces.size());
            if (is_new) traces.emplace_back();
            traces[place->second].push_back(&span);
        }
        const auto begin_of = [](const std::vector<const finished_span*>& trace) {
            std::uint64_t begin = trace.front()->start_time_unix_nano;
            for (const finished_span* const span : trace) begin = std::min(begin, span->start_time_unix_nano);
            return begin;
        };
        std::sort(traces.begin(), traces.end(), [&](const auto& a, const auto& b) {
            return std::pair(begin_of(a), std::string_view(a.front()->trace_id)) <
                   std::pair(begin_of(b), std::string_view(b.front()->trace_id));
        });
        // Those of this body are each there once.
        const auto known = static_cast<std::ptrdiff_t>(seen.traces.size());
        for (const auto& trace : traces) {
            const std::string& id = trace.front()->trace_id;
            const auto end = seen.traces.begin() + known;
            const bool continued = std::find(seen.traces.begin(), end, id) != end;
            text += trace_text(trace, continued, how);
            if (!continued) seen.traces.push_back(id);
        }
        constexpr std::size_t remembered = 256;
        if (seen.traces.size() > remembered)
            seen.traces.erase(seen.traces.begin(), seen.traces.end() - remembered);
    }

    const console_options options_;
    stream_output output_;
    const bool terminal_can_;
    seen_before seen_;
};

} // namespace detail

/// An exporter that shows traces as trees, metrics as tables and log records as lines, in colours where the
/// terminal can. For people, not for programs: the form may change. Whatever a name or a value holds, it
/// cannot control the terminal. A pipe that is full never holds the program up, and one that nobody reads any
/// more drops what would go there. Also by OTEL_TRACES_EXPORTER=console, and likewise for METRICS and LOGS.
[[nodiscard]] inline std::shared_ptr<exporter> console_exporter(console_options options = {},
                                                                const environment& variables = {}) {
    return std::make_shared<detail::console_exporter_of_stream>(options, variables);
}

} // namespace nanotel::inline NANOTEL_ABI
