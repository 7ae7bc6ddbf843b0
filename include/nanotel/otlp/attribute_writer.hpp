// SPDX-License-Identifier: MIT
// Attribute values and attribute lists of a record as OTLP JSON, within the limits of the specification.
#pragma once

#include <nanotel/core/attribute.hpp>
#include <nanotel/core/record.hpp>
#include <nanotel/otlp/json_writer.hpp>

#include <cxxabi.h>

#include <algorithm> // min
#include <string>
#include <unordered_map>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// JSON takes at most this many bytes for each byte of a record: an escaped control character is the worst
// case, and every list, value or section brings more bytes in the record than a sixth of the JSON around it.
inline constexpr std::size_t greatest_expansion = 6;

template <class T>
T read_record(const std::byte* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline const char* as_text(const std::byte* from) noexcept { return reinterpret_cast<const char*>(from); }

constexpr std::size_t pad8(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }

// An attribute somewhere in a record.
struct attribute_view {
    std::string_view key;
    value_type type;
    const std::byte* value;
    std::uint32_t size; // bytes of text or bytes; of an array or map, all that it takes
};

// Calls `each(section_header, body)` for the sections in [begin, end).
template <class Each>
void for_each_section(const std::byte* begin, const std::byte* end, Each&& each) {
    while (begin < end) {
        const auto header = read_record<section_header>(begin);
        each(header, begin + sizeof header);
        begin += header.size;
    }
}

inline attribute_view view_attribute(const section_header& header, const std::byte* body) noexcept {
    const auto sizes = read_record<attribute_body>(body);
    const std::byte* const key = body + sizeof sizes;
    return {{as_text(key), sizes.key_size},
            static_cast<value_type>(header.detail),
            key + pad8(sizes.key_size),
            sizes.value_size};
}

class attribute_writer {
public:
    // No limit: the greatest value. In characters for text, in bytes for bytes.
    explicit attribute_writer(std::size_t value_length_limit) noexcept
        : value_length_limit_(value_length_limit) {}

    // An AnyValue with its braces.
    char* write_value(char* out, value_type type, const std::byte* value, std::uint32_t size) const {
        switch (type) {
        case value_type::boolean:
            return read_record<std::uint64_t>(value) ? write_literal(out, R"({"boolValue":true})")
                                                     : write_literal(out, R"({"boolValue":false})");
        case value_type::signed_integer:
            out = write_literal(out, R"({"intValue":")");
            out = write_signed(out, read_record<std::int64_t>(value));
            return write_literal(out, R"("})");
        case value_type::unsigned_integer: {
            // OTLP has no unsigned value: beyond the signed range the specification asks for a decimal
            // string.
            const auto number = read_record<std::uint64_t>(value);
            out = number >> 63 ? write_literal(out, R"({"stringValue":")")
                               : write_literal(out, R"({"intValue":")");
            out = write_unsigned(out, number);
            return write_literal(out, R"("})");
        }
        case value_type::floating:
            out = write_literal(out, R"({"doubleValue":)");
            out = write_double(out, read_record<double>(value));
            return write_literal(out, "}");
        case value_type::string:
            out = write_literal(out, R"({"stringValue":")");
            out = write_string(out, as_text(value), limited(as_text(value), size));
            return write_literal(out, R"("})");
        case value_type::bytes:
            out = write_literal(out, R"({"bytesValue":")");
            out = write_base64(out, reinterpret_cast<const unsigned char*>(value),
                               std::min<std::size_t>(size, value_length_limit_));
            return write_literal(out, R"("})");
        case value_type::array:
            out = write_literal(out, R"({"arrayValue":{"values":[)");
            out = write_elements(out, value, size);
            return write_literal(out, "]}}");
        case value_type::map:
            out = write_literal(out, R"({"kvlistValue":{"values":[)");
            out = write_members(out, value, size);
            return write_literal(out, "]}}");
        case value_type::type_name:
            out = write_literal(out, R"({"stringValue":")");
            out = write_type_name(out, as_text(value), size);
            return write_literal(out, R"("})");
        }
        return write_literal(out, "{}");
    }

    char* write_attribute(char* out, const attribute_view& a) const {
        out = write_literal(out, R"({"key":")");
        out = write_string(out, a.key.data(), a.key.size());
        out = write_literal(out, R"(","value":)");
        out = write_value(out, a.type, a.value, a.size);
        return write_literal(out, "}");
    }

    // `,"attributes":[…]` and `,"droppedAttributesCount":n`, each only where there is something to say. Of
    // several values of a key the last counts, in the place of the first (specification: common, "Attribute
    // Collections"); keys beyond the limit are dropped and counted.
    char* write_list(char* out, std::vector<attribute_view>& list, std::uint32_t count_limit,
                     std::uint64_t dropped, bool may_repeat = true) const {
        if (may_repeat) keep_last_values(list);
        if (list.size() > count_limit) {
            dropped += list.size() - count_limit;
            list.resize(count_limit);
        }
        if (!list.empty()) {
            out = write_literal(out, R"(,"attributes":[)");
            for (std::size_t i = 0; i < list.size(); ++i) {
                if (i != 0) *out++ = ',';
                out = write_attribute(out, list[i]);
            }
            *out++ = ']';
        }
        if (dropped != 0) {
            out = write_literal(out, R"(,"droppedAttributesCount":)");
            out = write_unsigned(out, dropped);
        }
        return out;
    }

    static void keep_last_values(std::vector<attribute_view>& list) {
        if (list.size() < 2) return;
        std::size_t kept = 0;
        if (list.size() <= 32) {
            for (std::size_t i = 0; i < list.size(); ++i) {
                std::size_t j = 0;
                while (j < kept && list[j].key != list[i].key) ++j;
                list[j] = list[i];
                if (j == kept) ++kept;
            }
        } else {
            std::unordered_map<std::string_view, std::size_t> places;
            for (std::size_t i = 0; i < list.size(); ++i) {
                const auto [place, added] = places.try_emplace(list[i].key, kept);
                list[place->second] = list[i];
                if (added) ++kept;
            }
        }
        list.resize(kept);
    }

    // The bytes of the first characters, as many as the limit allows.
    std::size_t limited(const char* text, std::size_t size) const noexcept {
        if (size <= value_length_limit_) return size;
        std::size_t characters = 0;
        for (std::size_t i = 0; i < size; ++i)
            if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && characters++ == value_length_limit_)
                return i;
        return size;
    }

