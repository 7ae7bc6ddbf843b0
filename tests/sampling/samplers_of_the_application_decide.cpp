// SPDX-License-Identifier: MIT
#include "sampled.hpp"

#include <atomic>
#include <exception>
#include <stdexcept>
#include <thread>

using namespace nanotel::literals;
using nanotel::sampler;
using nanotel::sampling_decision;
using nanotel::sampling_parameters;
using nanotel::sampling_result;
using nanotel_test::remote;
using nanotel_test::sampled;

namespace scope_of_test {
NANOTEL_INSTRUMENTATION_SCOPE("a library", "1.0");
inline void record() { NANOTEL_SPAN(span, nanotel::client("with scope"), "not.known"_attr = 1); }
} // namespace scope_of_test

namespace {

struct seen {
    std::string trace;
    std::string parent;
    std::string name;
    nanotel::span_kind kind;
    std::string scope;
    std::size_t attributes;
    std::string text;
};

// Keeps everything, and remembers what it was asked.
sampler remembering(std::vector<seen>& all) {
    return sampler::custom("remembering", [&all](const sampling_parameters& of) {
        all.push_back({of.trace_id.to_hex().c_str(), of.parent ? of.parent->span_id.to_hex().c_str() : "",
                       std::string(of.name), of.kind, std::string(of.scope_name), of.attributes.size(),
                       std::string(of.attributes.find<std::string_view>("text").value_or("?"))});
        return sampling_result{sampling_decision::record_and_sample};
    });
}

struct own_text {
    std::string value = "of a type of its own";
};
std::string to_attribute_value(const own_text& t) { return t.value; }

} // namespace

TEST_CASE("a sampler is told what is known where a trace enters, and nothing of what is below") {
    std::vector<seen> all;
    sampled recorded(remembering(all));
    {
        NANOTEL_SPAN(root, nanotel::server("GET /"), "not.known"_attr = 1);
        NANOTEL_SPAN(child, "child");
        nanotel::in_span("below", "text"_attr = "x", [] {});
    }
    {
        NANOTEL_SPAN_FROM(span, remote(false), "from elsewhere");
    }
    scope_of_test::record();
    REQUIRE(all.size() == 3);
    CHECK(all[0].name == "GET /");
    CHECK(all[0].kind == nanotel::span_kind::server);
    CHECK(all[0].parent.empty());
    CHECK(all[0].attributes == 0); // a macro decides before its attributes are evaluated
    CHECK(all[0].trace == recorded.span("GET /").trace_id);
    CHECK(all[1].parent == remote(false).span_id.to_hex().c_str());
    CHECK(all[1].trace == remote(false).trace_id.to_hex().c_str());
    CHECK(all[2].scope == "a library");
    CHECK(all[2].kind == nanotel::span_kind::client);
}

TEST_CASE("the function forms tell their attributes") {
    std::vector<seen> all;
    sampled recorded(remembering(all));
    const std::string text = "copied";
    {
        nanotel::span span("span", "text"_attr = text, "number"_attr = 3);
    }
    {
        nanotel::span span({.name = "options", .kind = nanotel::span_kind::producer}, "text"_attr = "a");
    }
    {
        nanotel::detached_span span("detached", "n"_attr = 1, "text"_attr = own_text{});
    }
    nanotel::in_span("function", "text"_attr = std::string_view("in span"), [] {});
    nanotel::in_span({.name = "function with options"}, "text"_attr = text, "list"_attr = {1, 2}, [] {});
    const nanotel::context from = remote(true);
    {
        nanotel::span span({.name = "below", .parent = &from}, "text"_attr = "b");
    }
    {
        nanotel::span span("none");
    }
    REQUIRE(all.size() == 7);
    CHECK(all[0].text == "copied");
    CHECK(all[0].attributes == 2);
    CHECK(all[1].text == "a");
    CHECK(all[1].kind == nanotel::span_kind::producer);
    CHECK(all[2].text == "of a type of its own");
    CHECK(all[3].text == "in span");
    CHECK(all[4].text == "copied");
    CHECK(all[4].attributes == 2);
    CHECK(all[5].text == "b");
    CHECK(all[6].attributes == 0);
    // And each is there once.
    CHECK(recorded.span("span").attributes.size() == 2);
    CHECK(recorded.span("function").attributes["text"] == "in span");
    CHECK(recorded.span("function with options").attributes.size() == 2);
    CHECK(recorded.span("detached").attributes["text"] == "of a type of its own");
}

TEST_CASE("its attributes are added to the spans that it keeps, and the span's own win") {
    const auto added = std::make_shared<const nanotel::sampling_attributes>(nanotel::sampling_attributes{
        {"rule", "kept"}, {"yes", true}, {"number", std::int64_t{-7}}, {"share", 0.25}, {"", "no key"}});
    sampled recorded(sampler::custom("annotating", [&](const sampling_parameters&) {
        return sampling_result{sampling_decision::record_and_sample, {}, added};
    }));
    {
        NANOTEL_SPAN(span, "macro", "a"_attr = 1, "rule"_attr = "own");
        span.set("b"_attr = 2);
        NANOTEL_SPAN(child, "child");
    }
    {
        nanotel::span span("function", "a"_attr = 1);
    }
    {
        nanotel::detached_span span("detached");
    }
    const auto macro = recorded.span("macro");
    CHECK(macro.attributes["rule"] == "own");
    CHECK(macro.attributes["yes"] == true);
    CHECK(macro.attributes["number"] == -7);
    CHECK(macro.attributes["share"] == 0.25);
    CHECK(macro.attributes["a"] == 1);
    CHECK(macro.attributes["b"] == 2);
    CHECK(macro.attributes.size() == 6);
    CHECK(macro.dropped_attributes_count == 1);
    CHECK(recorded.span("child").attributes.size() == 0);
    CHECK(recorded.span("function").attributes["rule"] == "kept");
    CHECK(recorded.span("detached").attributes.size() == 4);
}

