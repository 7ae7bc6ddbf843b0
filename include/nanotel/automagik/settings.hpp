// SPDX-License-Identifier: MIT
// What an automagik program decides in its code, what the variables AUTOMAGIK_TELEMETRY_* say, and what both
// come to.
#pragma once

#include <nanotel/automagik/opt_in.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/http_options.hpp>
#include <nanotel/privacy/privacy.hpp>

namespace nanotel::inline NANOTEL_ABI {
struct options;
}

namespace automagik::inline NANOTEL_ABI {

/// Where telemetry goes: to a Collector or another receiver of OTLP, or straight into ClickHouse's tables.
enum class backend : std::uint8_t { otlp, clickhouse };

/// What a client is made with. What is set here wins over the variable that is named with it; only the two
/// names have to be set.
struct client_options {
    /// service.name and project.name.
    std::string project_name{};
    /// service.version and project.version.
    std::string version{};
    /// service.organization, where it is set.
    std::string organization{};

    /// AUTOMAGIK_TELEMETRY_BACKEND: otlp or clickhouse.
    std::optional<automagik::backend> backend{}; // otlp
    /// The URL of the traces, …/v1/traces, or what stands before /v1/traces. AUTOMAGIK_TELEMETRY_ENDPOINT.
    /// The next two are derived from it where they are not set.
    std::string endpoint{};         // http://localhost:4318
    std::string metrics_endpoint{}; ///< AUTOMAGIK_TELEMETRY_METRICS_ENDPOINT
    std::string logs_endpoint{};    ///< AUTOMAGIK_TELEMETRY_LOGS_ENDPOINT
    /// Headers, for authorisation mostly, of the OTLP backend; never part of a diagnostic.
    std::vector<std::pair<std::string, std::string>> headers{};
    /// One request, 1 to 60 s. AUTOMAGIK_TELEMETRY_TIMEOUT, in seconds.
    std::optional<std::chrono::seconds> timeout{}; // 5 s
    /// Shows on standard error what is sent. AUTOMAGIK_TELEMETRY_VERBOSE.
    std::optional<bool> verbose{}; // false

    /// AUTOMAGIK_TELEMETRY_CLICKHOUSE_ENDPOINT, _DATABASE, _TABLE, _METRICS_TABLE, _LOGS_TABLE, _USERNAME,
    /// _PASSWORD.
    std::string clickhouse_endpoint{};      // http://localhost:8123
    std::string clickhouse_database{};      // telemetry
    std::string clickhouse_table{};         // traces
    std::string clickhouse_metrics_table{}; // metrics
    std::string clickhouse_logs_table{};    // logs
    std::string clickhouse_username{};      // default
    std::string clickhouse_password{};
    /// Rows of one insert at most. AUTOMAGIK_TELEMETRY_CLICKHOUSE_BATCH_SIZE, from 1.
    std::optional<std::uint64_t> clickhouse_batch_size{}; // 100
    /// How often an insert that failed is tried again before its rows are dropped, the waits between doubling
    /// from a second. Set by nobody there is no such limit: what fails waits, in bounded memory, until it is
    /// taken. AUTOMAGIK_TELEMETRY_CLICKHOUSE_MAX_RETRIES, 0 to 20.
    std::optional<std::uint64_t> clickhouse_max_retries{};
    /// AUTOMAGIK_TELEMETRY_CLICKHOUSE_COMPRESSION_ENABLED.
    std::optional<bool> clickhouse_compression{}; // true

    /// What is hidden in everything that is sent.
    nanotel::privacy_options privacy{};

