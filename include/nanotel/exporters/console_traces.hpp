// SPDX-License-Identifier: MIT
// Spans as indented trees, one a trace, in columns: name, kind, duration, start, status, details.
#pragma once

#include <algorithm> // find, max, sort
#include <cstddef>
#include <cstdint>
#include <iterator> // size
#include <string>
#include <string_view>
#include <tuple> // tie
#include <unordered_map>
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/console_values.hpp>
#include <nanotel/otlp/finished_span.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// One line of a tree before its columns are aligned.
struct console_row {
    std::string indent; // in front of the name
    std::string below;  // in front of the lines that continue this one
    std::string name;
    std::string kind = {};
    std::string duration = {};
    std::string offset = {};
    status_code status = status_code::unset;
    bool is_note = false; // an event or a link
    std::vector<console_detail> details = {};
};

/// The spans of one trace, as rows: children below their parents by the time they began, whatever the order
/// in which they came. A span whose parent is not among them stands at the top and says so; so do those of a
/// circle, which no honest program makes.
class console_tree {
public:
    explicit console_tree(const std::vector<const finished_span*>& spans) : spans_(spans) {
        std::sort(spans_.begin(), spans_.end(), [](const finished_span* a, const finished_span* b) {
            return std::tie(a->start_time_unix_nano, a->span_id) <
                   std::tie(b->start_time_unix_nano, b->span_id);
        });
        start_ = spans_.front()->start_time_unix_nano;
        std::unordered_map<std::string_view, std::size_t> by_id;
        for (std::size_t i = 0; i < spans_.size(); ++i) by_id.emplace(spans_[i]->span_id, i);
        children_.resize(spans_.size());
        std::vector<std::size_t> tops;
        for (std::size_t i = 0; i < spans_.size(); ++i) {
            const auto parent = by_id.find(spans_[i]->parent_span_id);
            if (parent == by_id.end() || parent->second == i)
                tops.push_back(i);
            else
                children_[parent->second].push_back(i);
        }
        drawn_.resize(spans_.size());
        for (const std::size_t top : tops) add_tree(top);
        for (std::size_t i = 0; i < spans_.size(); ++i) add_tree(i); // the first of a circle
    }

    [[nodiscard]] const std::vector<console_row>& rows() const noexcept { return rows_; }
    [[nodiscard]] std::uint64_t start() const noexcept { return start_; }

private:
    // Of a chain without end the indentation alone would fill the memory.
    static constexpr std::size_t deepest = 40;

    struct place {
        std::size_t span;
        std::size_t depth;
        std::string indent;
        std::string below;
    };

    void add_tree(std::size_t top) {
        std::vector<place> waiting;
        waiting.push_back({top, 0, {}, {}});
        while (!waiting.empty()) {
            const place at = std::move(waiting.back());
            waiting.pop_back();
            if (drawn_[at.span]) continue;
            drawn_[at.span] = true;
            const auto& children = children_[at.span];
            add_span(*spans_[at.span], at, !children.empty());
            for (std::size_t i = children.size(); i-- > 0;) { // the first is taken first
                const bool last = i + 1 == children.size();
                if (at.depth < deepest)
                    waiting.push_back({children[i], at.depth + 1, at.below + (last ? "└─ " : "├─ "),
                                       at.below + (last ? "   " : "│  ")});
                else
                    waiting.push_back({children[i], at.depth, at.indent, at.below});
            }
        }
    }

    std::string offset_text(std::uint64_t time) const {
        return time >= start_ ? "+" + duration_text(time - start_) : "-" + duration_text(start_ - time);
    }

    void add_span(const finished_span& span, const place& at, bool has_children) {
        static constexpr std::string_view kinds[] = {"", "", "server", "client", "producer", "consumer"};
        const std::string inner = at.below + (has_children ? "│  " : "   ");
        console_row row{at.indent, inner, printable(span.name, 80)};
        if (row.name.empty()) row.name = "(no name)";
        if (const auto kind = static_cast<std::size_t>(span.kind); kind < std::size(kinds))
            row.kind = kinds[kind];
        const std::uint64_t end = std::max(span.end_time_unix_nano, span.start_time_unix_nano);
        row.duration = duration_text(end - span.start_time_unix_nano);
        row.offset = offset_text(span.start_time_unix_nano);
        row.status = span.status.code;
        auto& details = row.details;
        if (!span.parent_span_id.empty() && at.indent.empty()) {
            constexpr std::uint32_t remote = 0x200;
            details.push_back({{},
                               ((span.flags & remote) != 0 ? "(remote parent " : "(parent not here: ") +
                                   printable(span.parent_span_id) + ")"});
        }
        if (!span.status.message.empty())
            details.push_back(
                {{}, '"' + printable(span.status.message) + '"', {}, span.status.code == status_code::error});
        add_attributes(details, span.attributes);
        add_dropped(details, span.dropped_attributes_count, "attribute");
        add_dropped(details, span.dropped_events_count, "event");
        add_dropped(details, span.dropped_links_count, "link");
        if (!span.trace_state.empty()) details.push_back({"tracestate", printable(span.trace_state)});
        if (!span.scope.name.empty())
            details.push_back({"scope", printable(span.scope.name) + (span.scope.version.empty() ? "" : " ") +
                                            printable(span.scope.version)});
        rows_.push_back(std::move(row));
        for (const finished_event& event : span.events) {
            console_row note{inner, inner, "• " + printable(event.name, 80)};
            note.is_note = true;
            note.offset = offset_text(event.time_unix_nano);
            add_attributes(note.details, event.attributes);
            add_dropped(note.details, event.dropped_attributes_count, "attribute");
            rows_.push_back(std::move(note));
        }
        for (const finished_link& link : span.links) {
            console_row note{inner, inner, "↪ linked"};
            note.is_note = true;
            note.details.push_back({"trace", printable(link.trace_id)});
            note.details.push_back({"span", printable(link.span_id)});
            add_attributes(note.details, link.attributes);
            add_dropped(note.details, link.dropped_attributes_count, "attribute");
            rows_.push_back(std::move(note));
        }
    }

