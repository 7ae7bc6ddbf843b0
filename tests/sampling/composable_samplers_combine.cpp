// SPDX-License-Identifier: MIT
#include <nanotel/trace/composable_samplers.hpp>
#include <nanotel/trace/sampler.hpp>
#include <nanotel/trace/sampling_rules.hpp>

#include <doctest/doctest.h>

using namespace nanotel;

namespace {

// What a sampler is asked, with defaults for what a test does not care about.
struct question {
    trace_id trace{{1, 2}};
    std::optional<context> parent{};
    std::string_view name = "span";
    span_kind kind = span_kind::internal;
    std::string_view scope{};
    std::vector<detail::start_attribute> attributes{};
    trace_state state{};
    std::optional<sampling_threshold> threshold{};
    std::optional<std::uint64_t> explicit_randomness{};
    std::uint64_t fresh = 0;
};

template <class Ask>
auto asked(const question& q, Ask ask) {
    const detail::start_attributes known{q.attributes.data(),
                                         static_cast<std::uint32_t>(q.attributes.size())};
    return ask(sampling_parameters{q.trace, q.parent ? &*q.parent : nullptr, q.name, q.kind, q.scope,
                                   known_attributes(&known), q.state, q.threshold, q.explicit_randomness,
                                   q.fresh});
}
sampling_intent intent(const composable& of, const question& q = {}) {
    return asked(q, [&](const sampling_parameters& p) { return of->intent(p); });
}
sampling_result decision(const composable& of, const question& q = {}) {
    const sampler made = sampler::composite(of);
    return asked(q, [&](const sampling_parameters& p) { return made.plan().root.custom->should_sample(p); });
}
bool keeps(const composable& of, const question& q = {}) {
    return decision(of, q).decision == sampling_decision::record_and_sample;
}

constexpr auto quarter = sampling_threshold::of_probability(0.25);
constexpr std::uint64_t at_quarter = 0xc0000000000000;

context parent(bool sampled, bool remote = true) {
    return {trace_id{{1, 2}}, span_id{3}, static_cast<std::uint8_t>(sampled ? 3 : 2), remote};
}

detail::start_attribute given(text key, text value) { return {key, value_type::string, 0, value}; }
detail::start_attribute given(text key, std::int64_t value) {
    return {key, value_type::signed_integer, static_cast<std::uint64_t>(value), {}};
}

// Its own opinion, for what the built-in ones do not say.
struct opinion final : composable_sampler {
    sampling_intent mine;
    explicit opinion(sampling_intent i) : mine(std::move(i)) {}
    sampling_intent intent(const sampling_parameters&) override { return mine; }
    std::string description() const override { return "opinion"; }
};
composable saying(sampling_intent i) { return std::make_shared<opinion>(std::move(i)); }

} // namespace

TEST_CASE("the base cases say what they keep, and how surely") {
    CHECK(intent(composable_always_on()).threshold == sampling_threshold());
    CHECK(intent(composable_always_on()).adjusted_count_reliable);
    CHECK_FALSE(intent(composable_always_off()).threshold);
    CHECK_FALSE(intent(composable_always_off()).adjusted_count_reliable);
    CHECK(intent(composable_probability(0.25)).threshold == quarter);
    CHECK(intent(composable_probability(0.25)).adjusted_count_reliable);
    CHECK_FALSE(intent(composable_probability(0)).threshold);
    CHECK(intent(composable_probability(0.1, 3)).threshold == sampling_threshold::from_hex("e66"));
}

TEST_CASE("the randomness decides: that of the trace state, else that of the id") {
    const auto by = composable_probability(0.25);
    CHECK(keeps(by, {.explicit_randomness = at_quarter}));
    CHECK_FALSE(keeps(by, {.explicit_randomness = at_quarter - 1}));
    CHECK(keeps(by, {.trace = trace_id::from_hex("000000000000000000c0000000000000")}));
    CHECK_FALSE(keeps(by, {.trace = trace_id::from_hex("ffffffffffffffffffbfffffffffffff")}));
    // What is not reliable is decided by a number that the trace knows nothing of.
    const auto unreliable = saying({quarter, false, {}, {}});
    CHECK(keeps(unreliable, {.explicit_randomness = 0, .fresh = at_quarter}));
    CHECK_FALSE(keeps(unreliable, {.explicit_randomness = at_quarter, .fresh = 0}));
    CHECK(decision(by, {.explicit_randomness = at_quarter}).threshold == quarter);
    CHECK_FALSE(decision(unreliable, {.fresh = at_quarter}).threshold);
    CHECK_FALSE(decision(by, {.explicit_randomness = 0}).threshold);
    CHECK_FALSE(keeps(nullptr));
}

