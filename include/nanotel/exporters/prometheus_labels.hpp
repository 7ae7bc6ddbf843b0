// SPDX-License-Identifier: MIT
// The labels of a series, from its attributes, its scope and the resource.
#pragma once

#include <nanotel/core/config.hpp>
#include <nanotel/exporters/prometheus_names.hpp>
#include <nanotel/exporters/prometheus_values.hpp>

#include <algorithm> // any_of
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

struct prometheus_label {
    std::string key; // of OpenTelemetry
    std::string name;
    std::string value;
};

// Calls `each` for the attributes in sections.
template <class Each>
void for_each_attribute(std::string_view sections, Each&& each) {
    const auto* const begin = reinterpret_cast<const std::byte*>(sections.data());
    for_each_section(
        begin, begin + sections.size(),
        [&](const section_header& header, const std::byte* body) { each(view_attribute(header, body)); });
}

// Collects labels and writes them in the order of their names. Keys that come to the same name share a label:
// their values stand in the order of the keys, with semicolons between them. What was added first wins over
// the same key later. One object serves one series after another, without new memory.
class prometheus_label_set {
public:
    void clear() noexcept { size_ = 0; }

    void add(const prometheus_label& label) { next() = label; }

    // `reserved`: a name that the format gives a meaning, as `le` has in histograms.
    void add(const attribute_view& attribute, std::string_view reserved) {
        prometheus_label& label = next();
        label.key = attribute.key;
        label.name = prometheus_label_name(attribute.key);
        if (label.name == reserved) label.name.insert(0, "exported_");
        label.value.clear();
        attribute_text::append(label.value, attribute);
    }

    // Appends name="value",name="value". An empty value is no label, which is what Prometheus makes of it.
    void write(std::string& to) {
        sort();
        bool first = true;
        for (std::size_t i = 0; i < size_;) {
            std::size_t next = i + 1;
            for (; next < size_ && labels_[next].name == labels_[i].name; ++next) {
                if (labels_[next].key == labels_[next - 1].key) {
                    labels_[next].value.clear();
                } else {
                    labels_[i].value += ';';
                    labels_[i].value += labels_[next].value;
                }
            }
            if (const prometheus_label& label = labels_[i]; !label.value.empty()) {
                if (!first) to += ',';
                first = false;
                to += label.name;
                to += "=\"";
                append_escaped(to, label.value, true);
                to += '"';
            }
            i = next;
        }
    }

private:
    prometheus_label& next() {
        if (size_ == labels_.size()) labels_.emplace_back();
        return labels_[size_++];
    }

    // By insertion: they are few, mostly in order already, and the same keys stay as they are.
    void sort() noexcept {
        const auto before = [](const prometheus_label& left, const prometheus_label& right) {
            return left.name != right.name ? left.name < right.name : left.key < right.key;
        };
        for (std::size_t i = 1; i < size_; ++i)
            for (std::size_t j = i; j > 0 && before(labels_[j], labels_[j - 1]); --j)
                std::swap(labels_[j], labels_[j - 1]);
    }

    std::vector<prometheus_label> labels_; // those from size_ on are there for their memory
    std::size_t size_ = 0;
};

// Name, version, schema URL and attributes of a scope. An attribute that would come to the name of one of the
// first three is dropped, as the specification asks.
inline std::vector<prometheus_label> prometheus_scope_labels(const known_scope& scope) {
    std::vector<prometheus_label> labels{
        {"otel_scope_name", "otel_scope_name", scope.name},
        {"otel_scope_version", "otel_scope_version", scope.version},
        {"otel_scope_schema_url", "otel_scope_schema_url", scope.schema_url}};
    for (const known_scope_attribute& attribute : scope.attributes) {
        std::string name = prometheus_label_name(attribute.key, "otel_scope_");
        if (name == labels[0].name || name == labels[1].name || name == labels[2].name) continue;
        labels.push_back({"otel_scope_" + attribute.key, std::move(name),
                          attribute_text::of(value_of_scope_attribute(attribute))});
    }
    return labels;
}

// The attributes of a resource whose keys are among those selected: `*` at the end of one stands for any
// rest.
inline std::vector<prometheus_label> prometheus_resource_labels(const resource& described,
                                                                const std::vector<std::string>& selected) {
    std::vector<prometheus_label> labels;
    for (const auto& [key, value] : described.attributes()) {
        const auto matches = [&whole = key](std::string_view pattern) {
            if (!pattern.ends_with('*')) return whole == pattern;
            pattern.remove_suffix(1);
            return whole.starts_with(pattern);
        };
        if (std::any_of(selected.begin(), selected.end(), matches))
            labels.push_back({key, prometheus_label_name(key), attribute_text::of(value)});
    }
    return labels;
}

} // namespace nanotel::inline NANOTEL_ABI::detail
