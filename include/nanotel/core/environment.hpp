// SPDX-License-Identifier: MIT
// The environment variables of the OpenTelemetry specification, read by type: empty is unset, and a bad value
// is reported once, naming the variable, the value, what is allowed and what holds instead, and then ignored.
#pragma once

#include <algorithm> // find_if, min, none_of
#include <charconv>
#include <chrono>
#include <cmath> // isfinite
#include <cstdint>
#include <cstdlib> // getenv
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error> // errc
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/core/diagnostics.hpp>
#include <nanotel/core/environment_defaults.hpp>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {

[[nodiscard]] inline std::string_view trim(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view left, std::string_view right) noexcept {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (ascii_lower(left[i]) != ascii_lower(right[i])) return false;
    return true;
}

/// Decodes %41 to A. Nothing when a percent sign is not followed by two hexadecimal digits; a plus is a plus.
[[nodiscard]] inline std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        unsigned value = 0;
        if (text.size() - i < 3) return std::nullopt;
        const char* const digits = text.data() + i + 1;
        if (std::from_chars(digits, digits + 2, value, 16).ptr != digits + 2) return std::nullopt;
        decoded += static_cast<char>(value);
        i += 2;
    }
    return decoded;
}

} // namespace detail

/// Whether a value may be repeated in a diagnostic; header lists carry credentials.
enum class value_secrecy : std::uint8_t { shown, hidden };

/// Typed access to environment variables. With another getter, to any source of names and values, so that a
/// test needs no setenv. Reading is meant for start-up: getenv races with a setenv on another thread.
struct environment {
    /// The value of a variable, nothing when it is unset.
    using getter = std::function<std::optional<std::string>(const std::string& name)>;
    using key_value_list = std::vector<std::pair<std::string, std::string>>;

    getter get = [](const std::string& name) -> std::optional<std::string> {
        const char* const value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };

    /// Any text, as it stands; nothing when unset or empty.
    [[nodiscard]] std::optional<std::string> text(const std::string& name) const {
        auto value = get(name);
        if (value && value->empty()) value.reset();
        return value;
    }

