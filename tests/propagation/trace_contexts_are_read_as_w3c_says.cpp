// SPDX-License-Identifier: MIT
// traceparent and tracestate, level 2: what is read, what counts as absent, what is written.
#include <nanotel/propagation/trace_context.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using headers = std::vector<std::pair<std::string, std::string>>;
using propagator = nanotel::trace_context_propagator;

const std::string trace = "0af7651916cd43dd8448eb211c80319c";
const std::string span = "b7ad6b7169203331";

nanotel::context of(const std::string& traceparent) {
    return propagator::extract(headers{{"traceparent", traceparent}});
}
std::string state_of(const std::vector<std::string>& tracestates) {
    headers all{{"traceparent", "00-" + trace + "-" + span + "-01"}};
    for (const std::string& one : tracestates) all.emplace_back("tracestate", one);
    const nanotel::context read = propagator::extract(all);
    REQUIRE(read.is_valid());
    const nanotel::text text = read.trace_state.to_text();
    return {text.data, text.size};
}
std::string text_of(nanotel::text t) { return {t.data, t.size}; }

} // namespace

TEST_CASE("a traceparent is read by its fields") {
    const nanotel::context read = of("00-" + trace + "-" + span + "-03");
    CHECK(read.trace_id == nanotel::trace_id::from_hex(trace));
    CHECK(read.span_id == nanotel::span_id::from_hex(span));
    CHECK(read.flags == 3);
    CHECK(read.remote);
    CHECK_FALSE(of("00-" + trace + "-" + span + "-00").is_sampled());
    CHECK(of("\t 00-" + trace + "-" + span + "-01 ").is_sampled());
    // Flags that nobody has defined are not passed on.
    CHECK(of("00-" + trace + "-" + span + "-ff").flags == 3);
}

TEST_CASE("of a version to come the fields that are known count") {
    CHECK(of("cc-" + trace + "-" + span + "-01").is_valid());
    CHECK(of("cc-" + trace + "-" + span + "-01-what-will-be").is_valid());
    CHECK_FALSE(of("cc-" + trace + "-" + span + "-01.what-will-be").is_valid());
    CHECK_FALSE(of("cc-" + trace + "-" + span + "-0").is_valid());
    CHECK_FALSE(of("00-" + trace + "-" + span + "-01-what-will-be").is_valid());
}

TEST_CASE("a malformed traceparent is absent") {
    const std::string good = "00-" + trace + "-" + span + "-01";
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        for (const char c : {'G', 'A', '.', ' ', '\0', '\xff'}) {
            bad[i] = c;
            CAPTURE(bad);
            // A higher version is no mistake: no digit but these is put anywhere.
            CHECK_FALSE(of(bad).is_valid());
        }
        CHECK_FALSE(of(good.substr(0, i)).is_valid());
        CHECK_FALSE(of(good.substr(0, i) + "0" + good.substr(i)).is_valid());
        std::string shorter = good;
        shorter.erase(i, 1);
        CHECK_FALSE(of(shorter).is_valid());
    }
    CHECK_FALSE(of("ff-" + trace + "-" + span + "-01").is_valid());
    CHECK_FALSE(of("00-" + std::string(32, '0') + "-" + span + "-01").is_valid());
    CHECK_FALSE(of("00-" + trace + "-" + std::string(16, '0') + "-01").is_valid());
    CHECK_FALSE(propagator::extract(headers{{"traceparent", good}, {"traceparent", good}}).is_valid());
    CHECK_FALSE(propagator::extract(headers{{"trace-parent", good}}).is_valid());
    CHECK_FALSE(propagator::extract(headers{}).is_valid());
}

TEST_CASE("a context that was found before is kept where there is none") {
    nanotel::context base = of("00-" + trace + "-" + span + "-01");
    base.baggage = base.baggage.set("k", "v");
    CHECK(propagator::extract(headers{{"traceparent", "00-x"}}, base) == base);
    const nanotel::context other =
        propagator::extract(headers{{"traceparent", "00-" + trace + "-00000000000000ab-00"}}, base);
    CHECK(other.span_id == nanotel::span_id::from_hex("00000000000000ab"));
    CHECK(other.baggage == base.baggage);
}

TEST_CASE("several headers of tracestate are one list") {
    CHECK(state_of({"foo=1", "bar=2"}) == "foo=1,bar=2");
    CHECK(state_of({"foo=1, ,", "", ",bar=2 \t,\t baz=3"}) == "foo=1,bar=2,baz=3");
    CHECK(state_of({}) == "");
    CHECK(state_of({" , "}) == "");
    CHECK(state_of({"a= leading stays"}) == "a= leading stays");
    CHECK(state_of({"0a_-*/@@b=!\"#$%&'()*+-./09:;<>?@AZ[\\]^_`az{|}~"}) ==
          "0a_-*/@@b=!\"#$%&'()*+-./09:;<>?@AZ[\\]^_`az{|}~");
}

