// SPDX-License-Identifier: MIT
#include "sampled.hpp"

#include <algorithm>

using nanotel::sampler;
using nanotel_test::remote;
using nanotel_test::sampled;
using nanotel_test::sampled_options;

namespace {

using variables = std::vector<std::pair<std::string, std::string>>;

std::string made_of(variables environment, std::optional<sampler> given = {}) {
    return sampled::description_of({.sampler = std::move(given), .environment = std::move(environment)});
}
std::string named(const char* name, const char* argument = "") {
    return made_of({{"OTEL_TRACES_SAMPLER", name}, {"OTEL_TRACES_SAMPLER_ARG", argument}});
}

std::vector<std::string> mentions(const std::vector<std::string>& said, const std::string& what) {
    std::vector<std::string> found;
    for (const auto& one : said)
        if (one.find(what) != one.npos) found.push_back(one);
    return found;
}

} // namespace

TEST_CASE("all six names, in any case, with the argument where there is one to have") {
    CHECK(made_of({}) == "ParentBased{root:AlwaysOnSampler}");
    CHECK(named("parentbased_always_on") == "ParentBased{root:AlwaysOnSampler}");
    CHECK(named("parentbased_always_off") == "ParentBased{root:AlwaysOffSampler}");
    CHECK(named("parentbased_traceidratio", "0.25") == "ParentBased{root:TraceIdRatioBased{0.25}}");
    CHECK(named("always_on") == "AlwaysOnSampler");
    CHECK(named("always_off") == "AlwaysOffSampler");
    CHECK(named("traceidratio", "0.25") == "TraceIdRatioBased{0.25}");
    CHECK(named("TraceIdRatio", "1e-3") == "TraceIdRatioBased{0.001}");
    CHECK(named("traceidratio") == "AlwaysOnSampler"); // the argument's default is 1
    CHECK(named("parentbased_traceidratio", "0") == "ParentBased{root:AlwaysOffSampler}");
    CHECK(named("always_on", "nonsense") == "AlwaysOnSampler"); // it is no matter of always_on
    CHECK(named("") == "ParentBased{root:AlwaysOnSampler}");
}

TEST_CASE("what is set in code wins") {
    CHECK(made_of({{"OTEL_TRACES_SAMPLER", "always_off"}}, sampler::trace_id_ratio(0.5)) ==
          "ParentBased{root:TraceIdRatioBased{0.5}}");
}

TEST_CASE("a bad value is named once, and the default holds") {
    for (const char* bad : {"jaeger_remote", "xray", "0.5", "always on"}) {
        CAPTURE(bad);
        sampled recorded(sampled_options{.environment = {{"OTEL_TRACES_SAMPLER", bad}}});
        const auto said = mentions(recorded.said(), "OTEL_TRACES_SAMPLER");
        REQUIRE(said.size() == 1);
        CHECK(said[0].find(bad) != std::string::npos);
        CHECK(said[0].find("parentbased_traceidratio") != std::string::npos); // what is allowed
        {
            NANOTEL_SPAN(span, "root");
        }
        CHECK(recorded.names().size() == 1);
    }
    for (const char* bad : {"1.5", "-0.1", "a tenth", "10%", "nan", "0.1 0.2"}) {
        CAPTURE(bad);
        sampled recorded(sampled_options{
            .environment = {{"OTEL_TRACES_SAMPLER", "traceidratio"}, {"OTEL_TRACES_SAMPLER_ARG", bad}}});
        const auto said = mentions(recorded.said(), "OTEL_TRACES_SAMPLER");
        REQUIRE(said.size() == 1);
        CHECK(said[0].find("OTEL_TRACES_SAMPLER_ARG") != std::string::npos);
        CHECK(said[0].find(bad) != std::string::npos);
        {
            NANOTEL_SPAN(span, "root");
        }
        CHECK(recorded.names().size() == 1);
    }
}

TEST_CASE("the sampler of the environment decides, also about parents in other processes") {
    const auto kept = [](const char* name) {
        sampled recorded(sampled_options{.environment = {{"OTEL_TRACES_SAMPLER", name}}});
        {
            NANOTEL_SPAN(span, "root");
        }
        {
            NANOTEL_SPAN_FROM(span, remote(true), "sampled");
        }
        {
            NANOTEL_SPAN_FROM(span, remote(false), "unsampled");
        }
        return recorded.names();
    };
    using names = std::vector<std::string>;
    CHECK(kept("always_on") == names{"root", "sampled", "unsampled"});
    CHECK(kept("always_off") == names{});
    CHECK(kept("parentbased_always_off") == names{"sampled"});
}
