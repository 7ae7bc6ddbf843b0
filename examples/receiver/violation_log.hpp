// SPDX-License-Identifier: MIT
// What a body did wrong: every violation is counted, the first few of each rule are kept as text.
#pragma once

#include "json_path.hpp"
#include "rules.hpp"

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace receiver {

struct violation {
    rule broken;
    std::string path;  // a JSON pointer, or the name of a header
    std::string value; // the offending value as JSON, shortened
};

/// Collects violations. Keeping at most `kept_of_a_rule` of each bounds the memory that a hostile body can
/// take.
class violation_log {
public:
    explicit violation_log(std::uint64_t kept_of_a_rule = 20) : kept_of_a_rule_(kept_of_a_rule) {}

    void add(rule broken, const json_path& path, std::string_view value) {
        if (count(broken)) kept_.push_back({broken, path.text(), shortened(value)});
    }

    void add(rule broken, const json_path& path, simdjson::dom::element value) {
        if (count(broken)) kept_.push_back({broken, path.text(), shortened(simdjson::minify(value))});
    }

    /// For what has no place in a document: a header, a file's name.
    void add(rule broken, std::string_view place, std::string_view value) {
        if (count(broken)) kept_.push_back({broken, std::string(place), shortened(value)});
    }

    /// Takes over what another log found, its paths behind a prefix such as "request 7: ". Returns the
    /// violations that are kept of it.
    std::vector<violation> merge(violation_log&& other, std::string_view prefix = {}) {
        std::vector<violation> news;
        for (std::size_t i = 0; i < rule_count; ++i) counts_[i] += other.counts_[i];
        for (auto& v : other.kept_) {
            if (!keep(v.broken)) continue;
            v.path.insert(0, prefix);
            kept_.push_back(v);
            news.push_back(std::move(v));
        }
        return news;
    }

    [[nodiscard]] const std::vector<violation>& kept() const { return kept_; }
    [[nodiscard]] std::uint64_t of(rule r) const { return counts_[index(r)]; }
    [[nodiscard]] bool keeps_no_more(rule r) const { return kept_counts_[index(r)] == kept_of_a_rule_; }
    [[nodiscard]] std::uint64_t total() const {
        std::uint64_t sum = 0;
        for (const auto n : counts_) sum += n;
        return sum;
    }

private:
    static constexpr std::size_t longest_value = 96;

    static std::size_t index(rule r) { return static_cast<std::size_t>(r); }
    bool count(rule r) {
        ++counts_[index(r)];
        return keep(r);
    }
    bool keep(rule r) {
        if (kept_counts_[index(r)] == kept_of_a_rule_) return false;
        ++kept_counts_[index(r)];
        return true;
    }

    static std::string shortened(std::string_view value) {
        if (value.size() <= longest_value) return std::string(value);
        std::size_t end = longest_value;
        while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U)
            --end; // keep characters whole
        return std::string(value.substr(0, end)) + "... (" + std::to_string(value.size()) + " bytes)";
    }

    std::uint64_t kept_of_a_rule_;
    std::array<std::uint64_t, rule_count> counts_{};
    std::array<std::uint64_t, rule_count> kept_counts_{};
    std::vector<violation> kept_;
};

} // namespace receiver
