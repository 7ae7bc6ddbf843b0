// SPDX-License-Identifier: MIT
// Random contexts through carriers of every kind; several propagators as one; and what a process that starts
// nothing passes on.
#include <nanotel/nanotel.hpp>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

std::mt19937_64 random_numbers(7);

std::string random_text(std::string_view characters, std::size_t least, std::size_t most) {
    std::string made(least + random_numbers() % (most - least + 1), ' ');
    for (char& c : made) c = characters[random_numbers() % characters.size()];
    return made;
}

nanotel::context random_context() {
    nanotel::context made;
    made.trace_id = {{random_numbers(), random_numbers() | 1}};
    made.span_id = {random_numbers() | 1};
    made.flags = static_cast<std::uint8_t>(random_numbers() % 4);
    made.remote = true;
    for (auto count = random_numbers() % 6; count > 0; --count)
        made.trace_state =
            made.trace_state.set(random_text("abz09", 1, 1) + random_text("abcyz019_-*/@", 0, 20),
                                 random_text(" !\"#$%;:<>?@AZ[\\]^`z{|}~", 0, 20) + "x");
    static const std::string any = [] {
        std::string all = "abc\xc3\xa4\xe2\x82\xac";
        for (char c = 1; c > 0 && c < 0x7f; ++c) all += c;
        return all;
    }();
    for (auto count = random_numbers() % 6; count > 0; --count) {
        // Whole characters of UTF-8, which others would not come back as.
        std::string value = random_text(std::string_view(any).substr(8), 0, 30);
        if (random_numbers() % 2 == 0) value += "\xc3\xa4\xe2\x82\xac%";
        made.baggage = made.baggage.set(random_text("abcXYZ019!#$%&'*+-.^_`|~", 1, 10), value,
                                        random_numbers() % 2 == 0 ? "ttl=3;p" : "");
    }
    return made;
}

template <class Propagator, class Carrier>
nanotel::context through(const Propagator& propagator, const nanotel::context& context,
                         Carrier carrier = {}) {
    propagator.inject(carrier, context);
    return propagator.extract(carrier);
}

using strings = std::map<std::string, std::string>;

struct tenant_propagator {
    std::string prefix;
    void inject(strings& carrier, const nanotel::context& from) const {
        const nanotel::text tenant = from.baggage.get("tenant");
        carrier["x-tenant"] = prefix + std::string(tenant.data, tenant.size);
    }
    nanotel::context extract(const strings& carrier, const nanotel::context& base) const {
        nanotel::context found = base;
        const auto tenant = carrier.find("x-tenant");
        if (tenant != carrier.end())
            found.baggage = found.baggage.set("tenant", tenant->second.substr(prefix.size()));
        return found;
    }
    template <class F>
    void for_each_field(F&& f) const {
        f("x-tenant");
    }
};

} // namespace

TEST_CASE("random contexts come out of carriers of every kind") {
    const nanotel::composite_propagator w3c{nanotel::trace_context_propagator{},
                                            nanotel::baggage_propagator{}};
    for (int i = 0; i < 300; ++i) {
        const nanotel::context one = random_context();
        REQUIRE(through(w3c, one, strings{}) == one);
        REQUIRE(through(w3c, one, std::multimap<std::string, std::string>{}) == one);
        REQUIRE(through(w3c, one, std::unordered_map<std::string, std::vector<std::string>>{}) == one);
        REQUIRE(through(w3c, one, std::vector<std::pair<std::string, std::string>>{{"TraceParent", "old"}}) ==
                one);
        // A callable, in each of the forms that it may return.
        strings kept;
        w3c.inject([&](std::string_view name, const std::string& value) { kept[std::string(name)] = value; },
                   one);
        const auto pointer = [&](const std::string& name) -> const std::string* {
            const auto found = kept.find(name);
            return found == kept.end() ? nullptr : &found->second;
        };
        REQUIRE(w3c.extract(pointer) == one);
        REQUIRE(w3c.extract([&](const char* name) { return pointer(name) ? *pointer(name) : ""; }) == one);
        REQUIRE(w3c.extract([&](const char* name) -> std::optional<std::string> {
            return pointer(name) ? std::optional(*pointer(name)) : std::nullopt;
        }) == one);
        REQUIRE(w3c.extract([&](const char* name) {
            return pointer(name) ? pointer(name)->c_str() : nullptr;
        }) == one);

        // B3 has no trace state, no random flag and no baggage, but knows of debug.
        nanotel::context ids = one;
        ids.trace_state = {};
        ids.baggage = {};
        ids.flags &= 1;
        if (i % 3 == 0) ids.flags = 0x81;
        REQUIRE(through(nanotel::b3_propagator{}, ids, strings{}) == ids);
        REQUIRE(through(nanotel::b3_multi_propagator{}, ids, strings{}) == ids);
        // All at once keep everything.
        nanotel::context all = one;
        if (i % 3 == 0) all.flags |= 0x81;
        REQUIRE(through(nanotel::composite_propagator{nanotel::trace_context_propagator{},
                                                      nanotel::b3_propagator{}, nanotel::baggage_propagator{},
                                                      nanotel::b3_multi_propagator{}},
                        all, strings{}) == all);
        REQUIRE(through(nanotel::composite_propagator{nanotel::b3_propagator{}, nanotel::baggage_propagator{},
                                                      nanotel::trace_context_propagator{}},
                        all, strings{}) == all);
    }
}