TEST_CASE("a sampler that throws keeps the span, and is heard of") {
    int calls = 0;
    sampled recorded(sampler::custom("throwing", [&](const sampling_parameters&) -> sampling_result {
        if (++calls % 2 == 0) throw 42;
        throw std::runtime_error("out of luck");
    }));
    for (int i = 0; i < 4; ++i) {
        NANOTEL_SPAN(span, "root");
        CHECK(span.is_recording());
        CHECK(std::uncaught_exceptions() == 0);
    }
    CHECK(recorded.names().size() == 4);
    CHECK(recorded.spans()[0].status.code == nanotel::status_code::unset);
    const auto said = recorded.said();
    REQUIRE_FALSE(said.empty());
    CHECK(said[0].find("out of luck") != std::string::npos);
}

TEST_CASE("a span within a sampler begins nothing and counts as dropped") {
    sampled recorded(sampler::custom("recording", [](const sampling_parameters&) {
        NANOTEL_SPAN(span, "within");
        CHECK_FALSE(span.is_recording());
        return sampling_result{sampling_decision::record_and_sample};
    }));
    {
        NANOTEL_SPAN(span, "root");
    }
    CHECK(recorded.names() == std::vector<std::string>{"root"});
    CHECK(recorded.dropped() == 1);
}

TEST_CASE("in a parent_based, it is asked about roots alone") {
    int calls = 0;
    sampled recorded(sampler::parent_based(sampler::custom("never", [&](const sampling_parameters&) {
        ++calls;
        return sampling_result{};
    })));
    {
        NANOTEL_SPAN(span, "root");
    }
    {
        NANOTEL_SPAN_FROM(span, remote(true), "sampled");
    }
    {
        NANOTEL_SPAN_FROM(span, remote(false), "not sampled");
    }
    CHECK(calls == 1);
    CHECK(recorded.names() == std::vector<std::string>{"sampled"});
}

TEST_CASE("what is only recorded goes where it is asked for, and its children are dropped") {
    sampled recorded({.sampler = sampler::custom("record only",
                                                 [](const sampling_parameters&) {
                                                     return sampling_result{sampling_decision::record_only};
                                                 }),
                      .destinations = {{}, {.unsampled = true}}});
    {
        NANOTEL_SPAN(root, "root", "a"_attr = 1);
        CHECK(root.is_recording());
        CHECK_FALSE(root.context().is_sampled());
        NANOTEL_SPAN(child, "child");
        CHECK_FALSE(child.is_recording());
        CHECK(nanotel::current_context() == root.context());
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(recorded.names(0).empty());
    CHECK(recorded.names(1) == std::vector<std::string>{"root"});
    CHECK(recorded.span("root", 1).flags == 0x102);
    CHECK(recorded.span("root", 1).attributes["a"] == 1);
    CHECK(recorded.delivered() == 1);
}

TEST_CASE("always_record records what is dropped, down to the last child") {
    sampled recorded({.sampler = sampler::always_record(sampler::trace_id_ratio(0.5)),
                      .destinations = {{}, {.unsampled = true}}});
    std::size_t kept = 0;
    constexpr std::size_t count = 200;
    for (std::size_t i = 0; i < count; ++i) {
        NANOTEL_SPAN(root, "root");
        CHECK(root.is_recording());
        const bool is_sampled = root.context().is_sampled();
        kept += is_sampled;
        NANOTEL_SPAN(child, "child", "n"_attr = i);
        CHECK(child.is_recording());
        CHECK(child.context().is_sampled() == is_sampled);
        NANOTEL_DETACHED_SPAN(detached, "detached");
        CHECK(detached.context().is_sampled() == is_sampled);
    }
    {
        NANOTEL_SPAN_FROM(span, remote(false), "from elsewhere");
    }
    CHECK_FALSE(nanotel::current_context().is_valid());
    CHECK(kept > count / 4);
    CHECK(kept < count * 3 / 4);
    CHECK(recorded.spans(0).size() == 3 * kept);
    CHECK(recorded.spans(1).size() == 3 * count + 1);
    CHECK(recorded.span("from elsewhere", 1).flags == 0x302);
    CHECK(recorded.recorded() == 3 * count + 1 + 3 * kept); // once for each destination
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("threads ask a sampler at once") {
    std::atomic<int> calls{0};
    sampled recorded(sampler::custom("counting", [&](const sampling_parameters& of) {
        ++calls;
        return sampling_result{of.randomness() % 2 == 0 ? sampling_decision::record_and_sample
                                                        : sampling_decision::drop};
    }));
    std::atomic<std::size_t> kept{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                NANOTEL_SPAN(root, "root");
                NANOTEL_SPAN(child, "child");
                CHECK(root.is_recording() == child.is_recording());
                kept += root.is_recording();
            }
        });
    for (auto& each : threads) each.join();
    CHECK(calls.load() == 800);
    CHECK(recorded.spans().size() == 2 * kept);
}

TEST_SUITE_END();