TEST_CASE("the parent's threshold is taken where it agrees with the parent's flag") {
    const auto by = composable_parent_threshold(composable_probability(0.25));
    CHECK(intent(by).threshold == quarter); // a root
    const auto half = *sampling_threshold::from_hex("8");
    const auto below = [&](bool sampled, std::optional<sampling_threshold> th, std::uint64_t r) {
        return intent(by, {.parent = parent(sampled), .threshold = th, .explicit_randomness = r});
    };
    CHECK(below(true, half, half.value()).threshold == half);
    CHECK(below(true, half, half.value()).adjusted_count_reliable);
    CHECK(below(false, half, half.value() - 1).threshold == half);
    CHECK_FALSE(keeps(by, {.parent = parent(false), .threshold = half, .explicit_randomness = 0}));
    // It contradicts the flag, or there is none: the flag counts, and nobody knows for how many it stands.
    for (const auto& th : {std::optional(half), std::optional<sampling_threshold>()}) {
        CHECK(below(true, th, 0).threshold == sampling_threshold());
        CHECK_FALSE(below(true, th, 0).adjusted_count_reliable);
        CHECK_FALSE(
            decision(by, {.parent = parent(true), .threshold = th, .explicit_randomness = 0}).threshold);
        CHECK(keeps(by, {.parent = parent(true), .threshold = th, .explicit_randomness = 0}));
    }
    CHECK_FALSE(below(false, half, half.value()).threshold);
    CHECK_FALSE(below(false, std::nullopt, 0).threshold);
    CHECK_FALSE(intent(composable_parent_threshold(nullptr)).threshold);
}

TEST_CASE("any of several: the least threshold, and the attributes of all") {
    const auto eighth = sampling_threshold::of_probability(0.125);
    const auto annotated = [](const char* key, composable of) {
        return composable_annotating({{key, true}}, std::move(of));
    };
    const auto by = composable_any_of({composable_always_off(), nullptr, composable_probability(0.125),
                                       annotated("a", saying({quarter, false, {}, {}})),
                                       annotated("b", composable_always_off())});
    const auto all = intent(by);
    CHECK(all.threshold == quarter);
    CHECK_FALSE(all.adjusted_count_reliable); // it is not that of the probability
    REQUIRE(all.attributes);
    CHECK(*all.attributes == sampling_attributes{{"a", true}}); // what keeps nothing adds nothing
    CHECK(intent(composable_any_of({saying({eighth, false, {}, {}}), composable_probability(0.125)}))
              .adjusted_count_reliable); // one of them is sure of it
    CHECK_FALSE(intent(composable_any_of({})).threshold);
    CHECK_FALSE(intent(composable_any_of({composable_always_off()})).threshold);
}

TEST_CASE("annotations are added to those of the delegate, and win") {
    const auto inner =
        composable_annotating({{"a", std::int64_t{1}}, {"b", "inner"}}, composable_always_on());
    const auto outer = intent(composable_annotating({{"b", "outer"}, {"c", 0.5}}, inner));
    REQUIRE(outer.attributes);
    CHECK(*outer.attributes ==
          sampling_attributes{{"a", std::int64_t{1}}, {"b", "inner"}, {"b", "outer"}, {"c", 0.5}});
    CHECK(intent(inner).attributes->size() == 2);
    CHECK_FALSE(intent(composable_annotating({{"a", true}}, composable_always_off())).attributes);
}

