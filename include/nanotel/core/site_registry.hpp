// SPDX-License-Identifier: MIT
// What the process knows of call sites and scopes: copies that outlive the modules that declared them.
#pragma once

#include <nanotel/core/call_site.hpp>
#include <nanotel/core/function_name.hpp>

#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace nanotel::inline NANOTEL_ABI::detail {

struct known_scope_attribute {
    std::string key;
    value_type type;
    std::uint64_t bits;
    std::string string;
    friend bool operator==(const known_scope_attribute&, const known_scope_attribute&) = default;
};

struct known_scope {
    std::string name;
    std::string version;
    std::string schema_url;
    std::vector<known_scope_attribute> attributes;
    friend bool operator==(const known_scope&, const known_scope&) = default;
};

struct known_key {
    std::string name;
    value_type type;
    friend bool operator==(const known_key&, const known_key&) = default;
};

struct known_site {
    std::string name;
    span_kind kind = span_kind::internal;
    std::uint32_t scope = 0;
    std::vector<known_key> keys;
    // Of a log statement.
    std::uint8_t severity = 0;
    std::int64_t line = 0; // as an attribute has it
    std::string file{};
    std::string function{};
    friend bool operator==(const known_site&, const known_site&) = default;
};

inline std::string to_string(text t) { return std::string(t.data, t.size); }

// Numbers count from 0 and stay. Number 0 of each is the unnamed: the scope of code that declares none, the
// site of a span that has its name in the record. All members are thread-safe; the references they return
// stay valid.
class site_registry {
public:
    site_registry() {
        scopes_.emplace_back();
        sites_.emplace_back();
    }

    // The same number for the same site, whichever thread comes first; 0 when memory is short. Sites that say
    // the same are one: else each time that a module is loaded again would cost memory for ever.
    std::uint32_t add(call_site& site, const site_key* keys, std::uint32_t count) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            if (const std::uint32_t known = site.id.load_relaxed()) return known;
            return number(site, copy_of(site, keys, count));
        } catch (...) {
            return 0;
        }
    }
    std::uint32_t add(log_site& site, const site_key* keys, std::uint32_t count) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            if (const std::uint32_t known = site.here.id.load_relaxed()) return known;
            known_site copy = copy_of(site.here, keys, count);
            copy.severity = site.severity;
            copy.line = site.here.line;
            if (site.here.file) copy.file = site.here.file;
            if (site.function) copy.function = to_string(function_name(site.function, site.function_name));
            return number(site.here, std::move(copy));
        } catch (...) {
            return 0;
        }
    }

    std::uint32_t add_scope(const instrumentation_scope& scope) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            return scope_number(scope);
        } catch (...) {
            return 0;
        }
    }

    const known_site& site(std::uint32_t id) const {
        const std::lock_guard lock(mutex_);
        return sites_[id < sites_.size() ? id : 0];
    }
    const known_scope& scope(std::uint32_t id) const {
        const std::lock_guard lock(mutex_);
        return scopes_[id < scopes_.size() ? id : 0];
    }
    std::size_t site_count() const {
        const std::lock_guard lock(mutex_);
        return sites_.size();
    }

    // For fork, see pipeline/fork.hpp: what the sites of a child have as their numbers stays what it is.
    bool try_lock() noexcept { return mutex_.try_lock(); }
    void unlock() noexcept { mutex_.unlock(); }

private:
    known_site copy_of(const call_site& site, const site_key* keys, std::uint32_t count) {
        known_site copy{to_string(site.name), site.kind, scope_number(*site.scope), {}};
        for (std::uint32_t i = 0; i < count; ++i)
            copy.keys.push_back({to_string(keys[i].name), keys[i].type});
        return copy;
    }
    std::uint32_t number(call_site& site, known_site&& copy) {
        const std::uint32_t id = site_number(std::move(copy));
        site.id.store_relaxed(id);
        return id;
    }

    std::uint32_t site_number(known_site&& copy) {
        const std::size_t hash = std::hash<std::string>()(copy.name);
        const auto [begin, end] = by_name_.equal_range(hash);
        for (auto known = begin; known != end; ++known)
            if (sites_[known->second] == copy) return known->second;
        const auto id = static_cast<std::uint32_t>(sites_.size());
        const auto entry = by_name_.emplace(hash, id);
        try {
            sites_.push_back(std::move(copy));
        } catch (...) {
            by_name_.erase(entry);
            throw;
        }
        return id;
    }

    // Files that declare the same scope share it: it is known by what it says, not by where it stands.
    std::uint32_t scope_number(const instrumentation_scope& scope) {
        known_scope copy{to_string(scope.name), to_string(scope.version), to_string(scope.schema_url), {}};
        for (unsigned i = 0; i < scope.attribute_count; ++i) {
            const auto& a = scope.attributes[i];
            copy.attributes.push_back({to_string(a.key), a.type, a.bits, to_string(a.string)});
        }
        for (std::size_t i = 0; i < scopes_.size(); ++i)
            if (scopes_[i] == copy) return static_cast<std::uint32_t>(i);
        scopes_.push_back(std::move(copy));
        return static_cast<std::uint32_t>(scopes_.size() - 1);
    }

    mutable std::mutex mutex_;
    std::deque<known_scope> scopes_;
    std::deque<known_site> sites_;
    std::unordered_multimap<std::size_t, std::uint32_t> by_name_; // sites, by the hash of it
};

} // namespace nanotel::inline NANOTEL_ABI::detail
