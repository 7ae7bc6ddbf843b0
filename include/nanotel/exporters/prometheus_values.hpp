// SPDX-License-Identifier: MIT
// Numbers, texts and attribute values as Prometheus reads them.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/otlp/resource.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace nanotel::inline NANOTEL_ABI::detail {

enum class prometheus_format : std::uint8_t {
    text,        // Prometheus text format 0.0.4
    openmetrics, // OpenMetrics 1.0
};

inline void append_unsigned(std::string& to, std::uint64_t value) {
    char text[64];
    to.append(text, write_unsigned(text, value));
}
inline void append_signed(std::string& to, std::int64_t value) {
    char text[64];
    to.append(text, write_signed(text, value));
}

// False for what has no digits, which is then written.
inline bool append_if_not_finite(std::string& to, double value) {
    if (std::isfinite(value)) return false;
    to += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return true;
}

// OpenMetrics tells floating-point numbers from integers by a point or an exponent.
inline void append_point_if_needed(std::string& to, std::size_t begin, prometheus_format format) {
    if (format == prometheus_format::openmetrics && to.find_first_of(".e", begin) == to.npos) to += ".0";
}

// The value of a sample: the shortest text that reads back to the same bits.
inline void append_sample(std::string& to, double value, prometheus_format format) {
    if (append_if_not_finite(to, value)) return;
    char text[64];
    const std::size_t begin = to.size();
    to.append(text, write_double(text, value));
    append_point_if_needed(to, begin, format);
}

// The value of a label `le`, which is compared as text: the rendering that OpenMetrics calls canonical, which
// is what Go's client writes.
inline void append_bound(std::string& to, double bound, prometheus_format format) {
    if (append_if_not_finite(to, bound)) return;
    bound += 0.0; // no negative zero
    const double size = std::fabs(bound);
    const bool plain = size == 0 || (size >= 1e-4 && size < 1e6);
    char text[64];
    const std::size_t begin = to.size();
    const auto written = std::to_chars(text, text + sizeof text, bound,
                                       plain ? std::chars_format::fixed : std::chars_format::scientific);
    to.append(text, written.ptr);
    append_point_if_needed(to, begin, format);
}

// Seconds since the epoch, without trailing zeros.
inline void append_seconds(std::string& to, std::uint64_t unix_ns) {
    append_unsigned(to, unix_ns / 1'000'000'000);
    char text[64] = {'.'};
    const auto rest = static_cast<std::uint32_t>(unix_ns % 1'000'000'000);
    text[1] = static_cast<char>('0' + rest / 100'000'000);
    write_eight_digits(text + 2, rest % 100'000'000);
    std::size_t size = 10;
    while (size > 2 && text[size - 1] == '0') --size;
    to.append(text, size);
}

// Text between quotes, or behind HELP, where only OpenMetrics escapes quotes. Always valid UTF-8: a scraper
// refuses the whole answer for one wrong byte.
inline void append_escaped(std::string& to, std::string_view text, bool quotes) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        const char c = *at;
        if (static_cast<unsigned char>(c) >= 0x80) {
            char sequence[8];
            to.append(sequence, write_sequence(sequence, at, end));
            continue;
        }
        ++at;
        if (c == '\n')
            to += "\\n";
        else if (c == '\\')
            to += "\\\\";
        else if (c == '"' && quotes)
            to += "\\\"";
        else
            to += c;
    }
}

// Of what append_escaped makes of a text, escapes aside.
inline std::size_t characters_in(std::string_view text) noexcept {
    std::size_t count = 0;
    const char* at = text.data();
    for (const char* const end = at + text.size(); at != end; ++count) {
        char sequence[8];
        if (static_cast<unsigned char>(*at) >= 0x80)
            write_sequence(sequence, at, end);
        else
            ++at;
    }
    return count;
}

