// SPDX-License-Identifier: MIT
#include "sampled.hpp"

#include <nanotel/trace/composable_samplers.hpp>
#include <nanotel/trace/sampling_rules.hpp>

using namespace nanotel::literals;
using nanotel::context;
using nanotel::sampler;
using nanotel::sampling_parameters;
using nanotel::sampling_result;
using nanotel::trace_state;
using nanotel_test::remote;
using nanotel_test::sampled;

namespace {

// Ids whose last 7 bytes are random enough, and are large or small as a test asks.
std::uint64_t next_id = 0;
std::uint64_t large_ids() noexcept { return __builtin_bswap64(0x11fffffffff00000 + ++next_id); }
std::uint64_t small_ids() noexcept { return __builtin_bswap64(0x1100000000000000 + ++next_id); }

constexpr std::uint64_t half = 0x80000000000000;

context remote_with(bool is_sampled, const char* state, std::uint64_t randomness = half) {
    context from = remote(is_sampled, randomness);
    from.trace_state = trace_state::parse(state);
    REQUIRE(from.trace_state.empty() == (*state == 0));
    return from;
}

std::string state_of(const context& c) {
    return {c.trace_state.to_text().data, c.trace_state.to_text().size};
}

// The trace state of a span below this parent, and of its child, which is the same in every way to see it.
std::string state_below(const context& parent, bool* recording = nullptr) {
    NANOTEL_SPAN_FROM(span, parent, "below");
    if (recording) *recording = span.is_recording();
    const std::string state = state_of(nanotel::current_context());
    if (span.is_recording()) CHECK(state_of(span.context()) == state);
    NANOTEL_SPAN(child, "child");
    CHECK(state_of(nanotel::current_context()) == state);
    CHECK(child.is_recording() == span.is_recording());
    return state;
}

} // namespace

