// SPDX-License-Identifier: MIT
// Which certificates and keys a signal's TLS uses: code, environment and the files that they name.
#pragma once

#include <array>
#include <optional>
#include <stdexcept> // invalid_argument
#include <string>
#include <string_view>

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/exporters/exporter.hpp>
#include <nanotel/exporters/tls.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// Files in PEM for https, each the path of one. They are read and checked when the exporter is made.
struct tls_options {
    /// The authorities to trust, instead of those of the system. Default: OTEL_EXPORTER_OTLP_CERTIFICATE.
    std::string certificate_file = {};
    /// What this program shows of itself, the certificate first, then its chain. Default:
    /// OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE.
    std::string client_certificate_file = {};
    /// Its key, not encrypted. Default: OTEL_EXPORTER_OTLP_CLIENT_KEY.
    std::string client_key_file = {};
    /// False: any server is believed, whatever certificate it has; each start warns of it.
    bool verify_server = true;
};

namespace detail {

/// The variables that set one thing for a signal, the one that wins first: OTEL_EXPORTER_OTLP_TRACES_TIMEOUT
/// before OTEL_EXPORTER_OTLP_TIMEOUT.
[[nodiscard]] inline std::array<std::string, 2> otlp_variables(signal kind, std::string_view what) {
    std::string specific = "OTEL_EXPORTER_OTLP_";
    const std::string general = specific + std::string(what);
    for (const char c : to_string(kind)) specific += static_cast<char>(c - 32); // to upper case
    return {specific + "_" + std::string(what), general};
}

/// Reads what one signal's TLS needs. Throws std::invalid_argument for a file that the code names and that
/// cannot be used; one that the environment names is reported and left out, which never makes less be
/// verified.
class otlp_tls_resolver {
public:
    /// `component` is whose options they are, for diagnostics.
    otlp_tls_resolver(const tls_options& options, const environment& variables, signal kind,
                      std::string_view component = "otlp_http")
        : options_(options), variables_(variables), kind_(kind), component_(component) {}

    [[nodiscard]] tls_settings resolve(const endpoint& to) const {
        tls_settings settings;
        if (!to.tls) {
            for (const auto& [option, variable] : {names_of_authorities, names_of_certificate, names_of_key})
                warn_if_unused(to, option, variable);
            return settings;
        }
        settings.verify = options_.verify_server;
        if (!settings.verify)
            diagnose(diagnostic_level::warning, component_ + ":unverified:" + to.host,
                     component_ + ": .tls.verify_server is false: whoever answers for " + to.text() +
                         " is sent everything, credentials included; name its authority in "
                         ".tls.certificate_file instead");
        settings.authorities = read(names_of_authorities, options_.certificate_file, &certificate_mistake,
                                    "; it is ignored, and the authorities of the system count")
                                   .text;
        read_client(settings);
        return settings;
    }

private:
    struct names {
        std::string_view option, variable;
    };
    static constexpr names names_of_authorities{".tls.certificate_file", "CERTIFICATE"};
    static constexpr names names_of_certificate{".tls.client_certificate_file", "CLIENT_CERTIFICATE"};
    static constexpr names names_of_key{".tls.client_key_file", "CLIENT_KEY"};

    /// A file that was named.
    struct named_file {
        std::string
            name; ///< the option or variable with the path, as a message begins; empty: none was named
        std::string text; ///< empty: it cannot be used
        bool from_code = false;
    };

    const std::string& option_of(std::string_view option) const {
        return option == names_of_authorities.option   ? options_.certificate_file
               : option == names_of_certificate.option ? options_.client_certificate_file
                                                       : options_.client_key_file;
    }

    void warn_if_unused(const endpoint& to, std::string_view option, std::string_view variable) const {
        std::string name;
        if (!option_of(option).empty()) name = component_ + ": " + std::string(option);
        for (const std::string& set : otlp_variables(kind_, variable))
            if (name.empty() && variables_.text(set)) name = set;
        if (!name.empty())
            diagnose_once(diagnostic_level::warning, component_ + ":unused:" + name,
                          name + " is not used: " + to.text() +
                              " is reached without TLS; write https:// to have it");
    }

    /// Throws or reports, by who named the file.
    static void complain(const named_file& file, const std::string& problem, std::string_view consequence) {
        if (file.from_code) throw std::invalid_argument(file.name + problem);
        diagnose_once(diagnostic_level::error, "environment:" + file.name,
                      file.name + problem + std::string(consequence));
    }

    named_file read(const names& of, const std::string& path, std::string (*mistake_in)(std::string_view),
                    std::string_view consequence) const {
        if (!path.empty()) {
            named_file file{component_ + ": " + std::string(of.option) + " \"" + path + "\" ", {}, true};
            fill(file, path, mistake_in, consequence);
            return file;
        }
        for (const std::string& name : otlp_variables(kind_, of.variable)) {
            const auto named = variables_.text(name);
            if (!named) continue;
            named_file file{name + " \"" + *named + "\" ", {}, false};
            fill(file, *named, mistake_in, consequence);
            return file;
        }
        return {};
    }

    static void fill(named_file& file, const std::string& path, std::string (*mistake_in)(std::string_view),
                     std::string_view consequence) {
        std::string problem = read_small_file(path, file.text);
        if (problem.empty()) problem = mistake_in(file.text);
        if (problem.empty()) return;
        file.text.clear();
        complain(file, problem, consequence);
    }

    void read_client(tls_settings& settings) const {
        constexpr std::string_view consequence = "; it is ignored, and no client certificate is shown";
        const named_file certificate =
            read(names_of_certificate, options_.client_certificate_file, &certificate_mistake, consequence);
        const named_file key = read(names_of_key, options_.client_key_file, &key_mistake, consequence);
        if (certificate.name.empty() && key.name.empty()) return;
        if (key.name.empty() || certificate.name.empty()) {
            const bool has_key = !key.name.empty();
            const names& missing = has_key ? names_of_certificate : names_of_key;
            const named_file& there = has_key ? key : certificate;
            if (!there.text.empty())
                complain(there,
                         std::string("has no ") + (has_key ? "certificate" : "key") +
                             " beside it; name the file of that in " + std::string(missing.option) +
                             (component_ == "otlp_http"
                                  ? " or OTEL_EXPORTER_OTLP_" + std::string(missing.variable)
                                  : ""),
                         consequence);
            return;
        }
        if (certificate.text.empty() || key.text.empty()) return; // it has been said
        if (!key_fits(certificate.text, key.text)) {
            named_file both = key;
            both.from_code = key.from_code || certificate.from_code;
            complain(both,
                     "is not the key of the certificate in " +
                         certificate.name.substr(0, certificate.name.size() - 1),
                     consequence);
            return;
        }
        settings.certificate = certificate.text;
        settings.key = key.text;
    }

    const tls_options& options_;
    const environment& variables_;
    signal kind_;
    const std::string component_;
};

} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