TEST_CASE("nothing of another context stays beside what is injected") {
    using pairs = std::vector<std::pair<std::string, std::string>>;
    const nanotel::context one{nanotel::trace_id{{1, 2}}, nanotel::span_id{3}, 1};
    nanotel::context debugged = one;
    debugged.flags = 0x81;
    const auto names = [](const auto& carrier) {
        std::string all;
        for (const auto& [name, value] : carrier) all += name + "=" + value + " ";
        return all;
    };
    const std::string parent = "00-01000000000000000200000000000000-0300000000000000-01";

    pairs copied{{"Tracestate", "old=1"}, {"tracestate", "old=2"}, {"Traceparent", "old"}, {"Accept", "*"}};
    const pairs of_caller = copied;
    nanotel::trace_context_propagator::inject(copied, {}); // which says nothing
    CHECK(copied == of_caller);
    nanotel::trace_context_propagator::inject(copied, one);
    CHECK(names(copied) == "Accept=* traceparent=" + parent + " ");
    strings map{{"TraceState", "old=1"}};
    nanotel::inject(map, one);
    CHECK(names(map) == "traceparent=" + parent + " ");

    const std::string ids = "x-b3-traceid=01000000000000000200000000000000 x-b3-spanid=0300000000000000 ";
    pairs headers{{"X-B3-Flags", "1"}, {"X-B3-ParentSpanId", "0000000000000009"}, {"B3", "old"}};
    nanotel::b3_multi_propagator::inject(headers, one);
    CHECK(names(headers) == ids + "x-b3-sampled=1 ");
    nanotel::b3_multi_propagator::inject(headers, debugged);
    CHECK(names(headers) == ids + "x-b3-flags=1 ");
    // What the other form says of the same context it goes on to say.
    headers = {{"b3", "old"}};
    nanotel::composite_propagator{nanotel::b3_propagator{}, nanotel::b3_multi_propagator{}}.inject(headers,
                                                                                                   one);
    CHECK(names(headers) ==
          "b3=01000000000000000200000000000000-0300000000000000-1 " + ids + "x-b3-sampled=1 ");

    // The application's own, where there is no other.
    strings with_baggage{{"Baggage", "mine=1"}};
    nanotel::inject(with_baggage, one);
    CHECK(with_baggage["Baggage"] == "mine=1");
    nanotel::context other = one;
    other.baggage = nanotel::baggage().set("theirs", "2");
    nanotel::inject(with_baggage, other);
    CHECK(names(with_baggage) == "baggage=theirs=2 traceparent=" + parent + " ");
}

TEST_CASE("a propagator of the application's own stands beside the others") {
    const nanotel::composite_propagator both{nanotel::trace_context_propagator{}, tenant_propagator{"t-"}};
    nanotel::context context = random_context();
    context.baggage = nanotel::baggage().set("tenant", "17");
    strings carrier;
    both.inject(carrier, context);
    CHECK(carrier["x-tenant"] == "t-17");
    CHECK(both.extract(carrier) == context);
    std::string fields;
    both.for_each_field([&](const char* name) { fields += std::string(name) + " "; });
    CHECK(fields == "traceparent tracestate x-tenant ");
}

TEST_CASE("a process that starts nothing passes on what it was called with") {
    const nanotel::context caller = random_context();
    strings incoming;
    nanotel::inject(incoming, caller);
    strings outgoing;
    nanotel::inject(outgoing);
    CHECK(outgoing.empty());
    {
        const nanotel::context_scope attached(nanotel::extract(incoming));
        NANOTEL_SPAN(span, "not recorded");
        nanotel::inject(outgoing);
    }
    CHECK(outgoing == incoming);
    outgoing.clear();
    nanotel::inject(outgoing);
    CHECK(outgoing.empty());
    CHECK_FALSE(nanotel::extract(strings{}).is_valid());
}

TEST_CASE("names of propagators are read in their order") {
    namespace list = nanotel::detail::propagator_list;
    const auto read = [&](const char* names) {
        std::string order;
        list::for_each(list::parse(names), [&](auto one) {
            one.for_each_field([&](const char* name) { order += std::string(name) + " "; });
        });
        return order;
    };
    const std::string usual = "traceparent tracestate baggage ";
    CHECK(read("") == usual);
    CHECK(read(" , ") == usual);
    CHECK(read("tracecontext,baggage") == usual);
    CHECK(read(" baggage ,\tTraceContext,baggage") == "baggage traceparent tracestate ");
    CHECK(read("b3") == "b3 ");
    CHECK(read("b3multi,b3") == "x-b3-traceid x-b3-spanid x-b3-sampled x-b3-flags b3 ");
    CHECK(read("none") == "");
    CHECK(read("jaeger,baggage,xray") == "baggage ");
    CHECK(read("jaeger,None") == "");
    // A bad value is ignored.
    CHECK(read("jaeger") == usual);
    CHECK(read("tracecontex,") == usual);
}
