// SPDX-License-Identifier: MIT
// One request body under construction: a resource, its scopes, the items of each scope.
#pragma once

#include <nanotel/otlp/resource.hpp>

namespace nanotel::inline NANOTEL_ABI::detail {

// The names that differ between the signals.
struct envelope {
    std::string_view resources; // resourceSpans
    std::string_view scopes;    // scopeSpans
    std::string_view items;     // spans
};
inline constexpr envelope trace_envelope{"resourceSpans", "scopeSpans", "spans"};
inline constexpr envelope log_envelope{"resourceLogs", "scopeLogs", "logRecords"};

// Items of one scope collect in one buffer, so that a body names each scope once however they are mixed. The
// scope that comes first builds the body itself: where there is but one, nothing is copied.
class body_builder {
public:
    body_builder(const envelope& names, const std::string& resource_json, const site_registry& registry)
        : names_(names), registry_(registry) {
        begin_ = "{\"" + std::string(names.resources) + "\":[{\"resource\":" + resource_json + ",\"" +
                 std::string(names.scopes) + "\":[";
    }

    // Where the next item of a scope goes, with room for `count` bytes; null when memory is refused.
    char* begin_item(std::uint32_t scope, std::size_t count) {
        group& g = group_of(scope);
        char* out = g.json.reserve(count + 1);
        if (!out) return nullptr;
        if (g.items != 0) *out++ = ',';
        open_ = &g;
        return out;
    }
    void end_item(const char* end) noexcept {
        open_->json.commit(end);
        ++open_->items;
        ++items_;
    }

    std::uint64_t items() const noexcept { return items_; }
    std::size_t size() const noexcept {
        std::size_t sum = 0;
        for (const std::uint32_t index : used_) sum += groups_[index].json.size();
        return sum;
    }

    // The whole body; the builder is empty again. Empty where memory is refused or there are no items.
    byte_buffer take() {
        byte_buffer body;
        if (used_.empty()) return body;
        body = std::move(groups_[used_.front()].json);
        bool whole = append(body, end_of_scope(groups_[used_.front()]));
        for (std::size_t i = 1; i < used_.size(); ++i) {
            group& g = groups_[used_[i]];
            whole = whole && body.append(g.json.data(), g.json.size()) && append(body, end_of_scope(g));
            g.json.clear();
        }
        for (const std::uint32_t index : used_) groups_[index].items = 0;
        used_.clear();
        items_ = 0;
        if (!whole || !append(body, "]}]}")) return {};
        return body;
    }

private:
    struct group {
        byte_buffer json;
        std::uint64_t items = 0;
        std::string opening; // {"scope":{…},"spans":[
        std::string closing; // ],"schemaUrl":…}
    };

    static bool append(byte_buffer& to, std::string_view what) noexcept {
        return to.append(what.data(), what.size());
    }
    static std::string_view end_of_scope(const group& g) noexcept { return g.closing; }

    group& group_of(std::uint32_t scope) {
        if (scope >= groups_.size()) groups_.resize(scope + 1);
        group& g = groups_[scope];
        if (g.items != 0) [[likely]]
            return g;
        for (const std::uint32_t index : used_)
            if (index == scope) return g; // its first item failed for want of memory
        if (g.opening.empty()) describe(g, registry_.scope(scope));
        g.json.clear();
        const bool first = used_.empty();
        used_.push_back(scope);
        if (!append(g.json, first ? std::string_view(begin_) : std::string_view(",")) ||
            !append(g.json, g.opening)) {
            used_.pop_back();
            g.json.clear();
            throw std::bad_alloc();
        }
        return g;
    }

    void describe(group& g, const known_scope& scope) const {
        g.closing =
            scope.schema_url.empty() ? "]}" : "],\"schemaUrl\":\"" + json_escape(scope.schema_url) + "\"}";
        // Last: that there is one says that both are there.
        g.opening = "{\"scope\":" + scope_json(scope) + ",\"" + std::string(names_.items) + "\":[";
    }

    envelope names_;
    const site_registry& registry_;
    std::string begin_;
    std::vector<group> groups_;
    std::vector<std::uint32_t> used_; // in the order of their first items
    group* open_ = nullptr;
    std::uint64_t items_ = 0;
};

} // namespace nanotel::inline NANOTEL_ABI::detail
