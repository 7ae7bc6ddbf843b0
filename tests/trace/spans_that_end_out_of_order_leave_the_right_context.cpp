// SPDX-License-Identifier: MIT
#include "recording.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

using nanotel_test::hex;
using nanotel_test::recording;

namespace {

// What is current is the span that began last of those that are still open.
struct open_span {
    std::unique_ptr<nanotel::span> span;
    nanotel::context context;
};

nanotel::context expected_context(const std::vector<open_span>& open) {
    return open.empty() ? nanotel::context{} : open.back().context;
}

} // namespace

TEST_CASE("a parent that ends before its child hands over to its own parent") {
    recording recorded;
    const auto grandparent = std::make_unique<nanotel::span>("grandparent");
    auto parent = std::make_unique<nanotel::span>("parent");
    auto child = std::make_unique<nanotel::span>("child");
    const nanotel::context of_child = child->context();
    const nanotel::context of_parent = parent->context();
    parent.reset();
    CHECK(nanotel::current_context() == of_child);
    child.reset();
    CHECK(nanotel::current_context() == grandparent->context());
    CHECK(recorded.span("child").parent_span_id == hex(of_parent.span_id));
}

TEST_CASE("a root that ends first leaves no context behind its children") {
    recording recorded;
    auto root = std::make_unique<nanotel::span>("root");
    std::vector<std::unique_ptr<nanotel::span>> children;
    for (int i = 0; i < 40; ++i) children.push_back(std::make_unique<nanotel::span>("child"));
    root.reset();
    for (auto& child : children) child.reset(); // the outermost first
    CHECK_FALSE(nanotel::current_context().is_valid());
    {
        NANOTEL_SCOPED_SPAN("next");
    }
    CHECK(recorded.span("next").parent_span_id == "");
}

TEST_CASE("an end out of order survives a scope of no context") {
    recording recorded;
    auto outer = std::make_unique<nanotel::span>("outer");
    auto inner = std::make_unique<nanotel::span>("inner");
    outer.reset();
    {
        const nanotel::context_scope none(nanotel::new_root);
        NANOTEL_SCOPED_SPAN("alone");
    }
    CHECK(nanotel::current_context() == inner->context());
    inner.reset();
    CHECK_FALSE(nanotel::current_context().is_valid());
}

TEST_CASE("a scope that was attached to a span that has ended since returns to one that is open") {
    recording recorded;
    NANOTEL_SPAN(base, "base");
    auto outer = std::make_unique<nanotel::span>("outer");
    {
        const nanotel::context_scope attached(
            nanotel::context{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1, true});
        NANOTEL_SCOPED_SPAN("elsewhere");
        outer.reset();
    }
    CHECK(nanotel::current_context() == base.context());
}

TEST_CASE("spans that end in any order leave the right context") {
    std::random_device device;
    const auto seed = device();
    MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };

    recording recorded;
    std::map<std::string, std::string> parents; // by span id
    for (int round = 0; round < 3000; ++round) {
        const unsigned most = round % 10 == 0 ? 100 : 12;
        std::vector<open_span> open;
        std::vector<nanotel::context> known{nanotel::new_root};
        unsigned begun = 0;
        while (begun < most || !open.empty()) {
            if (begun < most && (open.empty() || below(2) == 0)) {
                ++begun;
                const nanotel::context current = nanotel::current_context();
                open_span one;
                nanotel::context parent = current;
                if (below(4) == 0) {
                    parent = known[below(static_cast<unsigned>(known.size()))];
                    one.span = std::make_unique<nanotel::span>(
                        nanotel::span_options{.name = "s", .parent = &parent});
                } else {
                    one.span = std::make_unique<nanotel::span>("s");
                }
                one.context = one.span->context();
                parents[hex(one.context.span_id)] = parent.is_valid() ? hex(parent.span_id) : "";
                if (parent.is_valid()) REQUIRE(one.context.trace_id == parent.trace_id);
                known.push_back(one.context);
                open.push_back(std::move(one));
            } else {
                const auto victim = below(static_cast<unsigned>(open.size()));
                if (below(2) == 0) open[victim].span->end(); // then ended once more
                open.erase(open.begin() + victim);
            }
            REQUIRE(nanotel::current_context() == expected_context(open));
        }
        if (round % 100 == 99) REQUIRE(recorded.dropped() == 0);
    }
    const auto spans = recorded.spans();
    CHECK(spans.size() == parents.size());
    for (const auto& span : spans) REQUIRE(span.parent_span_id == parents.at(span.span_id));
}
