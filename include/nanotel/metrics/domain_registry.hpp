// SPDX-License-Identifier: MIT
// The finite domains of labels, copied from the modules that declare them, which may be unloaded. For the
// sdk.
#pragma once

#include <nanotel/metrics/labels.hpp>

#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

// Lists of domains that say the same are one. Not thread-safe; throws where memory is short.
class domain_registry {
public:
    // The copy, at an address that stays.
    const label_domain* copy_of(const label_domain* domains, std::uint32_t count) {
        if (count == 0) return nullptr;
        std::string content;
        for (std::uint32_t d = 0; d < count; ++d) {
            append(content, domains[d].key);
            append(content, &domains[d].size, sizeof domains[d].size);
            for (std::uint32_t v = 0; v < domains[d].size; ++v) {
                const label_value& value = domains[d].values[v];
                append(content, &value.type, sizeof value.type);
                append(content, &value.bits, sizeof value.bits);
                append(content, value.string);
            }
        }
        if (const auto known = lists_.find(content); known != lists_.end())
            return known->second.domains.data();
        list made;
        for (std::uint32_t d = 0; d < count; ++d) {
            made.values.emplace_back(domains[d].values, domains[d].values + domains[d].size);
            made.domains.push_back({domains[d].key, made.values.back().data(), domains[d].size});
        }
        const auto [entry, is_new] = lists_.emplace(std::move(content), std::move(made));
        // The texts are in the content, in this order.
        const char* at = entry->first.data();
        const auto read = [&](text& to) {
            std::size_t size;
            std::memcpy(&size, at, sizeof size);
            to = {at + sizeof size, size};
            at += sizeof size + size;
        };
        for (std::uint32_t d = 0; d < count; ++d) {
            read(entry->second.domains[d].key);
            at += sizeof domains[d].size;
            for (label_value& value : entry->second.values[d]) {
                at += sizeof value.type + sizeof value.bits;
                read(value.string);
            }
        }
        return entry->second.domains.data();
    }

private:
    struct list {
        std::vector<label_domain> domains;
        std::vector<std::vector<label_value>> values;
    };

    static void append(std::string& to, const void* bytes, std::size_t size) {
        to.append(static_cast<const char*>(bytes), size);
    }
    static void append(std::string& to, text t) {
        append(to, &t.size, sizeof t.size);
        append(to, t.data, t.size);
    }

    std::unordered_map<std::string, list> lists_;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
