// SPDX-License-Identifier: MIT
// The URL of a destination, taken apart and checked, with errors that say what to write instead.
#pragma once

#include <arpa/inet.h> // inet_pton
#include <sys/un.h>    // sockaddr_un

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error> // errc

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp> // equal_ignoring_case

namespace nanotel::inline NANOTEL_ABI::detail {

/// Where requests go. Holds no credentials: a URL with a user or a password is refused.
struct endpoint {
    bool tls = false;
    std::string host; ///< a name or an address; IPv6 without brackets
    std::uint16_t port = 0;
    std::string path;  ///< empty or beginning with a slash
    std::string query; ///< without the question mark; may hold a token, so it stays out of diagnostics
    std::string
        socket; ///< of a unix socket its path, or its abstract name behind an @; then there is no host

    /// Host and port, as a request says them.
    [[nodiscard]] std::string authority() const {
        return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port);
    }

    /// Scheme, host and port: what one connection serves.
    [[nodiscard]] std::string origin() const {
        return socket.empty() ? (tls ? "https://" : "http://") + authority() : "unix:" + socket;
    }

    /// For diagnostics: everything but the query. Of a unix socket the socket alone, since a path behind it
    /// would read as part of it.
    [[nodiscard]] std::string text() const { return socket.empty() ? origin() + path : origin(); }

    /// What the request line says.
    [[nodiscard]] std::string request_target() const {
        std::string target = path.empty() ? "/" : path;
        if (!query.empty()) target += "?" + query;
        return target;
    }

    /// The same host with more of a path: base endpoint http://h:1/otlp and /v1/traces make /otlp/v1/traces.
    [[nodiscard]] endpoint with_path_below(std::string_view more) const {
        endpoint below = *this;
        while (below.path.ends_with('/')) below.path.pop_back();
        below.path += more;
        return below;
    }
};

/// What stands before "://" where it has the form of a scheme (RFC 3986, section 3.1); else nothing. A colon
/// or an @ in it is none of a scheme: what is written wrongly there may be a password.
[[nodiscard]] inline std::string_view scheme_of(std::string_view url) noexcept {
    const std::string_view scheme = url.substr(0, url.find("://"));
    if (scheme.size() == url.size()) return {};
    const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    for (const char c : scheme)
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.') return {};
    return !scheme.empty() && is_letter(scheme.front()) ? scheme : std::string_view();
}

/// A part of a URL as a diagnostic quotes it: not endless.
[[nodiscard]] inline std::string quoted_part(std::string_view part) {
    constexpr std::size_t enough = 40;
    return '"' + std::string(part.substr(0, enough)) + (part.size() > enough ? "...\"" : "\"");
}

/// A URL as a diagnostic may show it: without user, password and query, and not endless.
[[nodiscard]] inline std::string redacted_url(std::string_view url) {
    constexpr std::size_t enough = 200;
    const std::string_view scheme = scheme_of(url);
    const std::size_t authority = scheme.empty() ? 0 : scheme.size() + 3;
    std::string shown(url.substr(0, authority));
    // A password that is written wrongly may hold any character: all before the last @ counts as one.
    if (const auto at = url.rfind('@'); at != url.npos && at >= authority) {
        shown += "***";
        url.remove_prefix(at);
    } else {
        url.remove_prefix(authority);
    }
    const auto query = url.find('?');
    shown += url.substr(0, query);
    if (query != url.npos) shown += "?***";
    if (shown.size() > enough) shown.replace(enough, shown.npos, "...");
    return shown;
}

/// An endpoint, or why there is none.
struct endpoint_result {
    endpoint value;
    std::string error; ///< reads on from the name of what was set: "... has no scheme; write ..."

    explicit operator bool() const noexcept { return error.empty(); }
};

/// Takes the address of a unix socket apart, what stands behind "unix:": a path from the root, before which
/// two slashes may stand, or @ and the name of an abstract one. Every byte counts as it is.
[[nodiscard]] inline endpoint_result parse_socket(std::string_view address) {
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    const auto refuse = [whole = "\"unix:" + std::string(address.substr(0, 200)) + "\" "](
                            const std::string& problem) { return endpoint_result{{}, whole + problem}; };
    if (address.starts_with("//")) address.remove_prefix(2);
    while (address.starts_with("//"))
        address.remove_prefix(1); // one slash for many, as the system reads them
    const bool abstract = address.starts_with('@');
    if (!abstract && !address.starts_with('/'))
        return refuse("names no socket; write its path from the root, as in unix:///run/otel.sock");
    if (address.size() - abstract > longest)
        return refuse("has a path of " + std::to_string(address.size() - abstract) +
                      " bytes; that of a socket has at most " + std::to_string(longest));
    if (address.size() == 1 || address.find('\0') != address.npos)
        return refuse("names no socket; write unix:///run/otel.sock, or unix:@name for an abstract one");
    endpoint_result result;
    result.value.socket = address;
    return result;
}

