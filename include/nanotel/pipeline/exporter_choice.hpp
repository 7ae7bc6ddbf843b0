// SPDX-License-Identifier: MIT
// The exporters that OTEL_TRACES_EXPORTER, OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER name (OpenTelemetry
// specification, "Exporter Selection"), as destinations and readers.
#pragma once

#include <nanotel/exporters/console.hpp>
#include <nanotel/exporters/http.hpp>
#include <nanotel/exporters/otlp_stdout.hpp>
#include <nanotel/pipeline/options.hpp>

#include <algorithm> // any_of

namespace nanotel::inline NANOTEL_ABI::detail {

enum class exporter_kind : std::uint8_t { none, otlp, console, otlp_stdout, prometheus };

// The exporters of a signal, without `none`, each once. What is said of a bad value is said once, however
// often this is asked.
inline std::vector<exporter_kind> chosen_exporters(const environment& variables, signal of) {
    using kind = exporter_kind;
    const std::string name = of == signal::traces    ? "OTEL_TRACES_EXPORTER"
                             : of == signal::metrics ? "OTEL_METRICS_EXPORTER"
                                                     : "OTEL_LOGS_EXPORTER";
    using words = std::initializer_list<std::pair<std::string_view, kind>>;
    const words usual{{"otlp", kind::otlp},
                      {"none", kind::none},
                      {"console", kind::console},
                      {"otlp/stdout", kind::otlp_stdout}};
    const words of_metrics{{"otlp", kind::otlp},
                           {"none", kind::none},
                           {"console", kind::console},
                           {"otlp/stdout", kind::otlp_stdout},
                           {"prometheus", kind::prometheus}};
    const auto named = variables.choices<kind>(name, of == signal::metrics ? of_metrics : usual);
    if (!named) return {kind::otlp};
    std::vector<kind> chosen;
    bool none = false;
    for (const auto& [word, meaning] : *named) {
        if (meaning == kind::none)
            none = true;
        else if (meaning == kind::prometheus && !make_prometheus_reader.load_relaxed())
            diagnose_once(
                diagnostic_level::warning, "environment:" + name + "=prometheus",
                name +
                    "=\"prometheus\" is ignored: this program has no scrape endpoint; include "
                    "<nanotel/exporters/prometheus.hpp> in the file that calls nanotel::start. Used "
                    "instead: " +
                    (named->size() == 1 ? "otlp" : "the others"));
        else
            chosen.push_back(meaning);
    }
    if (none && !chosen.empty())
        diagnose_once(diagnostic_level::warning, "environment:" + name + "=none",
                      name + " has \"none\" beside others, where it is ignored. Allowed: none alone. Used "
                             "instead: the others");
    if (!none && chosen.empty()) chosen.push_back(kind::otlp);
    return chosen;
}

inline bool holds(const std::vector<exporter_kind>& chosen, exporter_kind kind) {
    return std::find(chosen.begin(), chosen.end(), kind) != chosen.end();
}

// Where a reader's points go, which is somewhere also when the code alone asks for metrics.
inline std::vector<exporter_kind> metric_exporters(const options& given) {
    std::vector<exporter_kind> chosen = chosen_exporters(given.environment, signal::metrics);
    std::erase(chosen, exporter_kind::prometheus);
    if (chosen.empty() && !given.metric_readers.empty()) chosen.push_back(exporter_kind::otlp);
    return chosen;
}

// Whether the environment sends the metrics to people and to nobody else: they look more often, and sums
// since the start tell them more than those since the last look.
inline bool metrics_are_for_people(const options& given) {
    if (given.exporter || !given.destinations.empty()) return false;
    return metric_exporters(given) == std::vector<exporter_kind>{exporter_kind::console};
}

// The readers that the environment asks for where the code names none of either kind. Prometheus reads
// wherever the spans go.
inline void choose_readers(options& given) {
    if (!given.metric_readers.empty() || !given.pull_readers.empty()) return;
    const auto chosen = chosen_exporters(given.environment, signal::metrics);
    if (holds(chosen, exporter_kind::prometheus))
        given.pull_readers.push_back(make_prometheus_reader.load_relaxed()(given.environment));
    if (chosen.size() > given.pull_readers.size()) given.metric_readers.emplace_back();
}

// One destination for each kind of exporter that some signal names; none where all say `none`.
inline std::vector<destination> destinations_of_environment(const options& given) {
    const auto traces = chosen_exporters(given.environment, signal::traces);
    const auto metrics = metric_exporters(given);
    const auto logs = chosen_exporters(given.environment, signal::logs);
    std::vector<destination> made;
    for (const exporter_kind kind :
         {exporter_kind::otlp, exporter_kind::console, exporter_kind::otlp_stdout}) {
        destination to;
        to.signals = {holds(traces, kind), holds(metrics, kind), holds(logs, kind)};
        if (!to.signals.traces && !to.signals.metrics && !to.signals.logs) continue;
        if (kind == exporter_kind::otlp)
            to.exporter = otlp_http({}, given.environment);
        else if (kind == exporter_kind::console)
            to.exporter = console_exporter({}, given.environment);
        else
            to.exporter = otlp_stdout();
        made.push_back(std::move(to));
    }
    return made;
}

// The destinations, be they one or several, each with its exporter.
inline std::vector<destination> destinations_of(const options& given) {
    std::vector<destination> all = given.destinations;
    if (all.empty() && !given.exporter) return destinations_of_environment(given);
    if (all.empty()) all.emplace_back().exporter = given.exporter;
    for (destination& each : all)
        if (!each.exporter) each.exporter = otlp_http({}, given.environment);
    return all;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
