// SPDX-License-Identifier: MIT
// The options of the OTLP/HTTP exporter, and how code, environment and defaults make one target a signal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept> // invalid_argument
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/proxy.hpp>
#include <nanotel/exporters/tls_options.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// How request bodies of 1 KiB and more are compressed.
enum class compression : std::uint8_t { none, gzip };

/// Where and how OTLP/HTTP goes. What is left unset is read from the environment (OTEL_EXPORTER_OTLP_* and
/// its TRACES, METRICS and LOGS forms), then from the defaults; what is set wins over the environment.
struct otlp_http_options {
    /// The base URL, to which /v1/traces, /v1/metrics and /v1/logs are added; or a unix socket, as
    /// unix:///run/otel.sock, or unix:@name for an abstract one. Default: OTEL_EXPORTER_OTLP_ENDPOINT, else
    /// http://localhost:4318. A per-signal endpoint of the environment is used as it is.
    std::string endpoint = {};
    /// Sent with every request, for authorisation mostly. Any header here replaces all of
    /// OTEL_EXPORTER_OTLP_HEADERS, so that credentials for one destination never go to another. Never part of
    /// a diagnostic.
    std::vector<std::pair<std::string, std::string>> headers = {};
    /// The limit for one request, from connecting to the last byte of the answer; 0 is no limit but that of
    /// the pipeline. Connecting to one address of the host takes at most a third of it, and at most 3 s, so
    /// that the next address is tried in time. Default: OTEL_EXPORTER_OTLP_TIMEOUT, else 10 s.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// Default: OTEL_EXPORTER_OTLP_COMPRESSION, else none.
    std::optional<nanotel::compression> compression = std::nullopt;
    /// For https. What is left empty is read from the environment, too.
    tls_options tls = {};
    /// The HTTP proxy to take, http://user:password@host:port; empty: none, whatever the environment says.
    /// Default: http_proxy or https_proxy, by the scheme of the endpoint, unless no_proxy names it; the names
    /// in capitals likewise. localhost and the addresses of loopback are reached without a proxy of the
    /// environment. Never part of a diagnostic but for its host and port.
    std::optional<std::string> proxy = std::nullopt;
};

namespace detail {

/// What the options come to for one signal.
struct otlp_http_target {
    endpoint to;
    environment::key_value_list headers;
    std::chrono::milliseconds timeout{};
    nanotel::compression compression = nanotel::compression::none;
    tls_settings tls = {};
    std::optional<http_proxy> via = std::nullopt;
};

/// What is wrong with a header, without its value; empty when nothing is.
[[nodiscard]] inline std::string header_mistake(std::string_view name, std::string_view value) {
    constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~"; // RFC 9110, section 5.6.2
    for (const char c : name)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              token_marks.find(c) != token_marks.npos))
            return "has a header whose name holds a character that HTTP does not allow there";
    if (name.empty()) return "has a header without a name";
    const std::string shown(name.substr(0, 100));
    for (const std::string_view own :
         {"content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "expect"})
        if (equal_ignoring_case(name, own))
            return "has the header \"" + shown + "\", which the exporter sets itself";
    for (const char c : value)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f)
            return "has the header \"" + shown +
                   "\" with a line break or another control character in its value";
    return {};
}

/// Warns of the port on which a Collector speaks gRPC: the most common mistake there is.
inline void warn_of_grpc_port(const endpoint& to, std::string_view set_by) {
    if (to.port != 4317) return;
    endpoint meant = to;
    meant.port = 4318;
    diagnose(diagnostic_level::warning, "otlp_http:4317:" + to.host,
             std::string(set_by) + " \"" + to.text() +
                 "\" has port 4317, where a Collector speaks gRPC; this exporter " +
                 "speaks OTLP over HTTP, mostly on port 4318: " + meant.text());
}

/// Puts one signal's target together. Throws std::invalid_argument for what the code has set wrong; what the
/// environment has set wrong is reported once and left out.
class otlp_http_resolver {
public:
    otlp_http_resolver(const otlp_http_options& options, const environment& variables)
        : options_(options), variables_(variables) {}