private:
    char* write_elements(char* out, const std::byte* at, std::size_t size) const {
        const std::byte* const end = at + size;
        for (bool first = true; at < end; first = false) {
            const auto header = read_record<element_header>(at);
            if (!first) *out++ = ',';
            out = write_value(out, static_cast<value_type>(header.type), at + sizeof header, header.size);
            at += sizeof header + stored_size(static_cast<value_type>(header.type), header.size);
        }
        return out;
    }

    char* write_members(char* out, const std::byte* at, std::size_t size) const {
        std::vector<attribute_view> members;
        for_each_section(at, at + size, [&](const section_header& header, const std::byte* body) {
            members.push_back(view_attribute(header, body));
        });
        keep_last_values(members); // keys are unique within a kvlist too
        for (std::size_t i = 0; i < members.size(); ++i) {
            if (i != 0) *out++ = ',';
            out = write_attribute(out, members[i]);
        }
        return out;
    }

public:
    // What an element of an array takes in the record.
    static std::size_t stored_size(value_type type, std::size_t size) noexcept {
        switch (type) {
        case value_type::boolean:
        case value_type::signed_integer:
        case value_type::unsigned_integer:
        case value_type::floating:
            return 8;
        default:
            return pad8(size);
        }
    }

    // The content of a JSON string.
    static char* write_type_name(char* out, const char* mangled, std::size_t size) {
        const std::string terminated(mangled, size);
        int status = 0;
        char* const plain = abi::__cxa_demangle(terminated.c_str(), nullptr, nullptr, &status);
        // The name is mostly longer spelled out, and never needs escapes; rather mangled than beyond what is
        // reserved.
        const std::size_t length = status == 0 && plain ? std::strlen(plain) : 0;
        const bool plain_fits = length != 0 && length <= size * greatest_expansion &&
                                !std::memchr(plain, '"', length) && !std::memchr(plain, '\\', length);
        out = plain_fits ? write_string(out, plain, length) : write_string(out, mangled, size);
        std::free(plain);
        return out;
    }

private:
    std::size_t value_length_limit_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
