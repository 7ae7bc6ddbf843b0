// SPDX-License-Identifier: MIT
// B3: one header or several, the forms of the decision, ids of 64 bits.
#include <nanotel/propagation/b3.hpp>

#include <map>
#include <string>

#include <doctest/doctest.h>

namespace {

using headers = std::map<std::string, std::string>;

const std::string trace = "80f198ee56343ba864fe8b2a57d3eff7";
const std::string span = "e457b5a2e4d86bd1";

nanotel::context of(const headers& carrier) { return nanotel::b3_propagator::extract(carrier); }
int flags_of(const std::string& single) {
    const nanotel::context read = of({{"b3", single}});
    return read.is_valid() ? read.flags : -1;
}
headers several(headers more) {
    more.emplace("X-B3-TraceId", trace);
    more.emplace("X-B3-SpanId", span);
    return more;
}

} // namespace

TEST_CASE("the decision has several forms") {
    const std::string ids = trace + "-" + span;
    CHECK(flags_of(ids) == 0);
    CHECK(flags_of(ids + "-0") == 0);
    CHECK(flags_of(ids + "-1") == 1);
    CHECK(flags_of(ids + "-d") == 0x81);
    CHECK(flags_of(" " + ids + "-true ") == 1);
    CHECK(flags_of(ids + "-false") == 0);
    CHECK(flags_of(ids + "-1-05e3ac9a4f6e3b90") == 1);
    for (const char* alone : {"0", "1", "d", "", "-", "--1"}) CHECK(flags_of(alone) == -1);
    for (const char* bad :
         {"-2", "-D", "-1-", "-1-5e3ac9a4f6e3b90", "-1-05e3ac9a4f6e3b90-x", "-1-0000000000000000"}) {
        CAPTURE(bad);
        CHECK((flags_of(ids + bad) == -1) == (std::string(bad) != "-1-"));
    }
    CHECK(of(several({})).flags == 0);
    CHECK(of(several({{"x-b3-sampled", "1"}})).flags == 1);
    CHECK(of(several({{"X-B3-Sampled", "true"}})).flags == 1);
    CHECK(of(several({{"X-B3-Sampled", "0"}})).flags == 0);
    CHECK(of(several({{"X-B3-Flags", "1"}})).flags == 0x81);
    CHECK(of(several({{"X-B3-Flags", "1"}, {"X-B3-Sampled", "0"}})).flags == 0x81);
    CHECK(of(several({{"X-B3-Flags", "0"}, {"X-B3-Sampled", "1"}})).flags == 1);
}

TEST_CASE("a trace id of 64 bits is the lower half") {
    for (const headers& carrier : {headers{{"b3", "64fe8b2a57d3eff7-" + span + "-1"}},
                                   headers{{"x-b3-traceid", "64fe8b2a57d3eff7"}, {"x-b3-spanid", span}}}) {
        const nanotel::context read = of(carrier);
        CHECK(read.trace_id == nanotel::trace_id::from_hex("000000000000000064fe8b2a57d3eff7"));
        CHECK(read.span_id == nanotel::span_id::from_hex(span));
        CHECK(read.remote);
    }
}

TEST_CASE("malformed ids are absent, and the single header wins where it is good") {
    for (const std::string& bad :
         {std::string(32, '0') + "-" + span, trace + "-0000000000000000", trace.substr(1) + "-" + span,
          trace + "-" + span.substr(1), trace + span, "x" + trace.substr(1) + "-" + span}) {
        CAPTURE(bad);
        CHECK_FALSE(of({{"b3", bad}}).is_valid());
        CHECK(of(several({{"b3", bad}})).is_valid());
    }
    const nanotel::context both = of(several({{"b3", "64fe8b2a57d3eff7-" + span + "-1"}}));
    CHECK(both.trace_id.words[0] == 0);
    CHECK_FALSE(of({{"X-B3-TraceId", trace}}).is_valid());
    CHECK_FALSE(of({{"X-B3-SpanId", span}}).is_valid());
}

TEST_CASE("either form is written") {
    nanotel::context context{nanotel::trace_id::from_hex(trace), nanotel::span_id::from_hex(span), 1, false};
    headers single, multi;
    nanotel::b3_propagator::inject(single, {});
    nanotel::b3_multi_propagator::inject(multi, {});
    CHECK(single.empty());
    CHECK(multi.empty());
    nanotel::b3_propagator::inject(single, context);
    nanotel::b3_multi_propagator::inject(multi, context);
    CHECK(single == headers{{"b3", trace + "-" + span + "-1"}});
    CHECK(multi == headers{{"x-b3-traceid", trace}, {"x-b3-spanid", span}, {"x-b3-sampled", "1"}});
    context.flags = 0x81;
    multi.clear();
    nanotel::b3_propagator::inject(single, context);
    nanotel::b3_multi_propagator::inject(multi, context);
    CHECK(single == headers{{"b3", trace + "-" + span + "-d"}});
    CHECK(multi == headers{{"x-b3-traceid", trace}, {"x-b3-spanid", span}, {"x-b3-flags", "1"}});
}