// An attribute's value as a text (OpenTelemetry Common, "AnyValue representation for non-OTLP protocols"):
// strings as they are, the rest as JSON.
class attribute_text {
public:
    static void append(std::string& to, const attribute_view& value) {
        switch (value.type) {
        case value_type::string:
            to.append(as_text(value.value), value.size);
            break;
        case value_type::bytes:
            append_base64(to, value.value, value.size);
            break;
        case value_type::floating:
            append_floating(to, read_record<double>(value.value), "");
            break;
        case value_type::type_name:
            append_type_name(to, value);
            break;
        default:
            append_json(to, value.type, value.value, value.size);
        }
    }

    static std::string of(const resource_value& value) {
        struct {
            std::string operator()(const std::string& s) const { return s; }
            std::string operator()(bool b) const { return b ? "true" : "false"; }
            std::string operator()(std::int64_t i) const { return std::to_string(i); }
            std::string operator()(double d) const {
                std::string text;
                append_floating(text, d, "");
                return text;
            }
            std::string operator()(const std::vector<std::string>& list) const {
                std::string text = "[";
                for (const std::string& s : list) {
                    if (text.size() > 1) text += ',';
                    text += '"' + json_escape(s) + '"';
                }
                return text + ']';
            }
        } to_text;
        return std::visit(to_text, value);
    }

private:
    static void append_json(std::string& to, value_type type, const std::byte* value, std::uint32_t size) {
        switch (type) {
        case value_type::boolean:
            to += read_record<std::uint64_t>(value) ? "true" : "false";
            break;
        case value_type::signed_integer:
            append_signed(to, read_record<std::int64_t>(value));
            break;
        case value_type::unsigned_integer:
            append_unsigned(to, read_record<std::uint64_t>(value));
            break;
        case value_type::floating:
            append_floating(to, read_record<double>(value), "\"");
            break;
        case value_type::string:
            to += '"' + json_escape({as_text(value), size}) + '"';
            break;
        case value_type::bytes:
            to += '"';
            append_base64(to, value, size);
            to += '"';
            break;
        case value_type::array:
            append_array(to, value, size);
            break;
        case value_type::map:
            append_map(to, value, size);
            break;
        case value_type::type_name:
            to += '"';
            append_type_name(to, {{}, type, value, size});
            to += '"';
            break;
        }
    }

    static void append_floating(std::string& to, double value, std::string_view quote) {
        if (!std::isfinite(value)) {
            to += quote;
            to += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
            to += quote;
            return;
        }
        to += number_text(value);
    }

    static void append_base64(std::string& to, const std::byte* bytes, std::size_t size) {
        const std::size_t begin = to.size();
        to.resize(begin + (size + 2) / 3 * 4 + 64);
        const char* const end =
            write_base64(to.data() + begin, reinterpret_cast<const unsigned char*>(bytes), size);
        to.resize(static_cast<std::size_t>(end - to.data()));
    }

    static void append_array(std::string& to, const std::byte* at, std::size_t size) {
        to += '[';
        for (const std::byte* const end = at + size; at < end;) {
            const auto header = read_record<element_header>(at);
            const auto type = static_cast<value_type>(header.type);
            if (to.back() != '[') to += ',';
            append_json(to, type, at + sizeof header, header.size);
            const bool word = type == value_type::boolean || type == value_type::signed_integer ||
                              type == value_type::unsigned_integer || type == value_type::floating;
            at += sizeof header + (word ? 8 : pad8(header.size));
        }
        to += ']';
    }

    static void append_map(std::string& to, const std::byte* begin, std::size_t size) {
        std::vector<attribute_view> members;
        for_each_section(begin, begin + size, [&](const section_header& header, const std::byte* body) {
            members.push_back(view_attribute(header, body));
        });
        attribute_writer::keep_last_values(members);
        to += '{';
        for (const attribute_view& member : members) {
            if (&member != members.data()) to += ',';
            to += '"' + json_escape(member.key) + "\":";
            append_json(to, member.type, member.value, member.size);
        }
        to += '}';
    }

    static void append_type_name(std::string& to, const attribute_view& value) {
        const std::string mangled(as_text(value.value), value.size);
        int status = 0;
        char* const plain = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
        to += status == 0 && plain != nullptr ? plain : mangled.c_str();
        std::free(plain);
    }
};

} // namespace nanotel::inline NANOTEL_ABI::detail
