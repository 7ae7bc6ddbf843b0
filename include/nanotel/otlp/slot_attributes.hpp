// SPDX-License-Identifier: MIT
// The attributes that a record has in the slots of its site, listed beside those of its sections.
#pragma once

#include <nanotel/core/site_registry.hpp>
#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/otlp/log_sections.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// What stands in a slot, unless it did not fit: then it is counted in the section of what was dropped.
inline void append_slot(std::vector<attribute_view>& to, const known_key& key, const std::byte* payload,
                        std::size_t slot) {
    const std::byte* const at = payload + 8 * slot;
    if (key.type <= value_type::floating) {
        to.push_back({key.name, key.type, at, 8});
        return;
    }
    const auto place = read_record<variable_slot>(at);
    if (place.offset != ~std::uint32_t{0})
        to.push_back({key.name, key.type, payload + place.offset, place.size});
}

// Whether a span has the slots of its site. Not where an attribute of the site threw while it was evaluated:
// then the span has ended without them.
inline bool has_slots(const record_header& header, std::size_t count) noexcept {
    return (header.sections != 0 ? header.sections : header.size) >= sizeof header + 8 * count;
}

// Of a span: the attributes of its site, then the late ones.
inline void list_span_attributes(std::vector<attribute_view>& into, const std::byte* record,
                                 const record_header& header, const known_site& site,
                                 const std::vector<attribute_view>& late) {
    into.clear();
    const std::size_t slots = has_slots(header, site.keys.size()) ? site.keys.size() : 0;
    for (std::size_t i = 0; i < slots; ++i) append_slot(into, site.keys[i], record + sizeof header, i);
    into.insert(into.end(), late.begin(), late.end());
}

// Of a log record: the attributes of its site, then those of its sections, then where the statement stands.
// They refer to the site and to the record.
inline void list_log_attributes(std::vector<attribute_view>& into, const std::byte* record,
                                const log_header& header, const known_site& site,
                                const log_sections& sections, bool source_location) {
    into.clear();
    const std::byte* const payload = record + sizeof header;
    for (std::size_t i = 0; header.site != 0 && i < site.keys.size(); ++i) {
        const known_key& key = site.keys[i];
        if (key.type == argument_type::held_back) {
            const std::byte* const count = payload + 8 * i;
            if (read_record<std::uint64_t>(count) != 0)
                into.push_back({"nanotel.log.held_back", value_type::unsigned_integer, count, 8});
        } else if (!key.name.empty()) {
            append_slot(into, key, payload, i);
        }
    }
    into.insert(into.end(), sections.attributes.begin(), sections.attributes.end());
    if (!source_location) return;
    const auto add = [&](std::string_view key, value_type type, const void* value, std::size_t size) {
        for (const attribute_view& known : into)
            if (known.key == key) return; // the application knows better
        into.push_back({key, type, static_cast<const std::byte*>(value), static_cast<std::uint32_t>(size)});
    };
    if (!site.file.empty()) {
        add("code.file.path", value_type::string, site.file.data(), site.file.size());
        add("code.line.number", value_type::signed_integer, &site.line, 8);
    }
    if (!site.function.empty())
        add("code.function.name", value_type::string, site.function.data(), site.function.size());
}

} // namespace nanotel::inline NANOTEL_ABI::detail
