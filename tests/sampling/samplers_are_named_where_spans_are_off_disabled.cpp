// SPDX-License-Identifier: MIT
// Compiled with NANOTEL_DISABLED: what an application says of sampling still compiles, beside files where
// spans are on.
#include <nanotel/trace/samplers.hpp>
#include <nanotel/trace/trace.hpp>

#include <doctest/doctest.h>

using namespace nanotel;
using namespace nanotel::literals;

TEST_CASE("samplers compile and describe themselves where spans are off") {
    const sampler by = sampler::parent_based(
        sampler::composite(composable_rule_based(
            {{.name = "GET *", .sampler = composable_rate_limiting(10, composable_probability(0.5))},
             {.sampler = composable_annotating({{"rule", "rest"}}, composable_always_on())}})),
        {.remote_parent_not_sampled = sampler::custom("mine", [](const sampling_parameters& of) {
             return sampling_result{of.parent ? sampling_decision::drop : sampling_decision::record_only};
         })});
    CHECK(by.description().find("remoteParentNotSampled:mine") != std::string::npos);
    CHECK(rate_limiting(5).description() == "ParentBased{root:RateLimitingSampler{5.000000}}");
    CHECK(nanotel::in_span("function", "attribute"_attr = 1, [] { return 7; }) == 7);
}
