// SPDX-License-Identifier: MIT
// Which HTTP proxy a request takes: the variables that most programs read, and what they mean.
#pragma once

#include <arpa/inet.h> // inet_pton

#include <algorithm> // min
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error> // errc

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/environment.hpp>
#include <nanotel/exporters/endpoint.hpp>
#include <nanotel/otlp/binary_text.hpp> // write_base64

namespace nanotel::inline NANOTEL_ABI::detail {

/// A proxy that is spoken to in plain HTTP.
struct http_proxy {
    std::string host; ///< a name or an address; IPv6 without brackets
    std::uint16_t port = 0;
    std::string user, password; ///< secrets; both empty: none

    /// For diagnostics.
    [[nodiscard]] std::string text() const {
        return "http://" + (host.find(':') == host.npos ? host : "[" + host + "]") + ":" +
               std::to_string(port);
    }

    friend bool operator==(const http_proxy&, const http_proxy&) = default;
};

/// User and password as the Basic scheme has them: still a secret.
[[nodiscard]] inline std::string basic_credentials(const http_proxy& via) {
    const std::string plain = via.user + ":" + via.password;
    std::string encoded((plain.size() + 2) / 3 * 4, '\0');
    write_base64(encoded.data(), reinterpret_cast<const unsigned char*>(plain.data()), plain.size());
    return encoded;
}

struct proxy_result {
    http_proxy value;
    std::string error; ///< reads on from the name of what was set; without user and password

