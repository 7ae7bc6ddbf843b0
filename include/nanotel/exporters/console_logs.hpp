// SPDX-License-Identifier: MIT
// Log records as lines: time, severity, text, attributes, and the span that they belong to.
#pragma once

#include <algorithm> // max
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/console_values.hpp>
#include <nanotel/otlp/finished_log.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

[[nodiscard]] inline std::string severity_text_of(const finished_log& log) {
    if (!log.severity_text.empty()) return printable(log.severity_text, 20);
    const text name = to_text(log.severity);
    return std::string(name.data, name.size);
}

/// By the range of the number, whatever the text says.
[[nodiscard]] inline std::string coloured_severity(const std::string& shown, severity of,
                                                   const console_palette& colours) {
    const auto number = static_cast<unsigned>(of);
    return number >= 17   ? colours.red(shown)
           : number >= 13 ? colours.yellow(shown)
           : number >= 9  ? colours.green(shown)
                          : colours.dim(shown);
}

/// All records of a body, in the order in which they stand. A text of several lines goes on below its first.
[[nodiscard]] inline std::string logs_text(const std::vector<finished_log>& logs,
                                           const console_style& style) {
    const auto& colours = style.colours;
    std::size_t severity_width = 0;
    for (const finished_log& log : logs)
        severity_width = std::max(severity_width, shown_width(severity_text_of(log)));
    std::string text;
    for (const finished_log& log : logs) {
        const std::string severity = severity_text_of(log);
        const std::string time =
            time_text(log.time_unix_nano != 0 ? log.time_unix_nano : log.observed_time_unix_nano);
        std::string line = colours.dim(time) + "  " + coloured_severity(severity, log.severity, colours) +
                           padding(severity, severity_width);
        std::size_t used = time.size() + 2 + severity_width;
        const std::string* const body = log.body.get_if<std::string>();
        std::string_view rest = body != nullptr ? *body : std::string_view();
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string first = body == nullptr && !log.body.empty() ? value_text(log.body)
                                                                       : printable(rest.substr(0, end), 1000);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!first.empty()) {
            line += "  " + first;
            used += 2 + shown_width(first);
        }
        std::vector<console_detail> details;
        if (!log.event_name.empty()) details.push_back({"event", printable(log.event_name, 80)});
        add_attributes(details, log.attributes);
        add_dropped(details, log.dropped_attributes_count, "attribute");
        if (!log.scope.name.empty()) details.push_back({"scope", printable(log.scope.name, 80)});
        if (!log.trace_id.empty()) details.push_back({"trace", printable(log.trace_id)});
        if (!log.span_id.empty()) details.push_back({"span", printable(log.span_id)});
        const std::string margin(time.size() + 2 + severity_width + 2, ' ');
        const auto lines = detail_lines(details, room_for_details(style, margin.size()), colours);
        std::size_t at = 0;
        // Behind the text where there is room, else below it; always below one of several lines.
        if (!lines.empty() && rest.empty() && used + 2 + plain_width(lines[0]) <= style.width)
            line += "  " + lines[at++];
        text += line + '\n';
        for (; !rest.empty(); rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1))
            text += margin + printable(rest.substr(0, rest.find('\n')), 1000) + '\n';
        for (; at < lines.size(); ++at) text += margin + lines[at] + '\n';
    }
    return text;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
