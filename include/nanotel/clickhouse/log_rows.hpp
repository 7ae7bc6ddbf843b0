// SPDX-License-Identifier: MIT
// Log records as rows of ClickHouse's table of logs: their texts formatted, the fragments of a statement
// copied around them.
#pragma once

#include <nanotel/clickhouse/row_id.hpp>
#include <nanotel/clickhouse/row_resource.hpp>
#include <nanotel/clickhouse/row_text.hpp>
#include <nanotel/core/clock.hpp>
#include <nanotel/exporters/body_format.hpp>
#include <nanotel/log/severity.hpp>
#include <nanotel/otlp/log_sections.hpp>
#include <nanotel/otlp/log_text.hpp>
#include <nanotel/otlp/site_code.hpp>
#include <nanotel/otlp/slot_attributes.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// An event's name, which has no column, stands in the attributes as event.name. The id of a row is made of
// all else that stands in it: the same record has the same id in every table that it goes to.
class log_rows final : public record_encoder {
public:
    log_rows(const site_registry& registry, const resource& is, const log_encoding& how)
        : registry_(registry), resource_(resource_columns(is) + instance_columns(is)),
          seed_(id_of(resource_)), how_(how), values_(how.limits.attribute_value_length),
          whole_values_(~std::size_t{0}) {}

    bool add(const std::byte* record, const clock_map& clock) noexcept override {
        rows_.begin_row();
        try {
            const auto header = read_record<log_header>(record);
            if (header.site == 0 && header.sections == 0) return false; // its site could not be registered
            write(record, header, clock.to_unix_ns(header.ticks));
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
        bool is_plain_text = false; // it has no arguments
        std::uint32_t scope = 0;
        std::string text;
        std::string severity; // ,"severity_text":"INFO","severity_number":9
        std::string columns;  // of its scope
        const known_site* described = nullptr;
    };

    static std::string severity_columns(unsigned number, std::string_view text) {
        return column_json("severity_text", text) +
               ",\"severity_number\":" + std::to_string(std::min(number, 255u));
    }

    [[gnu::noinline]] void learn(site_code& code, std::uint32_t id) {
        const known_site& site = registry_.site(id);
        code.described = &site;
        code.scope = site.scope;
        const text level = to_text(static_cast<severity>(site.severity));
        code.severity = severity_columns(site.severity, {level.data, level.size});
        code.columns = scope_columns_with_schema(registry_.scope(site.scope));
        code.is_plain_text = true;
        for (const known_key& key : site.keys)
            code.is_plain_text = code.is_plain_text && !log_text::is_of_text(key);
        if (code.is_plain_text) code.text = text_.format(site, nullptr);
    }

    const site_code& code_of(std::uint32_t id) {
        return sites_.at(id, [this](site_code& code, std::uint32_t number) { learn(code, number); });
    }

    void write(const std::byte* record, const log_header& header, std::uint64_t observed) {
        const site_code& site = code_of(header.site);
        const std::byte* const payload = record + sizeof header;
        const bool has_text = header.site != 0;
        sections_.read(record, header);
        list_log_attributes(attributes_, record, header, *site.described, sections_, how_.source_location);
        write_head(header, sections_.time.value_or(observed), observed);
        write_severity(site);
        if (has_text)
            write_body(site.is_plain_text ? std::string_view(site.text)
                                          : text_.format(*site.described, payload));
        else
            write_body_section();
        write_columns_of_attributes();
        values_.write_map(rows_, attributes_, how_.limits.attribute_count, sections_.dropped_attributes);
        if (sections_.event_name) values_.write_entry(rows_, "event.name", *sections_.event_name);
        values_.end_map(rows_);
        if (sections_.scope && *sections_.scope != site.scope)
            rows_.write(scope_columns_with_schema(registry_.scope(*sections_.scope)));
        else
            rows_.write(site.columns);
        const row_id id = id_of(rows_.row(), seed_); // the seed is made of the resource
        rows_.write(resource_);
        char* out = write_literal(rows_.room(64), R"(,"log_id":")");
        out = write_id(out, id);
        rows_.commit(write_literal(out, "\"}\n"));
    }

    void write_head(const log_header& header, std::uint64_t time, std::uint64_t observed) {
        char* out = rows_.room(320);
        out = write_literal(out, R"({"timestamp":")");
        out = write_utc(out, time, second_);
        out = write_literal(out, R"(","timestamp_ns":)");
        out = write_time(out, time, unix_second_);
        out = write_literal(out, R"(,"observed_timestamp":")");
        out = write_utc(out, observed, observed_second_);
        out = write_literal(out, R"(","observed_timestamp_ns":)");
        out = write_time(out, observed, observed_unix_second_);
        if ((header.trace_id[0] | header.trace_id[1]) != 0) {
            out = write_literal(out, R"(,"trace_id":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(header.trace_id), 16);
            out = write_literal(out, R"(","span_id":")");
            out = write_hex(out, reinterpret_cast<const unsigned char*>(&header.span_id), 8);
            out = write_literal(out, R"(","flags":)");
            out = write_unsigned(out, header.flags);
        }
        rows_.commit(out);
    }

    void write_severity(const site_code& site) {
        if (!sections_.severity) return rows_.write(site.severity);
        const auto name = to_text(static_cast<severity>(*sections_.severity));
        rows_.write(severity_columns(
            *sections_.severity, sections_.severity_text.value_or(std::string_view(name.data, name.size))));
    }

    void write_body(std::string_view text) {
        rows_.write(R"(,"body_type":"STRING","body":")");
        rows_.write_escaped(text);
        rows_.write("\"");
    }

    // Whatever is neither a text nor bytes is JSON.
    void write_body_section() {
        const auto& body = sections_.body;
        if (!body || (body->type == value_type::string && body->size == 0))
            return rows_.write(R"(,"body_type":"EMPTY")");
        const bool is_text = body->type == value_type::string || body->type == value_type::type_name;
        rows_.write(is_text                           ? R"(,"body_type":"STRING","body":")"
                    : body->type == value_type::bytes ? R"(,"body_type":"BYTES","body":")"
                                                      : R"(,"body_type":"JSON","body":")");
        whole_values_.write(rows_, body->type, body->value, body->size);
        rows_.write("\"");
    }