    explicit operator bool() const noexcept { return error.empty(); }
};

/// Reads http://user:password@host:port, of which the scheme, the user and the port (80) may be left out.
/// What comes after the port is not looked at.
[[nodiscard]] inline proxy_result parse_proxy(std::string_view url) {
    const std::string shown = "\"" + redacted_url(url) + "\" ";
    std::string_view rest = url;
    if (const std::string_view scheme = scheme_of(url); !scheme.empty()) {
        if (!equal_ignoring_case(scheme, "http"))
            return {{}, shown + "is no proxy that is spoken to in http://; no other is supported"};
        rest.remove_prefix(scheme.size() + 3);
    }
    std::string_view user_information;
    if (const auto at = rest.rfind('@'); at != rest.npos) {
        user_information = rest.substr(0, at);
        rest.remove_prefix(at + 1);
    }
    const endpoint_result parsed = parse_endpoint("http://" + std::string(rest.substr(0, rest.find('/'))));
    if (!parsed) // its words, with what was set before them
        return {{}, shown + parsed.error.substr(std::min(parsed.error.find("\" ") + 2, parsed.error.size()))};
    proxy_result result{{parsed.value.host, parsed.value.port, {}, {}}, {}};
    if (user_information.empty()) return result;
    const auto credentials = percent_decode(user_information);
    if (!credentials)
        return {{}, shown + "has a \"%\" without two hexadecimal digits after it in its user or password"};
    const auto colon = credentials->find(':');
    result.value.user = credentials->substr(0, colon);
    if (colon != credentials->npos) result.value.password = credentials->substr(colon + 1);
    // cpp-httplib would send neither, and the proxy would seem to refuse them.
    if (result.value.user.empty() || result.value.password.empty())
        return {{}, shown + "has a user or a password without the other"};
    return result;
}

/// An address of IPv4 or IPv6 as bytes; IPv4 in its form within IPv6.
struct ip_address {
    unsigned char bytes[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    bool is_v4 = false;

    [[nodiscard]] static std::optional<ip_address> parse(const std::string& text) noexcept {
        ip_address address;
        if (::inet_pton(AF_INET, text.c_str(), address.bytes + 12) == 1) {
            address.is_v4 = true;
            return address;
        }
        if (::inet_pton(AF_INET6, text.c_str(), address.bytes) == 1) return address;
        return std::nullopt;
    }

    [[nodiscard]] bool is_loopback() const noexcept {
        if (is_v4) return bytes[12] == 127;
        for (int i = 0; i < 15; ++i)
            if (bytes[i] != 0) return false;
        return bytes[15] == 1;
    }

    [[nodiscard]] bool starts_like(const ip_address& other, unsigned bits) const noexcept {
        for (std::size_t i = 0; i < 16 && bits > 0; ++i) {
            const unsigned mask = bits >= 8 ? 0xffU : 0xffU << (8 - bits) & 0xffU;
            if (((bytes[i] ^ other.bytes[i]) & mask) != 0) return false;
            bits -= std::min(bits, 8U);
        }
        return true;
    }
};

/// Whether one entry of NO_PROXY names a host: *, a domain (example.com names www.example.com too,
/// .example.com only what is below), an address, a range of addresses (10.0.0.0/8), each but the range with
/// :port where it is to hold for that port alone.
[[nodiscard]] inline bool no_proxy_entry_names(std::string_view entry, const endpoint& to) {
    if (entry == "*") return true;
    const auto address = ip_address::parse(to.host);
    if (const auto slash = entry.find('/'); slash != entry.npos) {
        const auto network = ip_address::parse(std::string(entry.substr(0, slash)));
        const std::string_view digits = entry.substr(slash + 1);
        unsigned bits = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (!network || !address || error != std::errc{} || end != digits.data() + digits.size() ||
            bits > (network->is_v4 ? 32 : 128))
            return false;
        return network->is_v4 == address->is_v4 &&
               address->starts_like(*network, bits + (network->is_v4 ? 96 : 0));
    }
    // A port stands behind the only colon, or behind a bracket: ::1 has none.
    std::string_view host = entry;
    const auto colon = entry.rfind(':');
    const bool bracketed = entry.starts_with('[');
    if (colon != entry.npos && (bracketed ? entry[colon - 1] == ']' : entry.find(':') == colon)) {
        if (entry.substr(colon + 1) != std::to_string(to.port)) return false;
        host = entry.substr(0, colon);
    }
    if (bracketed && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (const auto one = ip_address::parse(std::string(host)))
        return address && one->is_v4 == address->is_v4 && address->starts_like(*one, 128);
    if (address) return false; // an address lies below no domain
    if (host.starts_with("*.")) host.remove_prefix(1);
    std::string_view name = to.host;
    if (name.ends_with('.')) name.remove_suffix(1);
    const bool below_only = host.starts_with('.');
    if (below_only) host.remove_prefix(1);
    if (host.empty() || name.size() < host.size()) return false;
    if (!equal_ignoring_case(name.substr(name.size() - host.size()), host)) return false;
    if (name.size() == host.size()) return !below_only;
    return name[name.size() - host.size() - 1] == '.';
}

/// Whether an endpoint is reached without the proxy of the environment. As in Go, and so in the Collector,
/// that is what NO_PROXY names, and always localhost and the addresses of loopback.
[[nodiscard]] inline bool goes_around_proxy(const endpoint& to, std::string_view no_proxy) {
    if (!to.socket.empty() || equal_ignoring_case(to.host, "localhost")) return true;
    if (const auto address = ip_address::parse(to.host); address && address->is_loopback()) return true;
    for (std::size_t begin = 0; begin <= no_proxy.size();) {
        const auto end = std::min(no_proxy.find(',', begin), no_proxy.size());
        const std::string_view entry = trim(no_proxy.substr(begin, end - begin));
        if (!entry.empty() && no_proxy_entry_names(entry, to)) return true;
        begin = end + 1;
    }
    return false;
}

/// The proxy that the environment names for an endpoint: http_proxy or https_proxy by its scheme, else the
/// name in capitals, apart from what NO_PROXY names. HTTP_PROXY does not count where REQUEST_METHOD is set:
/// in a CGI program it is a header of whoever asked. A value that cannot be read is reported once and
/// ignored.
[[nodiscard]] inline std::optional<http_proxy> proxy_of_environment(const endpoint& to,
                                                                    const environment& variables) {
    const auto first_of = [&](const char* lower, const char* upper) -> std::optional<std::string> {
        if (auto text = variables.text(lower)) return text;
        return variables.text(upper);
    };
    if (goes_around_proxy(to, first_of("no_proxy", "NO_PROXY").value_or(""))) return std::nullopt;
    const bool capitals = to.tls || !variables.text("REQUEST_METHOD");
    for (const std::string name :
         {to.tls ? "https_proxy" : "http_proxy", to.tls ? "HTTPS_PROXY" : "HTTP_PROXY"}) {
        if (name[0] == 'H' && !capitals) continue;
        const auto url = variables.text(name);
        if (!url) continue;
        proxy_result parsed = parse_proxy(trim(*url));
        if (parsed) return std::move(parsed.value);
        diagnose_once(diagnostic_level::warning, "environment:" + name,
                      name + " " + parsed.error + "; it is ignored. Write http://host:port");
    }
    return std::nullopt;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
