// SPDX-License-Identifier: MIT
// The optional sections of a span record, sorted out.
#pragma once

#include <nanotel/otlp/attribute_writer.hpp>

#include <optional>

namespace nanotel::inline NANOTEL_ABI {

/// How much of a span is kept (OpenTelemetry Trace SDK, "Span limits"); what is beyond is counted in the
/// span.
struct span_limits {
    std::uint32_t attribute_count = 128;
    std::uint32_t event_count = 128;
    std::uint32_t link_count = 128;
    std::uint32_t attributes_per_event = 128;
    std::uint32_t attributes_per_link = 128;
    std::size_t attribute_value_length = ~std::size_t{0}; ///< characters of a string, bytes of bytes
};

namespace detail {

struct event_view {
    std::uint64_t time;
    bool is_unix_time;
    std::string_view name;
    const std::byte* attributes_begin;
    const std::byte* attributes_end;
};

struct link_view {
    link_body to;
    std::string_view trace_state;
    const std::byte* attributes_begin;
    const std::byte* attributes_end;
};

struct span_sections {
    std::vector<attribute_view> attributes;
    std::vector<event_view> events;
    std::vector<link_view> links;
    std::optional<std::string_view> name;
    std::optional<unsigned> kind;
    std::optional<std::uint64_t> start_time;
    std::optional<std::uint64_t> end_time;
    std::optional<std::uint32_t> scope;
    std::string_view trace_state;
    unsigned status;
    std::string_view status_text;
    dropped_body dropped;

    void read(const std::byte* record, const record_header& header) {
        attributes.clear();
        events.clear();
        links.clear();
        name.reset();
        kind.reset();
        start_time.reset();
        end_time.reset();
        scope.reset();
        trace_state = {};
        status = 0;
        status_text = {};
        dropped = {};
        if (header.sections == 0) return;
        // Of what can be said several times the last counts.
        for_each_section(record + header.sections, record + header.size,
                         [&](const section_header& section, const std::byte* body) {
                             read_section(section, body, body + section.size - sizeof section);
                         });
    }

    static void read_attributes(const std::byte* begin, const std::byte* end,
                                std::vector<attribute_view>& into) {
        into.clear();
        for_each_section(begin, end, [&](const section_header& section, const std::byte* body) {
            into.push_back(view_attribute(section, body));
        });
    }

private:
    static std::string_view read_text(const std::byte* body) noexcept {
        return {as_text(body + 8), read_record<std::uint64_t>(body)};
    }

    void read_section(const section_header& section, const std::byte* body, const std::byte* end) {
        switch (section.type) {
        case section_type::attribute:
            attributes.push_back(view_attribute(section, body));
            break;
        case section_type::event: {
            const auto event = read_record<event_body>(body);
            const std::byte* const text = body + sizeof event;
            events.push_back({event.time,
                              section.detail != 0,
                              {as_text(text), event.name_size},
                              text + pad8(event.name_size),
                              end});
            break;
        }
        case section_type::link: {
            const auto link = read_record<link_body>(body);
            const std::byte* const text = body + sizeof link;
            links.push_back(
                {link, {as_text(text), link.trace_state_size}, text + pad8(link.trace_state_size), end});
            break;
        }
        case section_type::status:
            status = section.detail;
            status_text = read_text(body);
            break;
        case section_type::name:
            name = read_text(body);
            break;
        case section_type::kind:
            kind = section.detail;
            break;
        case section_type::start_time:
            start_time = read_record<std::uint64_t>(body);
            break;
        case section_type::end_time:
            end_time = read_record<std::uint64_t>(body);
            break;
        case section_type::dropped:
            dropped = read_record<dropped_body>(body);
            break;
        case section_type::scope:
            scope = static_cast<std::uint32_t>(read_record<std::uint64_t>(body));
            break;
        case section_type::trace_state:
            trace_state = read_text(body);
            break;
        }
    }
};

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
