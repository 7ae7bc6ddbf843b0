// SPDX-License-Identifier: MIT
// The member `ot` of a trace state: thresholds, randomness, and what else stands there.
#include <nanotel/trace/sampling_state.hpp>

#include <string>

#include <doctest/doctest.h>

namespace {

using nanotel::sampling_state;
using nanotel::trace_state;

sampling_state of(const char* tracestate) { return sampling_state::of(trace_state::parse(tracestate)); }
std::string written(sampling_state state, const char* to) {
    const trace_state made = state.write_to(trace_state::parse(to));
    return {made.to_text().data, made.to_text().size};
}

} // namespace

TEST_CASE("a threshold has 1 to 14 digits, a randomness has 14") {
    CHECK(of("ot=th:c").threshold == 0xc0000000000000);
    CHECK(of("ot=th:0").threshold == 0);
    CHECK(of("ot=th:fd70a").threshold == 0xfd70a000000000);
    CHECK(of("ot=th:fffffffffffff1").threshold == 0xfffffffffffff1);
    CHECK(of("a=1,ot=x:2;rv:00000000000001;th:8").randomness == 1);
    CHECK(of("a=1,ot=x:2;rv:00000000000001;th:8").threshold == 0x80000000000000);
    for (const char* bad : {"ot=th:", "ot=th:C", "ot=th:g", "ot=th:fffffffffffffff", "ot=th", "ot=rv:1",
                            "ot=rv:0000000000000G", "ot=rv:000000000000001", "xot=th:c", ""}) {
        CAPTURE(bad);
        CHECK(of(bad) == sampling_state{});
    }
}

TEST_CASE("what is written stands in front, and what is not ours stays") {
    CHECK(written({0xc0000000000000, sampling_state::absent}, "") == "ot=th:c");
    CHECK(written({0, sampling_state::absent}, "") == "ot=th:0");
    CHECK(written({0xfd70a000000000, 0x123}, "a=1,ot=th:8;x:2;rv:0000000000000f;y:,b=2") ==
          "ot=th:fd70a;rv:00000000000123;x:2;y:,a=1,b=2");
    CHECK(written({}, "a=1,ot=th:8;x:2") == "ot=x:2,a=1");
    CHECK(written({}, "a=1,ot=th:8") == "a=1");
    CHECK(written({}, "a=1") == "a=1");
    const sampling_state both{0x1234567, 0xfedcba98765432};
    CHECK(sampling_state::of(both.write_to({})) == both);
    // As much of the others as has room.
    const std::string longest = "ot=" + std::string("x:") + std::string(254, 'v');
    CHECK(written({0, sampling_state::absent}, longest.c_str()) == "ot=th:0");
}
