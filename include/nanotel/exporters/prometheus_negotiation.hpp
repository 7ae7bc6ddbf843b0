// SPDX-License-Identifier: MIT
// Which format a scraper gets (Prometheus, "Scrape protocol content negotiation"; RFC 9110, section 12.5).
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/core/environment.hpp> // trim, equal_ignoring_case
#include <nanotel/exporters/prometheus_values.hpp>

#include <algorithm> // min
#include <charconv>
#include <string_view>

namespace nanotel::inline NANOTEL_ABI::detail {

// The next piece of a list up to a separator, which it takes off; quotes are no concern of these headers.
inline std::string_view next_piece(std::string_view& list, char separator) noexcept {
    const auto end = std::min(list.find(separator), list.size());
    const std::string_view piece = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    return trim(piece);
}

// One member of Accept or Accept-Encoding.
struct accepted_item {
    std::string_view what;
    std::string_view version; // empty: any
    double quality = 1;

    explicit accepted_item(std::string_view member) noexcept : what(next_piece(member, ';')) {
        while (!member.empty()) {
            std::string_view value = next_piece(member, ';');
            const std::string_view name = next_piece(value, '=');
            value = trim(value);
            if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
                value = value.substr(1, value.size() - 2);
            if (equal_ignoring_case(name, "version")) version = value;
            if (equal_ignoring_case(name, "q")) {
                quality = 0;
                std::from_chars(value.data(), value.data() + value.size(), quality);
            }
        }
    }
};

// The one that the scraper likes more; of equals the first, and the text format where it accepts neither,
// since an answer that is not understood says more than none.
inline prometheus_format negotiated_format(std::string_view accept) noexcept {
    prometheus_format best = prometheus_format::text;
    double quality = 0;
    while (!accept.empty()) {
        const accepted_item item(next_piece(accept, ','));
        const bool openmetrics = equal_ignoring_case(item.what, "application/openmetrics-text") &&
                                 (item.version.empty() || item.version == "1.0.0");
        const bool text = (equal_ignoring_case(item.what, "text/plain") &&
                           (item.version.empty() || item.version == "0.0.4")) ||
                          item.what == "text/*" || item.what == "*/*";
        if ((!openmetrics && !text) || !(item.quality > quality)) continue;
        best = openmetrics ? prometheus_format::openmetrics : prometheus_format::text;
        quality = item.quality;
    }
    return best;
}

inline bool accepts_gzip(std::string_view accept_encoding) noexcept {
    double any = 0;
    while (!accept_encoding.empty()) {
        const accepted_item item(next_piece(accept_encoding, ','));
        if (equal_ignoring_case(item.what, "gzip") || equal_ignoring_case(item.what, "x-gzip"))
            return item.quality > 0;
        if (item.what == "*") any = item.quality;
    }
    return any > 0;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
