// SPDX-License-Identifier: MIT
// Labels in one form: sorted by key, no key twice, so that sets that are equal are equal bytes. For the sdk.
#pragma once

#include <nanotel/core/record.hpp>
#include <nanotel/core/text.hpp>
#include <nanotel/metrics/label_cache.hpp>
#include <nanotel/metrics/labels.hpp>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

struct label_section {
    std::string_view key;
    std::string_view bytes; // the whole section
};

inline std::vector<label_section> split_sections(std::string_view all) {
    std::vector<label_section> sections;
    while (!all.empty()) {
        section_header header;
        attribute_body body;
        std::memcpy(&header, all.data(), sizeof header);
        std::memcpy(&body, all.data() + sizeof header, sizeof body);
        sections.push_back(
            {all.substr(sizeof header + sizeof body, body.key_size), all.substr(0, header.size)});
        all.remove_prefix(header.size);
    }
    return sections;
}

// Sections with text values only, for labels that the sdk makes itself.
inline void append_section(std::string& to, std::string_view key, value_type type, std::uint64_t bits,
                           std::string_view string) {
    const bool is_text = type == value_type::string;
    const std::uint32_t value = is_text ? padded(string.size()) : 8;
    const auto size = static_cast<std::uint32_t>(sizeof(section_header) + sizeof(attribute_body)) +
                      padded(key.size()) + value;
    const std::size_t begin = to.size();
    to.resize(begin + size, '\0');
    char* at = to.data() + begin;
    const section_header header{size, section_type::attribute, static_cast<std::uint16_t>(type)};
    const attribute_body body{static_cast<std::uint32_t>(key.size()),
                              is_text ? static_cast<std::uint32_t>(string.size()) : 8};
    std::memcpy(at, &header, sizeof header);
    std::memcpy(at += sizeof header, &body, sizeof body);
    std::memcpy(at += sizeof body, key.data(), key.size());
    at += padded(key.size());
    if (is_text)
        std::memcpy(at, string.data(), string.size());
    else
        std::memcpy(at, &bits, sizeof bits);
}

// Of several values of a key the last counts.
inline std::vector<label_section> sort_sections(std::string_view given) {
    std::vector<label_section> sections = split_sections(given);
    // Those of a key stay in the order given, which is that of their addresses. Not std::stable_sort, which
    // allocates, and with libstdc++ by what is deprecated.
    std::sort(sections.begin(), sections.end(), [](const label_section& a, const label_section& b) {
        const int order = a.key.compare(b.key);
        return order != 0 ? order < 0 : a.bytes.data() < b.bytes.data();
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        if (i + 1 < sections.size() && sections[i + 1].key == sections[i].key) continue;
        sections[kept++] = sections[i];
    }
    sections.resize(kept);
    return sections;
}

// The labels of one combination of an instrument's finite domains.
inline std::string sections_of_combination(const label_domain* domains, std::uint32_t count,
                                           std::uint32_t index) {
    std::string sections;
    for (std::uint32_t d = count; d-- > 0;) { // the last varies fastest
        const label_value& value = domains[d].values[index % domains[d].size];
        index /= domains[d].size;
        append_section(sections, {domains[d].key.data, domains[d].key.size}, value.type, value.bits,
                       {value.string.data, value.string.size});
    }
    return sections;
}

// The labels of a measurement in the form of its sections. Throws where memory is short.
inline std::string sections_of(const measured_labels& labels) {
    if (labels.domains) return sections_of_combination(labels.domains, labels.domain_count, labels.index);
    return {reinterpret_cast<const char*>(labels.sections), labels.size};
}

inline const std::string& overflow_sections() {
    static const std::string sections = [] {
        std::string made;
        append_section(made, "otel.metric.overflow", value_type::boolean, 1, {});
        return made;
    }();
    return sections;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
