// SPDX-License-Identifier: MIT
// A finished span before it is encoded, as a filter sees it.
#pragma once

#include <nanotel/core/clock.hpp>
#include <nanotel/core/site_registry.hpp>
#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/trace/status.hpp>

#include <chrono>
#include <optional>
#include <type_traits>

namespace nanotel::inline NANOTEL_ABI {

namespace detail {
// A record and what is needed to read it.
struct span_source {
    const std::byte* record;
    const record_header& header;
    const known_site& site;
    const site_registry& registry;
    const clock_map& clock;
};
} // namespace detail

/// What a filter may ask of a finished span. Valid during the call of the filter, as are the texts that it
/// returns. Nothing is prepared: what is not asked for costs nothing, what is asked for some nanoseconds.
class span_view {
public:
    explicit span_view(const detail::span_source& from) noexcept : from_(from) {}

    [[nodiscard]] nanotel::trace_id trace_id() const noexcept {
        return {{from_.header.trace_id[0], from_.header.trace_id[1]}};
    }
    [[nodiscard]] nanotel::span_id span_id() const noexcept { return {from_.header.span_id}; }
    /// Invalid for a root.
    [[nodiscard]] nanotel::span_id parent_id() const noexcept { return {from_.header.parent_id}; }
    /// The parent is a span of another process.
    [[nodiscard]] bool parent_is_remote() const noexcept {
        return (from_.header.flags & detail::record_flag::parent_remote) != 0;
    }

    [[nodiscard]] std::string_view name() const noexcept {
        std::string_view found = from_.site.name;
        each_section([&](const detail::section_header& section, const std::byte* body) {
            if (section.type == detail::section_type::name)
                found = {detail::as_text(body + 8), detail::read_record<std::uint64_t>(body)};
        });
        return found;
    }
    [[nodiscard]] span_kind kind() const noexcept {
        span_kind found = from_.site.kind;
        each_section([&](const detail::section_header& section, const std::byte*) {
            if (section.type == detail::section_type::kind) found = static_cast<span_kind>(section.detail);
        });
        return found;
    }
    [[nodiscard]] status_code status() const noexcept {
        auto found = status_code::unset;
        each_section([&](const detail::section_header& section, const std::byte*) {
            if (section.type == detail::section_type::status)
                found = static_cast<status_code>(section.detail);
        });
        return found;
    }
    /// The name of the instrumentation scope; empty where none is declared.
    [[nodiscard]] std::string_view scope_name() const noexcept {
        std::uint32_t number = from_.site.scope;
        each_section([&](const detail::section_header& section, const std::byte* body) {
            if (section.type == detail::section_type::scope)
                number = static_cast<std::uint32_t>(detail::read_record<std::uint64_t>(body));
        });
        return from_.registry.scope(number).name;
    }
    /// Never negative.
    [[nodiscard]] std::chrono::nanoseconds duration() const noexcept {
        std::uint64_t start = 0, end = 0;
        bool start_given = false, end_given = false;
        each_section([&](const detail::section_header& section, const std::byte* body) {
            if (section.type == detail::section_type::start_time) {
                start = detail::read_record<std::uint64_t>(body);
                start_given = true;
            } else if (section.type == detail::section_type::end_time) {
                end = detail::read_record<std::uint64_t>(body);
                end_given = true;
            }
        });
        if (!start_given) start = from_.clock.to_unix_ns(from_.header.start_ticks);
        if (!end_given) end = from_.clock.to_unix_ns(from_.header.end_ticks);
        return std::chrono::nanoseconds(end > start ? static_cast<std::int64_t>(end - start) : 0);
    }

    /// The value of an attribute where there is one of that type: bool, std::int64_t (of any integer that it
    /// holds), double, std::string_view. Of several of a key the last counts.
    template <class T>
    [[nodiscard]] std::optional<T> attribute(std::string_view key) const noexcept {
        std::optional<T> found;
        const std::byte* const payload = from_.record + sizeof(detail::record_header);
        const auto& keys = from_.site.keys;
        const std::uint32_t end = from_.header.sections != 0 ? from_.header.sections : from_.header.size;
        const bool has_slots = end >= sizeof(detail::record_header) + 8 * keys.size();
        for (std::size_t i = 0; has_slots && i < keys.size(); ++i) {
            if (keys[i].name != key) continue;
            const std::byte* const slot = payload + 8 * i;
            if (keys[i].type <= value_type::floating) {
                found = value<T>(keys[i].type, slot, 8);
            } else if (const auto place = detail::read_record<detail::variable_slot>(slot);
                       place.offset != ~std::uint32_t{0}) {
                found = value<T>(keys[i].type, payload + place.offset, place.size);
            }
        }
        each_section([&](const detail::section_header& section, const std::byte* body) {
            if (section.type != detail::section_type::attribute) return;
            const detail::attribute_view a = detail::view_attribute(section, body);
            if (a.key == key) found = value<T>(a.type, a.value, a.size);
        });
        return found;
    }

private:
    template <class Each>
    void each_section(Each&& each) const noexcept {
        if (from_.header.sections != 0)
            detail::for_each_section(from_.record + from_.header.sections, from_.record + from_.header.size,
                                     each);
    }

    template <class T>
    static std::optional<T> value(value_type type, const std::byte* at, std::uint32_t size) noexcept {
        static_assert(std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> ||
                          std::is_same_v<T, double> || std::is_same_v<T, std::string_view>,
                      "nanotel: an attribute is asked for as bool, std::int64_t, double or std::string_view");
        if constexpr (std::is_same_v<T, bool>) {
            if (type == value_type::boolean) return detail::read_record<std::uint64_t>(at) != 0;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            if (type == value_type::signed_integer) return detail::read_record<std::int64_t>(at);
            if (type == value_type::unsigned_integer)
                if (const auto number = detail::read_record<std::uint64_t>(at); (number >> 63) == 0)
                    return static_cast<std::int64_t>(number);
        } else if constexpr (std::is_same_v<T, double>) {
            if (type == value_type::floating) return detail::read_record<double>(at);
        } else {
            if (type == value_type::string) return std::string_view(detail::as_text(at), size);
        }
        return std::nullopt;
    }

    const detail::span_source& from_;
};

} // namespace nanotel::inline NANOTEL_ABI
