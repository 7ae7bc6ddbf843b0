// SPDX-License-Identifier: MIT
// One request body, or one line of an OTLP file, against every wire rule.
#pragma once

#include "log_check.hpp"
#include "metric_check.hpp"
#include "received_metric.hpp"
#include "received_span.hpp"
#include "trace_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace receiver {

enum class signal : unsigned char { traces, metrics, logs };

[[nodiscard]] constexpr std::string_view name_of(signal s) {
    return s == signal::traces ? "traces" : s == signal::metrics ? "metrics" : "logs";
}

/// What a check found beside violations.
struct check_result {
    bool is_json = false;             // false: a Collector answers 400
    std::size_t records = 0;          // spans, metrics or log records in the body
    std::vector<received_span> spans; // those with readable ids
    received_metrics metrics;
    std::vector<received_log> logs;
};

/// Checks bodies one after the other. A thread has its own, because it keeps the parser's memory.
class strict_check {
public:
    static constexpr std::size_t largest_body = std::size_t{20} * 1024 * 1024;

    check_result body(violation_log& log, signal kind, std::string_view text) {
        check_result result;
        dom::element root;
        if (!parse(log, text, root)) return result;
        result.is_json = true;
        run(log, kind, root, result);
        return result;
    }

    /// A line of an OTLP file, whose first member tells the signal. `kind` is set to it when it is known.
    check_result line(violation_log& log, std::string_view text, signal& kind) {
        check_result result;
        dom::element root;
        if (!parse(log, text, root)) return result;
        result.is_json = true;
        if (!root[metrics_envelope.resources].error()) {
            kind = signal::metrics;
        } else if (!root[logs_envelope.resources].error()) {
            kind = signal::logs;
        } else {
            kind = signal::traces;
        }
        run(log, kind, root, result);
        return result;
    }

private:
    bool parse(violation_log& log, std::string_view text, dom::element& root) {
        if (text.size() > largest_body) {
            log.add(rule::body_too_large, json_path{}, std::to_string(text.size()) + " bytes");
        }
        const auto error = parser_.parse(text.data(), text.size(), true).get(root);
        if (error == simdjson::SUCCESS) return true;
        log.add(error == simdjson::UTF8_ERROR ? rule::invalid_utf8 : rule::malformed_json, json_path{},
                simdjson::error_message(error));
        return false;
    }

    static void run(violation_log& log, signal kind, dom::element root, check_result& result) {
        switch (kind) {
        case signal::traces:
            result.records = check_traces(log, root, result.spans);
            break;
        case signal::metrics:
            result.records = check_metrics(log, root, result.metrics);
            break;
        case signal::logs:
            result.records = check_logs(log, root, result.logs);
            break;
        }
    }

    dom::parser parser_;
};

} // namespace receiver
