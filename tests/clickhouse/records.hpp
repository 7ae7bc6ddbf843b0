// SPDX-License-Identifier: MIT
// Records and points as threads leave them, built by hand, and a clock whose ticks are Unix nanoseconds.
#pragma once

#include <nanotel/clickhouse/format.hpp>
#include <nanotel/metrics/label_sections.hpp>

#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanotel_test {

namespace detail = nanotel::detail;

template <class T>
std::string_view raw(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string padded(std::string_view bytes) {
    std::string text(bytes);
    text.resize(detail::pad8(text.size()), '\0');
    return text;
}

inline std::string section(detail::section_type type, unsigned what, std::string_view body) {
    const detail::section_header header{static_cast<std::uint32_t>(sizeof header + detail::pad8(body.size())),
                                        type, static_cast<std::uint16_t>(what)};
    return std::string(raw(header)) + padded(body);
}
inline std::string text_section(detail::section_type type, std::string_view text, unsigned what = 0) {
    return section(type, what, std::string(raw(std::uint64_t{text.size()})) + std::string(text));
}
inline std::string word_section(detail::section_type type, std::uint64_t word) {
    return section(type, 0, raw(word));
}
inline std::string attribute(std::string_view key, nanotel::value_type type, std::string_view value) {
    const detail::attribute_body sizes{static_cast<std::uint32_t>(key.size()),
                                       static_cast<std::uint32_t>(value.size())};
    return section(detail::section_type::attribute, static_cast<unsigned>(type),
                   std::string(raw(sizes)) + padded(key) + padded(value));
}
inline std::string attribute(std::string_view key, std::string_view value) {
    return attribute(key, nanotel::value_type::string, value);
}
inline std::string attribute(std::string_view key, std::int64_t value) {
    return attribute(key, nanotel::value_type::signed_integer, raw(value));
}
inline std::string element(nanotel::value_type type, std::string_view value) {
    const detail::element_header header{static_cast<std::uint32_t>(value.size()),
                                        static_cast<std::uint32_t>(type)};
    return std::string(raw(header)) + padded(value);
}
inline std::string event(std::uint64_t time, std::string_view name, std::string_view attributes = {}) {
    const detail::event_body body{time, name.size()};
    return section(detail::section_type::event, 1,
                   std::string(raw(body)) + padded(name) + std::string(attributes));
}

/// The bytes of a record: header, slots and values, sections.
template <class Header>
std::vector<std::byte> record(Header header, std::string_view payload, std::string_view sections = {}) {
    header.size = static_cast<std::uint32_t>(sizeof header + payload.size() + sections.size());
    header.sections = sections.empty() ? 0 : static_cast<std::uint32_t>(sizeof header + payload.size());
    std::vector<std::byte> bytes(header.size);
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!payload.empty()) std::memcpy(bytes.data() + sizeof header, payload.data(), payload.size());
    if (!sections.empty()) std::memcpy(bytes.data() + header.sections, sections.data(), sections.size());
    return bytes;
}

/// A slot of a value that lies at this place behind the header.
inline std::string slot(std::uint32_t offset, std::uint32_t size) {
    return std::string(raw(detail::variable_slot{offset, size}));
}

inline detail::clock_map unix_clock() {
    detail::clock_map clock;
    clock.begin({0, 0});
    clock.extend({1, 1});
    return clock;
}

inline std::string text_of(const detail::byte_buffer& body) { return {body.data(), body.size()}; }

} // namespace nanotel_test
