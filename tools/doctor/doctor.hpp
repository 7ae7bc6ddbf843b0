// SPDX-License-Identifier: MIT
// Looks at the way from here to an OTLP/HTTP receiver, step by step, with what the exporter itself uses.
#pragma once

#include <nanotel/exporters/http.hpp>

#include "arguments.hpp"
#include "connection.hpp"

#include <functional>

namespace nanotel_doctor {

class doctor {
public:
    /// `say` is given line after line.
    doctor(nanotel::otlp_http_options options, nanotel::environment variables,
           std::function<void(const std::string&)> say)
        : options_(std::move(options)), variables_(std::move(variables)), say_(std::move(say)) {}

    failing examine() {
        nanotel::set_diagnostic_handler(
            [](nanotel::diagnostic_level, std::string_view text, void* self) {
                static_cast<doctor*>(self)->note(std::string(text));
            },
            this);
        try {
            look();
        } catch (const std::exception& problem) { // of the configuration: the exporter's words
            std::string text = problem.what();
            if (text.starts_with("otlp_http: .")) text.erase(0, 12);
            failed(failing::configuration, "configuration", text);
        }
        nanotel::set_diagnostic_handler(nullptr);
        return first_;
    }

private:
    using target = nanotel::detail::otlp_http_target;
    static constexpr nanotel::signal signals[]{nanotel::signal::traces, nanotel::signal::metrics,
                                               nanotel::signal::logs};

    void look() {
        std::vector<target> targets;
        // Made first: what it complains of is said once.
        const auto exporter = nanotel::otlp_http(options_, variables_);
        for (const auto kind : signals)
            targets.push_back(nanotel::detail::otlp_http_resolver(options_, variables_).resolve(kind));
        well("configuration", summary(targets));
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const target& to = targets[i];
            std::size_t same = 0;
            while (same < i && !destination(targets[same]).serves(destination(to))) ++same;
            reached_[i] = same < i ? reached_[same] : reach_target(to);
            if (reached_[i]) ask(*exporter, signals[i], to);
        }
        if (first_ == failing::nothing) say_("all is well: telemetry can be sent from here");
    }

    static nanotel::detail::http_destination destination(const target& of) { return {of.to, of.via, of.tls}; }

    static std::string summary(const std::vector<target>& targets) {
        std::string text;
        for (const target& each : targets)
            text +=
                (text.empty() ? "" : ", ") +
                (text.empty() || each.to.origin() != targets[0].to.origin() ? each.to.text() : each.to.path);
        const auto& headers = targets[0].headers;
        text += headers.empty() ? "; no headers" : "; headers";
        for (const auto& [name, value] : headers) text += (&name == &headers[0].first ? " " : ", ") + name;
        if (targets[0].via) text += "; through the proxy " + targets[0].via->text();
        return text;
    }

    static std::chrono::milliseconds limit_of(const target& of) {
        const std::chrono::milliseconds usual{10'000}, longest{3'600'000};
        return of.timeout.count() > 0 ? std::min(of.timeout, longest) : usual;
    }

    bool reach_target(const target& to) {
        const auto limit = limit_of(to);
        std::vector<address> addresses;
        if (!to.to.socket.empty()) {
            addresses.push_back(socket_address(to.to.socket));
        } else {
            const std::string& host = to.via ? to.via->host : to.to.host;
            if (!step(failing::name, "name", look_up(host, to.via ? to.via->port : to.to.port, addresses)))
                return false;
        }
        open_socket connection;
        finding reached = reach(addresses, limit, connection);
        if (to.to.socket.empty() && !to.via && (to.to.port == 80 || to.to.port == 443))
            reached.cure +=
                "; a Collector takes OTLP over HTTP on port 4318, and no port was given, or that of the web";
        if (!step(failing::connection, "connection", reached)) return false;
        // Behind a proxy the request itself shows what there is to know.
        if (!to.to.tls || to.via) return true;
        return step(failing::tls, "tls", shake_hands(connection, to.to.host, to.tls, limit));
    }

    void ask(nanotel::exporter& exporter, nanotel::signal kind, const target& to) {
        const auto limit = limit_of(to);
        const char* const body = kind == nanotel::signal::traces    ? R"({"resourceSpans":[]})"
                                 : kind == nanotel::signal::metrics ? R"({"resourceMetrics":[]})"
                                                                    : R"({"resourceLogs":[]})";
        const nanotel::export_result result =
            exporter.send({kind, body, 0}, std::chrono::steady_clock::now() + limit);
        const std::string what(to_string(kind));
        switch (result.outcome) {
        case nanotel::export_outcome::delivered:
            if (result.message.find("web page") != result.message.npos)
                return failed(failing::path, what, result.message);
            return well(what,
                        result.message.empty() ? to.to.text() + " takes an empty request" : result.message);
        case nanotel::export_outcome::retryable:
            return failed(is_of_a_stranger(result.message) ? failing::refused : failing::later, what,
                          result.message);
        case nanotel::export_outcome::rejected:
            return failed(kind_of(result.message), what, result.message);
        }
    }

    // What answers speaks something else than HTTP. An exporter waits for it to go; a person has to know.
    static bool is_of_a_stranger(const std::string& message) {
        for (const char* const words : {" speaks HTTP/2", " speaks TLS", " is not HTTP"})
            if (message.find(words) != message.npos) return true;
        return false;
    }

    // By the status that the exporter names.
    static failing kind_of(const std::string& message) {
        constexpr std::string_view before = " answered ";
        const auto at = message.find(before);
        const std::string status = at == message.npos ? "" : message.substr(at + before.size(), 3);
        if (status == "401" || status == "403" || status == "407") return failing::credentials;
        if (status == "404" || status == "405") return failing::path;
        return failing::refused;
    }

    bool step(failing kind, const std::string& name, const finding& found) {
        if (found.well)
            well(name, found.text);
        else
            failed(kind, name, found.text, found.cure);
        return found.well;
    }
    void well(const std::string& name, const std::string& text) { say_(line("ok", name, text)); }
    void note(const std::string& text) { say_(line("note", "", text)); }
    void failed(failing kind, const std::string& name, const std::string& text,
                const std::string& cure = {}) {
        if (first_ == failing::nothing) first_ = kind;
        say_(line("failed", name, text));
        if (!cure.empty()) say_(line("", "mend", cure));
    }
    static std::string line(std::string mark, std::string name, const std::string& text) {
        mark.resize(8, ' ');
        name.resize(15, ' ');
        return mark + name + text;
    }

    const nanotel::otlp_http_options options_;
    const nanotel::environment variables_;
    const std::function<void(const std::string&)> say_;
    bool reached_[3]{};
    failing first_ = failing::nothing;
};

/// The whole program.
inline int run(const std::vector<std::string>& given, const nanotel::environment& variables,
               const std::function<void(const std::string&)>& say) {
    const arguments read = read_arguments(given);
    if (read.help) {
        say(std::string(usage.substr(0, usage.size() - 1)));
        return 0;
    }
    if (!read.mistake.empty()) {
        say("nanotel-doctor: " + read.mistake + "; see nanotel-doctor --help");
        return static_cast<int>(failing::configuration);
    }
    return static_cast<int>(doctor(read.options, variables, say).examine());
}

} // namespace nanotel_doctor
