// SPDX-License-Identifier: MIT
// Samplers by the sort of span: the first rule that a span meets says which sampler decides.
#pragma once

#include <nanotel/core/pattern.hpp>
#include <nanotel/trace/composable_samplers.hpp>

#include <charconv>
#include <functional>

namespace nanotel::inline NANOTEL_ABI {

/// Which parents a rule is about.
enum class parent_kind : std::uint8_t { any, none, remote, local };

/// What a span has to be like for its sampler to decide about it; every condition that is given has to hold.
/// In patterns * stands for any characters and ? for one; case counts. The name is the first one, and the
/// attributes are those that are there before the span is: known_attributes.
struct sampling_rule {
    /// A pattern for the span's name.
    std::optional<std::string> name{};
    std::optional<span_kind> kind{};
    /// A pattern for the name of the instrumentation scope.
    std::optional<std::string> scope{};
    /// Key and pattern: a value that is a text meets it as it is, a number in decimal, a bool as true or
    /// false.
    std::vector<std::pair<std::string, std::string>> attributes{};
    parent_kind parent = parent_kind::any;
    /// Anything else. It must depend neither on the randomness nor on the parent's flag, or adjusted counts
    /// are wrong.
    std::function<bool(const sampling_parameters&)> predicate{};
    /// Null: composable_always_off().
    composable sampler{};
};

namespace detail {

inline bool attribute_matches(const known_attributes& known, const std::string& key,
                              const std::string& pattern) {
    if (const auto text = known.find<std::string_view>(key)) return matches_pattern(pattern, *text);
    if (const auto yes = known.find<bool>(key)) return matches_pattern(pattern, *yes ? "true" : "false");
    char digits[32];
    const auto decimal = [&](auto number) {
        return std::string_view(
            digits,
            static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits));
    };
    if (const auto number = known.find<std::int64_t>(key)) return matches_pattern(pattern, decimal(*number));
    if (const auto number = known.find<double>(key)) return matches_pattern(pattern, decimal(*number));
    return false;
}

inline bool rule_matches(const sampling_rule& rule, const sampling_parameters& of) {
    if (rule.kind && *rule.kind != of.kind) return false;
    if (rule.parent != parent_kind::any && rule.parent != (!of.parent          ? parent_kind::none
                                                           : of.parent->remote ? parent_kind::remote
                                                                               : parent_kind::local))
        return false;
    if (rule.name && !matches_pattern(*rule.name, of.name)) return false;
    if (rule.scope && !matches_pattern(*rule.scope, of.scope_name)) return false;
    for (const auto& [key, pattern] : rule.attributes)
        if (!attribute_matches(of.attributes, key, pattern)) return false;
    return !rule.predicate || rule.predicate(of);
}

class composable_rules final : public composable_sampler {
public:
    explicit composable_rules(std::vector<sampling_rule> rules) : rules_(std::move(rules)) {}
    sampling_intent intent(const sampling_parameters& of) override {
        for (const sampling_rule& rule : rules_)
            if (rule_matches(rule, of)) return rule.sampler ? rule.sampler->intent(of) : sampling_intent();
        return {};
    }
    std::string description() const override {
        std::string all = "ComposableRuleBased{";
        for (const sampling_rule& rule : rules_) {
            if (all.back() != '{') all += ",";
            all += rule.name.value_or("*") + ":" +
                   (rule.sampler ? rule.sampler->description() : "ComposableAlwaysOff");
        }
        return all + "}";
    }

private:
    const std::vector<sampling_rule> rules_;
};

} // namespace detail

/// The first rule that a span meets decides; a span that meets none is dropped (OpenTelemetry Trace SDK,
/// "ComposableRuleBased").
///
///     sampler::composite(composable_parent_threshold(composable_rule_based({
///         {.name = "GET /health*", .sampler = composable_always_off()},
///         {.kind = span_kind::server, .attributes = {{"http.route", "/checkout"}}, .sampler = …},
///         {.sampler = composable_probability(0.1)}})))
inline composable composable_rule_based(std::vector<sampling_rule> rules) {
    return std::make_shared<detail::composable_rules>(std::move(rules));
}

} // namespace nanotel::inline NANOTEL_ABI
