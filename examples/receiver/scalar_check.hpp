// SPDX-License-Identifier: MIT
// Single values: ids, 64-bit and 32-bit integers, enums, doubles, strings, bytes.
#pragma once

#include "json_path.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <system_error>

namespace receiver {

namespace dom = simdjson::dom;

inline std::optional<std::string_view> check_string(violation_log& log, const json_path& path,
                                                    dom::element value) {
    std::string_view text;
    if (value.get(text) == simdjson::SUCCESS) return text;
    log.add(rule::wrong_type, path, value);
    return std::nullopt;
}

inline std::optional<bool> check_bool(violation_log& log, const json_path& path, dom::element value) {
    bool truth = false;
    if (value.get(truth) == simdjson::SUCCESS) return truth;
    log.add(rule::wrong_type, path, value);
    return std::nullopt;
}

namespace detail {

inline constexpr std::uint8_t not_hex = 0xFF;
inline constexpr std::uint8_t uppercase = 0x40; // beside the value of the digit

inline constexpr std::array<std::uint8_t, 256> hex_digits = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(not_hex);
    for (std::uint8_t i = 0; i < 10; ++i) table[static_cast<std::size_t>('0' + i)] = i;
    for (std::uint8_t i = 0; i < 6; ++i) {
        table[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
        table[static_cast<std::size_t>('A' + i)] = static_cast<std::uint8_t>((10 + i) | uppercase);
    }
    return table;
}();

} // namespace detail

template <std::size_t Words>
using id_words = std::array<std::uint64_t, Words>; // the most significant word first

/// An id of 16 hex digits a word. Uppercase is reported and still read; anything else that is wrong is no id.
template <std::size_t Words>
std::optional<id_words<Words>> check_id(violation_log& log, const json_path& path, dom::element value) {
    const auto text = check_string(log, path, value);
    if (!text) return std::nullopt;
    id_words<Words> id{};
    std::uint8_t all = 0;
    bool hex = true;
    for (std::size_t i = 0; i < text->size(); ++i) {
        const std::uint8_t digit = detail::hex_digits[static_cast<unsigned char>((*text)[i])];
        hex = hex && digit != detail::not_hex;
        all |= digit;
        if (i < Words * 16) id[i / 16] = id[i / 16] << 4U | (digit & 0x0FU);
    }
    if (!hex) {
        log.add(rule::id_not_hex, path, value);
        return std::nullopt;
    }
    if (text->size() != Words * 16) {
        log.add(rule::id_length, path, value);
        return std::nullopt;
    }
    if ((all & detail::uppercase) != 0) log.add(rule::id_uppercase, path, value);
    if (id == id_words<Words>{}) {
        log.add(rule::id_zero, path, value);
        return std::nullopt;
    }
    return id;
}

/// fixed64, uint64 (`Integer` unsigned) and int64 (signed): plain decimal in a string.
template <typename Integer>
std::optional<Integer> check_int64(violation_log& log, const json_path& path, dom::element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) {
        log.add(value.is_number() ? rule::int64_not_string : rule::wrong_type, path, value);
        return std::nullopt;
    }
    Integer number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    const bool padded = digits.starts_with('0') && text != "0"; // 007 and -0
    if (error != std::errc{} || end != text.data() + text.size() || padded) {
        log.add(rule::int64_malformed, path, value);
        return std::nullopt;
    }
    return number;
}

/// A time in nanoseconds since 1970 that must be known.
inline std::optional<std::uint64_t> check_time(violation_log& log, const json_path& path,
                                               dom::element value) {
    const auto time = check_int64<std::uint64_t>(log, path, value);
    if (time == 0U) log.add(rule::time_zero, path, value);
    return time;
}

namespace detail {

/// An integral JSON number; 1.0 and 1e3 are none: a writer of integers has no reason for them.
inline bool get_integer(dom::element value, std::int64_t& number) {
    if (value.is_uint64() && !value.is_int64()) {
        number = std::numeric_limits<std::int64_t>::max(); // beyond every range that is asked for
        return true;
    }
    return value.is_int64() && value.get(number) == simdjson::SUCCESS;
}

} // namespace detail

/// uint32 and sint32: JSON numbers.
template <typename Integer>
std::optional<Integer> check_int32(violation_log& log, const json_path& path, dom::element value) {
    static_assert(sizeof(Integer) == 4);
    std::int64_t number = 0;
    if (!detail::get_integer(value, number)) {
        log.add(rule::number_expected, path, value);
        return std::nullopt;
    }
    if (number < std::numeric_limits<Integer>::min() || number > std::numeric_limits<Integer>::max()) {
        log.add(rule::number_out_of_range, path, value);
        return std::nullopt;
    }
    return static_cast<Integer>(number);
}

inline std::optional<std::uint32_t> check_uint32(violation_log& log, const json_path& path,
                                                 dom::element value) {
    return check_int32<std::uint32_t>(log, path, value);
}

/// An enum with the values `first` to `last`.
inline std::optional<int> check_enum(violation_log& log, const json_path& path, dom::element value, int last,
                                     int first = 0) {
    std::int64_t number = 0;
    if (!detail::get_integer(value, number)) {
        log.add(rule::enum_not_integer, path, value);
        return std::nullopt;
    }
    if (number < first || number > last) {
        log.add(rule::enum_out_of_range, path, value);
        return std::nullopt;
    }
    return static_cast<int>(number);
}

inline std::optional<double> check_double(violation_log& log, const json_path& path, dom::element value) {
    double number = 0;
    if (value.get(number) == simdjson::SUCCESS) return number; // of integers too
    std::string_view text;
    const bool is_text = value.get(text) == simdjson::SUCCESS;
    if (is_text && text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (is_text && text == "Infinity") return std::numeric_limits<double>::infinity();
    if (is_text && text == "-Infinity") return -std::numeric_limits<double>::infinity();
    log.add(is_text ? rule::double_malformed : rule::wrong_type, path, value);
    return std::nullopt;
}

/// Standard base64 with its padding, whose unused bits are zero.
[[nodiscard]] inline bool is_base64(std::string_view text) {
    if (text.size() % 4 != 0) return false;
    std::size_t length = text.size();
    while (length > 0 && text.size() - length < 2 && text[length - 1] == '=') --length;
    unsigned last = 0;
    for (const char c : text.substr(0, length)) {
        if (c >= 'A' && c <= 'Z') {
            last = static_cast<unsigned>(c - 'A');
        } else if (c >= 'a' && c <= 'z') {
            last = static_cast<unsigned>(c - 'a') + 26;
        } else if (c >= '0' && c <= '9') {
            last = static_cast<unsigned>(c - '0') + 52;
        } else if (c == '+' || c == '/') {
            last = c == '+' ? 62 : 63;
        } else {
            return false;
        }
    }
    const std::size_t padding = text.size() - length;
    return padding == 0 || (last & (padding == 1 ? 0x03U : 0x0FU)) == 0;
}

inline void check_bytes(violation_log& log, const json_path& path, dom::element value) {
    const auto text = check_string(log, path, value);
    if (text && !is_base64(*text)) log.add(rule::base64_malformed, path, value);
}

} // namespace receiver
