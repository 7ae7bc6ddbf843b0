// SPDX-License-Identifier: MIT
// A trace as an indented tree, in columns: name, duration, start, status, attributes.
#pragma once

#include "received_log.hpp"
#include "span_store.hpp"
#include "text_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple> // tie
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace receiver {

namespace detail {

/// One line of a tree before its columns are aligned.
struct tree_row {
    std::string indent; // in front of the name
    std::string below;  // in front of the lines that continue this one
    std::string name;
    std::string duration;
    std::string offset;
    int status = 0;
    bool is_note = false; // an event or a link
    std::vector<std::string> details;
};

class tree_builder {
public:
    tree_builder(const trace& t, const std::vector<received_log>& logs) : trace_(t) {
        for (const auto& log : logs) logs_[log.span].push_back(&log);
        std::unordered_set<std::uint64_t> known;
        for (const auto& span : t.spans) known.insert(span.span);
        for (const auto& span : t.spans) {
            const bool has_parent =
                span.parent != 0 && span.parent != span.span && known.contains(span.parent);
            children_[has_parent ? span.parent : 0].push_back(&span);
        }
        for (auto& [parent, list] : children_) {
            std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) {
                return std::tie(a->start, a->span) < std::tie(b->start, b->span);
            });
        }
        for (const auto* root : children_[0]) add_span(*root, "", "");
    }

    [[nodiscard]] const std::vector<tree_row>& rows() const { return rows_; }

private:
    static std::vector<std::string> lines_of(std::string_view text) {
        std::vector<std::string> lines;
        while (!text.empty()) {
            const auto end = text.find('\n');
            lines.emplace_back(text.substr(0, end));
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        }
        return lines;
    }

    [[nodiscard]] std::string offset_text(std::uint64_t time) const {
        return time >= trace_.start ? "+" + duration_text(time - trace_.start) : "before";
    }

    void add_span(const received_span& span, const std::string& indent, const std::string& below) {
        if (!drawn_.insert(span.span).second) return; // came twice
        static constexpr std::string_view kinds[] = {
            "", "", " (server)", " (client)", " (producer)", " (consumer)"};
        const auto found = children_.find(span.span);
        const auto* children = found == children_.end() ? nullptr : &found->second;
        const std::string inner = below + (children != nullptr ? "│  " : "   ");

        tree_row row{indent,
                     inner,
                     span.name + std::string(kinds[span.kind]),
                     duration_text(span.end - span.start),
                     offset_text(span.start),
                     span.status,
                     false,
                     lines_of(span.attributes)};
        if (!span.status_message.empty())
            row.details.insert(row.details.begin(), "\"" + span.status_message + "\"");
        if (span.parent != 0 && indent.empty())
            row.details.insert(row.details.begin(), "(parent not received)");
        rows_.push_back(std::move(row));

        for (const auto& event : span.events) {
            rows_.push_back({inner, inner, "• " + event.name, "", offset_text(event.time), 0, true,
                             lines_of(event.attributes)});
        }
        if (const auto logs = logs_.find(span.span); logs != logs_.end()) {
            for (const auto* log : logs->second)
                rows_.push_back({inner, inner, "▸ " + log->text, "", offset_text(log->time),
                                 log->severity >= 17 ? 2 : 0, true, lines_of(log->attributes)});
        }
        for (const auto& link : span.links) {
            rows_.push_back({inner, inner, fmt::format("↪ trace {:016x}…", link.trace[0]), "", "", 0, true,
                             lines_of(link.attributes)});
        }
        if (children == nullptr) return;
        for (std::size_t i = 0; i < children->size(); ++i) {
            const bool last = i + 1 == children->size();
            add_span(*(*children)[i], below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "));
        }
    }

    const trace& trace_;
    std::unordered_map<std::uint64_t, std::vector<const received_span*>> children_;
    std::unordered_map<std::uint64_t, std::vector<const received_log*>> logs_; // by span
    std::unordered_set<std::uint64_t> drawn_;
    std::vector<tree_row> rows_;
};

/// Breaks details into lines of about `width`, never inside a detail.
inline std::vector<std::string> wrapped(const std::vector<std::string>& details, std::size_t width,
                                        const palette& colours) {
    std::vector<std::string> lines;
    std::size_t used = 0;
    for (const auto& detail : details) {
        const std::size_t shown = shown_width(detail);
        if (lines.empty() || used + 2 + shown > width) {
            lines.emplace_back();
            used = 0;
        } else {
            lines.back() += "  ";
            used += 2;
        }
        const auto equals = detail.find('=');
        const std::size_t key = equals == std::string::npos ? 0 : equals + 1;
        lines.back() += colours.dim(std::string_view(detail).substr(0, key)) + detail.substr(key);
        used += shown;
    }
    return lines;
}

inline std::string status_text(int status, const palette& colours) {
    constexpr std::size_t width = 5;
    if (status == 2) return colours.red(left("error", width));
    if (status == 1) return colours.green(left("ok", width));
    return left("", width);
}

} // namespace detail

/// Draws a trace with its log records, at most `most_rows` lines of it.
[[nodiscard]] inline std::string draw(const trace& t, const palette& colours, std::size_t most_rows = 60,
                                      const std::vector<received_log>& logs = {}) {
    constexpr std::size_t detail_width = 90;
    const detail::tree_builder tree(t, logs);
    const auto shown = std::min(most_rows, tree.rows().size());

    std::size_t name_width = 0;
    std::size_t duration_width = 0;
    std::size_t offset_width = 0;
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& row = tree.rows()[i];
        name_width = std::max(name_width, shown_width(row.indent) + shown_width(row.name));
        duration_width = std::max(duration_width, shown_width(row.duration));
        offset_width = std::max(offset_width, shown_width(row.offset));
    }

    std::string out;
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& row = tree.rows()[i];
        const auto details = detail::wrapped(row.details, detail_width, colours);
        std::string line = "   " + colours.dim(row.indent);
        line += row.is_note ? colours.yellow(row.name) : colours.bold(row.name);
        line += padding(row.indent + row.name, name_width);
        line += "  " + right(row.duration, duration_width);
        line += "  " + colours.dim(right(row.offset, offset_width));
        line += "  " + detail::status_text(row.status, colours);
        if (!details.empty()) line += "  " + details.front();
        out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        for (std::size_t d = 1; d < details.size(); ++d) {
            out += "   " + colours.dim(left(row.below, name_width + duration_width + offset_width + 11)) +
                   "  " + details[d] + '\n';
        }
    }
    if (shown < tree.rows().size())
        out += fmt::format("   … {} more lines\n", grouped(tree.rows().size() - shown));
    if (t.beyond > 0) out += fmt::format("   … {} more spans, not kept\n", grouped(t.beyond));
    return out;
}

} // namespace receiver