TEST_CASE("a tracestate with a mistake is left out whole, and the traceparent is not") {
    const std::vector<std::string> bad = {
        "foo=1,bar",      "foo=1,=2",        "foo=1,bar=",
        "foo=1,foo=2",    "foo=1,Bar=2",     "foo=1,_bar=2",
        "foo=1,@bar=2",   "foo=1,bar =2",    "foo=1,b.r=2",
        "foo=1,bar=a=b",  "foo=1,bar=a\tb",  "foo=1,bar=\x7f",
        "foo=1,bar=\x80", "foo=1;bar=2=3,a", "foo=1," + std::string(257, 'k') + "=2"};
    for (const std::string& one : bad) {
        CAPTURE(one);
        CHECK(state_of({one}) == "");
    }
    CHECK(state_of({"foo=1", "foo=1"}) == "");
    CHECK(state_of({"foo=" + std::string(257, 'v')}) == "");
    CHECK(state_of({std::string(256, 'k') + "=1"}) == std::string(256, 'k') + "=1");
    CHECK(state_of({"k=" + std::string(256, 'v')}) == "k=" + std::string(256, 'v'));
}

TEST_CASE("32 members are the most") {
    std::string list;
    for (int i = 0; i < 32; ++i) list += (i == 0 ? "" : ",") + ("k" + std::to_string(i)) + "=v";
    CHECK(state_of({list}) == list);
    CHECK(state_of({list + ",k32=v"}) == "");
    CHECK(state_of({list, "k32=v"}) == "");
    const nanotel::trace_state full = nanotel::trace_state::parse(list);
    const nanotel::trace_state more = full.set("new", "1");
    CHECK(text_of(more.to_text()) == "new=1," + list.substr(0, list.rfind(',')));
    // As many headers as lists may have members, and one more.
    CHECK(state_of(std::vector<std::string>(32, "")) == "");
    std::vector<std::string> single;
    for (int i = 0; i < 32; ++i) single.push_back("k" + std::to_string(i) + "=v");
    CHECK(state_of(single) == list);
    single.insert(single.begin(), "");
    CHECK(state_of(single) == "");
}

TEST_CASE("of more than 512 characters the long members give way first, then the last") {
    const auto member = [](char key, std::size_t size) {
        return std::string(1, key) + "=" + std::string(size - 2, 'v');
    };
    const std::string a = member('a', 100), b = member('b', 129), c = member('c', 128), d = member('d', 128),
                      e = member('e', 129), f = member('f', 23);
    CHECK(state_of({a + "," + b + "," + c + "," + d + "," + f}) == a + "," + b + "," + c + "," + d + "," + f);
    CHECK(state_of({a + "," + b + "," + c + "," + d + "," + f + "v"}) ==
          a + "," + c + "," + d + "," + f + "v");
    // Of those that are long the right-most.
    CHECK(state_of({a + "," + b + "," + c + "," + e + "," + f}) == a + "," + b + "," + c + "," + f);
    const std::string g = member('g', 128), h = member('h', 128);
    CHECK(state_of({a + "," + c + "," + d + "," + g + "," + h}) == a + "," + c + "," + d + "," + g);
}

TEST_CASE("what is changed moves to the front") {
    const auto state = nanotel::trace_state::parse("a=1,b=2,c=3");
    CHECK(text_of(state.set("b", "4").to_text()) == "b=4,a=1,c=3");
    CHECK(text_of(state.set("d", "5").to_text()) == "d=5,a=1,b=2,c=3");
    CHECK(text_of(state.remove("a").to_text()) == "b=2,c=3");
    CHECK(text_of(state.remove("x").to_text()) == "a=1,b=2,c=3");
    CHECK(state.remove("a").remove("b").remove("c").empty());
    CHECK(state.set("A", "1") == state);
    CHECK(state.set("a", "1,2") == state);
    CHECK(state.set("a", "") == state);
    CHECK(text_of(state.get("c")) == "3");
    CHECK(state.get("d").empty());
    CHECK(text_of(nanotel::trace_state().set("a", "1").to_text()) == "a=1");
    std::string keys;
    for (const nanotel::trace_state_member one : state) keys += text_of(one.key) + text_of(one.value);
    CHECK(keys == "a1b2c3");
}

TEST_CASE("what is written is version 00, and nothing for a context that is none") {
    nanotel::context context{nanotel::trace_id::from_hex(trace), nanotel::span_id::from_hex(span), 0x83,
                             true};
    std::map<std::string, std::string> carrier{{"TraceParent", "old"}, {"tracestate", "old"}};
    propagator::inject(carrier, {});
    CHECK(carrier.size() == 2);
    propagator::inject(carrier, context);
    CHECK(carrier["traceparent"] == "00-" + trace + "-" + span + "-03");
    CHECK(carrier.count("TraceParent") == 0);
    context.trace_state = nanotel::trace_state::parse("a=1");
    propagator::inject(carrier, context);
    CHECK(carrier["tracestate"] == "a=1");
}
