// SPDX-License-Identifier: MIT
// The picture of a trace: indentation, columns, events, links, and traces that are not whole.
#include "../../examples/receiver/span_store.hpp"
#include "../../examples/receiver/text_layout.hpp"
#include "../../examples/receiver/trace_tree.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace {

receiver::trace checkout_trace() {
    receiver::trace t;
    t.id = {1, 2};
    t.start = 1'000'000;
    t.end = 9'000'000;
    receiver::received_span root;
    root.span = 1;
    root.start = 1'000'000;
    root.end = 9'000'000;
    root.kind = 2;
    root.status = 2;
    root.status_message = "declined";
    root.name = "POST /checkout";
    root.attributes = "http.route=/checkout\nhttp.response.status_code=402";
    receiver::received_span second = root;
    second.span = 3;
    second.parent = 1;
    second.kind = 1;
    second.status = 0;
    second.status_message.clear();
    second.name = "charge";
    second.start = 2'000'000;
    second.end = 2'500'000;
    second.attributes = "amount=3";
    second.events.push_back({2'100'000, "asked", "try=1"});
    second.links.push_back({{0xabc, 1}, ""});
    receiver::received_span first = second;
    first.span = 2;
    first.name = "parse";
    first.start = 1'000'500;
    first.end = 1'000'900;
    first.events.clear();
    first.links.clear();
    first.attributes.clear();
    t.spans = {second, first, root};
    return t;
}

} // namespace

TEST_CASE("children stand under their parent in the order of their starts, columns aligned") {
    CHECK(
        receiver::draw(checkout_trace(), receiver::palette(false)) ==
        "   POST /checkout (server)           8.00 ms     +0 ns  error  \"declined\"  http.route=/checkout  "
        "http.response.status_code=402\n"
        "   ├─ parse                           400 ns   +500 ns\n"
        "   └─ charge                        500.0 µs  +1.00 ms         amount=3\n"
        "         • asked                              +1.10 ms         try=1\n"
        "         ↪ trace 0000000000000abc…\n");
}

TEST_CASE("colour is for terminals only") {
    CHECK(receiver::draw(checkout_trace(), receiver::palette(false)).find('\x1b') == std::string::npos);
    CHECK(receiver::draw(checkout_trace(), receiver::palette(true)).find('\x1b') != std::string::npos);
}

TEST_CASE("a span whose parent is not there is drawn as a root that says so") {
    auto t = checkout_trace();
    t.spans.pop_back();
    const auto text = receiver::draw(t, receiver::palette(false));
    CHECK(text.find("(parent not received)") != std::string::npos);
}

TEST_CASE("a long tree is cut and says by how much") {
    auto t = checkout_trace();
    for (std::uint64_t i = 0; i < 100; ++i) {
        auto child = t.spans[1];
        child.span = 100 + i;
        t.spans.push_back(child);
    }
    const auto text = receiver::draw(t, receiver::palette(false), 10);
    CHECK(text.find("… 95 more lines") != std::string::npos);
}
