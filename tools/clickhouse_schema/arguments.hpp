// SPDX-License-Identifier: MIT
// What nanotel-clickhouse-schema is asked.
#pragma once

#include <nanotel/clickhouse/options.hpp>
#include <nanotel/clickhouse/schema_options.hpp>
#include <nanotel/core/environment.hpp>

#include <charconv>
#include <cmath> // isfinite
#include <string>
#include <string_view>
#include <vector>

namespace nanotel_clickhouse_schema {

inline constexpr std::string_view usage =
    R"(usage: nanotel-clickhouse-schema [OPTION]...

Prints the SQL that makes the tables which nanotel writes to, their roll-ups and views; with --apply, runs it. Running
it again changes nothing, except that older tables are given the columns that they lack.

  --apply                    send it to ClickHouse instead of printing it
  --endpoint URL             its HTTP interface; default http://localhost:8123; unix:///run/clickhouse.sock
  --user NAME                who may CREATE, ALTER and SELECT there
  --password TEXT            better in the environment, since a command line can be read by others; never printed
  --database NAME            default telemetry
  --traces-table NAME        default traces
  --metrics-table NAME       default metrics
  --logs-table NAME          default logs
  --ttl-days N               rows go N days after their time; 0: never; default 90. When it is given, --apply also
                             changes tables that have another, for which ClickHouse looks through all their rows
  --rollup-ttl-days N        the same of new roll-ups; default 180
  --cluster NAME             on all machines of a cluster: ReplicatedMergeTree tables with Distributed ones over them
  --no-rollups               the three tables alone
  --no-upgrade               leave older tables as they are
  --timeout SECONDS          the limit of each statement; default 60
  --certificate FILE         the authorities to trust, in PEM
  --client-certificate FILE  what to show of oneself, in PEM, with
  --client-key FILE          its key
  --proxy URL                the HTTP proxy to take; "" for none
  --help                     this text

What is not given is read from NANOTEL_CLICKHOUSE_ENDPOINT, NANOTEL_CLICKHOUSE_DATABASE, NANOTEL_CLICKHOUSE_USER and
NANOTEL_CLICKHOUSE_PASSWORD, as a program with nanotel reads them, then from CLICKHOUSE_USER and CLICKHOUSE_PASSWORD.

The status:
  0  all is well
  2  this command cannot be
  3  the name has no address
  4  nothing accepts connections there
  5  TLS: the handshake or a certificate
  6  the user, the password, or what the user may do
  8  another refusal, or what is there is no ClickHouse
  9  not now, but perhaps later
)";

enum class failing : int {
    nothing = 0,
    configuration = 2,
    name,
    connection,
    tls,
    credentials,
    refused = 8,
    later
};

struct arguments {
    nanotel::clickhouse_options connection{};
    nanotel::clickhouse_schema_options schema{};
    bool apply = false;
    bool change_ttl = false;
    bool help = false;
    std::string mistake{}; // empty: there is none
};

inline bool read_days(const std::string& text, std::uint32_t& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

inline arguments read_arguments(const std::vector<std::string>& given,
                                const nanotel::environment& variables) {
    arguments read;
    read.connection.timeout = std::chrono::seconds(60);
    const auto refuse = [&](const std::string& mistake) {
        read.mistake = mistake;
        return read;
    };
    const auto from_environment = [&](std::string& into, std::initializer_list<const char*> names) {
        for (const char* const name : names)
            if (into.empty()) into = variables.text(name).value_or("");
    };
    bool database_given = false;
    const std::pair<std::string_view, std::string*> texts[]{
        {"--endpoint", &read.connection.endpoint},
        {"--user", &read.connection.user},
        {"--password", &read.connection.password},
        {"--traces-table", &read.schema.traces_table},
        {"--metrics-table", &read.schema.metrics_table},
        {"--logs-table", &read.schema.logs_table},
        {"--database", &read.schema.database},
        {"--cluster", &read.schema.cluster},
        {"--certificate", &read.connection.tls.certificate_file},
        {"--client-certificate", &read.connection.tls.client_certificate_file},
        {"--client-key", &read.connection.tls.client_key_file}};
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string& option = given[i];
        if (option == "--help" || option == "-h") {
            read.help = true;
            return read;
        }
        if (option == "--apply") {
            read.apply = true;
            continue;
        }
        if (option == "--no-rollups") {
            read.schema.rollups = false;
            continue;
        }
        if (option == "--no-upgrade") {
            read.schema.upgrade = false;
            continue;
        }
        if (!option.starts_with("--")) return refuse("an argument that does not begin with -- is no option");
        // Never what stands behind a =: it may be a password.
        if (const auto sign = option.find('='); sign != option.npos)
            return refuse(option.substr(0, sign) + ": a value is an argument of its own, without =");
        if (i + 1 == given.size()) return refuse(option + " is unknown, or lacks its value");
        const std::string& value = given[++i];
        bool known = false;
        for (const auto& [name, into] : texts) {
            if (option != name) continue;
            // Empty would mean the default, or one machine instead of a cluster: a script whose variable is
            // not set.
            if (value.empty() && option != "--password") return refuse(option + " is empty");
            *into = value;
            known = true;
        }
        if (option == "--database") database_given = true;
        if (known) continue;
        if (option == "--ttl-days" || option == "--rollup-ttl-days") {
            const bool rows = option == "--ttl-days";
            if (!read_days(value, rows ? read.schema.ttl_days : read.schema.rollup_ttl_days))
                return refuse(option + " is \"" + value +
                              "\"; it is a number of days, or 0 to keep rows for ever");
            if (rows) read.change_ttl = true;
        } else if (option == "--timeout") {
            double seconds = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
            if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(seconds) ||
                seconds < 0.001 || seconds > 3600)
                return refuse("--timeout is \"" + value +
                              "\"; it is a number of seconds, from 0.001 to 3600");
            read.connection.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
        } else if (option == "--proxy") {
            read.connection.proxy = value;
        } else {
            return refuse(option + " is unknown");
        }
    }
    from_environment(read.connection.user, {"NANOTEL_CLICKHOUSE_USER", "CLICKHOUSE_USER"});
    from_environment(read.connection.password, {"NANOTEL_CLICKHOUSE_PASSWORD", "CLICKHOUSE_PASSWORD"});
    if (!database_given)
        read.schema.database = variables.text("NANOTEL_CLICKHOUSE_DATABASE").value_or(read.schema.database);
    return read;
}

} // namespace nanotel_clickhouse_schema