    std::vector<const finished_span*> spans_;
    std::vector<std::vector<std::size_t>> children_;
    std::vector<bool> drawn_;
    std::vector<console_row> rows_;
    std::uint64_t start_ = 0;
};

/// Rows with their columns aligned. A column that is empty everywhere is left out.
[[nodiscard]] inline std::string aligned(const std::vector<console_row>& rows, const console_style& style) {
    const auto& colours = style.colours;
    std::size_t name = 0;
    std::size_t kind = 0;
    std::size_t duration = 0;
    std::size_t offset = 0;
    std::size_t status = 0;
    for (const console_row& row : rows) {
        name = std::max(name, shown_width(row.indent) + shown_width(row.name));
        kind = std::max(kind, row.kind.size());
        duration = std::max(duration, shown_width(row.duration));
        offset = std::max(offset, shown_width(row.offset));
        status = std::max<std::size_t>(status, row.status == status_code::error ? 5
                                               : row.status == status_code::ok  ? 2
                                                                                : 0);
    }
    const std::size_t taken =
        2 + name + (kind ? kind + 2 : 0) + duration + 2 + offset + 2 + (status ? status + 2 : 0) + 2;
    std::string text;
    for (const console_row& row : rows) {
        std::string line = "  " + colours.dim(row.indent);
        line += row.is_note                        ? colours.yellow(row.name)
                : row.status == status_code::error ? colours.red(row.name)
                                                   : colours.bold(row.name);
        line += padding(row.indent + row.name, name);
        if (kind != 0) line += "  " + colours.cyan(row.kind) + padding(row.kind, kind);
        line += "  " + padding(row.duration, duration) + row.duration;
        line += "  " + padding(row.offset, offset) + colours.dim(row.offset);
        const std::string_view said = row.status == status_code::error ? "error"
                                      : row.status == status_code::ok  ? "ok"
                                                                       : "";
        if (status != 0)
            line += "  " + (said == "ok" ? colours.green(said) : colours.red(said)) + padding(said, status);
        const auto details = detail_lines(row.details, room_for_details(style, taken), colours);
        if (!details.empty()) line += "  " + details.front();
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
        for (std::size_t i = 1; i < details.size(); ++i) {
            text += "  " + colours.dim(row.below) + std::string(taken - 2 - shown_width(row.below), ' ');
            text += details[i] + '\n';
        }
    }
    return text;
}

/// "3 spans", "1 span".
[[nodiscard]] inline std::string counted(std::size_t count, std::string_view what) {
    return grouped(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

/// One trace: a line that names it, and its tree.
[[nodiscard]] inline std::string trace_text(const std::vector<const finished_span*>& spans, bool continued,
                                            const console_style& style) {
    const auto& colours = style.colours;
    const console_tree tree(spans);
    std::uint64_t end = tree.start();
    std::size_t errors = 0;
    std::vector<std::string> services;
    for (const finished_span* const span : spans) {
        end = std::max(end, span->end_time_unix_nano);
        errors += span->status.code == status_code::error ? 1 : 0;
        const std::string* const name = span->resource["service.name"].get_if<std::string>();
        if (name != nullptr && std::find(services.begin(), services.end(), *name) == services.end())
            services.push_back(*name);
    }
    std::string text = colours.bold("trace ") + colours.cyan(printable(spans.front()->trace_id));
    if (continued) text += colours.dim(" (continued)");
    for (const std::string& service : services) text += "  " + printable(service, 60);
    text += "  " + colours.dim(time_text(tree.start())) + "  " + counted(spans.size(), "span");
    if (errors != 0) text += ", " + colours.red(counted(errors, "error"));
    text += ", " + duration_text(end - tree.start()) + '\n';
    return text + aligned(tree.rows(), style);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
