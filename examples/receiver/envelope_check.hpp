// SPDX-License-Identifier: MIT
// The envelopes around the records of any signal: resources, scopes, schema URLs.
#pragma once

#include "attribute_check.hpp"
#include "json_path.hpp"
#include "members.hpp"
#include "scalar_check.hpp"
#include "violation_log.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace receiver {

/// The names of a signal's three levels.
struct envelope {
    std::string_view resources;
    std::string_view scopes;
    std::string_view records;
};

inline constexpr envelope traces_envelope{"resourceSpans", "scopeSpans", "spans"};
inline constexpr envelope metrics_envelope{"resourceMetrics", "scopeMetrics", "metrics"};
inline constexpr envelope logs_envelope{"resourceLogs", "scopeLogs", "logRecords"};

namespace detail {

inline void check_resource(violation_log& log, const json_path& path, dom::element value) {
    enum : unsigned { attributes, dropped_attributes_count, entity_refs };
    static constexpr std::array<std::string_view, 3> keys{"attributes", "droppedAttributesCount",
                                                          "entityRefs"};
    dom::object resource;
    if (value.get(resource) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return;
    }
    for_each_member(log, path, resource, keys, [&](unsigned member, dom::element v, const json_path& here) {
        switch (member) {
        case attributes:
            check_attributes(log, here, v);
            break;
        case dropped_attributes_count:
            check_uint32(log, here, v);
            break;
        default:
            for_each_object(log, here, v, [](dom::object, const json_path&) {});
            break;
        }
    });
}

inline void check_scope(violation_log& log, const json_path& path, dom::element value) {
    enum : unsigned { name, version, attributes, dropped_attributes_count };
    static constexpr std::array<std::string_view, 4> keys{"name", "version", "attributes",
                                                          "droppedAttributesCount"};
    dom::object scope;
    if (value.get(scope) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, path, value);
        return;
    }
    for_each_member(log, path, scope, keys, [&](unsigned member, dom::element v, const json_path& here) {
        switch (member) {
        case attributes:
            check_attributes(log, here, v);
            break;
        case dropped_attributes_count:
            check_uint32(log, here, v);
            break;
        default:
            check_string(log, here, v);
            break;
        }
    });
}

/// The name of the service that a resource tells, if it does.
[[nodiscard]] inline std::string_view service_name(dom::object resource_spans) {
    std::string_view name;
    dom::array attributes;
    if (resource_spans.at_pointer("/resource/attributes").get(attributes) != simdjson::SUCCESS) return name;
    for (const dom::element attribute : attributes) {
        std::string_view key;
        if (attribute["key"].get(key) != simdjson::SUCCESS || key != "service.name") continue;
        if (attribute.at_pointer("/value/stringValue").get(name) == simdjson::SUCCESS) return name;
    }
    return name;
}

} // namespace detail

/// Where a record comes from.
struct record_origin {
    dom::object resource_level; // with "resource" and "schemaUrl", as far as they are there
    dom::object scope_level;    // with "scope" and "schemaUrl"
    std::string_view service;
};

/// Checks the envelopes of a body and calls `visit(record, path, origin)` for each record in them. Returns
/// how many there were.
template <typename Visit>
std::size_t check_envelopes(violation_log& log, dom::element body, const envelope& names, Visit visit) {
    const json_path root;
    dom::object object;
    if (body.get(object) != simdjson::SUCCESS) {
        log.add(rule::wrong_type, root, body);
        return 0;
    }
    std::size_t records = 0;

    const auto check_scope_level = [&](const json_path& path, const record_origin& origin) {
        enum : unsigned { scope, schema_url, record_list };
        const std::array<std::string_view, 3> keys{"scope", "schemaUrl", names.records};
        const auto seen = for_each_member(
            log, path, origin.scope_level, keys, [&](unsigned member, dom::element v, const json_path& here) {
                switch (member) {
                case scope:
                    detail::check_scope(log, here, v);
                    break;
                case schema_url:
                    check_string(log, here, v);
                    break;
                default:
                    records += for_each_enveloped(
                        log, here, v, [&](dom::object r, const json_path& at) { visit(r, at, origin); });
                    break;
                }
            });
        if ((seen & bit_of(record_list)) == 0) log.add(rule::empty_envelope, path, "{}");
    };

    const auto check_resource_level = [&](dom::object resource_level, const json_path& path) {
        enum : unsigned { resource, schema_url, scope_list };
        const std::array<std::string_view, 3> keys{"resource", "schemaUrl", names.scopes};
        const std::string_view service = detail::service_name(resource_level);
        const auto seen = for_each_member(
            log, path, resource_level, keys, [&](unsigned member, dom::element v, const json_path& here) {
                switch (member) {
                case resource:
                    detail::check_resource(log, here, v);
                    break;
                case schema_url:
                    check_string(log, here, v);
                    break;
                default:
                    for_each_enveloped(log, here, v, [&](dom::object scope_level, const json_path& at) {
                        check_scope_level(at, {resource_level, scope_level, service});
                    });
                    break;
                }
            });
        if ((seen & bit_of(scope_list)) == 0) log.add(rule::empty_envelope, path, "{}");
    };

    const std::array<std::string_view, 1> keys{names.resources};
    const auto seen =
        for_each_member(log, root, object, keys, [&](unsigned, dom::element v, const json_path& here) {
            for_each_enveloped(log, here, v, check_resource_level);
        });
    if (seen == 0) log.add(rule::empty_envelope, root, body);
    return records;
}

} // namespace receiver
