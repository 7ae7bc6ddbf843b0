// SPDX-License-Identifier: MIT
// Records as a text_processor wants them, before anything else sees them.
#pragma once

#include <nanotel/core/value_rewriter.hpp>
#include <nanotel/log/severity.hpp>
#include <nanotel/otlp/attribute_writer.hpp>
#include <nanotel/otlp/log_text.hpp>

#include <memory>

namespace nanotel::inline NANOTEL_ABI::detail {

// Used by the collector thread. A record of which nothing is replaced is handed on as it is; of the others a
// copy is, valid until the next call, which every encoder and filter reads as it reads all. Null where a
// record could not be processed, and is not to be sent.
class record_rewriter {
public:
    record_rewriter(const site_registry& sites, std::shared_ptr<const text_processor> processor,
                    bool source_location)
        : sites_(sites), processor_(std::move(processor)), values_(*processor_),
          source_location_(source_location) {}

    const std::byte* rewrite(const std::byte* record, record_kind kind) noexcept {
        try {
            made_.clear();
            const bool replaced = kind == record_kind::span ? rewrite_span(record) : rewrite_log(record);
            if (!replaced) return record;
            made_.keep_readable_beyond_end();
            return made_.data();
        } catch (...) {
            return nullptr;
        }
    }

private:
    const known_site& site(std::uint32_t id) {
        if (id >= known_.size()) known_.resize(id + 1);
        const known_site*& known = known_[id];
        if (!known) known = &sites_.site(id);
        return *known;
    }

    template <class Header>
    static bool has_slots(const Header& header, std::size_t count) noexcept {
        return (header.sections != 0 ? header.sections : header.size) >= sizeof header + 8 * count;
    }

    bool rewrite_span(const std::byte* record) {
        const auto header = read_record<record_header>(record);
        bool replaced = copy_with_slots(record, header, site(header.site));
        replaced = rewrite_sections(record, header) || replaced;
        finish(header);
        return replaced;
    }

    bool rewrite_log(const std::byte* record) {
        const auto header = read_record<log_header>(record);
        const known_site& described = site(header.site);
        if (header.site != 0) {
            bool replaced = false;
            const std::string_view body =
                values_.text(text_place::log_body, text_.format(described, record + sizeof header), replaced);
            if (replaced) {
                write_without_site(record, header, described, std::string(body));
                return true;
            }
        }
        bool replaced = copy_with_slots(record, header, described);
        replaced = rewrite_sections(record, header) || replaced;
        finish(header);
        return replaced;
    }

    // Header, slots and values, with the values of other texts behind them. What is no text in its slot any
    // more is an attribute of a section, which counts after the slot.
    template <class Header>
    bool copy_with_slots(const std::byte* record, const Header& header, const known_site& described) {
        made_.append(record, header.sections != 0 ? header.sections : header.size);
        moved_.clear();
        if (!has_slots(header, described.keys.size())) return false;
        bool replaced = false;
        for (std::size_t i = 0; i < described.keys.size(); ++i) {
            const known_key& key = described.keys[i];
            // An argument of a log's text, which is looked at as a whole.
            if (key.name.empty() || key.type > value_type::type_name) continue;
            const std::size_t slot = sizeof header + 8 * i;
            const std::uint32_t before = made_.size();
            const bool in_slot = key.type <= value_type::floating;
            const auto place = read_record<variable_slot>(record + slot);
            if (!in_slot && place.offset == ~std::uint32_t{0}) continue;
            const std::byte* const from = in_slot ? record + slot : record + sizeof header + place.offset;
            const auto made = values_.value(made_, text_place::attribute, key.name, key.type, from,
                                            in_slot ? 8 : place.size);
            if (!made.replaced) {
                made_.truncate(before);
                continue;
            }
            replaced = true;
            if (made.type == key.type && !in_slot) {
                made_.put(slot,
                          variable_slot{made.begin - static_cast<std::uint32_t>(sizeof header), made.size});
                continue;
            }
            moved_.push_back({&key, std::string(as_text(made_.data() + made.begin), made.size)});
            made_.truncate(before);
            if (in_slot)
                made_.put(slot, std::uint64_t{0});
            else
                made_.put(slot, variable_slot{~std::uint32_t{0}, 0});
        }
        return replaced;
    }

    template <class Header>
    bool rewrite_sections(const std::byte* record, const Header& header) {
        sections_ = 0;
        for (const moved_value& one : moved_) {
            begin_sections();
            append_section_of(one.key->name, one.text);
        }
        if (header.sections == 0) return false;
        begin_sections();
        bool replaced = false;
        for_each_section(record + header.sections, record + header.size,
                         [&](const section_header& section, const std::byte* body) {
                             replaced = rewrite_section(section, body) || replaced;
                         });
        return replaced;
    }
    void begin_sections() noexcept {
        if (sections_ == 0) sections_ = made_.size();
    }
    void append_section_of(std::string_view key, std::string_view text) {
        made_.append(
            section_header{static_cast<std::uint32_t>(sizeof(section_header) + sizeof(attribute_body) +
                                                      pad8(key.size()) + pad8(text.size())),
                           section_type::attribute, static_cast<std::uint16_t>(value_type::string)});
        made_.append(
            attribute_body{static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(text.size())});
        made_.append(key.data(), key.size());
        made_.append(text.data(), text.size());
    }

