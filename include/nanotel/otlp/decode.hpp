// SPDX-License-Identifier: MIT
// OTLP JSON back to values: what tests of an application's instrumentation, and our own, look at.
#pragma once

#include <simdjson.h>

#include <array>
#include <charconv>
#include <cmath> // floor, isfinite
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error> // errc
#include <utility>
#include <vector>

#include <nanotel/core/config.hpp>
#include <nanotel/otlp/any_value.hpp>
#include <nanotel/otlp/finished_span.hpp>
#include <nanotel/otlp/wide_numbers.hpp>

namespace nanotel::inline NANOTEL_ABI {

/// The spans of a TracesData, or where and why it is not one.
struct decoded_traces {
    std::vector<finished_span> spans;
    std::string error; ///< "resourceSpans[0].scopeSpans[0].spans[2].kind: ..."

    explicit operator bool() const noexcept { return error.empty(); }
};

namespace detail {

/// Reads by the DOM, whose types have one layout however a file is compiled, unlike those of On-Demand.
class traces_decoder {
public:
    std::vector<finished_span> decode(std::string_view json) {
        simdjson::dom::parser parser;
        simdjson::dom::element root;
        auto error = parser.parse(json.data(), json.size()).get(root);
        std::string rewritten; // what root points into, so it lives as long
        if (error == simdjson::NUMBER_ERROR) {
            rewritten = with_wide_numbers_as_doubles(json);
            error = parser.parse(rewritten).get(root);
        }
        if (error) throw failure{std::string("not JSON: ") + simdjson::error_message(error)};
        for_each_in(root, "resourceSpans", [&](element resource_spans) {
            const attribute_list resource = attributes_of_member(resource_spans, "resource");
            for_each_in(resource_spans, "scopeSpans", [&](element scope_spans) {
                const finished_scope scope = read_scope(scope_spans);
                for_each_in(scope_spans, "spans", [&](element span) {
                    spans_.push_back(read_span(span));
                    spans_.back().scope = scope;
                    spans_.back().resource = resource;
                });
            });
        });
        return std::move(spans_);
    }

    /// Carries an error out of the depth of a document; leaves through decode_traces only.
    struct failure {
        std::string text;
    };

private:
    using element = simdjson::dom::element;

    /// Where in the document the reader is, for errors.
    class step {
    public:
        step(std::string& path, std::string_view key) : path_(path), before_(path.size()) {
            if (!path.empty() && !key.starts_with('[')) path += '.';
            path += key;
        }
        step(const step&) = delete;
        step& operator=(const step&) = delete;
        ~step() { path_.resize(before_); }

    private:
        std::string& path_;
        std::size_t before_;
    };

    [[noreturn]] void fail(const std::string& problem) const {
        throw failure{path_.empty() ? problem : path_ + ": " + problem};
    }

    [[noreturn]] void fail_at(element found, std::string_view wanted) const {
        std::string text = simdjson::minify(found);
        if (text.size() > 60) text.replace(60, text.npos, "...");
        fail("should be " + std::string(wanted) + " and is " + text);
    }

    /// Calls read(value) for a member that is there and not null, which means absent in the JSON mapping of
    /// protobuf.
    template <class Read>
    void if_present(element parent, std::string_view key, Read read) {
        simdjson::dom::object object;
        if (parent.get(object)) fail_at(parent, "an object");
        element member;
        if (object.at_key(key).get(member) || member.is_null()) return;
        const step inside(path_, key);
        read(member);
    }

    template <class Read>
    void for_each_in(element parent, std::string_view key, Read read) {
        if_present(parent, key, [&](element list) { for_each(list, read); });
    }

    template <class Read>
    void for_each(element list, Read read) {
        simdjson::dom::array array;
        if (list.get(array)) fail_at(list, "an array");
        std::size_t index = 0;
        for (const element item : array) {
            const step inside(path_, "[" + std::to_string(index++) + "]");
            read(item);
        }
    }

    std::string text(element parent, std::string_view key) {
        std::string value;
        if_present(parent, key, [&](element member) { value = as_text(member); });
        return value;
    }

    std::string as_text(element value) {
        std::string_view found;
        if (value.get(found)) fail_at(value, "a string");
        return std::string(found);
    }

