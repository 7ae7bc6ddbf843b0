// SPDX-License-Identifier: MIT
// The optional sections of a log record, sorted out.
#pragma once

#include <nanotel/otlp/attribute_writer.hpp>

#include <optional>

namespace nanotel::inline NANOTEL_ABI {

/// How much of a log record is kept (OpenTelemetry Logs SDK, "LogRecord limits"); what is beyond is counted
/// in the record.
struct log_limits {
    std::uint32_t attribute_count = 128;
    std::size_t attribute_value_length = ~std::size_t{0}; ///< characters of a string, bytes of bytes
};

namespace detail {

struct log_encoding {
    log_limits limits{};
    bool source_location = true;
};

struct log_sections {
    struct body_view {
        value_type type;
        const std::byte* value;
        std::uint32_t size;
    };

    std::vector<attribute_view> attributes;
    std::optional<body_view> body;
    std::optional<unsigned> severity;
    std::optional<std::string_view> severity_text;
    std::optional<std::string_view> event_name;
    std::optional<std::uint64_t> time;
    std::optional<std::uint32_t> scope;
    std::uint32_t dropped_attributes;

    void read(const std::byte* record, const log_header& header) {
        attributes.clear();
        body.reset();
        severity.reset();
        severity_text.reset();
        event_name.reset();
        time.reset();
        scope.reset();
        dropped_attributes = 0;
        if (header.sections == 0) return;
        for_each_section(
            record + header.sections, record + header.size,
            [&](const section_header& section, const std::byte* at) { read_section(section, at); });
    }

private:
    static std::string_view read_text(const std::byte* body) noexcept {
        return {as_text(body + 8), read_record<std::uint64_t>(body)};
    }

    void read_section(const section_header& section, const std::byte* at) {
        if (section.type == section_type::attribute)
            attributes.push_back(view_attribute(section, at));
        else if (section.type == log_section::body)
            body = {static_cast<value_type>(section.detail), at + 8,
                    static_cast<std::uint32_t>(read_record<std::uint64_t>(at))};
        else if (section.type == log_section::severity)
            severity = section.detail;
        else if (section.type == log_section::severity_text)
            severity_text = read_text(at);
        else if (section.type == log_section::event_name)
            event_name = read_text(at);
        else if (section.type == section_type::start_time)
            time = read_record<std::uint64_t>(at);
        else if (section.type == section_type::scope)
            scope = static_cast<std::uint32_t>(read_record<std::uint64_t>(at));
        else if (section.type == section_type::dropped)
            dropped_attributes = read_record<dropped_body>(at).attributes;
    }
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
