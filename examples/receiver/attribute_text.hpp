// SPDX-License-Identifier: MIT
// Attributes as people read them: lines of "key=value".
#pragma once

#include <simdjson.h>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace receiver {

namespace dom = simdjson::dom;

/// Appends at most `longest` bytes of `text`, on one line and without control characters that a terminal
/// would obey.
inline void append_printable(std::string& out, std::string_view text, std::size_t longest = 80) {
    const bool cut = text.size() > longest;
    if (cut) {
        std::size_t end = longest;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
        text = text.substr(0, end);
    }
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7F) {
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    if (cut) out += "…";
}

[[nodiscard]] inline std::string printable(std::string_view text, std::size_t longest = 80) {
    std::string out;
    append_printable(out, text, longest);
    return out;
}

namespace detail {

inline void append_any_value(std::string& out, dom::element value);

inline void append_values(std::string& out, dom::element list, char open, char close) {
    out += open;
    bool first = true;
    dom::array values;
    if (list["values"].get(values) == simdjson::SUCCESS) {
        for (const dom::element element : values) {
            if (!first) out += ", ";
            first = false;
            std::string_view key;
            dom::element inner;
            if (open == '[') {
                append_any_value(out, element);
            } else if (element["key"].get(key) == simdjson::SUCCESS &&
                       element["value"].get(inner) == simdjson::SUCCESS) {
                append_printable(out, key);
                out += ": ";
                append_any_value(out, inner);
            }
        }
    }
    out += close;
}

/// Takes values as they come: what is wrong with them, the check has already said.
inline void append_any_value(std::string& out, dom::element value) {
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) return;
    for (const auto field : object) {
        std::string_view text;
        if (field.key == "arrayValue") {
            append_values(out, field.value, '[', ']');
        } else if (field.key == "kvlistValue") {
            append_values(out, field.value, '{', '}');
        } else if (field.value.get(text) == simdjson::SUCCESS) {
            append_printable(out, text);
        } else {
            append_printable(out, simdjson::minify(field.value));
        }
    }
}

} // namespace detail

/// Renders a list of attributes, one on a line.
[[nodiscard]] inline std::string attribute_text(dom::element attributes) {
    std::string out;
    dom::array list;
    if (attributes.get(list) != simdjson::SUCCESS) return out;
    for (const dom::element attribute : list) {
        std::string_view key;
        dom::element value;
        if (attribute["key"].get(key) != simdjson::SUCCESS) continue;
        if (!out.empty()) out += '\n';
        append_printable(out, key);
        out += '=';
        if (attribute["value"].get(value) == simdjson::SUCCESS) detail::append_any_value(out, value);
    }
    return out;
}

} // namespace receiver
