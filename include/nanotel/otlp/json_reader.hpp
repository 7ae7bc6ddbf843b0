// SPDX-License-Identifier: MIT
// Values out of OTLP JSON, strict about types and tolerant of what a reader must take: the decoders of the
// signals stand on it.
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
#include <nanotel/otlp/finished_span.hpp> // finished_scope
#include <nanotel/otlp/wide_numbers.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

/// Reads by the DOM, whose types have one layout however a file is compiled, unlike those of On-Demand.
class json_reader {
public:
    /// Carries an error out of the depth of a document; leaves through the decode functions only.
    struct failure {
        std::string text;
    };

protected:
    using element = simdjson::dom::element;

    /// Calls read(item, scope, resource) for the items of a request, the scopes in it and the resources in
    /// it.
    template <class Read>
    void for_each_item(std::string_view json, std::string_view resources, std::string_view scopes,
                       std::string_view items, Read read) {
        simdjson::dom::parser parser;
        element root;
        auto error = parser.parse(json.data(), json.size()).get(root);
        std::string rewritten; // what root points into, so it lives as long
        if (error == simdjson::NUMBER_ERROR) {
            rewritten = with_wide_numbers_as_doubles(json);
            error = parser.parse(rewritten).get(root);
        }
        if (error) throw failure{std::string("not JSON: ") + simdjson::error_message(error)};
        for_each_in(root, resources, [&](element of_resource) {
            const attribute_list resource = attributes_of_member(of_resource, "resource");
            for_each_in(of_resource, scopes, [&](element of_scope) {
                const finished_scope scope = read_scope(of_scope);
                for_each_in(of_scope, items, [&](element item) { read(item, scope, resource); });
            });
        });
    }

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

    std::optional<double> real(element parent, std::string_view key) {
        std::optional<double> number;
        if_present(parent, key, [&](element member) { number = as_double(member); });
        return number;
    }

    bool as_boolean(element value) {
        bool flag = false;
        if (value.get(flag)) fail_at(value, "true or false");
        return flag;
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
                read = as_boolean(member);
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

    finished_scope read_scope(element scope_items) {
        finished_scope scope;
        if_present(scope_items, "scope", [&](element member) {
            scope.name = text(member, "name");
            scope.version = text(member, "version");
            scope.attributes = attributes(member);
        });
        scope.schema_url = text(scope_items, "schemaUrl");
        return scope;
    }

private:
    std::string path_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
