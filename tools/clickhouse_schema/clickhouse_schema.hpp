// SPDX-License-Identifier: MIT
// Prints the SQL of the tables, or runs it with what the exporter itself uses.
#pragma once

#include <nanotel/clickhouse/schema.hpp>
#include <nanotel/exporters/clickhouse.hpp>

#include "arguments.hpp"

#include <algorithm> // min, remove, replace
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel_clickhouse_schema {

using line_function = std::function<void(const std::string&)>;

class applier {
public:
    /// Throws std::invalid_argument for what cannot be, such as an endpoint that is none.
    applier(const arguments& asked, const nanotel::environment& variables, line_function say)
        : schema_(asked.schema), change_ttl_(asked.change_ttl), limit_(asked.connection.timeout),
          say_(std::move(say)), target_(nanotel::detail::resolve_clickhouse(asked.connection, variables)),
          connection_(destination()) {
        secrets_.add(target_.password);
        secrets_.add_query(target_.to.query);
        headers_ = {{"Content-Type", "text/plain"}, {"User-Agent", "nanotel/" NANOTEL_VERSION}};
        if (!target_.user.empty()) headers_.emplace_back("X-ClickHouse-User", target_.user);
        if (!target_.password.empty()) headers_.emplace_back("X-ClickHouse-Key", target_.password);
    }

    failing apply() {
        for (const std::string& statement : nanotel::clickhouse_schema(schema_)) {
            if (!ask(statement)) return failed_;
            say_("ok      " + heading(statement));
        }
        if (change_ttl_ && !change_ttl()) return failed_;
        if (schema_.rollups) look_for_older_rollups();
        if (failed_ == failing::nothing)
            say_("all is well: nanotel can write to " + schema_.database + " there");
        return failed_;
    }

private:
    nanotel::detail::http_destination destination() const { return {target_.to, target_.via, target_.tls}; }

    /// What a statement is about, in one line: "CREATE TABLE telemetry.traces".
    static std::string heading(const std::string& statement) {
        std::string text = statement.substr(0, statement.find('\n'));
        text.erase(std::min(text.find(" AS", 7), text.size()));
        if (const auto usual = text.find("IF NOT EXISTS "); usual != text.npos) text.erase(usual, 14);
        text.erase(std::remove(text.begin(), text.end(), '`'), text.end());
        return text;
    }

    // Of what failed, says what and what to do, once.
    bool fail(failing kind, const std::string& text) {
        failed_ = kind;
        say_("failed  " + text);
        return false;
    }

    /// The answer to a statement; without one, failed_ says why.
    std::optional<std::string> ask(const std::string& statement) {
        using namespace nanotel::detail;
        const auto exchange = connection_.post(target_.to.request_target(), headers_, statement,
                                               std::chrono::steady_clock::now() + limit_);
        if (exchange.fault != http_fault::none) {
            std::string text = judge_fault(exchange, destination(), limit_, clickhouse_words).message;
            secrets_.hide(text);
            fail(kind_of(exchange.fault), text);
            return std::nullopt;
        }
        const auto exception = find_exception(exchange.answer, secrets_);
        const int status = exchange.answer.status;
        if (exception.code != 0) {
            fail(kind_of(exception.code),
                 heading(statement) + ": " + exception.text + advice_for(exception.code));
            return std::nullopt;
        }
        if (status < 200 || status >= 300 || exchange.answer.content_type.starts_with("text/html")) {
            fail(status == 401 || status == 403 || status == 407 ? failing::credentials
                 : status == 429 || status >= 502                ? failing::later
                                                                 : failing::refused,
                 target_.to.text() + " answered " + std::to_string(status) +
                     (status >= 200 && status < 300
                          ? " with a web page: it is no ClickHouse; check the endpoint"
                          : std::string(advice_for_clickhouse_status(status))));
            return std::nullopt;
        }
        return exchange.answer.body;
    }

    static failing kind_of(nanotel::detail::http_fault fault) {
        using nanotel::detail::http_fault;
        switch (fault) {
        case http_fault::name:
            return failing::name;
        case http_fault::refused:
        case http_fault::connect:
        case http_fault::proxy:
            return failing::connection;
        case http_fault::tls:
        case http_fault::tls_certificate:
        case http_fault::tls_refused:
            return failing::tls;
        case http_fault::write:
        case http_fault::read:
        case http_fault::deadline:
        case http_fault::interrupted:
            return failing::later;
        default:
            return failing::refused;
        }
    }

    static failing kind_of(int code) {
        for (const int credentials : {192, 193, 194, 195, 497, 516})
            if (code == credentials) return failing::credentials;
        return nanotel::detail::may_be_taken_later(code) > 0 ? failing::later : failing::refused;
    }

    // Where the exporter's advice is about inserts, that of one who makes tables.
    static std::string advice_for(int code) {
        switch (code) {
        case 192:
        case 193:
        case 194:
        case 516:
            return ": check --user and --password, or CLICKHOUSE_USER and CLICKHOUSE_PASSWORD";
        case 497:
            return ": grant the user CREATE, ALTER, INSERT and SELECT on the database, or apply this as "
                   "another";
        case 170:
        case 701:
            return ": name a cluster that SELECT cluster FROM system.clusters knows";
        case 62:
        case 50:
            return ": the server is older than 22.2, which nanotel needs";
        case 139:
        case 225:
        case 999:
            return ": replicated tables need ClickHouse Keeper, and machines that define the macros {shard} "
                   "and "
                   "{replica}";
        case 10:
        case 16:
        case 47:
            return ": an older table lacks a column of ours, and --no-upgrade leaves it so";
        default:
            return nanotel::detail::may_be_taken_later(code) > 0 ? ": try again later" : "";
        }
    }

    bool change_ttl() {
        using namespace nanotel::detail;
        const schema_text text(schema_);
        for (const std::string* table :
             {&schema_.traces_table, &schema_.metrics_table, &schema_.logs_table}) {
            const std::string stored = *table + std::string(text.clustered() ? local_suffix : "");
            const auto engine =
                ask("SELECT engine_full FROM system.tables WHERE database = " + sql_string(schema_.database) +
                    " AND name = " + sql_string(stored) + " FORMAT TabSeparatedRaw");
            if (!engine) return false;
            const std::string wanted = schema_text::time_to_live(schema_.ttl_days);
            const bool is_so = schema_.ttl_days == 0 ? engine->find(" TTL ") == engine->npos
                                                     : engine->find(wanted) != engine->npos;
            if (is_so) continue;
            const std::string statement = nanotel::clickhouse_change_ttl(schema_, *table);
            if (!ask(statement)) return false;
            say_("ok      " + heading(statement));
        }
        return true;
    }

    // Installations of other programs have tables of the names that our views have.
    void look_for_older_rollups() {
        using namespace nanotel::detail;
        for (const std::string_view view : rollup_view_names) {
            const auto engine =
                ask("SELECT engine FROM system.tables WHERE database = " + sql_string(schema_.database) +
                    " AND name = " + sql_string(view) + " FORMAT TabSeparatedRaw");
            if (!engine) return;
            if (engine->find("MergeTree") == engine->npos) continue;
            const std::string name = schema_.database + "." + std::string(view);
            say_("note    " + name +
                 " is an older table and stays as it is, with percentiles that are wrong once its parts have "
                 "merged. "
                 "Ours are counted from now on all the same; to have them under this name: DROP VIEW " +
                 name + "_mv; RENAME TABLE " + name + " TO " + name + "_old; and apply this again");
        }
    }

    const nanotel::clickhouse_schema_options schema_;
    const bool change_ttl_;
    const std::chrono::milliseconds limit_;
    const line_function say_;
    const nanotel::detail::clickhouse_target target_;
    nanotel::detail::http_connection connection_;
    nanotel::detail::http_headers headers_;
    nanotel::detail::secret_list secrets_;
    failing failed_ = failing::nothing;
};

/// ".ttl_days is …" of code is "--ttl-days is …" of a command.
inline std::string in_words_of_options(std::string problem) {
    if (!problem.starts_with('.')) return problem;
    const auto end =
        problem.begin() + static_cast<std::ptrdiff_t>(std::min(problem.find(' '), problem.size()));
    std::replace(problem.begin(), end, '_', '-');
    return "--" + problem.substr(1);
}

/// The whole program: print is given the SQL, and say all else.
inline int run(const std::vector<std::string>& given, const nanotel::environment& variables,
               const line_function& print, const line_function& say) {
    const arguments asked = read_arguments(given, variables);
    if (asked.help) {
        print(std::string(usage.substr(0, usage.size() - 1)));
        return 0;
    }
    std::string mistake = asked.mistake;
    if (mistake.empty()) mistake = in_words_of_options(nanotel::clickhouse_schema_problem(asked.schema));
    try {
        if (mistake.empty() && asked.apply) return static_cast<int>(applier(asked, variables, say).apply());
    } catch (const std::exception& problem) {
        mistake = problem.what();
    }
    if (!mistake.empty()) {
        say("nanotel-clickhouse-schema: " + mistake + "; see nanotel-clickhouse-schema --help");
        return static_cast<int>(failing::configuration);
    }
    for (const std::string& statement : nanotel::clickhouse_schema(asked.schema)) print(statement + ";\n");
    return 0;
}

} // namespace nanotel_clickhouse_schema
