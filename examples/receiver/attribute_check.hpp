// SPDX-License-Identifier: MIT
// Attributes: lists of keys with AnyValues.
#pragma once

#include "json_path.hpp"
#include "members.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace receiver {

inline void check_attributes(violation_log& log, const json_path& path, dom::element value);
inline void check_any_value(violation_log& log, const json_path& path, dom::element value);

namespace detail {

/// `{"values":[...]}`, the form of both arrayValue and kvlistValue.
template <typename Visit>
void check_values(violation_log& log, const json_path& path, dom::element value, Visit visit) {
    static constexpr std::array<std::string_view, 1> keys{"values"};
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return;
    }
    for_each_member(log, path, object, keys,
                    [&](unsigned, dom::element values, const json_path& here) { visit(values, here); });
}

/// The keys of one list. Most lists are short, so the first are compared directly and only a long list is
/// sorted.
class unique_keys {
public:
    /// Returns false when the key was there before.
    bool add(std::string_view key) {
        if (count_ < few_.size()) {
            const auto end = few_.begin() + static_cast<std::ptrdiff_t>(count_);
            if (std::find(few_.begin(), end, key) != end) return false;
            few_[count_++] = key;
            return true;
        }
        if (many_.empty()) {
            many_.assign(few_.begin(), few_.end());
            std::sort(many_.begin(), many_.end());
        }
        const auto place = std::lower_bound(many_.begin(), many_.end(), key);
        if (place != many_.end() && *place == key) return false;
        many_.insert(place, key);
        return true;
    }

private:
    std::array<std::string_view, 16> few_;
    std::size_t count_ = 0;
    std::vector<std::string_view> many_;
};

} // namespace detail

/// An AnyValue: an object with one member, or with none for the empty value.
inline void check_any_value(violation_log& log, const json_path& path, dom::element value) {
    enum : unsigned {
        string_value,
        bool_value,
        int_value,
        double_value,
        bytes_value,
        array_value,
        kvlist_value
    };
    static constexpr std::array<std::string_view, 7> keys{
        "stringValue", "boolValue", "intValue", "doubleValue", "bytesValue", "arrayValue", "kvlistValue"};
    dom::object object;
    if (value.get(object) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return;
    }
    const auto seen =
        for_each_member(log, path, object, keys, [&](unsigned member, dom::element v, const json_path& here) {
            switch (member) {
            case string_value:
                check_string(log, here, v);
                break;
            case bool_value:
                check_bool(log, here, v);
                break;
            case int_value:
                check_int64<std::int64_t>(log, here, v);
                break;
            case double_value:
                check_double(log, here, v);
                break;
            case bytes_value:
                check_bytes(log, here, v);
                break;
            case array_value:
                detail::check_values(log, here, v, [&](dom::element values, const json_path& list) {
                    for_each_element(log, list, values, [&](dom::element element, const json_path& at) {
                        check_any_value(log, at, element);
                    });
                });
                break;
            case kvlist_value:
                detail::check_values(log, here, v, [&](dom::element values, const json_path& list) {
                    check_attributes(log, list, values);
                });
                break;
            default:
                break;
            }
        });
    if ((seen & (seen - 1)) != 0) log.add(rule::any_value_members, path, value);
}

/// A list of attributes: keys that are there, not empty and unique, each with a value.
inline void check_attributes(violation_log& log, const json_path& path, dom::element value) {
    enum : unsigned { key_member, value_member };
    static constexpr std::array<std::string_view, 2> keys{"key", "value"};
    detail::unique_keys names;
    for_each_object(log, path, value, [&](dom::object attribute, const json_path& here) {
        const auto seen = for_each_member(log, here, attribute, keys,
                                          [&](unsigned member, dom::element v, const json_path& at) {
                                              if (member == value_member) {
                                                  check_any_value(log, at, v);
                                                  return;
                                              }
                                              const auto name = check_string(log, at, v);
                                              if (!name) return;
                                              if (name->empty()) {
                                                  log.add(rule::attribute_key_empty, at, v);
                                              } else if (!names.add(*name)) {
                                                  log.add(rule::attribute_key_duplicate, at, v);
                                              }
                                          });
        require_members(log, here, seen, bit_of(key_member) | bit_of(value_member), keys);
    });
}

} // namespace receiver
