// SPDX-License-Identifier: MIT
// Writes JSON text: objects and arrays, commas and escapes.
#pragma once

#include "money.hpp"

#include <fmt/format.h>

#include <concepts>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace shop {

class json_writer {
public:
    /// Writes `{...}` around what `content` writes.
    template <typename Content>
    void object(Content content) {
        nest('{', '}', content);
    }
    template <typename Content>
    void array(Content content) {
        nest('[', ']', content);
    }

    /// The key of the next value, object or array.
    json_writer& key(std::string_view name) {
        value(name);
        text_ += ':';
        first_ = true;
        return *this;
    }

    void value(std::string_view text) {
        separate();
        text_ += '"';
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                text_ += '\\';
                text_ += c;
            } else if (byte < 0x20) {
                fmt::format_to(std::back_inserter(text_), "\\u{:04x}", byte);
            } else {
                text_ += c;
            }
        }
        text_ += '"';
    }
    void value(std::integral auto number) {
        separate();
        fmt::format_to(std::back_inserter(text_), "{}", number);
    }
    void money(cents amount) {
        separate();
        fmt::format_to(std::back_inserter(text_), "{}.{:02}", amount / 100, amount % 100);
    }

    [[nodiscard]] std::string finish() { return std::move(text_); }
    [[nodiscard]] std::size_t size() const { return text_.size(); }

private:
    void separate() {
        if (!first_) text_ += ',';
        first_ = false;
    }

    template <typename Content>
    void nest(char open, char close, Content& content) {
        separate();
        text_ += open;
        first_ = true;
        content();
        text_ += close;
        first_ = false;
    }

    std::string text_;
    bool first_ = true; // no comma before the next value
};

} // namespace shop
