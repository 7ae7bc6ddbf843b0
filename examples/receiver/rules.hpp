// SPDX-License-Identifier: MIT
// The wire rules of OTLP/JSON that the receiver checks, each with a name and a sentence.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace receiver {

enum class rule : unsigned char {
    // The request and the document as a whole.
    content_type,
    content_encoding,
    unreadable_body,
    body_too_large,
    malformed_json,
    invalid_utf8,
    empty_envelope,
    // The members of an object.
    wrong_type,
    unknown_member,
    snake_case_member,
    duplicate_member,
    missing_member,
    // Ids.
    id_length,
    id_not_hex,
    id_uppercase,
    id_zero,
    parent_is_self,
    // Enums and numbers.
    enum_not_integer,
    enum_out_of_range,
    int64_not_string,
    int64_malformed,
    number_expected,
    number_out_of_range,
    double_malformed,
    // Attributes.
    any_value_members,
    base64_malformed,
    attribute_key_empty,
    attribute_key_duplicate,
    // What a span means.
    name_empty,
    time_zero,
    end_before_start,
    flags_reserved,
    flags_remote,
    tracestate_malformed,
    // OTLP files.
    file_extension,
    mixed_signals,
    empty_line,
    unterminated_line,
    count_ // not a rule: how many there are
};

inline constexpr std::size_t rule_count = static_cast<std::size_t>(rule::count_);

struct rule_text {
    rule id;
    std::string_view name;
    std::string_view says;
};

inline constexpr std::array<rule_text, rule_count> rule_texts{{
    {rule::content_type, "content_type", "the Content-Type of a request is application/json"},
    {rule::content_encoding, "content_encoding", "the Content-Encoding is absent, identity or gzip"},
    {rule::unreadable_body, "unreadable_body", "the body can be read and decompressed"},
    {rule::body_too_large, "body_too_large", "the Collector takes at most 20 MiB after decompression"},
    {rule::malformed_json, "malformed_json", "a body is one JSON document"},
    {rule::invalid_utf8, "invalid_utf8", "strings are valid UTF-8"},
    {rule::empty_envelope, "empty_envelope", "an envelope without content is not sent"},
    {rule::wrong_type, "wrong_type", "a member has the JSON type that the encoding prescribes"},
    {rule::unknown_member, "unknown_member", "a writer sends only members that the protocol defines"},
    {rule::snake_case_member, "snake_case_member", "keys are lowerCamelCase"},
    {rule::duplicate_member, "duplicate_member", "an object has a member once"},
    {rule::missing_member, "missing_member", "required members are there"},
    {rule::id_length, "id_length", "a trace id has 32 hex digits, a span id 16"},
    {rule::id_not_hex, "id_not_hex", "ids are hex strings, not base64"},
    {rule::id_uppercase, "id_uppercase", "hex digits of ids are written in lowercase"},
    {rule::id_zero, "id_zero", "an id is not all zero"},
    {rule::parent_is_self, "parent_is_self", "a span is not its own parent"},
    {rule::enum_not_integer, "enum_not_integer", "enums are integers, never names"},
    {rule::enum_out_of_range, "enum_out_of_range", "an enum has a value that the protocol defines"},
    {rule::int64_not_string, "int64_not_string", "64-bit integers are decimal strings"},
    {rule::int64_malformed, "int64_malformed", "a 64-bit integer is plain decimal and in its range"},
    {rule::number_expected, "number_expected", "32-bit integers are JSON numbers"},
    {rule::number_out_of_range, "number_out_of_range", "a 32-bit integer is in its range"},
    {rule::double_malformed, "double_malformed", R"(a double is a number, "NaN", "Infinity" or "-Infinity")"},
    {rule::any_value_members, "any_value_members", "an AnyValue has one member or none"},
    {rule::base64_malformed, "base64_malformed", "bytes are padded standard base64"},
    {rule::attribute_key_empty, "attribute_key_empty", "an attribute has a key"},
    {rule::attribute_key_duplicate, "attribute_key_duplicate", "the keys of a list are unique"},
    {rule::name_empty, "name_empty", "spans and events have a name"},
    {rule::time_zero, "time_zero", "a time is known, not zero"},
    {rule::end_before_start, "end_before_start", "a span does not end before it starts"},
    {rule::flags_reserved, "flags_reserved", "bits 10 to 31 of the flags are zero"},
    {rule::flags_remote, "flags_remote", "bit 9 (remote) needs bit 8 (remote is known) and a parent"},
    {rule::tracestate_malformed, "tracestate_malformed", "a trace state follows W3C Trace Context"},
    {rule::file_extension, "file_extension", "an OTLP file is named .jsonl"},
    {rule::mixed_signals, "mixed_signals", "a file holds one signal"},
    {rule::empty_line, "empty_line", "every line of a file is a document"},
    {rule::unterminated_line, "unterminated_line", "every line of a file ends with a line feed"},
}};

[[nodiscard]] constexpr const rule_text& text_of(rule r) { return rule_texts[static_cast<std::size_t>(r)]; }

static_assert(
    [] {
        for (std::size_t i = 0; i < rule_count; ++i) {
            if (rule_texts[i].id != static_cast<rule>(i)) return false;
        }
        return true;
    }(),
    "rule_texts stands in the order of rule");

} // namespace receiver