/// Takes an absolute http or https URL (RFC 3986, without user information and fragment) or the address of a
/// unix socket apart.
[[nodiscard]] inline endpoint_result parse_endpoint(std::string_view url) {
    if (constexpr std::string_view unix_scheme = "unix:"; url.starts_with(unix_scheme))
        return parse_socket(url.substr(unix_scheme.size()));
    const auto refuse = [whole = redacted_url(url)](const std::string& problem) {
        return endpoint_result{{}, "\"" + whole + "\" " + problem};
    };
    for (const char c : url)
        if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
            return refuse(
                "has a space, a control character or a letter outside of ASCII; percent-encode it, and "
                "write a host name in its xn-- form");

    endpoint_result result;
    endpoint& parsed = result.value;
    const std::string_view scheme = scheme_of(url);
    if (scheme.empty())
        return refuse(
            "has no scheme; write http:// or https:// before the host, as in http://localhost:4318");
    parsed.tls = equal_ignoring_case(scheme, "https");
    if (!parsed.tls && !equal_ignoring_case(scheme, "http"))
        return refuse("has the scheme " + quoted_part(scheme) +
                      "; this exporter speaks http:// and https://, and unix: sockets");
    url.remove_prefix(scheme.size() + 3);

    if (url.find('#') != url.npos) return refuse("has a fragment (#...); leave it out");
    if (const auto question = url.find('?'); question != url.npos) {
        parsed.query = url.substr(question + 1);
        url = url.substr(0, question);
    }
    const auto slash = url.find('/');
    if (slash != url.npos) parsed.path = url.substr(slash);
    std::string_view authority = url.substr(0, slash);
    const std::string credentials = "has a user or a password; put credentials into a header instead "
                                    "(OTEL_EXPORTER_OTLP_HEADERS or .headers)";
    if (authority.find('@') != authority.npos) return refuse(credentials);

    std::string_view port;
    bool has_port = false;
    if (authority.starts_with('[')) {
        const auto bracket = authority.find(']');
        if (bracket == authority.npos) return refuse("has a \"[\" without \"]\" in its host");
        parsed.host = authority.substr(1, bracket - 1);
        in6_addr ignored{};
        if (::inet_pton(AF_INET6, parsed.host.c_str(), &ignored) != 1)
            return refuse("has no IPv6 address between its brackets");
        authority.remove_prefix(bracket + 1);
        if (!authority.empty() && authority.front() != ':')
            return refuse("has " + quoted_part(authority) +
                          " after its IPv6 address; only :port may stand there");
        has_port = !authority.empty();
        if (has_port) port = authority.substr(1);
    } else {
        if (authority.find(':') != authority.rfind(':'))
            return refuse("has more than one colon in its host; an IPv6 address stands in brackets, as in "
                          "http://[::1]:4318");
        const auto colon = authority.find(':');
        parsed.host = authority.substr(0, colon);
        has_port = colon != authority.npos;
        if (has_port) port = authority.substr(colon + 1);
        if (parsed.host.empty()) return refuse("has no host; write one, as in http://localhost:4318");
        for (const char c : parsed.host)
            if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '.' || c == '_'))
                return refuse(std::string("has the character \"") + c + "\" in its host name");
    }
    parsed.port = parsed.tls ? 443 : 80;
    if (has_port) {
        unsigned number = 0;
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
        const bool bad =
            error != std::errc{} || end != port.data() + port.size() || number == 0 || number > 65535;
        // A slash in a password ends the authority early, and what looks like a port is its beginning.
        if (bad && parsed.path.find('@') != parsed.path.npos) return refuse(credentials);
        if (bad) return refuse("has the port " + quoted_part(port) + "; a port is a number from 1 to 65535");
        parsed.port = static_cast<std::uint16_t>(number);
    }
    return result;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
