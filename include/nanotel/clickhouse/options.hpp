// SPDX-License-Identifier: MIT
// The options of the ClickHouse exporter, and what code, environment and defaults come to.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/http_options.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Where and how rows go straight into ClickHouse's tables, over its HTTP interface. What is left unset is
/// read from the environment, then from the defaults; what is set wins over the environment.
struct clickhouse_options {
    /// The URL of the HTTP interface; mostly port 8123, by TLS 8443. A path is kept, for a proxy in front of
    /// it. Or a unix socket, as unix:///run/clickhouse.sock. Default: NANOTEL_CLICKHOUSE_ENDPOINT, else
    /// http://localhost:8123.
    std::string endpoint = {};
    /// Where the tables are. Default: NANOTEL_CLICKHOUSE_DATABASE, else telemetry.
    std::string database = {};
    /// The tables, by their names alone: any characters that ClickHouse takes in one.
    std::string traces_table = "traces";
    std::string metrics_table = "metrics";
    std::string logs_table = "logs";
    /// Who inserts, with the right to INSERT into the three tables. Default: NANOTEL_CLICKHOUSE_USER, else
    /// what ClickHouse takes for somebody who gives no name, which is the user `default`.
    std::string user = {};
    /// Never part of a diagnostic. Default: NANOTEL_CLICKHOUSE_PASSWORD, else none.
    std::string password = {};
    /// Of bodies of 1 KiB and more.
    nanotel::compression compression = nanotel::compression::gzip;
    /// The limit for one request, from connecting to the last byte of the answer; 0 is no limit but that of
    /// the pipeline.
    std::chrono::milliseconds timeout{10'000};
    /// Rows of one insert at most; 0: as many as options::max_export_batch_size and max_export_batch_bytes
    /// allow. ClickHouse likes few and large inserts: each makes a part that it has to merge.
    std::uint64_t max_rows = 0;
    /// ClickHouse collects rows of several inserts, of many small programs for example, and writes them
    /// together. It answers when they are written, so nothing is lost, but not before its
    /// async_insert_busy_timeout_ms is over. Older servers (before 26.2) deduplicate such inserts in
    /// replicated tables only, and count a retry twice in roll-ups: elsewhere it may stand there twice.
    bool async_insert = false;
    /// False: it is not looked whether the tables deduplicate inserts that are sent twice.
    bool check_deduplication = true;
    /// For https. Not read from the environment.
    tls_options tls = {};
    /// The HTTP proxy to take, http://user:password@host:port; empty: none, whatever the environment says.
    /// Default: http_proxy or https_proxy, as for otlp_http_options.
    std::optional<std::string> proxy = std::nullopt;
};

} // namespace nanotel::inline NANOTEL_ABI
