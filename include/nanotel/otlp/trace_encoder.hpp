// SPDX-License-Identifier: MIT
// Span records as OTLP JSON: the fragments of a site copied, the values written between them.
#pragma once

#include <nanotel/core/clock.hpp>
#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/otlp/body_builder.hpp>
#include <nanotel/otlp/record_sampling.hpp>
#include <nanotel/otlp/site_code.hpp>
#include <nanotel/otlp/slot_attributes.hpp>
#include <nanotel/otlp/span_sections.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Collects spans into a body (OTLP specification, "JSON Protobuf Encoding"; OpenTelemetry Trace SDK, "Span
// limits"). Used by one thread.
class trace_encoder {
public:
    // `share` is what of the traces is given to it: its spans say so.
    trace_encoder(const site_registry& registry, const std::string& resource_json, const span_limits& limits,
                  sampling_threshold share = {})
        : registry_(registry), limits_(limits), share_(share), writer_(limits.attribute_value_length),
          body_(trace_envelope, resource_json, registry) {}

    // False where memory is refused: the record is lost, the body stays whole.
    bool add(const std::byte* record, const clock_map& clock) noexcept {
        try {
            const auto header = read_record<record_header>(record);
            const site_code& site = code_of(header.site);
            const std::size_t room =
                site.fixed_size + greatest_expansion * (header.size - sizeof header) + 512;
            if (header.sections == 0 && site.plain && has_slots(header, site.types.size())) [[likely]] {
                char* const out = body_.begin_item(site.scope, room);
                if (!out) return false;
                if (char* const end = write_plain(out, record, header, site, clock)) {
                    body_.end_item(end);
                    return true;
                }
            }
            return add_full(record, header, site, clock, room);
        } catch (...) {
            return false;
        }
    }

    std::uint64_t items() const noexcept { return body_.items(); }
    std::size_t size() const noexcept { return body_.size(); }
    byte_buffer take() { return body_.take(); }

private:
    struct site_code {
        bool plain = true; // every attribute of the site goes out as it stands in its slot
        std::uint32_t scope = 0;
        span_kind kind = span_kind::internal;
        json_fragment before_times;              // ,"name":"…","kind":1,"startTimeUnixNano":"
        std::vector<json_fragment> before_value; // what stands between the value before and this one
        std::vector<value_type> types;
        json_fragment after_values;
        std::size_t fixed_size = 0;
        const known_site* described = nullptr;
    };

