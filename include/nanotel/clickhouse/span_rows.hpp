// SPDX-License-Identifier: MIT
// Span records as rows of ClickHouse's table of traces: the fragments of a site copied, the values written
// between them.
#pragma once

#include <nanotel/clickhouse/row_resource.hpp>
#include <nanotel/clickhouse/row_text.hpp>
#include <nanotel/core/clock.hpp>
#include <nanotel/exporters/body_format.hpp>
#include <nanotel/otlp/record_sampling.hpp>
#include <nanotel/otlp/site_code.hpp>
#include <nanotel/otlp/slot_attributes.hpp>
#include <nanotel/otlp/span_sections.hpp>
#include <nanotel/trace/status.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// The name that the column span_kind has for it.
constexpr std::string_view row_span_kind(unsigned kind) noexcept {
    switch (static_cast<span_kind>(kind)) {
    case span_kind::server:
        return "SERVER";
    case span_kind::client:
        return "CLIENT";
    case span_kind::producer:
        return "PRODUCER";
    case span_kind::consumer:
        return "CONSUMER";
    default:
        return "INTERNAL";
    }
}

// What the table has no column for stands in the attributes: events and links as JSON (nanotel.events and
// nanotel.links), the trace state (w3c.tracestate), what was dropped (otel.dropped_*_count), and of the last
// event that is an exception its attributes.
class span_rows final : public record_encoder {
public:
    // `share` is what of the traces is given to it: its spans say so.
    span_rows(const site_registry& registry, const resource& is, const span_limits& limits,
              sampling_threshold share = {})
        : registry_(registry), resource_(resource_columns(is)), limits_(limits), share_(share),
          values_(limits.attribute_value_length) {}

    bool add(const std::byte* record, const clock_map& clock) noexcept override {
        rows_.begin_row();
        try {
            const auto header = read_record<record_header>(record);
            const site_code& site = code_of(header.site);
            if (header.sections != 0 || !site.plain || !has_slots(header, site.types.size()) ||
                !add_plain(record, header, site, clock)) [[unlikely]]
                add_full(record, header, site, clock);
            rows_.end_row();
            return true;
        } catch (...) {
            rows_.drop_row();
            return false;
        }
    }
    std::uint64_t items() const noexcept override { return rows_.rows(); }
    std::size_t size() const noexcept override { return rows_.size(); }
    byte_buffer take() override { return rows_.take(); }

private:
    struct site_code {
        bool plain = true;     // every attribute of the site goes out as it stands in its slot
        json_fragment columns; // ,"span_name":"…", and so on, and the first bytes of the map
        std::vector<json_fragment> before_value; // what stands between the value before and this one
        std::vector<value_type> types;
        json_fragment after_values;
        std::size_t fixed_size = 0;
        const known_site* described = nullptr;
    };

    std::string columns_of(std::string_view name, unsigned kind, std::uint32_t scope) const {
        return column_json("span_name", name) + column_json("span_kind", row_span_kind(kind)) +
               scope_columns(registry_.scope(scope)) + resource_;
    }

    [[gnu::noinline]] void learn(site_code& code, std::uint32_t id) {
        const known_site& site = registry_.site(id);
        code.described = &site;
        code.columns = json_fragment(columns_of(site.name, static_cast<unsigned>(site.kind), site.scope) +
                                     R"(,"status_code":"OK","attributes":{)");
        code.fixed_size = code.columns.size;
        std::string between = "\"";
        for (std::size_t i = 0; i < site.keys.size(); ++i) {
            const known_key& key = site.keys[i];
            for (std::size_t j = 0; j < i; ++j) code.plain = code.plain && site.keys[j].name != key.name;
            code.plain = code.plain && key.type != value_type::array && key.type != value_type::map;
            between += json_escape(key.name) + R"(":")";
            code.before_value.emplace_back(between);
            code.types.push_back(key.type);
            code.fixed_size += between.size() + 32;
            between = R"(",")";
        }
        std::string after = site.keys.empty() ? "" : "\"";
        if (!share_.keeps_all())
            after += (after.empty() ? "" : ",") +
                     (R"("w3c.tracestate":"ot=th:)" + std::string(std::string_view(share_.to_hex())) + '"');
        code.after_values = json_fragment(after + "}}\n");
        code.fixed_size += code.after_values.size;
        code.plain = code.plain && site.keys.size() <= limits_.attribute_count && id != 0 &&
                     limits_.attribute_value_length == ~std::size_t{0};
    }

