// SPDX-License-Identifier: MIT
// What HTTP instrumentation reads out of methods, URLs and headers, and what it leaves out of them.
#pragma once

#include <nanotel/core/ids.hpp> // hex_digit
#include <nanotel/instrument/http_options.hpp>

#include <cstddef>
#include <cstdlib> // getenv
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

inline constexpr std::string_view other_method = "_OTHER";

inline std::string_view trimmed(std::string_view s) noexcept {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

// What stands before the separator; the rest is left, without it.
inline std::string_view take_until(std::string_view& rest, char separator) noexcept {
    const std::size_t end = rest.find(separator);
    const std::string_view first = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    return first;
}

// -- methods

inline std::vector<std::string> known_http_methods(const std::vector<std::string>& given) {
    if (!given.empty()) return given;
    std::vector<std::string> methods;
    if (const char* const variable = std::getenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS")) {
        std::string_view rest = variable;
        while (!rest.empty())
            if (const std::string_view one = trimmed(take_until(rest, ',')); !one.empty())
                methods.emplace_back(one);
    }
    if (methods.empty())
        methods = {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"};
    return methods;
}

// One of the list, which is compared with case, or _OTHER.
inline std::string_view known_method(std::string_view method,
                                     const std::vector<std::string>& known) noexcept {
    for (const std::string& one : known)
        if (one == method) return one;
    return other_method;
}

// -- URLs

// Whether what is written with percent signs reads as `plain`: nobody gets a secret past the list that way.
inline bool decodes_to(std::string_view encoded, std::string_view plain) noexcept {
    std::size_t at = 0;
    for (std::size_t i = 0; i < encoded.size(); ++i, ++at) {
        char c = encoded[i];
        if (c == '%' && i + 2 < encoded.size()) {
            const int high = hex_digit(encoded[i + 1]), low = hex_digit(encoded[i + 2]);
            if (high >= 0 && low >= 0) {
                c = static_cast<char>(high * 16 + low);
                i += 2;
            }
        }
        if (at == plain.size() || plain[at] != c) return false;
    }
    return at == plain.size();
}

// Appends the query, without its question mark.
inline void append_redacted_query(std::string& to, std::string_view query,
                                  const std::vector<std::string>& secret_keys) {
    for (bool first = true; !query.empty() || first; first = false) {
        const bool more = query.find('&') != query.npos;
        const std::string_view pair = take_until(query, '&');
        const std::size_t equals = pair.find('=');
        bool secret = false;
        if (equals != pair.npos && equals + 1 < pair.size())
            for (const std::string& key : secret_keys)
                if (decodes_to(pair.substr(0, equals), key)) secret = true;
        to += secret ? pair.substr(0, equals + 1) : pair;
        if (secret) to += "REDACTED";
        if (more) to += '&';
    }
}
inline std::string redacted_query(std::string_view query, const std::vector<std::string>& secret_keys) {
    std::string redacted;
    append_redacted_query(redacted, query, secret_keys);
    return redacted;
}

// A URL, or a path with its query, without user, password and the values of secret keys.
inline std::string url_without_secrets(std::string_view url, const std::vector<std::string>& secret_keys) {
    std::string redacted;
    if (const std::size_t scheme = url.find("://"); scheme != url.npos && scheme < url.find_first_of("/?#")) {
        const std::size_t begin = scheme + 3;
        std::string_view authority = url.substr(begin);
        authority = authority.substr(0, authority.find_first_of("/?#"));
        redacted += url.substr(0, begin);
        url.remove_prefix(begin);
        if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
            redacted +=
                authority.substr(0, at).find(':') == authority.npos ? "REDACTED@" : "REDACTED:REDACTED@";
            url.remove_prefix(at + 1);
        }
    }
    const std::size_t fragment = url.find('#');
    const std::string_view before = url.substr(0, fragment);
    const std::size_t query = before.find('?');
    redacted += before.substr(0, query);
    if (query != before.npos) {
        redacted += '?';
        append_redacted_query(redacted, before.substr(query + 1), secret_keys);
    }
    if (fragment != url.npos) redacted += url.substr(fragment);
    return redacted;
}

struct host_and_port {
    std::string_view host; // an IPv6 address without its brackets
    int port = -1;         // -1: none, or none that can be
};

inline host_and_port split_authority(std::string_view authority) noexcept {
    if (const std::size_t at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
    host_and_port split;
    std::string_view digits;
    if (!authority.empty() && authority.front() == '[') {
        const std::size_t end = authority.find(']');
        if (end == authority.npos) return {authority.substr(1), -1};
        split.host = authority.substr(1, end - 1);
        if (end + 1 < authority.size() && authority[end + 1] == ':') digits = authority.substr(end + 2);
    } else if (const std::size_t colon = authority.find(':'); colon != authority.npos) {
        if (authority.find(':', colon + 1) != authority.npos) return {authority, -1}; // a bare IPv6 address
        split.host = authority.substr(0, colon);
        digits = authority.substr(colon + 1);
    } else {
        split.host = authority;
    }
    if (digits.empty() || digits.size() > 5) return split;
    int port = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return split;
        port = port * 10 + (c - '0');
    }
    if (port <= 65535) split.port = port;
    return split;
}

inline int default_port(std::string_view scheme) noexcept { return scheme == "https" ? 443 : 80; }

// -- what a proxy says of the request that it passed on

struct forwarded_request {
    std::string_view client; // as it is written, maybe with a port
    std::string_view host;
    std::string_view scheme; // "http", "https" or nothing: it labels metrics
};

inline std::string_view http_scheme(std::string_view s) noexcept {
    constexpr auto same = [](std::string_view a, std::string_view lower) {
        if (a.size() != lower.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i)
            if ((a[i] | 0x20) != lower[i]) return false;
        return true;
    };
    if (same(s, "http")) return "http";
    if (same(s, "https")) return "https";
    return {};
}

// The first element of a header Forwarded (RFC 7239): what the outermost proxy saw.
inline forwarded_request read_forwarded(std::string_view header) noexcept {
    forwarded_request result;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= header.size(); ++i) {
        const char c = i < header.size() ? header[i] : ',';
        if (c == '"' && i < header.size()) quoted = !quoted;
        if ((quoted && i < header.size()) || (c != ';' && c != ',')) continue;
        std::string_view value = trimmed(header.substr(begin, i - begin));
        const std::string_view name = trimmed(take_until(value, '='));
        value = trimmed(value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        const auto is = [&](std::string_view lower) {
            if (name.size() != lower.size()) return false;
            for (std::size_t k = 0; k < name.size(); ++k)
                if ((name[k] | 0x20) != lower[k]) return false;
            return true;
        };
        if (is("for")) result.client = value;
        if (is("host")) result.host = value;
        if (is("proto")) result.scheme = http_scheme(value);
        if (c == ',') break;
        begin = i + 1;
    }
    return result;
}
inline std::string_view first_of_list(std::string_view header) noexcept {
    return trimmed(take_until(header, ','));
}

// "HTTP/1.1" is version 1.1.
inline std::string_view protocol_version(std::string_view version) noexcept {
    return version.starts_with("HTTP/") ? version.substr(5) : std::string_view();
}

} // namespace nanotel::inline NANOTEL_ABI::detail