    static std::string opening_of(value_type type) {
        switch (type) {
        case value_type::boolean:
            return R"({"boolValue":)";
        case value_type::signed_integer:
        case value_type::unsigned_integer:
            return R"({"intValue":")";
        case value_type::floating:
            return R"({"doubleValue":)";
        case value_type::string:
            return R"({"stringValue":")";
        default:
            return {}; // written whole
        }
    }
    static std::string closing_of(value_type type) {
        switch (type) {
        case value_type::boolean:
        case value_type::floating:
            return "}";
        case value_type::signed_integer:
        case value_type::unsigned_integer:
        case value_type::string:
            return "\"}";
        default:
            return {};
        }
    }

    [[gnu::noinline]] void learn(site_code& code, std::uint32_t id) {
        const known_site& site = registry_.site(id);
        code.described = &site;
        code.scope = site.scope;
        code.kind = site.kind;
        code.before_times =
            json_fragment(R"(,"name":")" + json_escape(site.name) + R"(","kind":)" +
                          std::to_string(static_cast<int>(site.kind)) + R"(,"startTimeUnixNano":")");
        code.fixed_size = code.before_times.size;
        std::string between = R"(,"attributes":[)";
        for (std::size_t i = 0; i < site.keys.size(); ++i) {
            const known_key& key = site.keys[i];
            for (std::size_t j = 0; j < i; ++j) code.plain = code.plain && site.keys[j].name != key.name;
            between += R"({"key":")" + json_escape(key.name) + R"(","value":)" + opening_of(key.type);
            code.before_value.emplace_back(between);
            code.types.push_back(key.type);
            code.fixed_size += between.size() + 32;
            between = closing_of(key.type) + "},";
        }
        if (!site.keys.empty())
            between.back() = ']';
        else
            between.clear();
        if (!share_.keeps_all())
            between += R"(,"traceState":"ot=th:)" + std::string(std::string_view(share_.to_hex())) + '"';
        code.after_values = json_fragment(between + "}");
        code.fixed_size += code.after_values.size;
        code.plain = code.plain && site.keys.size() <= limits_.attribute_count && id != 0 &&
                     limits_.attribute_value_length == ~std::size_t{0};
    }

    const site_code& code_of(std::uint32_t id) {
        return sites_.at(id, [this](site_code& code, std::uint32_t number) { learn(code, number); });
    }

    static char* write_ids(char* out, const record_header& header) noexcept {
        out = write_literal(out, R"({"traceId":")");
        out = write_hex(out, reinterpret_cast<const unsigned char*>(header.trace_id), 16);
        out = write_literal(out, R"(","spanId":")");
        out = write_hex(out, reinterpret_cast<const unsigned char*>(&header.span_id), 8);
        if (header.parent_id != 0) {
            out = write_literal(out, R"(","parentSpanId":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(&header.parent_id), 8);
        }
        out = write_literal(out, R"(","flags":)");
        return write_flags(out, header.flags);
    }

    static char* write_trace_state(char* out, std::string_view state) noexcept {
        if (state.empty()) return out;
        out = write_literal(out, R"(,"traceState":")");
        out = write_string(out, state.data(), state.size());
        *out++ = '"';
        return out;
    }

    // From 256 to 895: the bit that says that the remote bit is known is always set, and that for B3's debug
    // is none of W3C's.
    static char* write_flags(char* out, std::uint16_t record_flags) noexcept {
        const unsigned flags =
            (record_flags & 0x7fu) | 0x100u | ((record_flags & record_flag::parent_remote) ? 0x200u : 0u);
        out[0] = static_cast<char>('0' + flags / 100);
        out[1] = static_cast<char>('0' + flags / 10 % 10);
        out[2] = static_cast<char>('0' + flags % 10);
        return out + 3;
    }

    char* write_times(char* out, std::uint64_t start, std::uint64_t end) noexcept {
        out = write_time(out, start, start_second_);
        out = write_literal(out, R"(","endTimeUnixNano":")");
        out = write_time(out, end, end_second_);
        *out++ = '"';
        return out;
    }

    // A span with nothing but the attributes of its site. Null where a value needs the long way.
    char* write_plain(char* out, const std::byte* record, const record_header& header, const site_code& site,
                      const clock_map& clock) {
        out = write_ids(out, header);
        out = site.before_times.write(out);
        const std::uint64_t start = clock.to_unix_ns(header.start_ticks);
        const std::uint64_t end = clock.to_unix_ns(header.end_ticks);
        out = write_times(out, start, end < start ? start : end);
        const std::byte* const payload = record + sizeof(record_header);
        const std::size_t count = site.types.size();
        for (std::size_t i = 0; i < count; ++i) {
            const std::byte* const slot = payload + 8 * i;
            out = site.before_value[i].write(out);
            switch (site.types[i]) {
            case value_type::signed_integer:
                out = write_signed(out, read_record<std::int64_t>(slot));
                break;
            case value_type::floating:
                out = write_double(out, read_record<double>(slot));
                break;
            case value_type::boolean:
                out = read_record<std::uint64_t>(slot) ? write_literal(out, "true")
                                                       : write_literal(out, "false");
                break;
            case value_type::unsigned_integer: {
                const auto number = read_record<std::uint64_t>(slot);
                if (number >> 63) return nullptr;
                out = write_unsigned(out, number);
                break;
            }
            default: {
                const auto place = read_record<variable_slot>(slot);
                if (place.offset == ~std::uint32_t{0}) return nullptr; // it did not fit
                if (site.types[i] == value_type::string)
                    out = write_string(out, as_text(payload + place.offset), place.size);
                else
                    out = writer_.write_value(out, site.types[i], payload + place.offset, place.size);
            }
            }
        }
        return site.after_values.write(out);
    }

    // The way of everything else: late attributes, events, links, status, limits.
    [[gnu::noinline]] bool add_full(const std::byte* record, const record_header& header,
                                    const site_code& site, const clock_map& clock, std::size_t room) {
        sections_.read(record, header);
        const span_sections& parts = sections_;
        const std::uint32_t scope = parts.scope ? *parts.scope : site.scope;
        list_span_attributes(attributes_, record, header, *site.described, parts.attributes);
        char* out = body_.begin_item(scope, room);
        if (!out) return false;
        out = write_ids(out, header);
        if (share_.keeps_all()) {
            out = write_trace_state(out, parts.trace_state);
        } else {
            const trace_state state = after_share(parts.trace_state, share_);
            out = write_trace_state(out, {state.to_text().data, state.to_text().size});
        }
        out = write_literal(out, R"(,"name":")");
        const std::string_view name = parts.name ? *parts.name : std::string_view(site.described->name);
        out = write_string(out, name.data(), name.size());
        out = write_literal(out, R"(","kind":)");
        out = write_unsigned(out, parts.kind ? *parts.kind : static_cast<unsigned>(site.kind));
        out = write_literal(out, R"(,"startTimeUnixNano":")");
        const std::uint64_t start =
            parts.start_time ? *parts.start_time : clock.to_unix_ns(header.start_ticks);
        std::uint64_t end = parts.end_time ? *parts.end_time : clock.to_unix_ns(header.end_ticks);
        if (end < start && !parts.end_time) end = start;
        out = write_times(out, start, end);
        out = writer_.write_list(out, attributes_, limits_.attribute_count, parts.dropped.attributes);
        out = write_events(out, parts, clock);
        out = write_links(out, parts);
        if (parts.status != 0) {
            out = write_literal(out, R"(,"status":{)");
            if (!parts.status_text.empty()) {
                out = write_literal(out, R"("message":")");
                out = write_string(out, parts.status_text.data(), parts.status_text.size());
                out = write_literal(out, R"(",)");
            }
            out = write_literal(out, R"("code":)");
            out = write_unsigned(out, parts.status);
            *out++ = '}';
        }
        *out++ = '}';
        body_.end_item(out);
        return true;
    }

    // The number of a list's elements that go out, and what is dropped, where it is not nothing.
    static char* write_dropped(char* out, std::string_view member, std::uint64_t dropped) noexcept {
        if (dropped == 0) return out;
        out = write_text(out, member.data(), member.size());
        return write_unsigned(out, dropped);
    }

    char* write_events(char* out, const span_sections& parts, const clock_map& clock) {
        const std::size_t count = std::min<std::size_t>(parts.events.size(), limits_.event_count);
        if (count != 0) out = write_literal(out, R"(,"events":[)");
        for (std::size_t i = 0; i < count; ++i) {
            const event_view& event = parts.events[i];
            if (i != 0) *out++ = ',';
            out = write_literal(out, R"({"timeUnixNano":")");
            out = write_time(out, event.is_unix_time ? event.time : clock.to_unix_ns(event.time),
                             start_second_);
            out = write_literal(out, R"(","name":")");
            out = write_string(out, event.name.data(), event.name.size());
            *out++ = '"';
            span_sections::read_attributes(event.attributes_begin, event.attributes_end, nested_);
            out = writer_.write_list(out, nested_, limits_.attributes_per_event, 0);
            *out++ = '}';
        }
        if (count != 0) *out++ = ']';
        return write_dropped(out, R"(,"droppedEventsCount":)",
                             parts.dropped.events + (parts.events.size() - count));
    }

    char* write_links(char* out, const span_sections& parts) {
        const std::size_t count = std::min<std::size_t>(parts.links.size(), limits_.link_count);
        if (count != 0) out = write_literal(out, R"(,"links":[)");
        for (std::size_t i = 0; i < count; ++i) {
            const link_view& link = parts.links[i];
            if (i != 0) *out++ = ',';
            out = write_literal(out, R"({"traceId":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(link.to.trace_id), 16);
            out = write_literal(out, R"(","spanId":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(&link.to.span_id), 8);
            out = write_literal(out, R"(","flags":)");
            out = write_unsigned(out, link.to.flags);
            out = write_trace_state(out, link.trace_state);
            span_sections::read_attributes(link.attributes_begin, link.attributes_end, nested_);
            out = writer_.write_list(out, nested_, limits_.attributes_per_link, 0);
            *out++ = '}';
        }
        if (count != 0) *out++ = ']';
        return write_dropped(out, R"(,"droppedLinksCount":)",
                             parts.dropped.links + (parts.links.size() - count));
    }

    const site_registry& registry_;
    span_limits limits_;
    const sampling_threshold share_;
    attribute_writer writer_;
    body_builder body_;
    site_codes<site_code> sites_;
    second_cache start_second_;
    second_cache end_second_;
    // Kept for their storage.
    span_sections sections_;
    std::vector<attribute_view> attributes_;
    std::vector<attribute_view> nested_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