    const site_code& code_of(std::uint32_t id) {
        return sites_.at(id, [this](site_code& code, std::uint32_t number) { learn(code, number); });
    }

    // From the opening brace to the duration. At most 256 bytes.
    char* write_head(char* out, const record_header& header, std::uint64_t start,
                     std::uint64_t end) noexcept {
        out = write_literal(out, R"({"trace_id":")");
        out = write_hex(out, reinterpret_cast<const unsigned char*>(header.trace_id), 16);
        out = write_literal(out, R"(","span_id":")");
        out = write_hex(out, reinterpret_cast<const unsigned char*>(&header.span_id), 8);
        if (header.parent_id != 0) {
            out = write_literal(out, R"(","parent_span_id":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(&header.parent_id), 8);
        }
        out = write_literal(out, R"(","timestamp":")");
        out = write_utc(out, start, second_);
        out = write_literal(out, R"(","timestamp_ns":)");
        out = write_time(out, start, start_second_);
        out = write_literal(out, R"(,"duration_ms":)");
        // Whole milliseconds that have passed, as far as the column reaches: 49 days.
        const std::uint64_t milliseconds = end > start ? (end - start) / 1'000'000 : 0;
        return write_unsigned(out, std::min<std::uint64_t>(milliseconds, 0xffffffff));
    }

    // A span with nothing but the attributes of its site. False where a value needs the long way; then
    // nothing was written.
    bool add_plain(const std::byte* record, const record_header& header, const site_code& site,
                   const clock_map& clock) {
        char* out =
            rows_.room(256 + site.fixed_size + greatest_expansion * (header.size - sizeof header) + 512);
        out =
            write_head(out, header, clock.to_unix_ns(header.start_ticks), clock.to_unix_ns(header.end_ticks));
        out = site.columns.write(out);
        const std::byte* const payload = record + sizeof(record_header);
        for (std::size_t i = 0; i < site.types.size(); ++i) {
            const std::byte* const slot = payload + 8 * i;
            out = site.before_value[i].write(out);
            switch (site.types[i]) {
            case value_type::boolean:
                out = read_record<std::uint64_t>(slot) != 0 ? write_literal(out, "true")
                                                            : write_literal(out, "false");
                break;
            case value_type::signed_integer:
                out = write_signed(out, read_record<std::int64_t>(slot));
                break;
            case value_type::unsigned_integer:
                out = write_unsigned(out, read_record<std::uint64_t>(slot));
                break;
            case value_type::floating:
                out = write_double_text(out, read_record<double>(slot));
                break;
            default: {
                const auto place = read_record<variable_slot>(slot);
                if (place.offset == ~std::uint32_t{0}) return false; // it did not fit
                const std::byte* const value = payload + place.offset;
                if (site.types[i] == value_type::string)
                    out = write_string(out, as_text(value), place.size);
                else if (site.types[i] == value_type::bytes)
                    out = write_base64(out, reinterpret_cast<const unsigned char*>(value), place.size);
                else
                    out = attribute_writer::write_type_name(out, as_text(value), place.size);
            }
            }
        }
        rows_.commit(site.after_values.write(out));
        return true;
    }

    // The way of everything else: late attributes, events, links, status, limits.
    [[gnu::noinline]] void add_full(const std::byte* record, const record_header& header,
                                    const site_code& site, const clock_map& clock) {
        sections_.read(record, header);
        const span_sections& parts = sections_;
        collect_attributes(record, header, *site.described);
        const std::uint64_t start =
            parts.start_time ? *parts.start_time : clock.to_unix_ns(header.start_ticks);
        const std::uint64_t end = parts.end_time ? *parts.end_time : clock.to_unix_ns(header.end_ticks);
        rows_.commit(write_head(rows_.room(256), header, start, end));
        const known_site& described = *site.described;
        rows_.write(columns_of(parts.name.value_or(described.name),
                               parts.kind.value_or(static_cast<unsigned>(described.kind)),
                               parts.scope.value_or(described.scope)));
        constexpr auto error = static_cast<unsigned>(status_code::error);
        rows_.write(parts.status == error ? R"(,"status_code":"ERROR")" : R"(,"status_code":"OK")");
        if (!parts.status_text.empty()) {
            rows_.write(R"(,"status_message":")");
            rows_.write_escaped(parts.status_text);
            rows_.write("\"");
        }
        values_.write_map(rows_, attributes_, limits_.attribute_count, parts.dropped.attributes);
        write_events(clock);
        write_links();
        if (share_.keeps_all()) {
            if (!parts.trace_state.empty()) values_.write_entry(rows_, "w3c.tracestate", parts.trace_state);
        } else {
            const trace_state state = after_share(parts.trace_state, share_);
            values_.write_entry(rows_, "w3c.tracestate", {state.to_text().data, state.to_text().size});
        }
        values_.end_map(rows_);
        rows_.write("}\n");
    }