    /// The longest that an event waits before it is sent, and a metric before it is collected again.
    std::chrono::milliseconds flush_interval{5'000};
    std::chrono::milliseconds metric_interval{10'000};
    /// How long the end of the client, and disable(), wait for the last events.
    std::chrono::milliseconds shutdown_timeout{5'000};

    /// Changes what nanotel::start is called with, last: more destinations, a sampler, a spool. Empty:
    /// nothing.
    std::function<void(nanotel::options&)> adjust{};

    /// For tests: where variables, HOME among them, are read.
    nanotel::environment environment{};
};

namespace detail {

// Whole: every default applied, every variable read.
struct settings {
    automagik::backend backend = automagik::backend::otlp;
    std::string traces_endpoint, metrics_endpoint, logs_endpoint;
    std::chrono::seconds timeout{5};
    bool verbose = false;
    std::string clickhouse_endpoint, clickhouse_database, clickhouse_table, clickhouse_metrics_table,
        clickhouse_logs_table, clickhouse_username, clickhouse_password;
    std::uint64_t clickhouse_batch_size = 100;
    std::optional<std::uint64_t> clickhouse_max_retries{};
    bool clickhouse_compression = true;
};

// The endpoint of one signal, from that of the traces: https://host/v1/traces has https://host/v1/logs, and
// https://host has https://host/v1/logs.
inline std::string endpoint_for(std::string_view base, std::string_view signal) {
    const std::size_t query = base.find('?');
    const std::string rest(query == base.npos ? "" : base.substr(query));
    if (base.starts_with("unix:")) return std::string(base); // a path behind it would be the socket's
    base = base.substr(0, query);
    while (!base.empty() && base.back() == '/') base.remove_suffix(1);
    for (const std::string_view known : {"/traces", "/metrics", "/logs"})
        if (base.ends_with(known)) {
            base.remove_suffix(known.size());
            return std::string(base) + '/' + std::string(signal) + rest;
        }
    return std::string(base) + "/v1/" + std::string(signal) + rest;
}

class settings_reader {
public:
    explicit settings_reader(const client_options& given) : given_(given) {
        // The last line break of the file that a value was read from is no part of it.
        variables_.get = [all = given.environment.get](const std::string& name) {
            std::optional<std::string> value = all(name);
            while (value && !value->empty() && (value->back() == '\n' || value->back() == '\r'))
                value->pop_back();
            return value;
        };
    }

    // Throws std::invalid_argument for what the code has set wrong; what a variable has wrong is reported
    // once, and its default holds.
    settings read() const {
        settings made;
        made.backend = given_.backend.value_or(read_backend());
        const std::string endpoint = url(given_.endpoint, ".endpoint", "ENDPOINT", "http://localhost:4318");
        made.traces_endpoint = endpoint_for(endpoint, "traces");
        made.metrics_endpoint = url(given_.metrics_endpoint, ".metrics_endpoint", "METRICS_ENDPOINT",
                                    endpoint_for(endpoint, "metrics"));
        made.logs_endpoint =
            url(given_.logs_endpoint, ".logs_endpoint", "LOGS_ENDPOINT", endpoint_for(endpoint, "logs"));
        for (const auto& [header, value] : given_.headers)
            if (const std::string mistake = nanotel::detail::header_mistake(header, value); !mistake.empty())
                throw std::invalid_argument("automagik::telemetry: .headers " + mistake);
        if (given_.timeout && (given_.timeout->count() < 1 || given_.timeout->count() > 60))
            throw std::invalid_argument("automagik::telemetry: .timeout is " +
                                        std::to_string(given_.timeout->count()) +
                                        " s; it must be from 1 to 60");
        made.timeout = given_.timeout ? *given_.timeout
                                      : std::chrono::seconds(integer("TIMEOUT", 1, 60, "5").value_or(5));
        made.verbose = given_.verbose ? *given_.verbose : switched("VERBOSE", false);
        read_clickhouse(made);
        return made;
    }

private:
    static std::string variable(std::string_view name) { return "AUTOMAGIK_TELEMETRY_" + std::string(name); }

    bool switched(std::string_view name, bool otherwise) const {
        return switch_of(variables_, variable(name), otherwise ? "true" : "false").value_or(otherwise);
    }

    std::optional<std::uint64_t> integer(std::string_view name, std::uint64_t lowest, std::uint64_t highest,
                                         const std::string& instead) const {
        const auto value = variables_.text(variable(name));
        if (!value) return std::nullopt;
        const std::string_view digits = nanotel::detail::trim(*value);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (error == std::errc{} && end == digits.data() + digits.size() && number >= lowest &&
            number <= highest)
            return number;
        nanotel::environment::ignore(variable(name), *value,
                                     "a whole number from " + std::to_string(lowest) + " to " +
                                         std::to_string(highest) + ". Used instead: " + instead);
        return std::nullopt;
    }

    automagik::backend read_backend() const {
        const auto value = variables_.text(variable("BACKEND"));
        if (!value) return automagik::backend::otlp;
        const std::string_view word = nanotel::detail::trim(*value);
        if (nanotel::detail::equal_ignoring_case(word, "clickhouse")) return automagik::backend::clickhouse;
        if (!nanotel::detail::equal_ignoring_case(word, "otlp"))
            nanotel::environment::ignore(variable("BACKEND"), *value,
                                         "one of: otlp, clickhouse. Used instead: otlp");
        return automagik::backend::otlp;
    }

    // The parser's advice names variables of nanotel's own, which no client reads, and the port of OTLP.
    static std::string in_our_words(std::string problem, bool of_clickhouse) {
        if (const auto at = problem.find("put credentials into"); at != problem.npos)
            problem.replace(at, problem.npos,
                            of_clickhouse
                                ? "put them into AUTOMAGIK_TELEMETRY_CLICKHOUSE_USERNAME and "
                                  "AUTOMAGIK_TELEMETRY_CLICKHOUSE_PASSWORD, or .clickhouse_username "
                                  "and .clickhouse_password"
                                : "put them into a header, by .headers");
        if (const auto at = problem.rfind("as in http://"); of_clickhouse && at != problem.npos)
            if (const auto port = problem.find(":4318", at); port != problem.npos)
                problem.replace(port, 5, ":8123");
        return problem;
    }

    std::string url(const std::string& code, const char* member, std::string_view name,
                    const std::string& otherwise) const {
        const bool of_clickhouse = name.starts_with("CLICKHOUSE");
        if (!code.empty()) {
            if (const auto parsed = nanotel::detail::parse_endpoint(code); !parsed)
                throw std::invalid_argument("automagik::telemetry: " + std::string(member) + ' ' +
                                            in_our_words(parsed.error, of_clickhouse));
            return code;
        }
        const auto value = variables_.text(variable(name));
        if (!value) return otherwise;
        const std::string text(nanotel::detail::trim(*value));
        const auto parsed = nanotel::detail::parse_endpoint(text);
        if (parsed) return text;
        nanotel::detail::diagnose_once(
            nanotel::diagnostic_level::warning, "environment:" + variable(name) + parsed.error,
            variable(name) + ' ' + in_our_words(parsed.error, of_clickhouse) +
                "; it is ignored. Used instead: " + nanotel::detail::redacted_url(otherwise));
        return otherwise;
    }

    // A text of a request, which holds no control characters. No message repeats it: it may be the password.
    std::string text(const std::string& code, const char* member, std::string_view name,
                     const std::string& otherwise) const {
        constexpr const char* problem =
            " holds a line break or another control character; check where it is read from";
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
        const std::string set = variable("CLICKHOUSE_" + std::string(name));
        const std::string chosen = !code.empty() ? code : variables_.text(set).value_or(otherwise);
        if (std::none_of(chosen.begin(), chosen.end(), is_control)) return chosen;
        if (!code.empty())
            throw std::invalid_argument("automagik::telemetry: " + std::string(member) + problem);
        nanotel::detail::diagnose_once(
            nanotel::diagnostic_level::warning, "environment:" + set,
            set + problem + ". It is ignored. Used instead: " + (otherwise.empty() ? "none" : otherwise));
        return otherwise;
    }

    void read_clickhouse(settings& made) const {
        made.clickhouse_endpoint = url(given_.clickhouse_endpoint, ".clickhouse_endpoint",
                                       "CLICKHOUSE_ENDPOINT", "http://localhost:8123");
        made.clickhouse_database =
            text(given_.clickhouse_database, ".clickhouse_database", "DATABASE", "telemetry");
        made.clickhouse_table = text(given_.clickhouse_table, ".clickhouse_table", "TABLE", "traces");
        made.clickhouse_metrics_table =
            text(given_.clickhouse_metrics_table, ".clickhouse_metrics_table", "METRICS_TABLE", "metrics");
        made.clickhouse_logs_table =
            text(given_.clickhouse_logs_table, ".clickhouse_logs_table", "LOGS_TABLE", "logs");
        made.clickhouse_username =
            text(given_.clickhouse_username, ".clickhouse_username", "USERNAME", "default");
        made.clickhouse_password = text(given_.clickhouse_password, ".clickhouse_password", "PASSWORD", "");
        made.clickhouse_batch_size =
            given_.clickhouse_batch_size
                ? *given_.clickhouse_batch_size
                : integer("CLICKHOUSE_BATCH_SIZE", 1, 10'000'000, "100").value_or(100);
        made.clickhouse_max_retries = given_.clickhouse_max_retries
                                          ? given_.clickhouse_max_retries
                                          : integer("CLICKHOUSE_MAX_RETRIES", 0, 20, "no limit");
        made.clickhouse_compression = given_.clickhouse_compression
                                          ? *given_.clickhouse_compression
                                          : switched("CLICKHOUSE_COMPRESSION_ENABLED", true);
    }

    const client_options& given_;
    nanotel::environment variables_;
};

// How long a body is tried that may be sent again so often, the waits between doubling from a second.
inline std::chrono::milliseconds retry_time(std::uint64_t retries, std::chrono::seconds timeout) {
    const auto waits = std::chrono::seconds((std::int64_t{1} << std::min<std::uint64_t>(retries, 20)) - 1);
    const auto all = waits + timeout * static_cast<std::int64_t>(retries);
    return std::clamp<std::chrono::milliseconds>(all, std::chrono::milliseconds(1), std::chrono::hours(1));
}

} // namespace detail
} // namespace automagik::inline NANOTEL_ABI
