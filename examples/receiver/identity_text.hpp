// SPDX-License-Identifier: MIT
// Resources, scopes and sets of attributes as texts that are equal when what they stand for is.
#pragma once

#include "envelope_check.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace receiver {

/// A list of attributes in whatever order: its members as JSON, sorted.
[[nodiscard]] inline std::string identity_of(dom::element attributes) {
    std::vector<std::string> members;
    dom::array list;
    if (attributes.get(list) == simdjson::SUCCESS) {
        for (const dom::element attribute : list) {
            dom::element key;
            dom::element value;
            if (attribute["key"].get(key) != simdjson::SUCCESS) continue;
            std::string member = simdjson::minify(key);
            if (attribute["value"].get(value) == simdjson::SUCCESS) member += ":" + simdjson::minify(value);
            members.push_back(std::move(member));
        }
    }
    std::sort(members.begin(), members.end());
    std::string out;
    for (const auto& member : members) {
        if (!out.empty()) out += ',';
        out += member;
    }
    return out;
}

/// A resource and a scope in it.
[[nodiscard]] inline std::string identity_of(const record_origin& origin) {
    std::string out;
    const auto add_text = [&](dom::object level, std::string_view pointer) {
        dom::element text;
        if (level.at_pointer(pointer).get(text) == simdjson::SUCCESS) out += simdjson::minify(text);
        out += '\n';
    };
    const auto add_attributes = [&](dom::object level, std::string_view pointer) {
        dom::element attributes;
        if (level.at_pointer(pointer).get(attributes) == simdjson::SUCCESS) out += identity_of(attributes);
        out += '\n';
    };
    add_attributes(origin.resource_level, "/resource/attributes");
    add_text(origin.scope_level, "/scope/name");
    add_text(origin.scope_level, "/scope/version");
    add_text(origin.scope_level, "/schemaUrl");
    add_attributes(origin.scope_level, "/scope/attributes");
    return out;
}

} // namespace receiver
