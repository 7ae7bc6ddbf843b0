// SPDX-License-Identifier: MIT
// Attributes of a record written anew as a text_processor wants them. For the sdk only.
#pragma once

#include <nanotel/core/attribute.hpp>
#include <nanotel/core/record.hpp>
#include <nanotel/core/text_processor.hpp>

#include <cstring>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// Bytes of a record that grow behind each other, each piece padded to 8. Offsets, since it moves.
class record_bytes {
public:
    void clear() noexcept { bytes_.clear(); }
    void truncate(std::uint32_t size) noexcept { bytes_.resize(size); }
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(bytes_.size()); }
    const std::byte* data() const noexcept { return bytes_.data(); }

    void append(const void* from, std::size_t count) {
        const auto* const first = static_cast<const std::byte*>(from);
        if (count != 0) bytes_.insert(bytes_.end(), first, first + count);
        bytes_.resize((bytes_.size() + 7) & ~std::size_t{7});
    }
    template <class T>
    void append(const T& value) {
        append(&value, sizeof value);
    }
    template <class T>
    void put(std::size_t at, const T& value) noexcept {
        std::memcpy(bytes_.data() + at, &value, sizeof value);
    }
    // Readers copy in strides, some bytes beyond the end.
    void keep_readable_beyond_end() {
        constexpr std::size_t margin = 64;
        bytes_.reserve(bytes_.size() + margin);
    }

private:
    std::vector<std::byte> bytes_;
};

// Used by one thread. Throws what the processor throws, and std::bad_alloc.
class value_rewriter {
public:
    explicit value_rewriter(const text_processor& processor) noexcept : processor_(processor) {}

    // A value where it stands or as something else: of an attribute, or of what is in an array.
    struct verdict {
        bool replaced = false;
        value_type type{};       // of what is there now
        std::uint32_t begin = 0; // in `to`
        std::uint32_t size = 0;  // as a section or a slot says it
    };

    // Appends the value to `to`; says whether it has become another.
    verdict value(record_bytes& to, text_place place, std::string_view key, value_type type,
                  const std::byte* from, std::uint32_t size) {
        verdict made{false, type, to.size(), size};
        instead_.clear();
        switch (type) {
        case value_type::string:
        case value_type::bytes:
            made.replaced =
                processor_.replace(place, key, {reinterpret_cast<const char*>(from), size}, instead_);
            break;
        case value_type::type_name: // the program's own
            break;
        case value_type::array:
        case value_type::map:
            made.replaced = processor_.replace_whole(place, key, false, instead_);
            if (made.replaced) break;
            made.replaced = type == value_type::array ? elements(to, place, key, from, size)
                                                      : attributes(to, place, from, from + size);
            made.size = to.size() - made.begin;
            return made;
        default:
            made.replaced = processor_.replace_whole(place, key, true, instead_);
            if (!made.replaced) to.append(from, 8);
            if (!made.replaced) return made;
        }
        if (made.replaced) {
            made.type = value_type::string;
            made.size = static_cast<std::uint32_t>(instead_.size());
            to.append(instead_.data(), instead_.size());
        } else {
            to.append(from, size);
        }
        return made;
    }

    // Appends an attribute section. True where its value has become another.
    bool attribute(record_bytes& to, text_place place, std::string_view key, value_type type,
                   const std::byte* from, std::uint32_t size) {
        const std::uint32_t begin = to.size();
        to.append(section_header{});
        to.append(attribute_body{});
        to.append(key.data(), key.size());
        const verdict made = value(to, place, key, type, from, size);
        to.put(begin, section_header{to.size() - begin, section_type::attribute,
                                     static_cast<std::uint16_t>(made.type)});
        to.put(begin + sizeof(section_header),
               attribute_body{static_cast<std::uint32_t>(key.size()), made.size});
        return made.replaced;
    }

    // The attribute sections in [begin, end).
    bool attributes(record_bytes& to, text_place place, const std::byte* begin, const std::byte* end) {
        bool replaced = false;
        for (section_header header; begin < end; begin += header.size) {
            std::memcpy(&header, begin, sizeof header);
            replaced = attribute_section(to, place, header, begin + sizeof header) || replaced;
        }
        return replaced;
    }
    bool attribute_section(record_bytes& to, text_place place, const section_header& header,
                           const std::byte* body) {
        attribute_body sizes;
        std::memcpy(&sizes, body, sizeof sizes);
        const std::byte* const key = body + sizeof sizes;
        const std::byte* const at = key + ((sizes.key_size + 7) & ~std::uint32_t{7});
        return attribute(to, place, {reinterpret_cast<const char*>(key), sizes.key_size},
                         static_cast<value_type>(header.detail), at, sizes.value_size);
    }

    // A text by itself: what it is to be, valid until the next call; or what it was.
    std::string_view text(text_place place, std::string_view value, bool& replaced) {
        instead_.clear();
        if (value.empty() || !processor_.replace(place, {}, value, instead_)) return value;
        replaced = true;
        return instead_;
    }

private:
    bool elements(record_bytes& to, text_place place, std::string_view key, const std::byte* at,
                  std::size_t size) {
        bool replaced = false;
        const std::byte* const end = at + size;
        while (at < end) {
            element_header header;
            std::memcpy(&header, at, sizeof header);
            const auto type = static_cast<value_type>(header.type);
            const std::uint32_t begin = to.size();
            to.append(header);
            const verdict made = value(to, place, key, type, at + sizeof header, header.size);
            to.put(begin, element_header{made.size, static_cast<std::uint32_t>(made.type)});
            replaced = replaced || made.replaced;
            const bool is_word = type <= value_type::floating;
            at += sizeof header + (is_word ? 8 : (header.size + 7) & ~std::uint32_t{7});
        }
        return replaced;
    }

    const text_processor& processor_;
    std::string instead_;
};

// The labels of a series as the processor wants them: attribute sections.
inline std::string process_labels(const text_processor& processor, std::string_view sections) {
    value_rewriter rewriter(processor);
    record_bytes made;
    const auto* const first = reinterpret_cast<const std::byte*>(sections.data());
    rewriter.attributes(made, text_place::label, first, first + sections.size());
    return std::string(reinterpret_cast<const char*>(made.data()), made.size());
}

} // namespace nanotel::inline NANOTEL_ABI::detail