    /// True for "true" in any case and false for everything else; what is neither is reported.
    [[nodiscard]] std::optional<bool> boolean(const std::string& name) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        if (detail::equal_ignoring_case(detail::trim(*value), "true")) return true;
        if (!detail::equal_ignoring_case(detail::trim(*value), "false"))
            warn(name, *value, "is neither true nor false; it counts as false");
        return false;
    }

    /// A decimal integer from lowest to highest, both included.
    [[nodiscard]] std::optional<std::int64_t>
    integer(const std::string& name, std::int64_t lowest = 0,
            std::int64_t highest = std::numeric_limits<std::int64_t>::max()) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        const auto number = parse<std::int64_t>(*value);
        if (number && *number >= lowest && *number <= highest) return number;
        const bool open_ended = highest == std::numeric_limits<std::int64_t>::max();
        ignore(name, *value,
               "an integer, " + (open_ended ? std::to_string(lowest) + " or more"
                                            : std::to_string(lowest) + " to " + std::to_string(highest)));
        return std::nullopt;
    }

    /// A finite number from lowest to highest, both included, such as the ratio of a sampler.
    [[nodiscard]] std::optional<double> number(const std::string& name, double lowest, double highest) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        const auto parsed = parse<double>(*value);
        if (parsed && std::isfinite(*parsed) && *parsed >= lowest && *parsed <= highest) return parsed;
        ignore(name, *value, "a number from " + shortest(lowest) + " to " + shortest(highest));
        return std::nullopt;
    }

    /// A duration or timeout in whole milliseconds, not negative. What zero means is the variable's own
    /// affair: for a timeout the specification says no limit.
    [[nodiscard]] std::optional<std::chrono::milliseconds> duration(const std::string& name) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        // A century is as good as for ever and can be added to any clock without overflow.
        constexpr std::int64_t longest = std::int64_t{100} * 366 * 86'400'000;
        const auto count = parse<std::int64_t>(*value);
        if (count && *count >= 0) return std::chrono::milliseconds{*count < longest ? *count : longest};
        ignore(name, *value, "a whole number of milliseconds, 0 or more, without a unit");
        return std::nullopt;
    }

    /// One of a few known words, in any case.
    template <class Value>
    [[nodiscard]] std::optional<Value>
    choice(const std::string& name, std::initializer_list<std::pair<std::string_view, Value>> known) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        std::string words;
        for (const auto& [word, meaning] : known) {
            if (detail::equal_ignoring_case(detail::trim(*value), word)) return meaning;
            words += (words.empty() ? "" : ", ");
            words += word;
        }
        ignore(name, *value, "one of: " + words);
        return std::nullopt;
    }

    /// Words between commas, such as the names of propagators, without surrounding white space; empty ones
    /// are left out.
    [[nodiscard]] std::optional<std::vector<std::string>> list(const std::string& name) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        std::vector<std::string> words;
        for_each_member(*value, [&](std::string_view member) {
            words.emplace_back(member);
            return true;
        });
        return words;
    }

    /// Some of a few known words, between commas, in any case, each with its meaning and once, in the order
    /// in which they stand. Those that are not known are reported and left out; nothing where none is known.
    template <class Value>
    [[nodiscard]] std::optional<std::vector<std::pair<std::string_view, Value>>>
    choices(const std::string& name, std::initializer_list<std::pair<std::string_view, Value>> known) const {
        const auto words = list(name);
        if (!words || words->empty()) return std::nullopt;
        std::vector<std::pair<std::string_view, Value>> chosen;
        std::string unknown;
        for (const std::string& word : *words) {
            const auto same = [&](const auto& one) { return detail::equal_ignoring_case(one.first, word); };
            const auto found = std::find_if(known.begin(), known.end(), same);
            if (found == known.end())
                unknown += (unknown.empty() ? "" : ",") + word;
            else if (std::none_of(chosen.begin(), chosen.end(), same))
                chosen.push_back(*found);
        }
        if (unknown.empty()) return chosen;
        std::string allowed = "one or more of:";
        for (const auto& [word, meaning] : known) {
            allowed += allowed.back() == ':' ? " " : ", ";
            allowed += word;
        }
        if (chosen.empty()) {
            ignore(name, unknown, allowed);
            return std::nullopt;
        }
        std::string rest;
        for (const auto& [word, meaning] : chosen) rest += (rest.empty() ? "" : ",") + std::string(word);
        warn(name, unknown, "is ignored. Allowed: " + allowed + ". Used instead: " + rest);
        return chosen;
    }

    /// key=value pairs between commas in the manner of W3C Baggage without properties, percent-decoded, in
    /// the order of the variable; the last of a repeated key counts. One error discards the whole value. Used
    /// by OTEL_RESOURCE_ATTRIBUTES and, with the values hidden from diagnostics, by
    /// OTEL_EXPORTER_OTLP_HEADERS.
    [[nodiscard]] std::optional<key_value_list>
    key_values(const std::string& name, value_secrecy secrecy = value_secrecy::shown) const {
        const auto value = text(name);
        if (!value) return std::nullopt;
        key_value_list pairs;
        std::string mistake;
        for_each_member(*value, [&](std::string_view member) {
            // Only the first equals sign separates: base64 in a header ends in more of them.
            const auto equals = member.find('=');
            const auto key = detail::percent_decode(detail::trim(member.substr(0, equals)));
            if (equals == member.npos) {
                mistake = "has a member without \"=\"";
            } else if (!key || key->empty()) {
                mistake =
                    key ? "has a member with an empty key" : "has a key with a \"%\" that is not an escape";
            } else if (auto decoded = detail::percent_decode(detail::trim(member.substr(equals + 1)))) {
                pairs.emplace_back(*key, std::move(*decoded));
            } else {
                mistake = "has a \"%\" without two hexadecimal digits after it in ";
                mistake += secrecy == value_secrecy::shown ? "the value of \"" + *key + "\"" : "a value";
            }
            return mistake.empty();
        });
        if (mistake.empty()) return pairs;
        warn(name, secrecy == value_secrecy::shown ? *value : std::string_view("(hidden)"),
             mistake + "; the whole variable is ignored. Allowed: key=value,key=value with , = % and spaces "
                       "in a value "
                       "written as %2C %3D %25 %20");
        return std::nullopt;
    }

    /// Reports a value that its reader cannot use; for checks that are not a matter of type.
    static void ignore(const std::string& name, std::string_view value, const std::string& allowed) {
        warn(name, value, "is ignored. Allowed: " + allowed + detail::used_instead(name));
    }

private:
    static void warn(const std::string& name, std::string_view value, const std::string& problem) {
        constexpr std::size_t enough = 200;
        std::string text = name + "=\"";
        text += value.substr(0, enough);
        text += value.size() > enough ? "...\" " : "\" ";
        detail::diagnose_once(diagnostic_level::warning, "environment:" + text, text + problem);
    }

    template <class Number>
    static std::optional<Number> parse(std::string_view text) {
        text = detail::trim(text);
        Number number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
        return number;
    }

    static std::string shortest(double number) {
        char buffer[32];
        return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
    }

    template <class Consume>
    static void for_each_member(std::string_view text, Consume consume) {
        for (std::size_t begin = 0; begin <= text.size();) {
            const auto end = std::min(text.find(',', begin), text.size());
            const auto member = detail::trim(text.substr(begin, end - begin));
            if (!member.empty() && !consume(member)) return;
            begin = end + 1;
        }
    }
};

namespace detail {

/// OTEL_LOG_LEVEL (General SDK configuration), of which the specification names the variable and the default.
inline void follow_log_level(const environment& variables) {
    constexpr auto usual = diagnostic_level::info;
    diagnostics_of_process().set_default_level(usual); // a bad value is heard whatever was set before
    diagnostics_of_process().set_default_level(
        variables
            .choice<diagnostic_level>("OTEL_LOG_LEVEL", {{"none", diagnostic_level::none},
                                                         {"off", diagnostic_level::none},
                                                         {"error", diagnostic_level::error},
                                                         {"warn", diagnostic_level::warning},
                                                         {"warning", diagnostic_level::warning},
                                                         {"info", diagnostic_level::info},
                                                         {"debug", diagnostic_level::debug}})
            .value_or(usual));
}

} // namespace detail

} // namespace nanotel::inline NANOTEL_ABI