    void write_columns_of_attributes() {
        bool exception = false;
        // Of several values of a key the last counts, and a column that stands twice in a row is an error.
        for (std::size_t i = 0; i < attributes_.size(); ++i) {
            const attribute_view& one = attributes_[i];
            if (!one.key.starts_with("exception.") && !one.key.starts_with("code.")) continue;
            const std::string_view column = column_of(one.key);
            if (column.empty()) continue;
            bool again = false;
            for (std::size_t k = i + 1; k < attributes_.size(); ++k)
                again = again || attributes_[k].key == one.key;
            if (again) continue;
            exception = exception || one.key.starts_with("exception.");
            if (one.key == "code.line.number") {
                // What is no line stands in the attributes as what it is.
                if (one.type != value_type::signed_integer && one.type != value_type::unsigned_integer)
                    continue;
                const auto line = read_record<std::uint64_t>(one.value);
                if (line > 0xffffffff) continue;
                rows_.write(R"(,"source_line":)");
                rows_.commit(write_unsigned(rows_.room(20), line));
                continue;
            }
            rows_.write(",\"");
            rows_.write(column);
            rows_.write("\":\"");
            values_.write(rows_, one.type, one.value, one.size);
            rows_.write("\"");
        }
        if (exception) rows_.write(R"(,"is_exception":1)");
    }

    static std::string_view column_of(std::string_view key) noexcept {
        if (key == "exception.type") return "exception_type";
        if (key == "exception.message") return "exception_message";
        if (key == "exception.stacktrace") return "exception_stacktrace";
        if (key == "code.file.path") return "source_file";
        if (key == "code.line.number") return "source_line";
        if (key == "code.function.name") return "source_function";
        return {};
    }

    const site_registry& registry_;
    const std::string resource_;
    const row_id seed_;
    const log_encoding how_;
    row_body rows_;
    site_codes<site_code> sites_;
    utc_cache second_;
    utc_cache observed_second_;
    second_cache unix_second_;
    second_cache observed_unix_second_;
    // Kept for their storage.
    text_values values_;
    text_values whole_values_;
    log_text text_;
    log_sections sections_;
    std::vector<attribute_view> attributes_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
