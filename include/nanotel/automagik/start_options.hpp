// SPDX-License-Identifier: MIT
// What a client starts nanotel with.
#pragma once

#include <nanotel/automagik/settings.hpp>
#include <nanotel/exporters/clickhouse.hpp>
#include <nanotel/exporters/console.hpp>
#include <nanotel/exporters/http.hpp>
#include <nanotel/pipeline/options.hpp>

namespace automagik::inline NANOTEL_ABI::detail {

// One for the process.
inline const std::string& session_id() {
    static const std::string id = nanotel::detail::new_instance_id();
    return id;
}

// The variables of the OTLP exporter that are somebody else's: an endpoint, and the credentials that go with
// it.
inline nanotel::environment variables_for(const settings& chosen, nanotel::environment::getter others) {
    nanotel::environment made;
    made.get = [chosen, others](const std::string& name) -> std::optional<std::string> {
        if (name == "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") return chosen.traces_endpoint;
        if (name == "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") return chosen.metrics_endpoint;
        if (name == "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT") return chosen.logs_endpoint;
        if (name.starts_with("OTEL_EXPORTER_OTLP_") && !name.ends_with("CERTIFICATE") &&
            !name.ends_with("CLIENT_KEY"))
            return std::nullopt;
        return others(name);
    };
    return made;
}

inline std::shared_ptr<nanotel::exporter> make_exporter(const client_options& given, const settings& chosen) {
    if (chosen.backend == backend::clickhouse) {
        nanotel::clickhouse_options rows;
        rows.endpoint = chosen.clickhouse_endpoint;
        rows.database = chosen.clickhouse_database;
        rows.traces_table = chosen.clickhouse_table;
        rows.metrics_table = chosen.clickhouse_metrics_table;
        rows.logs_table = chosen.clickhouse_logs_table;
        rows.user = chosen.clickhouse_username;
        rows.password = chosen.clickhouse_password;
        rows.timeout = chosen.timeout;
        rows.max_rows = chosen.clickhouse_batch_size;
        rows.compression =
            chosen.clickhouse_compression ? nanotel::compression::gzip : nanotel::compression::none;
        return nanotel::clickhouse_exporter(rows, given.environment);
    }
    nanotel::otlp_http_options otlp;
    otlp.headers = given.headers;
    otlp.timeout = chosen.timeout;
    otlp.compression = nanotel::compression::gzip;
    return nanotel::otlp_http(otlp, variables_for(chosen, given.environment.get));
}

inline nanotel::options make_options(const client_options& given, const settings& chosen,
                                     const std::string& user_id, std::shared_ptr<nanotel::exporter> to) {
    nanotel::options made;
    made.environment = given.environment;
    made.enabled = true; // whether it is was decided by what is automagik's
    made.service_name = given.project_name;
    made.service_version = given.version;
    made.resource_attributes = {{"project.name", given.project_name},
                                {"project.version", given.version},
                                {"user.id", user_id},
                                {"session.id", session_id()}};
    if (!given.organization.empty())
        made.resource_attributes.emplace_back("service.organization", given.organization);
    if (!given.environment.text("OTEL_RESOURCE_DETECTORS")) {
        // Nothing that tells whose machine it is: no names of hosts, users and programs.
        nanotel::resource_detector_set anonymous = nanotel::resource_detector_set::none();
        anonymous.service = anonymous.os = anonymous.process_runtime = true;
        made.resource_detectors = anonymous;
    }
    made.processor = nanotel::privacy_processor(given.privacy);
    const bool rows = chosen.backend == backend::clickhouse;
    made.destinations.push_back({.exporter = std::move(to), .name = "automagik"});
    if (chosen.verbose)
        made.destinations.push_back({.exporter = nanotel::console_exporter({.descriptor = STDERR_FILENO}),
                                     .name = "automagik verbose"});
    made.schedule_delay = given.flush_interval;
    made.logs.schedule_delay = given.flush_interval;
    made.shutdown_timeout = given.shutdown_timeout;
    made.logs.source_location = false; // the folders of whoever built the program
    nanotel::metric_reader reader;
    if (!given.environment.text("OTEL_METRIC_EXPORT_INTERVAL")) reader.interval = given.metric_interval;
    // Dashboards add up the rows of a table: each has what came since the one before.
    if (rows) reader.temporality = nanotel::temporality_preference::delta;
    made.metric_readers.push_back(std::move(reader));
    if (rows) {
        made.max_export_batch_size = chosen.clickhouse_batch_size;
        made.logs.max_export_batch_size = chosen.clickhouse_batch_size;
        if (chosen.clickhouse_max_retries)
            made.retry_limit = retry_time(*chosen.clickhouse_max_retries, chosen.timeout);
    }
    if (given.adjust) given.adjust(made);
    return made;
}

} // namespace automagik::inline NANOTEL_ABI::detail