TEST_CASE("roots that a ratio keeps say with which threshold, and so does all below") {
    sampled recorded({.sampler = sampler::trace_id_ratio(0.1), .id_source = &large_ids});
    {
        NANOTEL_SPAN(root, "root", "a"_attr = 1);
        CHECK(state_of(root.context()) == "ot=th:e666");
        NANOTEL_SPAN(child, "child", "b"_attr = "text");
        NANOTEL_DETACHED_SPAN(detached, "detached");
        CHECK(state_of(detached.context()) == "ot=th:e666");
        nanotel::in_span("function", "c"_attr = 2, [] {});
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(nanotel::current_context().trace_state.empty());
    const auto spans = recorded.spans();
    CHECK(spans.size() == 4);
    for (const auto& span : spans) CHECK(span.trace_state == "ot=th:e666");
    CHECK(recorded.span("root").attributes["a"] == 1);
    CHECK(recorded.span("child").attributes["b"] == "text");
}

TEST_CASE("roots that are dropped, and those that are kept for sure, say nothing") {
    {
        sampled recorded({.sampler = sampler::trace_id_ratio(0.1), .id_source = &small_ids});
        NANOTEL_SPAN(root, "root");
        CHECK_FALSE(root.is_recording());
        CHECK(state_of(root.context()).empty());
    }
    sampled recorded;
    {
        NANOTEL_SPAN(root, "root");
        CHECK(state_of(root.context()).empty());
    }
    CHECK(recorded.span("root").trace_state.empty());
}

TEST_CASE("composable samplers say what they know: 0 where all are kept") {
    const auto root_state = [](nanotel::composable by) {
        sampled recorded({.sampler = sampler::composite(std::move(by)), .id_source = &large_ids});
        {
            NANOTEL_SPAN(root, "root");
        }
        return recorded.span("root").trace_state;
    };
    CHECK(root_state(nanotel::composable_always_on()) == "ot=th:0");
    CHECK(root_state(nanotel::composable_probability(0.25)) == "ot=th:c");
    CHECK(root_state(nanotel::composable_parent_threshold(nanotel::composable_probability(0.01))) ==
          "ot=th:fd70a");
}

TEST_CASE("what follows a parent in another process keeps its threshold, unless that contradicts the flag") {
    sampled recorded;
    CHECK(state_below(remote_with(true, "ot=th:8")) == "ot=th:8");
    CHECK(state_below(remote_with(true, "a=1,ot=th:8;x:y,b=2")) == "a=1,ot=th:8;x:y,b=2"); // untouched
    CHECK(state_below(remote_with(true, "ot=th:8", half - 1)).empty());
    CHECK(state_below(remote_with(true, "a=1,ot=x:y;th:8,b=2", half - 1)) == "ot=x:y,a=1,b=2");
    CHECK(state_below(remote_with(false, "ot=th:8", half - 1)) == "ot=th:8");
    CHECK(state_below(remote_with(false, "ot=th:8")).empty());
    // The randomness of the trace state counts instead of that of the id, and stays.
    CHECK(state_below(remote_with(true, "ot=th:8;rv:80000000000000", 0)) == "ot=th:8;rv:80000000000000");
    CHECK(state_below(remote_with(true, "ot=th:8;rv:7fffffffffffff")) == "ot=rv:7fffffffffffff");
    // What is no threshold is none.
    CHECK(state_below(remote_with(true, "ot=th:8G", 0)) == "ot=th:8G");
    CHECK(state_below(remote_with(true, "a=1")) == "a=1");
    const auto spans = recorded.spans();
    CHECK(spans.size() == 16); // with their children, all but the unsampled two
    CHECK(spans[0].trace_state == spans[1].trace_state);
}

TEST_CASE("an independent sampler decides by the randomness, and its threshold takes the parent's place") {
    sampled recorded(sampler::independent(sampler::trace_id_ratio(0.25)));
    bool recording = false;
    CHECK(state_below(remote_with(true, "ot=th:8", 0xc0000000000000), &recording) == "ot=th:c");
    CHECK(recording);
    CHECK(state_below(remote_with(false, "a=1,ot=x:y", 0xc0000000000000), &recording) == "ot=th:c;x:y,a=1");
    CHECK(recording);
    CHECK(state_below(remote_with(true, "ot=th:8", 0xbfffffffffffff), &recording).empty());
    CHECK_FALSE(recording);
    CHECK(state_below(remote_with(true, "ot=rv:c0000000000000", 0), &recording) ==
          "ot=th:c;rv:c0000000000000");
    CHECK(recording);
    CHECK(state_below(remote_with(true, "ot=rv:bfffffffffffff", 0xff000000000000), &recording) ==
          "ot=rv:bfffffffffffff");
    CHECK_FALSE(recording);
}

TEST_CASE("an independent always_on keeps all, and says so where there is a parent") {
    sampled recorded(sampler::independent(sampler::always_on()));
    CHECK(state_below(remote_with(true, "ot=th:8")) == "ot=th:0");
    CHECK(state_below(remote_with(false, "ot=th:8", 0)) == "ot=th:0");
}

TEST_CASE("a delegate for one flag: what is kept stands for what it can stand for") {
    // Below unsampled parents a quarter: then the sampled ones, half of all, are all kept, and of the rest
    // what is above the quarter's threshold, which is nothing that the half had not kept.
    sampled recorded(sampler::parent_based(sampler::always_on(),
                                           {.remote_parent_not_sampled = sampler::trace_id_ratio(0.75)}));
    bool recording = false;
    CHECK(state_below(remote_with(true, "ot=th:8"), &recording) == "ot=th:4"); // three quarters are kept
    CHECK(recording);
    CHECK(state_below(remote_with(false, "", 0x40000000000000), &recording) == "ot=th:4");
    CHECK(recording);
    CHECK(state_below(remote_with(false, "", 0x3fffffffffffff), &recording).empty());
    CHECK_FALSE(recording);
    CHECK(state_below(remote_with(true, "ot=th:2", 0x20000000000000)) == "ot=th:2"); // more are kept already
    CHECK(state_below(remote_with(true, "a=1")) == "a=1"); // nobody knows how many were sampled
}

TEST_CASE("a root may be given the randomness of its trace") {
    sampled recorded(sampler::trace_id_ratio(0.5));
    context given;
    given.trace_state = trace_state::parse("ot=rv:80000000000000,a=1");
    {
        NANOTEL_SPAN_FROM(root, given, "kept");
        CHECK(root.is_recording());
        CHECK(state_of(root.context()) == "ot=th:8;rv:80000000000000,a=1");
    }
    given.trace_state = trace_state::parse("ot=rv:7fffffffffffff,a=1");
    {
        NANOTEL_SPAN_FROM(root, given, "dropped");
        CHECK_FALSE(root.is_recording());
        CHECK(state_of(root.context()) == "ot=rv:7fffffffffffff,a=1");
    }
    CHECK(nanotel::current_context().trace_state.empty());
    CHECK(recorded.span("kept").trace_state == "ot=th:8;rv:80000000000000,a=1");
}

TEST_CASE("a sampler of the application may change the trace state, but not what is the library's") {
    sampled recorded(sampler::custom("own state", [](const sampling_parameters& of) {
        sampling_result result{nanotel::sampling_decision::record_and_sample};
        result.threshold = nanotel::sampling_threshold::of_probability(0.5);
        if (of.parent)
            result.trace_state = of.trace_state.set("mine", "1").set("ot", "th:0;rv:11111111111111");
        return result;
    }));
    CHECK(state_below(remote_with(true, "a=1,ot=x:y")) == "ot=th:8;x:y,mine=1,a=1");
    {
        NANOTEL_SPAN(root, "root");
    }
    CHECK(recorded.span("root").trace_state == "ot=th:8");
}

TEST_CASE("a destination's share raises the threshold of what it takes") {
    sampled recorded({.destinations = {{}, {.ratio = 0.5}, {.ratio = 0}}});
    const auto record = [](const char* name, const char* state, std::uint64_t randomness) {
        NANOTEL_SPAN_FROM(span, remote_with(true, state, randomness), "below");
        span.update_name(name);
    };
    {
        NANOTEL_SPAN_FROM(span, remote_with(true, "", half), "plain", "a"_attr = 1);
    }
    record("no threshold", "a=1", half);
    record("no threshold, dropped", "a=1", half - 1);
    record("less", "ot=th:4", half);
    record("less, dropped", "ot=th:4", half - 1);
    record("more", "ot=th:c", 0xc0000000000000);
    record("by rv", "ot=th:4;rv:80000000000000", 0);
    record("by rv, dropped", "ot=th:4;rv:7fffffffffffff", 0xff000000000000);
    using names = std::vector<std::string>;
    CHECK(recorded.names(0).size() == 8);
    CHECK(recorded.names(1) == names{"by rv", "less", "more", "no threshold", "plain"});
    CHECK(recorded.names(2).empty());
    CHECK(recorded.span("less", 0).trace_state == "ot=th:4");
    CHECK(recorded.span("plain", 0).trace_state.empty());
    CHECK(recorded.span("plain", 1).trace_state == "ot=th:8");
    CHECK(recorded.span("plain", 1).attributes["a"] == 1);
    CHECK(recorded.span("no threshold", 1).trace_state == "ot=th:8,a=1");
    CHECK(recorded.span("less", 1).trace_state == "ot=th:8");
    CHECK(recorded.span("more", 1).trace_state == "ot=th:c");
    CHECK(recorded.span("by rv", 1).trace_state == "ot=th:8;rv:80000000000000");
}
