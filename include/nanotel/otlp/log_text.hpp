// SPDX-License-Identifier: MIT
// The text of a log statement with the arguments that its record holds: what fmt would have made of them
// where the statement stands.
#pragma once

#include <nanotel/core/site_registry.hpp>
#include <nanotel/log/argument.hpp>
#include <nanotel/otlp/attribute_writer.hpp>

#include <fmt/args.h>

namespace nanotel::inline NANOTEL_ABI::detail {

// Used by one thread.
class log_text {
public:
    // Valid until the next call. The slots are those of the site's keys. Throws std::bad_alloc.
    std::string_view format(const known_site& site, const std::byte* payload) {
        arguments_.clear();
        for (std::size_t i = 0; i < site.keys.size(); ++i) {
            const value_type type = site.keys[i].type;
            if (!is_of_text(site.keys[i])) continue;
            if (type == argument_type::formatted) return text_at(payload, i);
            add(type, payload, i);
        }
        characters_.clear();
        try {
            fmt::vformat_to(fmt::appender(characters_), fmt::string_view(site.name), arguments_);
        } catch (const std::bad_alloc&) {
            throw;
        } catch (...) { // such as a width that is negative: rather the text as it stands
            return site.name;
        }
        return {characters_.data(), characters_.size()};
    }

    // Whether the slot of that key stands in the text, or is it.
    static bool is_of_text(const known_key& key) noexcept {
        return key.name.empty() && key.type != argument_type::nothing && key.type != argument_type::held_back;
    }

private:
    static std::string_view text_at(const std::byte* payload, std::size_t slot) noexcept {
        const auto place = read_record<variable_slot>(payload + 8 * slot);
        return {as_text(payload + place.offset), place.size};
    }

    void add(value_type type, const std::byte* payload, std::size_t slot) {
        const auto word = read_record<std::uint64_t>(payload + 8 * slot);
        if (type == value_type::boolean)
            arguments_.push_back(word != 0);
        else if (type == value_type::signed_integer)
            arguments_.push_back(static_cast<long long>(word));
        else if (type == value_type::unsigned_integer)
            arguments_.push_back(static_cast<unsigned long long>(word));
        else if (type == value_type::floating)
            arguments_.push_back(__builtin_bit_cast(double, word));
        else if (type == argument_type::single)
            arguments_.push_back(__builtin_bit_cast(float, static_cast<std::uint32_t>(word)));
        else if (type == argument_type::character)
            arguments_.push_back(static_cast<char>(word));
        else if (type == argument_type::pointer)
            arguments_.push_back(reinterpret_cast<const void*>(static_cast<std::uintptr_t>(word)));
        else {
            const std::string_view characters = text_at(payload, slot);
            arguments_.push_back(fmt::string_view(characters.data(), characters.size()));
        }
    }

    // Kept for their storage.
    fmt::dynamic_format_arg_store<fmt::format_context> arguments_;
    fmt::memory_buffer characters_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
