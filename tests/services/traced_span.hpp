// SPDX-License-Identifier: MIT
// A span as whoever received it tells it, and traces as texts that are read at a glance.
#pragma once

#include <nanotel/otlp/finished_span.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

namespace nanotel_test {

struct traced_span {
    std::string trace_id;
    std::string span_id;
    std::string parent_span_id;
    std::string service;
    std::string name;
    std::string kind; // "server"
    bool failed = false;
    std::string status_message;
    std::int64_t start = 0; // microseconds
    std::int64_t end = 0;
    std::map<std::string, std::string> attributes; // those that are strings
};

inline traced_span traced(const nanotel::finished_span& span) {
    traced_span to;
    to.trace_id = span.trace_id;
    to.span_id = span.span_id;
    to.parent_span_id = span.parent_span_id;
    to.name = span.name;
    to.failed = span.status.code == nanotel::status_code::error;
    to.status_message = span.status.message;
    to.start = static_cast<std::int64_t>(span.start_time_unix_nano / 1'000);
    to.end = static_cast<std::int64_t>(span.end_time_unix_nano / 1'000);
    const char* const kinds[] = {"unspecified", "internal", "server", "client", "producer", "consumer"};
    to.kind = kinds[static_cast<std::size_t>(span.kind)];
    for (const auto& [key, value] : span.attributes)
        if (const auto* text = value.get_if<std::string>()) to.attributes[key] = *text;
    if (const auto* name = span.resource["service.name"].get_if<std::string>()) to.service = *name;
    return to;
}

namespace detail {
inline void draw(const std::vector<traced_span>& spans, const std::string& parent,
                 const std::string& indentation, std::string& text) {
    std::vector<const traced_span*> children;
    for (const traced_span& span : spans)
        if (span.parent_span_id == parent) children.push_back(&span);
    // Those of items begin at once, so they stand by name, and first.
    const auto place = [](const traced_span* span) {
        const auto item = span->attributes.find("item");
        const bool has_none = item == span->attributes.end();
        return std::tuple(has_none, has_none ? "" : item->second, span->start);
    };
    std::sort(children.begin(), children.end(),
              [&](const auto* a, const auto* b) { return place(a) < place(b); });
    for (const traced_span* span : children) {
        text += indentation + span->service + ' ' + span->kind + ' ' + span->name;
        if (const auto item = span->attributes.find("item"); item != span->attributes.end())
            text += " (" + item->second + ')';
        if (span->failed) text += " ERROR";
        // What a library says of a connection is another text in each version of it.
        if (!span->status_message.empty() && span->kind == "internal") text += ": " + span->status_message;
        text += '\n';
        draw(spans, span->span_id, indentation + "  ", text);
    }
}
} // namespace detail

/// One span a line, children below their parents and in the order in which they began, but for those of
/// items.
inline std::string drawn(const std::vector<traced_span>& spans) {
    std::string text = "\n";
    detail::draw(spans, "", "", text);
    return text;
}

/// That all are of one trace, and each lies in time within its parent.
inline void check_whole(const std::vector<traced_span>& spans) {
    REQUIRE(!spans.empty());
    std::map<std::string, const traced_span*> by_id;
    for (const traced_span& span : spans) CHECK(by_id.emplace(span.span_id, &span).second);
    for (const traced_span& span : spans) {
        CHECK(span.trace_id == spans.front().trace_id);
        CHECK(span.start <= span.end);
        if (span.parent_span_id.empty()) continue;
        REQUIRE(by_id.count(span.parent_span_id) == 1);
        const traced_span& parent = *by_id[span.parent_span_id];
        INFO(parent.name << " from " << parent.start << " to " << parent.end << ", within it " << span.name
                         << " from " << span.start << " to " << span.end);
        // Times are cut to microseconds; the clocks of two processes agree to a millisecond each.
        const std::int64_t tolerance = span.service == parent.service ? 2 : 2'000;
        CHECK(span.start >= parent.start - tolerance);
        CHECK(span.end <= parent.end + tolerance);
    }
}

/// A checkout that is paid, and one that is refused, as they are drawn.
inline std::string paid_checkout() {
    return R"(
front-end server POST /checkout
  front-end client POST
    cart server POST /orders
      cart internal check out
        cart internal price item (Emma)
        cart internal price item (Persuasion)
        cart internal price item (Ulysses)
        cart client POST
          payment server POST /payments
            payment internal authorize
)";
}
inline std::string refused_checkout() {
    return R"(
front-end server POST /checkout
  front-end client POST ERROR
    cart server POST /orders
      cart internal check out
        cart internal price item (Emma)
        cart internal price item (First Folio)
        cart client POST ERROR
          payment server POST /payments
            payment internal authorize ERROR: above the limit
)";
}

} // namespace nanotel_test