    [[nodiscard]] otlp_http_target resolve(signal kind) const {
        report_protocol(kind);
        endpoint to = resolve_endpoint(kind);
        report_insecure(kind, to);
        tls_settings tls = otlp_tls_resolver(options_.tls, variables_, kind).resolve(to);
        std::optional<http_proxy> via = resolve_proxy(to);
        return {std::move(to),  resolve_headers(kind), resolve_timeout(kind), resolve_compression(kind),
                std::move(tls), std::move(via)};
    }

private:
    endpoint resolve_endpoint(signal kind) const {
        const std::string path = "/v1/" + std::string(to_string(kind));
        if (!options_.endpoint.empty()) {
            const endpoint_result parsed = parse_endpoint(options_.endpoint);
            if (!parsed) throw std::invalid_argument("otlp_http: .endpoint " + parsed.error);
            warn_of_grpc_port(parsed.value, "otlp_http: .endpoint");
            return parsed.value.with_path_below(path);
        }
        const auto variables = otlp_variables(kind, "ENDPOINT");
        for (const std::string& name : variables) {
            const auto url = variables_.text(name);
            if (!url) continue;
            const endpoint_result parsed = parse_endpoint(trim(*url));
            if (!parsed) {
                diagnose_once(diagnostic_level::warning, "environment:" + name + parsed.error,
                              name + " " + parsed.error + "; it is ignored" + used_instead(name));
                continue;
            }
            warn_of_grpc_port(parsed.value, name);
            // A socket has no path of its own that could be used as it is.
            const bool whole = name == variables[0] && parsed.value.socket.empty();
            return whole ? parsed.value : parsed.value.with_path_below(path);
        }
        return parse_endpoint("http://localhost:4318").value.with_path_below(path);
    }

    environment::key_value_list resolve_headers(signal kind) const {
        for (const auto& [header, value] : options_.headers)
            if (const std::string mistake = header_mistake(header, value); !mistake.empty())
                throw std::invalid_argument("otlp_http: .headers " + mistake);
        if (!options_.headers.empty()) return options_.headers;
        for (const std::string& name : otlp_variables(kind, "HEADERS")) {
            auto headers = variables_.key_values(name, value_secrecy::hidden);
            if (!headers) continue;
            std::string mistake;
            for (const auto& [header, value] : *headers)
                if (mistake.empty()) mistake = header_mistake(header, value);
            if (mistake.empty()) return *std::move(headers);
            diagnose_once(diagnostic_level::warning, "environment:" + name + mistake,
                          name + " " + mistake + "; the whole variable is ignored" + used_instead(name));
        }
        return {};
    }

    std::chrono::milliseconds resolve_timeout(signal kind) const {
        if (options_.timeout && options_.timeout->count() < 0)
            throw std::invalid_argument("otlp_http: .timeout is " +
                                        std::to_string(options_.timeout->count()) +
                                        " ms; a timeout is 0 (no limit) or more");
        if (options_.timeout) return *options_.timeout;
        for (const std::string& name : otlp_variables(kind, "TIMEOUT"))
            if (const auto timeout = variables_.duration(name)) return *timeout;
        return std::chrono::milliseconds{10'000};
    }

    compression resolve_compression(signal kind) const {
        if (options_.compression) return *options_.compression;
        for (const std::string& name : otlp_variables(kind, "COMPRESSION"))
            if (const auto method = variables_.choice<compression>(
                    name, {{"none", compression::none}, {"gzip", compression::gzip}}))
                return *method;
        return compression::none;
    }

    void report_protocol(signal kind) const {
        for (const std::string& name : otlp_variables(kind, "PROTOCOL"))
            if (const auto value = variables_.text(name);
                value && !equal_ignoring_case(trim(*value), "http/json"))
                environment::ignore(
                    name, *value,
                    "http/json, which a Collector reads on the same port (4318) as http/protobuf");
    }

    /// The variable is about gRPC, whose endpoints may have no scheme; here the scheme decides.
    void report_insecure(signal kind, const endpoint& to) const {
        for (const std::string& name : otlp_variables(kind, "INSECURE")) {
            const auto insecure = variables_.choice<bool>(name, {{"true", true}, {"false", false}});
            if (!insecure) continue;
            if (*insecure == to.tls && to.socket.empty())
                diagnose_once(
                    diagnostic_level::warning, "environment:" + name,
                    name + "=" + (*insecure ? "true" : "false") + " is ignored: the scheme of " + to.text() +
                        " decides that it is reached " +
                        (to.tls ? "by TLS, and its certificate is verified; write http:// to do without"
                                : "without TLS; write https:// to have it"));
            return;
        }
    }

    std::optional<http_proxy> resolve_proxy(const endpoint& to) const {
        if (!to.socket.empty()) return std::nullopt;
        if (!options_.proxy) return proxy_of_environment(to, variables_);
        if (options_.proxy->empty()) return std::nullopt;
        proxy_result parsed = parse_proxy(*options_.proxy);
        if (!parsed) throw std::invalid_argument("otlp_http: .proxy " + parsed.error);
        return std::move(parsed.value);
    }

    const otlp_http_options& options_;
    const environment& variables_;
};

} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
