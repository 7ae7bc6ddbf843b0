// SPDX-License-Identifier: MIT
// Log records as OTLP JSON: their texts formatted, the fragments of a statement copied around them.
#pragma once

#include <nanotel/core/clock.hpp>
#include <nanotel/log/severity.hpp>
#include <nanotel/otlp/body_builder.hpp>
#include <nanotel/otlp/log_sections.hpp>
#include <nanotel/otlp/log_text.hpp>
#include <nanotel/otlp/site_code.hpp>
#include <nanotel/otlp/slot_attributes.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// Collects log records into a body (OTLP specification, "JSON Protobuf Encoding"; OpenTelemetry Logs SDK,
// "LogRecord limits"). Used by one thread.
class log_encoder {
public:
    log_encoder(const site_registry& registry, const std::string& resource_json, const log_encoding& how)
        : registry_(registry), how_(how), writer_(how.limits.attribute_value_length),
          body_writer_(~std::size_t{0}), body_(log_envelope, resource_json, registry) {}

    // False where memory is refused: the record is lost, the body stays whole.
    bool add(const std::byte* record, const clock_map& clock) noexcept {
        try {
            const auto header = read_record<log_header>(record);
            if (header.site == 0 && header.sections == 0) return false; // its site could not be registered
            const site_code& site = code_of(header.site);
            const std::byte* const payload = record + sizeof header;
            const bool has_text = header.site != 0;
            const std::string_view text = !has_text            ? std::string_view()
                                          : site.is_plain_text ? std::string_view(site.text)
                                                               : text_.format(*site.described, payload);
            const std::size_t room =
                site.fixed_size + greatest_expansion * (header.size + text.size()) + 1024;
            if (header.sections == 0 && site.plain) {
                char* const out = body_.begin_item(site.scope, room);
                if (!out) return false;
                body_.end_item(write_plain(out, payload, header, site, text, clock.to_unix_ns(header.ticks)));
                return true;
            }
            return add_full(record, header, site, has_text, text, clock.to_unix_ns(header.ticks), room);
        } catch (...) {
            return false;
        }
    }

    std::uint64_t items() const noexcept { return body_.items(); }
    std::size_t size() const noexcept { return body_.size(); }
    byte_buffer take() { return body_.take(); }

private:
    struct site_code {
        bool plain = true;          // each attribute of the site goes out as it stands in its slot
        bool is_plain_text = false; // it has no arguments
        std::uint32_t scope = 0;
        std::string text;
        std::string before_body; // ,"severityNumber":9,"severityText":"INFO"
        struct key {
            std::size_t slot;
            value_type type;
            std::string before_value; // ,{"key":"…","value":
        };
        std::vector<key> keys;
        std::string location; // ,{"key":"code.file.path",…
        std::size_t fixed_size = 0;
        const known_site* described = nullptr;
    };

