// SPDX-License-Identifier: MIT
// Numbers, durations and columns for people.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace receiver {

/// Terminal control sequences, or nothing when the output is no terminal.
class palette {
public:
    explicit palette(bool coloured) : coloured_(coloured) {}

    [[nodiscard]] std::string bold(std::string_view text) const { return wrap("1", text); }
    [[nodiscard]] std::string dim(std::string_view text) const { return wrap("2", text); }
    [[nodiscard]] std::string red(std::string_view text) const { return wrap("31", text); }
    [[nodiscard]] std::string green(std::string_view text) const { return wrap("32", text); }
    [[nodiscard]] std::string yellow(std::string_view text) const { return wrap("33", text); }

private:
    [[nodiscard]] std::string wrap(std::string_view code, std::string_view text) const {
        if (!coloured_ || text.empty()) return std::string(text);
        return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
    }

    bool coloured_;
};

/// 1234567 as "1,234,567".
[[nodiscard]] inline std::string grouped(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, 1, ',');
    return text;
}

[[nodiscard]] inline std::string duration_text(std::uint64_t nanoseconds) {
    const auto value = static_cast<double>(nanoseconds);
    if (nanoseconds < 1'000) return fmt::format("{} ns", nanoseconds);
    if (nanoseconds < 1'000'000) return fmt::format("{:.1f} µs", value / 1e3);
    if (nanoseconds < 1'000'000'000) return fmt::format("{:.2f} ms", value / 1e6);
    return fmt::format("{:.2f} s", value / 1e9);
}

/// How many characters a text shows; close enough for what names are made of.
[[nodiscard]] inline std::size_t shown_width(std::string_view text) {
    std::size_t width = 0;
    for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
    return width;
}

[[nodiscard]] inline std::string padding(std::string_view text, std::size_t width) {
    const std::size_t shown = shown_width(text);
    return std::string(shown < width ? width - shown : 0, ' ');
}

[[nodiscard]] inline std::string left(std::string_view text, std::size_t width) {
    return std::string(text) + padding(text, width);
}

[[nodiscard]] inline std::string right(std::string_view text, std::size_t width) {
    return padding(text, width) + std::string(text);
}

} // namespace receiver