    /// 64 bits come as a decimal string or as a number, 32 bits as a number; both are read in both forms.
    template <class Integer>
    Integer as_integer(element value) {
        std::string_view digits;
        std::int64_t number = 0;
        std::uint64_t large = 0;
        double real = 0;
        Integer parsed{};
        if (!value.get(digits)) {
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
            if (error == std::errc{} && end == digits.data() + digits.size()) return parsed;
        } else if (!value.get(number)) {
            if (std::in_range<Integer>(number)) return static_cast<Integer>(number);
        } else if (!value.get(large)) {
            if (std::in_range<Integer>(large)) return static_cast<Integer>(large);
        } else if (!value.get(real) && real == std::floor(real) &&
                   std::abs(real) < 9e15) { // 5.0 and 5e0 are 5
            if (std::in_range<Integer>(static_cast<std::int64_t>(real))) return static_cast<Integer>(real);
        }
        fail_at(value, "an integer of " + std::to_string(sizeof(Integer) * 8) + " bits" +
                           (std::is_signed_v<Integer> ? "" : " without a sign"));
    }

    template <class Integer>
    Integer integer(element parent, std::string_view key) {
        Integer number = 0;
        if_present(parent, key, [&](element member) { number = as_integer<Integer>(member); });
        return number;
    }

    double as_double(element value) {
        double number = 0;
        std::string_view word;
        if (!value.get(number)) return number; // also from an integer
        if (!value.get(word)) {
            constexpr double infinity = std::numeric_limits<double>::infinity();
            if (word == "NaN") return std::numeric_limits<double>::quiet_NaN();
            if (word == "Infinity") return infinity;
            if (word == "-Infinity") return -infinity;
            const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
            if (error == std::errc{} && end == word.data() + word.size() && std::isfinite(number))
                return number;
        }
        fail_at(value, "a number, \"NaN\", \"Infinity\" or \"-Infinity\"");
    }

    /// Enumerations are integers on the wire; names are forbidden to writers and tolerated by readers.
    template <std::size_t Count>
    unsigned enumeration(element parent, std::string_view key,
                         const std::array<std::string_view, Count>& names) {
        unsigned chosen = 0;
        if_present(parent, key, [&](element value) {
            std::string_view word;
            if (!value.get(word)) {
                while (chosen < Count && names[chosen] != word) ++chosen;
            } else {
                chosen = as_integer<std::uint32_t>(value);
            }
            if (chosen >= Count) fail_at(value, "an integer from 0 to " + std::to_string(Count - 1));
        });
        return chosen;
    }

    /// Hexadecimal of either case to lowercase, of a fixed length or, where that may be, empty.
    std::string id(element parent, std::string_view key, std::size_t digits, bool may_be_empty) {
        std::string value = text(parent, key);
        const step inside(path_, key);
        if (value.empty() && may_be_empty) return value;
        bool all_zero = true;
        for (char& c : value) {
            if (c >= 'A' && c <= 'F') c = static_cast<char>(c + 32);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
                fail("\"" + value + "\" is not hexadecimal");
            all_zero = all_zero && c == '0';
        }
        if (value.size() != digits)
            fail("should have " + std::to_string(digits) + " hexadecimal digits and is \"" + value + "\"");
        if (all_zero) fail("is all zeros, which is no id");
        return value;
    }

    any_value::bytes as_bytes(element value) {
        const std::string encoded = as_text(value);
        any_value::bytes decoded;
        unsigned bits = 0, count = 0;
        for (const char c : std::string_view(encoded).substr(0, encoded.find('='))) {
            constexpr std::string_view alphabet =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            const auto digit = alphabet.find(c == '-' ? '+' : c == '_' ? '/' : c);
            if (digit == alphabet.npos) fail_at(value, "base64");
            bits = bits << 6 | static_cast<unsigned>(digit);
            if (++count % 4 != 1)
                decoded.push_back(static_cast<std::uint8_t>(bits >> (6 - 2 * ((count - 1) % 4))));
        }
        return decoded;
    }