    bool rewrite_section(const section_header& section, const std::byte* body) {
        const std::byte* const end = body + section.size - sizeof section;
        if (section.type == section_type::attribute)
            return values_.attribute_section(made_, text_place::attribute, section, body);
        if (section.type == section_type::status)
            return rewrite_text_section(section, body, text_place::status_message);
        if (section.type == section_type::name)
            return rewrite_text_section(section, body, text_place::span_name);
        if (section.type == log_section::event_name)
            return rewrite_text_section(section, body, text_place::event_name);
        const std::uint32_t begin = made_.size();
        bool replaced = false;
        made_.append(section);
        if (section.type == section_type::event) {
            auto event = read_record<event_body>(body);
            const std::byte* const name = body + sizeof event;
            const std::byte* const attributes = name + pad8(event.name_size);
            const std::string_view text =
                values_.text(text_place::event_name, {as_text(name), event.name_size}, replaced);
            event.name_size = text.size();
            made_.append(event);
            made_.append(text.data(), text.size());
            replaced = values_.attributes(made_, text_place::attribute, attributes, end) || replaced;
        } else if (section.type == section_type::link) {
            const auto link = read_record<link_body>(body);
            const std::size_t head = sizeof link + pad8(link.trace_state_size);
            made_.append(body, head);
            replaced = values_.attributes(made_, text_place::attribute, body + head, end);
        } else if (section.type == log_section::body) {
            const auto size = static_cast<std::uint32_t>(read_record<std::uint64_t>(body));
            made_.append(std::uint64_t{0});
            const auto type = static_cast<value_type>(section.detail);
            const auto made = values_.value(made_, text_place::log_body, {}, type, body + 8, size);
            made_.put(begin + sizeof section, std::uint64_t{made.size});
            made_.put(begin, section_header{made_.size() - begin, section.type,
                                            static_cast<std::uint16_t>(made.type)});
            return made.replaced;
        } else {
            made_.append(body, section.size - sizeof section);
        }
        made_.put(begin, made_.size() - begin);
        return replaced;
    }

    bool rewrite_text_section(const section_header& section, const std::byte* body, text_place place) {
        bool replaced = false;
        append_text_section(
            section.type, section.detail,
            values_.text(place, {as_text(body + 8), read_record<std::uint64_t>(body)}, replaced));
        return replaced;
    }
    void append_text_section(section_type type, unsigned detail, std::string_view text) {
        made_.append(
            section_header{static_cast<std::uint32_t>(sizeof(section_header) + 8 + pad8(text.size())), type,
                           static_cast<std::uint16_t>(detail)});
        made_.append(std::uint64_t{text.size()});
        made_.append(text.data(), text.size());
    }

    template <class Header>
    void finish(const Header&) noexcept {
        made_.put(offsetof(Header, size), made_.size());
        made_.put(offsetof(Header, sections), sections_);
    }

    // As a logger writes it that has no statement: what the site says of the record is in its sections.
    void write_without_site(const std::byte* record, log_header header, const known_site& described,
                            const std::string& body) {
        const std::byte* const payload = record + sizeof header;
        made_.append(header);
        sections_ = made_.size();
        append_word_section(section_type::scope, 0, described.scope);
        made_.append(section_header{sizeof(section_header), log_section::severity, described.severity});
        bool has_path = !source_location_, has_line = has_path, has_function = has_path;
        const auto note = [&](std::string_view key) {
            has_path = has_path || key == "code.file.path";
            has_line = has_line || key == "code.line.number";
            has_function = has_function || key == "code.function.name";
        };
        for (std::size_t i = 0; i < described.keys.size(); ++i) {
            const known_key& key = described.keys[i];
            const std::byte* const slot = payload + 8 * i;
            if (key.type == argument_type::held_back && read_record<std::uint64_t>(slot) != 0)
                values_.attribute(made_, text_place::attribute, "nanotel.log.held_back",
                                  value_type::unsigned_integer, slot, 8);
            if (key.name.empty() || key.type == argument_type::held_back) continue;
            const auto place = read_record<variable_slot>(slot);
            const bool in_slot = key.type <= value_type::floating;
            if (!in_slot && place.offset == ~std::uint32_t{0}) continue;
            note(key.name);
            values_.attribute(made_, text_place::attribute, key.name, key.type,
                              in_slot ? slot : payload + place.offset, in_slot ? 8 : place.size);
        }
        if (header.sections != 0)
            for_each_section(record + header.sections, record + header.size,
                             [&](const section_header& section, const std::byte* at) {
                                 if (section.type == section_type::attribute)
                                     note(view_attribute(section, at).key);
                                 rewrite_section(section, at);
                             });
        if (!described.file.empty() && !has_path) append_section_of("code.file.path", described.file);
        if (!described.file.empty() && !has_line) {
            values_.attribute(made_, text_place::attribute, "code.line.number", value_type::signed_integer,
                              reinterpret_cast<const std::byte*>(&described.line), 8);
        }
        if (!described.function.empty() && !has_function)
            append_section_of("code.function.name", described.function);
        append_text_section(log_section::body, static_cast<unsigned>(value_type::string), body);
        header.site = 0;
        made_.put(0, header);
        finish(header);
    }
    void append_word_section(section_type type, unsigned detail, std::uint64_t word) {
        made_.append(section_header{sizeof(section_header) + 8, type, static_cast<std::uint16_t>(detail)});
        made_.append(word);
    }

    struct moved_value {
        const known_key* key;
        std::string text;
    };

    const site_registry& sites_;
    const std::shared_ptr<const text_processor> processor_;
    value_rewriter values_;
    const bool source_location_;
    std::uint32_t sections_ = 0; // where they begin in `made_`; 0: there are none
    // Kept for their storage.
    std::vector<const known_site*> known_;
    log_text text_;
    record_bytes made_;
    std::vector<moved_value> moved_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