TEST_CASE("the first rule that is met decides, and none is never") {
    const auto by = composable_rule_based(
        {{.name = "GET /health*"},
         {.name = "GET /cart/?", .kind = span_kind::server, .sampler = composable_probability(0.5)},
         {.scope = "shop.*", .parent = parent_kind::none, .sampler = composable_always_on()},
         {.attributes = {{"http.route", "/pay*"}, {"retries", "3"}}, .sampler = composable_probability(0.25)},
         {.predicate = [](const sampling_parameters& of) { return of.name.size() == 1; },
          .sampler = composable_probability(0.125)}});
    const auto threshold = [&](const question& q) { return intent(by, q).threshold; };
    CHECK_FALSE(threshold({.name = "GET /healthz", .scope = "shop.cart"}));
    CHECK(threshold({.name = "GET /cart/7", .kind = span_kind::server}) == sampling_threshold::from_hex("8"));
    CHECK_FALSE(threshold({.name = "GET /cart/7"}));                             // another kind
    CHECK_FALSE(threshold({.name = "GET /cart/77", .kind = span_kind::server})); // ? is one character
    CHECK_FALSE(threshold({.name = "get /cart/7", .kind = span_kind::server}));  // case counts
    CHECK(threshold({.scope = "shop.cart"}) == sampling_threshold());
    CHECK_FALSE(threshold({.parent = parent(true), .scope = "shop.cart"}));
    CHECK_FALSE(threshold({.scope = "shop"}));
    CHECK(threshold({.attributes = {given("retries", std::int64_t{3}), given("http.route", "/pay/1")}}) ==
          quarter);
    CHECK_FALSE(threshold({.attributes = {given("http.route", "/pay/1")}}));
    CHECK_FALSE(
        threshold({.attributes = {given("retries", std::int64_t{30}), given("http.route", "/pay/1")}}));
    CHECK(threshold({.name = "x"}) == sampling_threshold::of_probability(0.125));
    CHECK_FALSE(intent(composable_rule_based({})).threshold);
    const auto remote_only =
        composable_rule_based({{.parent = parent_kind::remote, .sampler = composable_always_on()}});
    CHECK(intent(remote_only, {.parent = parent(false)}).threshold);
    CHECK_FALSE(intent(remote_only, {.parent = parent(false, false)}).threshold);
    CHECK_FALSE(intent(remote_only).threshold);
}

TEST_CASE("rules see every type of value") {
    const auto matches = [](detail::start_attribute a, const char* pattern) {
        const auto by =
            composable_rule_based({{.attributes = {{"k", pattern}}, .sampler = composable_always_on()}});
        return intent(by, {.attributes = {a}}).threshold.has_value();
    };
    CHECK(matches(given("k", "a text"), "a*t"));
    CHECK(matches(given("k", std::int64_t{-12}), "-12"));
    CHECK(matches({"k", value_type::boolean, 1, {}}, "true"));
    CHECK_FALSE(matches({"k", value_type::boolean, 0, {}}, "true"));
    CHECK(matches({"k", value_type::floating, __builtin_bit_cast(std::uint64_t, 0.5), {}}, "0.5"));
    CHECK(matches({"k", value_type::unsigned_integer, 7, {}}, "7"));
    CHECK_FALSE(matches({"k", value_type::unsigned_integer, ~std::uint64_t{0}, {}}, "*")); // above the range
    CHECK_FALSE(matches({"k", value_type::array, 0, {}}, "*"));
    CHECK_FALSE(matches(given("other", "a text"), "*"));
    const question twice{.attributes = {given("k", "first"), given("k", "last")}};
    CHECK(asked(twice, [](const sampling_parameters& p) {
        return p.attributes.find<std::string_view>("k") == "last" && p.attributes.contains("k") &&
               !p.attributes.contains("l") && p.attributes.size() == 2;
    }));
}

TEST_CASE("samplers describe themselves") {
    CHECK(composable_parent_threshold(composable_rule_based({{.name = "a", .sampler = composable_always_on()},
                                                             {.sampler = composable_always_off()}}))
              ->description() ==
          "ComposableParentThreshold{root=ComposableRuleBased{a:ComposableAlwaysOn,*:ComposableAlwaysOff}}");
    CHECK(sampler::composite(composable_always_on()).description() == "ComposableAlwaysOn");
    CHECK(sampler::always_record(sampler::always_off()).description() ==
          "AlwaysRecord{ParentBased{root:AlwaysOffSampler}}");
}