    any_value as_value(element value) {
        simdjson::dom::object object;
        if (value.get(object)) fail_at(value, "an object");
        any_value read;
        std::size_t known = 0;
        for (const auto& [key, member] : object) {
            if (member.is_null()) continue;
            const step inside(path_, key);
            ++known;
            if (key == "stringValue") {
                read = as_text(member);
            } else if (key == "boolValue") {
                bool flag = false;
                if (member.get(flag)) fail_at(member, "true or false");
                read = flag;
            } else if (key == "intValue") {
                read = as_integer<std::int64_t>(member);
            } else if (key == "doubleValue") {
                read = as_double(member);
            } else if (key == "bytesValue") {
                read = as_bytes(member);
            } else if (key == "arrayValue") {
                any_value::array items;
                for_each_in(member, "values", [&](element item) { items.push_back(as_value(item)); });
                read = std::move(items);
            } else if (key == "kvlistValue") {
                read = attributes(member, "values");
            } else {
                --known; // a field of a later version
            }
        }
        if (known > 1) fail_at(value, "one value, not several");
        return read;
    }

    attribute_list attributes(element parent, std::string_view list_key = "attributes") {
        attribute_list list;
        for_each_in(parent, list_key, [&](element entry) {
            any_value value;
            if_present(entry, "value", [&](element member) { value = as_value(member); });
            list.emplace_back(text(entry, "key"), std::move(value));
        });
        return list;
    }

    attribute_list attributes_of_member(element parent, std::string_view key) {
        attribute_list list;
        if_present(parent, key, [&](element member) { list = attributes(member); });
        return list;
    }

    finished_scope read_scope(element scope_spans) {
        finished_scope scope;
        if_present(scope_spans, "scope", [&](element member) {
            scope.name = text(member, "name");
            scope.version = text(member, "version");
            scope.attributes = attributes(member);
        });
        scope.schema_url = text(scope_spans, "schemaUrl");
        return scope;
    }

    finished_span read_span(element from) {
        constexpr std::array<std::string_view, 6> kinds{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL",
                                                        "SPAN_KIND_SERVER",      "SPAN_KIND_CLIENT",
                                                        "SPAN_KIND_PRODUCER",    "SPAN_KIND_CONSUMER"};
        constexpr std::array<std::string_view, 3> codes{"STATUS_CODE_UNSET", "STATUS_CODE_OK",
                                                        "STATUS_CODE_ERROR"};
        finished_span span;
        span.trace_id = id(from, "traceId", 32, false);
        span.span_id = id(from, "spanId", 16, false);
        span.parent_span_id = id(from, "parentSpanId", 16, true);
        span.trace_state = text(from, "traceState");
        span.flags = integer<std::uint32_t>(from, "flags");
        span.name = text(from, "name");
        span.kind = static_cast<span_kind>(enumeration(from, "kind", kinds));
        span.start_time_unix_nano = integer<std::uint64_t>(from, "startTimeUnixNano");
        span.end_time_unix_nano = integer<std::uint64_t>(from, "endTimeUnixNano");
        span.attributes = attributes(from);
        span.dropped_attributes_count = integer<std::uint32_t>(from, "droppedAttributesCount");
        for_each_in(from, "events", [&](element event) {
            span.events.push_back({integer<std::uint64_t>(event, "timeUnixNano"), text(event, "name"),
                                   attributes(event),
                                   integer<std::uint32_t>(event, "droppedAttributesCount")});
        });
        span.dropped_events_count = integer<std::uint32_t>(from, "droppedEventsCount");
        for_each_in(from, "links", [&](element link) {
            span.links.push_back({id(link, "traceId", 32, false), id(link, "spanId", 16, false),
                                  text(link, "traceState"), attributes(link),
                                  integer<std::uint32_t>(link, "droppedAttributesCount"),
                                  integer<std::uint32_t>(link, "flags")});
        });
        span.dropped_links_count = integer<std::uint32_t>(from, "droppedLinksCount");
        if_present(from, "status", [&](element status) {
            span.status = {static_cast<status_code>(enumeration(status, "code", codes)),
                           text(status, "message")};
        });
        return span;
    }

    std::vector<finished_span> spans_;
    std::string path_;
};

} // namespace detail

/// Decodes a TracesData object in OTLP JSON. Takes 64-bit numbers as strings or numbers, hexadecimal of
/// either case and the names of enumerations; ignores unknown fields; null is absent. An error names the
/// field and what it holds.
[[nodiscard]] inline decoded_traces decode_traces(std::string_view json) {
    try {
        return {detail::traces_decoder().decode(json), {}};
    } catch (const detail::traces_decoder::failure& failure) {
        return {{}, failure.text};
    }
}

} // namespace nanotel::inline NANOTEL_ABI