    void collect_attributes(const std::byte* record, const record_header& header, const known_site& site) {
        list_span_attributes(attributes_, record, header, site, sections_.attributes);
        // An exception is an event of its own in OpenTelemetry, and what dashboards look for in the span.
        for (auto event = sections_.events.rbegin(); event != sections_.events.rend(); ++event) {
            if (event->name != "exception") continue;
            span_sections::read_attributes(event->attributes_begin, event->attributes_end, nested_);
            std::erase_if(nested_, [&](const attribute_view& one) {
                for (const attribute_view& own : attributes_)
                    if (own.key == one.key) return true; // the span knows better
                return !one.key.starts_with("exception.");
            });
            // Into free room: a copy drops nothing, and is not counted as dropped.
            attribute_writer::keep_last_values(attributes_);
            const std::size_t room =
                limits_.attribute_count - std::min<std::size_t>(limits_.attribute_count, attributes_.size());
            attributes_.insert(attributes_.end(), nested_.begin(),
                               nested_.begin() + static_cast<std::ptrdiff_t>(std::min(room, nested_.size())));
            break;
        }
    }

    // {"key":value,…}
    void write_nested(const std::byte* begin, const std::byte* end, std::uint32_t limit) {
        span_sections::read_attributes(begin, end, nested_);
        attribute_writer::keep_last_values(nested_);
        if (nested_.size() > limit) nested_.resize(limit);
        json_.write("{");
        for (const attribute_view& one : nested_) {
            json_.write(&one == nested_.data() ? "\"" : ",\"");
            json_.write_escaped(one.key);
            json_.write("\":");
            values_.write_json(json_, one.type, one.value, one.size);
        }
        json_.write("}");
    }

    void write_events(const clock_map& clock) {
        const std::size_t count = std::min<std::size_t>(sections_.events.size(), limits_.event_count);
        json_.drop_row(); // the text of the last time: it is but one row
        for (std::size_t i = 0; i < count; ++i) {
            const event_view& event = sections_.events[i];
            json_.write(i == 0 ? R"([{"time_unix_nano":)" : R"(,{"time_unix_nano":)");
            const std::uint64_t time = event.is_unix_time ? event.time : clock.to_unix_ns(event.time);
            json_.commit(write_unsigned(json_.room(20), time));
            json_.write(R"(,"name":")");
            json_.write_escaped(event.name);
            json_.write(R"(","attributes":)");
            write_nested(event.attributes_begin, event.attributes_end, limits_.attributes_per_event);
            json_.write("}");
        }
        write_json_entry("nanotel.events", count);
        values_.write_count(rows_, "otel.dropped_events_count",
                            sections_.dropped.events + (sections_.events.size() - count));
    }

    void write_links() {
        const std::size_t count = std::min<std::size_t>(sections_.links.size(), limits_.link_count);
        json_.drop_row(); // the text of the last time: it is but one row
        for (std::size_t i = 0; i < count; ++i) {
            const link_view& link = sections_.links[i];
            char* out = json_.room(128);
            *out = i == 0 ? '[' : ',';
            out = write_literal(out + 1, R"({"trace_id":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(link.to.trace_id), 16);
            out = write_literal(out, R"(","span_id":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(&link.to.span_id), 8);
            json_.commit(write_literal(out, R"(","trace_state":")"));
            json_.write_escaped(link.trace_state);
            json_.write(R"(","attributes":)");
            write_nested(link.attributes_begin, link.attributes_end, limits_.attributes_per_link);
            json_.write("}");
        }
        write_json_entry("nanotel.links", count);
        values_.write_count(rows_, "otel.dropped_links_count",
                            sections_.dropped.links + (sections_.links.size() - count));
    }

    void write_json_entry(std::string_view key, std::size_t count) {
        if (count == 0) return;
        json_.write("]");
        values_.write_entry(rows_, key, json_.row());
    }

    const site_registry& registry_;
    const std::string resource_;
    const span_limits limits_;
    const sampling_threshold share_;
    row_body rows_;
    site_codes<site_code> sites_;
    utc_cache second_;
    second_cache start_second_;
    // Kept for their storage.
    text_values values_;
    row_body json_;
    span_sections sections_;
    std::vector<attribute_view> attributes_;
    std::vector<attribute_view> nested_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
