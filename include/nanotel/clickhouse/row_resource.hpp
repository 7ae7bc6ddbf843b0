// SPDX-License-Identifier: MIT
// The columns that are the same in every row of a process or a scope, as JSON that is copied into each.
#pragma once

#include <nanotel/otlp/resource.hpp>

#include <initializer_list>

namespace nanotel::inline NANOTEL_ABI::detail {

// ,"column":"text"; nothing for an empty text, which is what the column holds anyway.
inline std::string column_json(std::string_view column, std::string_view value) {
    if (value.empty()) return {};
    return ",\"" + std::string(column) + "\":\"" + json_escape(value) + '"';
}

// A resource attribute as text: a list as JSON. Empty where there is none.
inline std::string resource_text(const resource& is, std::string_view key) {
    const resource_value* const value = is.find(key);
    if (!value) return {};
    struct {
        std::string operator()(const std::string& s) const { return s; }
        std::string operator()(bool b) const { return b ? "true" : "false"; }
        std::string operator()(std::int64_t i) const { return std::to_string(i); }
        std::string operator()(double d) const {
            const std::string text = number_text(d);
            return text.front() == '"' ? text.substr(1, text.size() - 2) : text; // NaN, Infinity
        }
        std::string operator()(const std::vector<std::string>& list) const {
            std::string json = "[";
            for (const std::string& s : list) {
                if (json.size() > 1) json += ',';
                json += '"' + json_escape(s) + '"';
            }
            return json + ']';
        }
    } const to_text;
    return std::visit(to_text, *value);
}

// The columns that all three tables have of a resource.
inline std::string resource_columns(const resource& is) {
    const auto first_of = [&](std::initializer_list<std::string_view> keys) {
        for (const std::string_view key : keys)
            if (std::string text = resource_text(is, key); !text.empty()) return text;
        return std::string();
    };
    std::string json = column_json("service_name", first_of({"service.name"}));
    json += column_json("project_name", first_of({"project.name", "service.name"}));
    json += column_json("project_version", first_of({"project.version", "service.version"}));
    const std::string environment = first_of({"deployment.environment.name", "deployment.environment"});
    json += column_json("environment", environment.empty() ? "production" : environment);
    constexpr std::pair<std::string_view, std::string_view> others[] = {
        {"hostname", "host.name"},
        {"user_id", "user.id"},
        {"session_id", "session.id"},
        {"os_type", "os.type"},
        {"os_version", "os.version"},
        {"runtime_name", "process.runtime.name"},
        {"runtime_version", "process.runtime.version"},
        {"cloud_provider", "cloud.provider"},
        {"cloud_region", "cloud.region"},
        {"cloud_availability_zone", "cloud.availability_zone"}};
    for (const auto& [column, key] : others) json += column_json(column, resource_text(is, key));
    return json;
}

// And those that metrics and logs have beside them.
inline std::string instance_columns(const resource& is) {
    return column_json("service_namespace", resource_text(is, "service.namespace")) +
           column_json("service_instance_id", resource_text(is, "service.instance.id"));
}

inline std::string scope_columns(const known_scope& scope) {
    return column_json("instrumentation_library_name", scope.name) +
           column_json("instrumentation_library_version", scope.version);
}
inline std::string scope_columns_with_schema(const known_scope& scope) {
    return scope_columns(scope) + column_json("schema_url", scope.schema_url);
}

} // namespace nanotel::inline NANOTEL_ABI::detail
