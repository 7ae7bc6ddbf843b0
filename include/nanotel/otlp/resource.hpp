// SPDX-License-Identifier: MIT
// Resource and instrumentation scope as OTLP JSON: written once, copied into every body.
#pragma once

#include <nanotel/core/site_registry.hpp>
#include <nanotel/otlp/json_writer.hpp>

#include <variant>

namespace nanotel::inline NANOTEL_ABI {

/// The value of a resource attribute.
using resource_value = std::variant<std::string, bool, std::int64_t, double, std::vector<std::string>>;

/// What produces the telemetry (OpenTelemetry Resource SDK). Keys are unique; the last write of a key wins.
class resource {
public:
    void set(std::string key, resource_value value) {
        if (key.empty()) return;
        for (auto& [known, old] : attributes_)
            if (known == key) {
                old = std::move(value);
                return;
            }
        attributes_.emplace_back(std::move(key), std::move(value));
    }
    const resource_value* find(std::string_view key) const noexcept {
        for (const auto& [known, value] : attributes_)
            if (known == key) return &value;
        return nullptr;
    }
    const std::vector<std::pair<std::string, resource_value>>& attributes() const noexcept {
        return attributes_;
    }

private:
    std::vector<std::pair<std::string, resource_value>> attributes_;
};

namespace detail {

inline std::string number_text(double value) {
    char text[64];
    return std::string(text, write_double(text, value));
}

inline std::string any_value_json(const resource_value& value) {
    struct {
        std::string operator()(const std::string& s) const {
            return R"({"stringValue":")" + json_escape(s) + R"("})";
        }
        std::string operator()(bool b) const {
            return b ? R"({"boolValue":true})" : R"({"boolValue":false})";
        }
        std::string operator()(std::int64_t i) const {
            return R"({"intValue":")" + std::to_string(i) + R"("})";
        }
        std::string operator()(double d) const { return R"({"doubleValue":)" + number_text(d) + "}"; }
        std::string operator()(const std::vector<std::string>& list) const {
            std::string json = R"({"arrayValue":{"values":[)";
            for (const std::string& s : list) {
                if (json.back() != '[') json += ',';
                json += (*this)(s);
            }
            return json + "]}}";
        }
    } to_json;
    return std::visit(to_json, value);
}

inline std::string attribute_json(std::string_view key, const resource_value& value) {
    return R"({"key":")" + json_escape(key) + R"(","value":)" + any_value_json(value) + "}";
}

// {"attributes":[…]}
inline std::string resource_json(const resource& described) {
    std::string json = R"({"attributes":[)";
    for (const auto& [key, value] : described.attributes()) {
        if (json.back() != '[') json += ',';
        json += attribute_json(key, value);
    }
    return json + "]}";
}

inline resource_value value_of_scope_attribute(const known_scope_attribute& a) {
    switch (a.type) {
    case value_type::boolean:
        return a.bits != 0;
    case value_type::floating:
        return __builtin_bit_cast(double, a.bits);
    case value_type::string:
        return a.string;
    default:
        return static_cast<std::int64_t>(a.bits);
    }
}

// {"name":…,"version":…,"attributes":[…]}, with what the scope has.
inline std::string scope_json(const known_scope& scope) {
    std::string json = "{";
    const auto member = [&](const std::string& name, const std::string& value) {
        if (json.back() != '{') json += ',';
        json += '"' + name + "\":" + value;
    };
    if (!scope.name.empty()) member("name", '"' + json_escape(scope.name) + '"');
    if (!scope.version.empty()) member("version", '"' + json_escape(scope.version) + '"');
    if (!scope.attributes.empty()) {
        std::string list = "[";
        for (const auto& a : scope.attributes)
            list += (list.size() > 1 ? "," : "") + attribute_json(a.key, value_of_scope_attribute(a));
        member("attributes", list + "]");
    }
    return json + "}";
}

} // namespace detail
} // namespace nanotel::inline NANOTEL_ABI
