// SPDX-License-Identifier: MIT
// What the options of the ClickHouse exporter come to: where inserts go, and the requests that they are.
#pragma once

#include <stdexcept> // invalid_argument
#include <string>
#include <string_view>
#include <utility>

#include <nanotel/clickhouse/options.hpp>
#include <nanotel/clickhouse/sql_text.hpp>
#include <nanotel/core/config.hpp>
#include <nanotel/exporters/secrets.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// As part of a URL's query (RFC 3986, "Unreserved Characters").
[[nodiscard]] inline std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '-' || c == '.' || c == '_' || c == '~';
        if (plain) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return encoded;
}

struct clickhouse_target {
    endpoint to;
    std::string database;
    std::string user;
    std::string password;
    tls_settings tls = {};
    std::optional<http_proxy> via = std::nullopt;
};

/// Throws std::invalid_argument for what the code has set wrong; what the environment has set wrong is
/// reported once and left out.
[[nodiscard]] inline clickhouse_target resolve_clickhouse(const clickhouse_options& options,
                                                          const environment& variables) {
    const auto refuse = [](const std::string& problem) {
        throw std::invalid_argument("clickhouse: " + problem);
    };
    // A parser for OTLP has advice for OTLP: where to put credentials is another matter here.
    const auto in_our_words = [](std::string problem) {
        constexpr std::string_view theirs = "put credentials into a header instead "
                                            "(OTEL_EXPORTER_OTLP_HEADERS or .headers)";
        if (const auto at = problem.find(theirs); at != problem.npos)
            problem.replace(at, theirs.size(),
                            "set .user and .password instead, or NANOTEL_CLICKHOUSE_USER "
                            "and NANOTEL_CLICKHOUSE_PASSWORD");
        if (const auto at = problem.find("localhost:4318"); at != problem.npos)
            problem.replace(at, 14, "localhost:8123");
        return problem;
    };
    const auto chosen = [&](const std::string& option, const char* variable, const char* otherwise) {
        if (!option.empty()) return option;
        std::string text = variables.text(variable).value_or(otherwise);
        // The last line break of the file that it was read from.
        while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
        return text;
    };
    clickhouse_target target;
    target.to = parse_endpoint("http://localhost:8123").value;
    if (!options.endpoint.empty()) {
        endpoint_result parsed = parse_endpoint(options.endpoint);
        if (!parsed) refuse(".endpoint " + in_our_words(parsed.error));
        target.to = std::move(parsed.value);
    } else if (const auto url = variables.text("NANOTEL_CLICKHOUSE_ENDPOINT")) {
        endpoint_result parsed = parse_endpoint(trim(*url));
        if (parsed)
            target.to = std::move(parsed.value);
        else
            diagnose_once(diagnostic_level::warning, "environment:NANOTEL_CLICKHOUSE_ENDPOINT" + parsed.error,
                          "NANOTEL_CLICKHOUSE_ENDPOINT " + in_our_words(parsed.error) +
                              "; it is ignored. Used instead: " + target.to.text());
    }
    target.database = chosen(options.database, "NANOTEL_CLICKHOUSE_DATABASE", "telemetry");
    target.user = chosen(options.user, "NANOTEL_CLICKHOUSE_USER", "");
    // A name of the code does not go with a password that somebody else has in mind.
    target.password =
        options.user.empty() ? chosen(options.password, "NANOTEL_CLICKHOUSE_PASSWORD", "") : options.password;
    if (target.user.empty() && !target.password.empty()) target.user = "default";
    for (const auto& [what, value] :
         {std::pair{"user", &target.user}, std::pair{"password", &target.password}})
        for (const char c : *value)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                refuse(std::string("the ") + what +
                       " holds a line break or another control character, which "
                       "no header may; check where it is read from");
    for (const std::string* const table :
         {&options.traces_table, &options.metrics_table, &options.logs_table})
        if (table->empty()) refuse("the name of a table is empty; leave it out to have the usual one");
    if (options.timeout.count() < 0)
        refuse(".timeout is " + std::to_string(options.timeout.count()) +
               " ms; a timeout is 0 (no limit) or more");
    const environment nothing{[](const std::string&) { return std::optional<std::string>(); }};
    target.tls = otlp_tls_resolver(options.tls, nothing, signal::traces, "clickhouse").resolve(target.to);
    if (target.to.socket.empty()) {
        if (!options.proxy) {
            target.via = proxy_of_environment(target.to, variables);
        } else if (!options.proxy->empty()) {
            proxy_result parsed = parse_proxy(*options.proxy);
            if (!parsed) refuse(".proxy " + parsed.error);
            target.via = std::move(parsed.value);
        }
    }
    return target;
}

/// The request target of a query: the path and the query of the endpoint, then the query.
[[nodiscard]] inline std::string query_target(const endpoint& to, std::string_view query) {
    std::string target = to.request_target();
    target += target.find('?') == target.npos ? "?query=" : "&query=";
    return target + percent_encode(query);
}

/// The request target of an insert, up to the token that it ends with. Times are written with their zone, so
/// best_effort reads them whatever the server's is; columns that an older table lacks are left out; and an
/// insert that the server would collect with others is answered when it is written, whoever has set that.
/// Roll-ups count a repeated one once, as the table does.
[[nodiscard]] inline std::string insert_target(const clickhouse_target& target, std::string_view table,
                                               bool async_insert) {
    std::string made = query_target(target.to, "INSERT INTO " + sql_quoted(target.database, '`') + "." +
                                                   sql_quoted(table, '`') + " FORMAT JSONEachRow");
    made += "&date_time_input_format=best_effort&input_format_skip_unknown_fields=1&wait_for_async_insert=1";
    // Said either way: newer servers collect inserts by themselves, and then forget the token of each.
    // From 24.7 to 26.1 what a table has dropped as repeated goes on into its materialized views all the
    // same, unless this setting has those look too. It is older (20.1) than the token (22.2), so no server
    // that takes one refuses the other; but servers before 26.1 refuse it together with async_insert
    // (exception 344).
    made += async_insert ? "&async_insert=1&async_insert_deduplicate=1"
                         : "&async_insert=0&deduplicate_blocks_in_dependent_materialized_views=1";
    return made + "&insert_deduplication_token=";
}

/// Asks whether the table forgets at once what was inserted; the answer is then 1, else nothing. What is
/// replicated remembers by itself; what passes rows on, as Distributed does, leaves it to others.
[[nodiscard]] inline std::string deduplication_query(std::string_view database, std::string_view table) {
    return "SELECT 1 FROM system.tables WHERE database = " + sql_quoted(database, '\'') +
           " AND name = " + sql_quoted(table, '\'') +
           " AND engine LIKE '%MergeTree' AND engine NOT LIKE 'Replicated%' AND engine NOT LIKE 'Shared%'"
           " AND engine_full NOT LIKE '%non_replicated_deduplication_window%'"
           " AND (SELECT any(value) FROM system.merge_tree_settings"
           " WHERE name = 'non_replicated_deduplication_window') = '0' FORMAT TabSeparated";
}

} // namespace nanotel::inline NANOTEL_ABI::detail
