// SPDX-License-Identifier: MIT
// Attributes as people read them on a console.
#pragma once

#include <algorithm> // min
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant> // visit, monostate
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/console_text.hpp>
#include <nanotel/otlp/any_value.hpp>
#include <nanotel/otlp/resource.hpp> // number_text

namespace nanotel::inline NANOTEL_ABI::detail {

/// A string that is no word of its own stands between quotes.
[[nodiscard]] inline std::string word_text(std::string_view text) {
    const bool plain = !text.empty() && text.find_first_of(" =\"") == text.npos;
    return plain ? printable(text) : '"' + printable(text) + '"';
}

/// A value on one line.
[[nodiscard]] inline std::string value_text(const any_value& value, int depth = 0) {
    constexpr int deepest = 8;
    constexpr std::size_t most = 20; // elements
    if (depth > deepest) return "…";
    struct {
        int depth;
        std::string operator()(std::monostate) const { return "(empty)"; }
        std::string operator()(bool b) const { return b ? "true" : "false"; }
        std::string operator()(std::int64_t i) const { return std::to_string(i); }
        std::string operator()(double d) const {
            const std::string text = number_text(d);
            return text.front() == '"' ? text.substr(1, text.size() - 2) : text; // NaN, Infinity
        }
        std::string operator()(const std::string& s) const { return word_text(s); }
        std::string operator()(const any_value::bytes& b) const {
            std::string text = "0x";
            for (std::size_t i = 0; i < b.size() && i < 32; ++i) {
                text += "0123456789abcdef"[b[i] >> 4];
                text += "0123456789abcdef"[b[i] & 15];
            }
            return b.size() > 32 ? text + "…" : text;
        }
        std::string operator()(const any_value::array& a) const {
            std::string text = "[";
            for (std::size_t i = 0; i < a.size() && i < most; ++i)
                text += (i == 0 ? "" : ", ") + value_text(a[i], depth + 1);
            return text + (a.size() > most ? ", …]" : "]");
        }
        std::string operator()(const attribute_list& list) const {
            std::string text = "{";
            std::size_t count = 0;
            for (const auto& [key, inner] : list) {
                if (count++ == most) break;
                text += (text.size() > 1 ? ", " : "") + printable(key) + ": " + value_text(inner, depth + 1);
            }
            return text + (list.size() > most ? ", …}" : "}");
        }
    } to_text{depth};
    return std::visit(to_text, value.get());
}

/// What is shown behind a name: key=value, or a remark without a key, which may be an alarming one. A value
/// of several lines, as a stack trace is one, has them in `lines`.
struct console_detail {
    std::string key;
    std::string value;
    std::vector<std::string> lines = {};
    bool alarming = false;
};

inline void add_attributes(std::vector<console_detail>& to, const attribute_list& attributes) {
    constexpr std::size_t most = 40; // lines
    for (const auto& [key, value] : attributes) {
        console_detail detail{printable(key), {}};
        const std::string* const text = value.get_if<std::string>();
        if (text != nullptr && text->find('\n') != text->npos) {
            std::string_view rest = *text;
            while (!rest.empty() && detail.lines.size() < most) {
                const auto end = rest.find('\n');
                detail.lines.push_back(printable(rest.substr(0, end)));
                rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
            }
            if (!rest.empty()) detail.lines.emplace_back("…");
        } else {
            detail.value = value_text(value);
        }
        to.push_back(std::move(detail));
    }
}

/// A remark about what is not there, such as (2 attributes dropped); nothing for a count of 0.
inline void add_dropped(std::vector<console_detail>& to, std::uint32_t count, const char* what) {
    if (count == 0) return;
    to.push_back({{}, "(" + grouped(count) + " " + what + (count == 1 ? "" : "s") + " dropped)"});
}

/// Lays details out in lines of about so many columns, never breaking one; those of several lines below.
[[nodiscard]] inline std::vector<std::string>
detail_lines(const std::vector<console_detail>& details, std::size_t width, const console_palette& colours) {
    std::vector<std::string> lines;
    std::size_t used = 0;
    bool open = false; // the last line takes more
    for (const console_detail& detail : details) {
        if (!detail.lines.empty()) continue;
        const std::string key = detail.key.empty() ? "" : detail.key + "=";
        const std::size_t shown = shown_width(key) + shown_width(detail.value);
        if (!open || used + 2 + shown > width) {
            lines.emplace_back();
            used = 0;
        } else {
            lines.back() += "  ";
            used += 2;
        }
        open = true;
        if (detail.alarming)
            lines.back() += colours.red(key + detail.value);
        else
            lines.back() += key.empty() ? colours.dim(detail.value) : colours.dim(key) + detail.value;
        used += shown;
    }
    for (const console_detail& detail : details) {
        if (detail.lines.empty()) continue;
        lines.push_back(colours.dim(detail.key + "="));
        for (const std::string& line : detail.lines) lines.push_back("  " + line);
    }
    return lines;
}

/// The columns of a text whose colours take none.
[[nodiscard]] inline std::size_t plain_width(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto sequence = text.find('\x1b');
        width += shown_width(text.substr(0, sequence));
        text = sequence == text.npos ? std::string_view()
                                     : text.substr(std::min(text.find('m', sequence), text.size() - 1) + 1);
    }
    return width;
}

/// The attributes on one line, as a label set or a log record has them.
[[nodiscard]] inline std::string attributes_text(const attribute_list& attributes) {
    std::string text;
    for (const auto& [key, value] : attributes)
        text += (text.empty() ? "" : "  ") + printable(key) + "=" + value_text(value);
    return text;
}

/// How a console shows things.
struct console_style {
    console_palette colours{false};
    std::size_t width = 120; // of a line, in columns
};

/// Columns left for details behind so many that are taken.
[[nodiscard]] inline std::size_t room_for_details(const console_style& style, std::size_t taken) noexcept {
    constexpr std::size_t least = 40;
    return style.width > taken + least ? style.width - taken : least;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