    static std::string location_of(const known_site& site) {
        std::string json;
        if (!site.file.empty())
            json += R"(,{"key":"code.file.path","value":{"stringValue":")" + json_escape(site.file) +
                    R"("}})" + R"(,{"key":"code.line.number","value":{"intValue":")" +
                    std::to_string(site.line) + R"("}})";
        if (!site.function.empty())
            json += R"(,{"key":"code.function.name","value":{"stringValue":")" + json_escape(site.function) +
                    R"("}})";
        return json;
    }

    static std::string severity_json(unsigned number, std::string_view text) {
        std::string json = R"(,"severityNumber":)" + std::to_string(number);
        if (!text.empty()) json += R"(,"severityText":")" + json_escape(text) + '"';
        return json;
    }

    [[gnu::noinline]] void learn(site_code& code, std::uint32_t id) {
        const known_site& site = registry_.site(id);
        code.described = &site;
        code.scope = site.scope;
        const text level = to_text(static_cast<severity>(site.severity));
        code.before_body = severity_json(site.severity, {level.data, level.size});
        if (how_.source_location) code.location = location_of(site);
        code.fixed_size = code.before_body.size() + code.location.size();
        bool has_arguments = false;
        std::size_t count = 0;
        for (std::size_t i = 0; i < site.keys.size(); ++i) {
            const known_key& key = site.keys[i];
            has_arguments = has_arguments || log_text::is_of_text(key);
            code.plain = code.plain && key.type != argument_type::held_back;
            if (key.name.empty()) continue;
            for (std::size_t j = 0; j < i; ++j) code.plain = code.plain && site.keys[j].name != key.name;
            code.plain = code.plain && !key.name.starts_with("code.");
            ++count;
            code.keys.push_back({i, key.type, R"(,{"key":")" + json_escape(key.name) + R"(","value":)"});
            code.fixed_size += code.keys.back().before_value.size() + 64;
        }
        code.is_plain_text = !has_arguments;
        if (code.is_plain_text) code.text = text_.format(site, nullptr);
        code.plain = code.plain && id != 0 && count + 3 <= how_.limits.attribute_count &&
                     how_.limits.attribute_value_length == ~std::size_t{0};
    }

    const site_code& code_of(std::uint32_t id) {
        return sites_.at(id, [this](site_code& code, std::uint32_t number) { learn(code, number); });
    }

    static char* write_string_of(char* out, std::string_view text) noexcept {
        return write_text(out, text.data(), text.size());
    }

    char* write_times(char* out, std::uint64_t time, std::uint64_t observed) noexcept {
        out = write_literal(out, R"({"timeUnixNano":")");
        out = write_time(out, time, second_);
        out = write_literal(out, R"(","observedTimeUnixNano":")");
        out = write_time(out, observed, observed_second_);
        *out++ = '"';
        return out;
    }

    static char* write_body_text(char* out, std::string_view text) noexcept {
        out = write_literal(out, R"(,"body":{"stringValue":")");
        out = write_string(out, text.data(), text.size());
        return write_literal(out, R"("})");
    }

    // The members behind the attributes, and the end.
    static char* write_context(char* out, const log_header& header) noexcept {
        if ((header.trace_id[0] | header.trace_id[1]) != 0) {
            out = write_literal(out, R"(,"flags":)");
            out = write_unsigned(out, header.flags);
            out = write_literal(out, R"(,"traceId":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(header.trace_id), 16);
            out = write_literal(out, R"(","spanId":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(&header.span_id), 8);
            *out++ = '"';
        }
        *out++ = '}';
        return out;
    }

    // With nothing but the attributes of its site.
    char* write_plain(char* out, const std::byte* payload, const log_header& header, const site_code& site,
                      std::string_view text, std::uint64_t time) {
        out = write_times(out, time, time);
        out = write_string_of(out, site.before_body);
        out = write_body_text(out, text);
        if (!site.keys.empty() || !site.location.empty()) {
            out = write_literal(out, R"(,"attributes":)");
            char* const first = out; // a comma, which becomes the bracket
            for (const site_code::key& key : site.keys) {
                const std::byte* const slot = payload + 8 * key.slot;
                out = write_string_of(out, key.before_value);
                if (key.type <= value_type::floating) {
                    out = writer_.write_value(out, key.type, slot, 8);
                } else {
                    const auto place = read_record<variable_slot>(slot);
                    out = writer_.write_value(out, key.type, payload + place.offset, place.size);
                }
                *out++ = '}';
            }
            out = write_string_of(out, site.location);
            *first = '[';
            *out++ = ']';
        }
        return write_context(out, header);
    }

    [[gnu::noinline]] bool add_full(const std::byte* record, const log_header& header, const site_code& site,
                                    bool has_text, std::string_view text, std::uint64_t observed,
                                    std::size_t room) {
        sections_.read(record, header);
        const log_sections& parts = sections_;
        list_log_attributes(attributes_, record, header, *site.described, parts, how_.source_location);
        char* out = body_.begin_item(parts.scope.value_or(site.scope), room);
        if (!out) return false;
        out = write_times(out, parts.time.value_or(observed), observed);
        if (parts.severity) {
            const unsigned number = *parts.severity;
            const auto name = to_text(static_cast<severity>(number));
            const std::string_view spelled =
                parts.severity_text.value_or(std::string_view(name.data, name.size));
            if (number != 0) {
                out = write_literal(out, R"(,"severityNumber":)");
                out = write_unsigned(out, number);
            }
            if (!spelled.empty()) {
                out = write_literal(out, R"(,"severityText":")");
                out = write_string(out, spelled.data(), spelled.size());
                *out++ = '"';
            }
        } else {
            out = write_string_of(out, site.before_body);
        }
        if (parts.event_name) {
            out = write_literal(out, R"(,"eventName":")");
            out = write_string(out, parts.event_name->data(), parts.event_name->size());
            *out++ = '"';
        }
        if (has_text) {
            out = write_body_text(out, text);
        } else if (parts.body && (parts.body->type != value_type::string || parts.body->size != 0)) {
            out = write_literal(out, R"(,"body":)");
            out = body_writer_.write_value(out, parts.body->type, parts.body->value, parts.body->size);
        }
        out = writer_.write_list(out, attributes_, how_.limits.attribute_count, parts.dropped_attributes);
        body_.end_item(write_context(out, header));
        return true;
    }

    const site_registry& registry_;
    const log_encoding how_;
    attribute_writer writer_;
    attribute_writer body_writer_;
    body_builder body_;
    site_codes<site_code> sites_;
    second_cache second_;
    second_cache observed_second_;
    // Kept for their storage.
    log_text text_;
    log_sections sections_;
    std::vector<attribute_view> attributes_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
