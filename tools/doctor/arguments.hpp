// SPDX-License-Identifier: MIT
// What the doctor is asked.
#pragma once

#include <nanotel/exporters/http_options.hpp>

#include <charconv>
#include <cmath> // isfinite
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel_doctor {

inline constexpr std::string_view usage =
    R"(usage: nanotel-doctor [ENDPOINT] [OPTION]...

Looks at the way from here to an OTLP/HTTP receiver, step by step, and says what to mend: the configuration, the
name, the connection, TLS, and one empty request for each signal.

  ENDPOINT                   the base URL, such as https://collector.example:4318 or unix:///run/otel.sock
  --header NAME=VALUE        sent with every request; may be given again; never printed
  --timeout SECONDS          the limit of each step
  --certificate FILE         the authorities to trust, in PEM
  --client-certificate FILE  what to show of oneself, in PEM, with
  --client-key FILE          its key
  --proxy URL                the HTTP proxy to take; "" for none
  --help                     this text

What is not given is read from the variables of the specification, as a program with nanotel reads them:
OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS, _TIMEOUT, _CERTIFICATE, _CLIENT_CERTIFICATE, _CLIENT_KEY, their forms for
TRACES, METRICS and LOGS, and http_proxy, https_proxy and no_proxy.

The status is that of the first step that failed:
  0  all is well
  2  the configuration, or this command, cannot be
  3  the name has no address
  4  nothing accepts connections there
  5  TLS: the handshake, the certificate, its name or its time
  6  the credentials are missing or wrong (401, 403, 407)
  7  there is no OTLP receiver at this path (404, 405)
  8  another refusal, or what is there does not speak OTLP over HTTP
  9  not now, but perhaps later (429, 502, 503, 504, no answer in time)
)";

enum class failing : int {
    nothing = 0,
    configuration = 2,
    name,
    connection,
    tls,
    credentials,
    path,
    refused,
    later
};

struct arguments {
    nanotel::otlp_http_options options{};
    bool help = false;
    std::string mistake{}; // empty: there is none
};

inline arguments read_arguments(const std::vector<std::string>& given) {
    arguments read;
    const auto refuse = [&](const std::string& mistake) {
        read.mistake = mistake;
        return read;
    };
    for (std::size_t i = 0; i < given.size(); ++i) {
        const std::string& option = given[i];
        if (option == "--help" || option == "-h") {
            read.help = true;
            return read;
        }
        if (option.empty() || option[0] != '-') {
            if (!read.options.endpoint.empty()) return refuse("there is more than one ENDPOINT");
            if (option.empty()) return refuse("ENDPOINT is empty");
            read.options.endpoint = option;
            continue;
        }
        if (i + 1 == given.size()) return refuse(option + " is unknown, or lacks its value");
        const std::string& value = given[++i];
        if (option == "--header") {
            const auto equals = value.find('=');
            if (equals == value.npos || equals == 0) return refuse("--header wants NAME=VALUE");
            read.options.headers.emplace_back(value.substr(0, equals), value.substr(equals + 1));
        } else if (option == "--timeout") {
            double seconds = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
            if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(seconds) ||
                seconds < 0.001 || seconds > 3600)
                return refuse("--timeout is \"" + value +
                              "\"; it is a number of seconds, from 0.001 to 3600");
            read.options.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
        } else if (option == "--certificate") {
            read.options.tls.certificate_file = value;
        } else if (option == "--client-certificate") {
            read.options.tls.client_certificate_file = value;
        } else if (option == "--client-key") {
            read.options.tls.client_key_file = value;
        } else if (option == "--proxy") {
            read.options.proxy = value;
        } else {
            return refuse(option + " is unknown");
        }
    }
    return read;
}

} // namespace nanotel_doctor
